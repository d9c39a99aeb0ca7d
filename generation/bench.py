"""Measure speed: seconds of each stage from attachment to files, and notes a second of the sampler."""

import argparse
import asyncio
import json
import platform
import statistics
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import perf_counter

from generation.request import Request

TUNE = """X:1
T:A tune to measure with
M:6/8
L:1/8
Q:3/8=112
K:D
DFA dAF|GBd gdB|AFA dcB|AFD E2D|DFA dAF|GBd gdB|Adf edc|d3 d3|
"""  # about 9 s
KEYS = ("D", "G", "A", "C", "F", "E", "Bb")

STEPS = 80  # notes of a take that are timed


def tune(number: int) -> str:
    """Twelve bars of about 12 s; to each number its own, so that nothing is measured that was done before."""
    key, tempo = KEYS[number % len(KEYS)], 116 + number // len(KEYS) % 9
    return TUNE.replace("K:D", f"K:{key}").replace("=112", f"={tempo}") + "DFA dAF|GBd gdB|Adf edc|d3 d3|\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=7, help="runs whose median counts (7)")
    parser.add_argument("--seconds", type=float, default=30, help="length of the new music (30)")
    parser.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def main(args: argparse.Namespace) -> int:
    requests, memory = asyncio.run(_requests(args.runs, args.seconds))
    sampler = _sampler(args.checkpoint, args.runs)
    loop = _plain_loop(args.checkpoint)
    floor = _floor(args.checkpoint)
    figures = {
        "machine": _machine(),
        "requests": requests,
        "megabytes": memory,
        "sampler": sampler,
        "plain loop": loop,
        "floor": floor,
    }
    if args.json:
        print(json.dumps(figures))
        return 0
    print(f"machine: {figures['machine']}")
    for name, row in requests.items():
        print(f"{name:22}" + "  ".join(f"{stage} {seconds:6.3f} s" for stage, seconds in row.items()))
    print("memory, MB            " + "  ".join(f"{process} {size:,.0f}" for process, size in memory.items()))
    for takes, rate in sampler.items():
        times = f"   {rate / loop[takes]:4.1f} × a plain loop of {loop[takes]:,.0f}" if takes in loop else ""
        print(f"sampler, {takes:>2} at once    {rate:8,.0f} notes a second{times}")
    print(
        f"a note alone          {1000 / sampler['1']:.2f} ms; reading the weights once {floor['ms a note']:.2f} ms:",
        end=" ",
    )
    print(f"{floor['megabytes']:.1f} MB at the {floor['gigabytes a second']:.1f} GB/s of a copy")
    return 0


def _machine() -> str:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{platform.machine()}, {torch.get_num_threads()} threads, {gpu}, torch {torch.__version__}"


async def _requests(runs: int, seconds: float) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Medians by stage of whole requests through the studio, warm: the way a member of a server feels them; and the
    largest memory that each process had, in MB."""
    from generation.studio import Studio

    rows: dict[str, dict[str, float]] = {}
    async with Studio() as studio:
        wishes = {
            "first after the start": (1, 1),
            "one take": (1, runs),
            "three takes": (3, runs),
        }
        numbers = count()
        for name, (takes, times) in wishes.items():
            seen: dict[str, list[float]] = {}
            for run in range(times):
                print(f"{name}: {run + 1} of {times}", file=sys.stderr)
                number = next(numbers)
                request = Request(tune(number).encode(), "a.abc", seconds=seconds, takes=takes, seed=number)
                began = perf_counter()
                reply = await studio.play(request)
                for stage, spent in {**reply.timings, "all": perf_counter() - began}.items():
                    seen.setdefault(stage, []).append(spent)
            rows[name] = {stage: round(statistics.median(spent), 3) for stage, spent in seen.items()}
        memory = {
            f"{stage} {i + 1}" if len(pids) > 1 else stage: _peak(pid)
            for stage, pids in studio.pids.items()
            for i, pid in enumerate(pids)
        }
    return rows, memory


def _peak(pid: int) -> float:
    """The largest resident memory that a process had, in MB; 0 where /proc does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


def _sampler(checkpoint: Path | None, runs: int, companies: Sequence[int] = (1, 8, 32)) -> dict[str, float]:
    """Notes a second of the sampler alone, warm, by how many takes are played at once; the medians."""
    import torch

    from generation.performer import load_performer
    from generation.read import read
    from generation.sample import Prompt, Session

    torch.set_num_threads(1)  # as in the model's process
    session = Session(load_performer(checkpoint))
    melody = read(TUNE.encode(), "a.abc").melody
    rates: dict[str, float] = {}
    for takes in companies:
        print(f"sampler, {takes} at once", file=sys.stderr)
        seen = []
        for run in range(max(3, runs // 2)):
            parts = session.add([Prompt(melody, 30, seed=run * takes + take, style="irish") for take in range(takes)])
            session.step()  # hears the tune
            began, notes = perf_counter(), 0
            while session.busy and notes < STEPS * takes:
                playing = sum(take.whole is None for take in parts)
                session.step()
                notes += playing
            seen.append(notes / (perf_counter() - began))
            session.drop(parts)
        rates[str(takes)] = round(statistics.median(seen), 1)
    return rates


def _plain_loop(checkpoint: Path | None, companies: Sequence[int] = (1, 32)) -> dict[str, float]:
    """Notes a second of the loop that one writes first, with the same weights: the model reads a row and returns its
    state, its heads are asked one after the other, and `torch.multinomial` draws from the nucleus of each. It plays
    without any constraint, so it does less."""
    import torch

    from generation import tokens
    from generation.performer import load_performer
    from generation.read import read

    torch.set_num_threads(1)
    model = load_performer(checkpoint, "cpu").model
    encoded = tokens.encode(read(TUNE.encode(), "a.abc").melody, "irish")

    def draw(logits: torch.Tensor) -> torch.Tensor:
        chance, order = (logits / 0.9).softmax(1).sort(1, descending=True)
        chance[chance.cumsum(1) - chance > 0.97] = 0
        drawn: torch.Tensor = order.gather(1, torch.multinomial(chance, 1))[:, 0]
        return drawn

    rates: dict[str, float] = {}
    for takes in companies:
        print(f"plain loop, {takes} at once", file=sys.stderr)
        with torch.inference_mode():
            rows = torch.from_numpy(encoded.rows)[None].repeat(takes, 1, 1)
            conditions = torch.from_numpy(encoded.conditions)[None].repeat(takes, 1)
            x, state = model(rows, conditions, torch.zeros(rows.shape[:2], dtype=torch.int64))
            began = perf_counter()
            for _ in range(STEPS):
                before, now = rows[:, -1], x[:, -1]
                row = torch.ones_like(before)
                row[:, tokens.STEP] = step = draw(model.step_head(now))
                row[:, tokens.TICK] = before[:, tokens.TICK] + torch.from_numpy(tokens.LENGTHS)[step]
                logits, now = model.pitch_head(now, step, row[:, tokens.TICK], conditions)
                row[:, tokens.PITCH] = pitch = draw(logits)
                row[:, tokens.INTERVAL] = (pitch - before[:, tokens.PITCH]).clamp(-24, 24) + 24
                logits, now = model.duration_head(now, pitch)
                row[:, tokens.DURATION] = duration = draw(logits)
                logits, now = model.velocity_head(now, duration)
                row[:, tokens.VELOCITY] = velocity = draw(logits)
                logits, now = model.deviation_head(now, velocity)
                row[:, tokens.DEVIATION] = deviation = draw(logits)
                row[:, tokens.ARTICULATION] = draw(model.articulation_head(now, deviation))
                rows = torch.cat([rows, row[:, None]], 1)
                x, state = model(row[:, None], conditions, torch.zeros(takes, 1, dtype=torch.int64), state)
            rates[str(takes)] = round(STEPS * takes / (perf_counter() - began), 1)
    return rates


def _floor(checkpoint: Path | None) -> dict[str, float]:
    """What a note alone must cost at least: to read every weight of the step once, at the rate of a large copy."""
    import torch

    from generation.fused import bytes_a_note, fuse
    from generation.performer import load_performer

    torch.set_num_threads(1)
    weights = bytes_a_note(fuse(load_performer(checkpoint, "cpu").model))
    source = torch.ones(64 * 2**20)
    target = torch.empty_like(source)
    seen = []
    for _ in range(5):
        began = perf_counter()
        target.copy_(source)
        seen.append(perf_counter() - began)
    rate = 2 * source.numel() * source.element_size() / min(seen)  # read and written
    return {
        "megabytes": round(weights / 1e6, 2),
        "gigabytes a second": round(rate / 1e9, 1),
        "ms a note": round(1000 * weights / rate, 3),
    }
