"""Measure speed: seconds of each stage from attachment to files, and notes a second of the sampler."""

import argparse
import asyncio
import json
import platform
import statistics
from collections.abc import Sequence
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
"""  # about 12 s


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=7, help="runs whose median counts (7)")
    parser.add_argument("--seconds", type=float, default=30, help="length of the new music (30)")
    parser.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def main(args: argparse.Namespace) -> int:
    requests = asyncio.run(_requests(args.runs, args.seconds))
    figures = {"machine": _machine(), "requests": requests, "sampler": _sampler(args.checkpoint, args.runs)}
    if args.json:
        print(json.dumps(figures))
        return 0
    print(f"machine: {figures['machine']}")
    for name, row in requests.items():
        print(f"{name:22}" + "  ".join(f"{stage} {seconds:6.3f} s" for stage, seconds in row.items()))
    for takes, rate in figures["sampler"].items():  # type: ignore[attr-defined]
        print(f"sampler, {takes:>2} at once    {rate:8,.0f} notes a second")
    return 0


def _machine() -> str:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{platform.machine()}, {torch.get_num_threads()} threads, {gpu}, torch {torch.__version__}"


async def _requests(runs: int, seconds: float) -> dict[str, dict[str, float]]:
    """Medians by stage of whole requests through the studio, warm: the way a member of a server feels them."""
    from generation.studio import Studio

    rows: dict[str, dict[str, float]] = {}
    async with Studio() as studio:
        wishes = {
            "first after the start": (1, 1),
            "one take": (1, runs),
            "three takes": (3, runs),
        }
        for name, (takes, times) in wishes.items():
            seen: dict[str, list[float]] = {}
            for run in range(times):
                request = Request(
                    TUNE.encode(), "a.abc", seconds=seconds, takes=takes, seed=run, formats=("mp3", "png", "mid", "abc")
                )
                began = perf_counter()
                reply = await studio.play(request)
                for stage, spent in {**reply.timings, "all": perf_counter() - began}.items():
                    seen.setdefault(stage, []).append(spent)
            rows[name] = {stage: round(statistics.median(spent), 3) for stage, spent in seen.items()}
    return rows


def _sampler(checkpoint: Path | None, runs: int, companies: Sequence[int] = (1, 8, 32)) -> dict[str, float]:
    """Notes a second of the sampler alone, by how many takes are played at once."""
    from generation.read import read
    from generation.sample import Prompt, load_performer, sample

    performer = load_performer(checkpoint)
    melody = read(TUNE.encode(), "a.abc").melody
    rates: dict[str, float] = {}
    for takes in companies:
        seen = []
        for run in range(max(1, runs // 2)):
            prompts = [Prompt(melody, 20, seed=run * takes + take) for take in range(takes)]
            began = perf_counter()
            notes = sum(len(whole) - len(melody) for whole in sample(performer, prompts))
            seen.append(notes / (perf_counter() - began))
        rates[str(takes)] = round(statistics.median(seen), 1)
    return rates
