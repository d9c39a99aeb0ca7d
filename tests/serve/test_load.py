"""Many requests, eight members at a time, through the real bot: none lost, nothing grows, nothing is left behind."""

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from bot.preview.world import MEMBER, User
from generation.serve.wire import SCRATCH
from tests.discord_stand_in import Discord, acknowledged, has_files, refusal, running
from tests.tally import tried

# ruff: noqa: ASYNC240
pytestmark = pytest.mark.asyncio(loop_scope="session")

FEW, MANY = 32, 2_000
AT_ONCE = 8
GROWTH = 1.05  # over the second half, of the most that a process had in a quarter: from one piece to the next it varies
TUNES = [f"X:1\nT:Load {i}\nM:4/4\nL:1/8\nQ:1/4=300\nK:{key}\nDFAF|D4|\n".encode() for i, key in enumerate("DGAC")]


def figures(pid: int) -> tuple[int, int]:
    """Bytes in memory and open files of a process."""
    rss = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(rss.split()[1]) * 1024, len(list(Path(f"/proc/{pid}/fd").iterdir()))


def family(pid: int) -> dict[int, str]:
    """The bot's process and those that it started, by their roles."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {pid: "bot"} | {int(p): Path(f"/proc/{p}/cmdline").read_bytes().split(b"\0")[-2].decode() for p in started}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")
async def test_many_requests(tmp_path: Path, soak: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    count = MANY if soak else FEW
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    env = {
        "ENCORE_HOURLY": "100000",
        "ENCORE_AT_ONCE": str(AT_ONCE),
        "ENCORE_RENDER_WORKERS": "2",
        "TMPDIR": str(scratch),
    }
    if not soak:
        env["ENCORE_MODEL"] = "echo"
    async with running(tmp_path, env=env) as discord:
        members = [User(1_200_000_000_000_000_000 + i, f"member{i}", f"Member {i}") for i in range(AT_ONCE)]
        discord.world.users |= {member.id: member for member in members}
        discord.server.members |= {member.id: MEMBER for member in members}
        played = refused = 0
        most: dict[int, tuple[int, int]] = {}

        async def one(discord: Discord, member: User, number: int) -> None:
            nonlocal played, refused
            wish: dict[str, object] = {"seconds": 5, "seed": number}
            if number % 10 == 9:
                reply = await discord.command(
                    "extend", {"tune": ("a.abc", b"X:1\nK:C\nz4|")}, user=member, until=acknowledged
                )
                assert "no notes" in await refusal(discord, reply)
                refused += 1
                return
            if number % 3:
                wish |= {"tune": ("a.abc", TUNES[number % len(TUNES)])}
            reply = await discord.command("extend" if number % 3 else "compose", wish, user=member, until=has_files)
            assert f"seed {number}" in reply.text and reply.files
            played += 1
            discord.channel.messages.pop(reply.message.id)  # else Discord itself would grow
            for file in reply.message.files:
                discord.world.files.pop(file.id, None)
            for each in family(pid):
                (memory, files), (so_far, opened) = figures(each), most.get(each, (0, 0))
                most[each] = max(memory, so_far), max(files, opened)

        async def keep_asking(member: User, numbers: range) -> None:
            for number in numbers:
                await one(discord, member, number)

        assert discord.process
        pid = discord.process.pid
        quarters: list[dict[int, tuple[int, int]]] = []
        for start in range(0, count, count // 4):
            most.clear()
            shares = [range(start + i, start + count // 4, AT_ONCE) for i in range(AT_ONCE)]
            await asyncio.gather(*(keep_asking(member, share) for member, share in zip(members, shares, strict=True)))
            quarters.append(dict(most))
        names, (_, halfway, _, whole) = family(pid), quarters
        assert set(names) == set(whole) == set(halfway), "no process died or was left behind"
        assert played + refused == count
        await discord.until(lambda: discord.log().count("outcome=") == count, "a line for each")
        assert "Traceback" not in discord.log()
        if soak:
            for each, (memory, files) in whole.items():
                assert memory <= halfway[each][0] * GROWTH, (names[each], halfway[each][0], memory)
                assert files <= halfway[each][1] + 3, (names[each], halfway[each][1], files)
        scratches = [path for path in scratch.iterdir() if path.name.startswith(SCRATCH)]
        assert not [path for folder in scratches for path in folder.iterdir()], "no file of a request stays"
        assert discord.violations == []
    assert not list(scratch.glob(f"{SCRATCH}*")) and not [each for each in whole if Path(f"/proc/{each}").exists()]
    grown = max(whole[each][0] / halfway[each][0] for each in whole)
    memory = f"; most growth of a process {100 * grown - 100:+.1f} %" if soak else ""  # at first all of them grow
    tried("requests, eight at a time", count, f"{played} played, {refused} refused{memory}")
    assert os.environ["TMPDIR"] == str(scratch)
