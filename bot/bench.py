"""`python -m bot.bench`: seconds from a command to the music in the channel, through real discord.py on loopback."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from time import perf_counter

from bot import __main__ as bot
from bot.bench_engine import judged, measure
from bot.preview import people
from bot.preview.messages import Upload
from bot.preview.standin import StandIn
from bot.preview.world import MEMBER, Change, Interaction, User
from bot.settings import Settings
from generation.judge.bench import tune

GIVE_UP = 300.0  # seconds
WARM = 4  # pieces that do not count, until all processes have started and warmed up
PULSE = 0.005  # seconds from one look at the clock to the next
ROLES = {"model": 0.07, "render": 0.4}  # role → seconds after the command at which it is in the middle of its work
FIRST_MEMBER = 1_200_000_000_000_000_000

Figures = dict[str, dict[str, float]]


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table, or one object with --json."""
    parser = argparse.ArgumentParser(prog="python -m bot.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="runs of each kind (9)")
    parser.add_argument("--seconds", type=float, default=30, help="length of the new music (30)")
    parser.add_argument("--members", type=int, default=8, help="who ask at once (8)")
    parser.add_argument(
        "--engine", metavar="nats://…", help="measure instead what this server and a second machine add"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--bot", type=Path, help=argparse.SUPPRESS)  # run as the bot, and write its pulse there
    args = parser.parse_args(argv)
    if args.bot:
        return _bot(args.bot)
    if args.engine:
        model = os.environ.get("ENCORE_MODEL", "model")
        figures = asyncio.run(measure(args.engine, args.runs, args.seconds, model))
        bars = judged(figures)
    else:
        figures, bars = asyncio.run(_figures(args.runs, args.seconds, args.members)), {}
    if args.json:
        print(json.dumps(figures | ({"bars": bars} if bars else {})))
        return 0
    for name, row in figures.items():
        print(f"{name:26}" + "  ".join(f"{what} {number:,.5g}" for what, number in row.items()))
    for bar, verdict in bars.items():
        print(f"{bar}: {verdict}")
    return 0


async def _figures(runs: int, seconds: float, many: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        pulse = Path(folder) / "pulse"
        standin = StandIn()
        members = [User(FIRST_MEMBER + i, f"member{i}", f"Member {i}") for i in range(max(2, many))]
        guild = next(iter(standin.world.guilds.values()))
        standin.world.users |= {member.id: member for member in members}
        guild.members |= {member.id: MEMBER for member in members}
        await standin.start()
        began = perf_counter()
        async with _running(standin, pulse, folder) as process:

            async def ask(number: int, takes: int = 1) -> float:
                asked = Upload("measured.abc", tune(number).encode())
                options = {"tune": asked, "seconds": seconds, "takes": takes, "seed": number}
                return await _answered(standin, members[number % len(members)], options)

            await ask(0)
            figures: Figures = {"start to first answer, s": {"all": round(perf_counter() - began, 2)}}
            for number in range(1, 1 + WARM):
                await ask(number)
            number = 1 + WARM
            for name, takes in (("one take, s", 1), ("three takes, s", 3)):
                seen: list[float] = []
                for run in range(runs):
                    print(f"{name} {run + 1} of {runs}", file=sys.stderr)
                    seen.append(await ask(number, takes))
                    number += 1
                figures[name] = _percentiles(seen)
            since, spent, seen = perf_counter(), 0.0, []
            for _ in range(max(1, runs // 3)):
                print(f"{many} members at once", file=sys.stderr)
                start = perf_counter()
                seen += await asyncio.gather(*(ask(number + member) for member in range(many)))
                spent += perf_counter() - start
                number += many
            until = perf_counter()
            figures[f"{many} members at once, s"] = _percentiles(seen)
            figures["pieces a second"] = {"all": round(len(seen) / spent, 2)}
            figures["memory at most, MB"] = _memory(process.pid)
            if sys.platform == "linux":
                figures |= await _mishaps(process.pid, ask, number)
        figures["event loop late, ms"] = _lateness(pulse, since, until)
        return figures


async def _mishaps(bot: int, ask: Callable[[int], Awaitable[float]], number: int) -> Figures:
    """Seconds from a signal to all processes of a role until their music arrives all the same."""
    figures: Figures = {}
    for what, sent in (("kill -9", signal.SIGKILL), ("hang", signal.SIGSTOP)):
        row = figures[f"music after a {what}, s"] = {}
        for role, after in ROLES.items():
            print(f"{what}: {role}", file=sys.stderr)
            asked = asyncio.ensure_future(ask(number))
            await asyncio.sleep(after)
            began = perf_counter()
            for worker, made in _workers(bot).items():
                if made == role:
                    os.kill(worker, sent)
            await asked
            row[role] = round(perf_counter() - began, 2)
            await asyncio.gather(*(ask(number + 1 + other) for other in range(3)))  # until all have started again
            number += 4
    return figures


@contextlib.asynccontextmanager
async def _running(standin: StandIn, pulse: Path, folder: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The bot's process, once Discord knows its commands."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.bench", "--bot", str(pulse)),
        env={
            "ENCORE_HOURLY": "100000",
            "ENCORE_LOG_LEVEL": "WARNING",
            **os.environ,
            **standin.environment,
            "ENCORE_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/encore.sqlite3",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(GIVE_UP):
            while not (standin.gateway.online and standin.world.commands):  # noqa: ASYNC110 — nobody tells us
                await asyncio.sleep(PULSE)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        await standin.stop()


async def _answered(standin: StandIn, member: User, options: dict[str, object]) -> float:
    """Seconds until the channel has the music."""
    channel = next(iter(standin.world.guilds.values())).channels[0]
    posted, asked = asyncio.Event(), list[Interaction]()

    def listen(_: Change) -> None:
        if asked and asked[0].response and asked[0].response.files:
            posted.set()

    standin.world.listeners.append(listen)
    began = perf_counter()
    try:
        asked.append(people.use(standin.world, member, channel, "extend", options))
        async with asyncio.timeout(GIVE_UP):
            await posted.wait()
    finally:
        standin.world.listeners.remove(listen)
    return perf_counter() - began


def _percentiles(seen: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seen)
    named = {"median": statistics.median(ordered), "90 %": ordered[int(0.9 * (len(ordered) - 1))], "most": ordered[-1]}
    return {name: round(number, 3) for name, number in named.items()}


def _workers(bot: int) -> dict[int, str]:
    """The bot's processes that make music: pid → role."""
    started = Path(f"/proc/{bot}/task/{bot}/children").read_text().split()
    words = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0") for pid in started}
    module = "generation.serve.worker"
    return {pid: line[line.index(module) + 1] for pid, line in words.items() if module in line}


def _memory(bot: int) -> dict[str, float]:
    """The largest resident memory in MB: of the bot's process, and of all processes together."""
    most, parents = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, StopIteration, IndexError):
            lines = (folder / "status").read_text().splitlines()
            parents[int(folder.name)] = next(int(line.split()[1]) for line in lines if line.startswith("PPid"))
            most[int(folder.name)] = next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))
    family = {bot} | {process for process, parent in parents.items() if parent == bot}
    return {"bot": round(most.get(bot, 0.0), 1), "all": round(sum(most.get(process, 0.0) for process in family), 1)}


def _bot(pulse: Path) -> int:
    """Run the bot with a task beside it that records how late the event loop wakes it."""

    async def watched(settings: Settings) -> int:
        watching = asyncio.create_task(_feel(pulse))
        try:
            return await bot.run(settings)
        finally:
            watching.cancel()

    return bot.main(run=watched)


async def _feel(pulse: Path) -> None:
    with pulse.open("w") as file:
        while True:
            due = perf_counter() + PULSE
            await asyncio.sleep(PULSE)
            file.write(f"{due} {perf_counter() - due}\n")


def _lateness(pulse: Path, since: float, until: float) -> dict[str, float]:
    """Percentiles of the lateness in ms between two moments; all processes share one clock."""
    beats = [tuple(map(float, line.split())) for line in pulse.read_text().splitlines()]
    late = sorted(1000 * beat for when, beat in beats if since <= when <= until) or [0.0]
    return {f"{share} %": round(late[int(share / 100 * (len(late) - 1))], 2) for share in (50, 99, 100)}


if __name__ == "__main__":
    sys.exit(main())
