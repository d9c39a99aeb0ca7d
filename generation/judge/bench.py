"""Measure speed: the seconds of each stage from attachment to files, and the samplers' notes a second."""

import argparse
import asyncio
import json
import platform
import statistics
import sys
from itertools import count
from pathlib import Path
from time import perf_counter

from generation.judge import bench_sampler
from generation.request import Request

TUNE = """X:1
T:A tune to measure with
M:6/8
L:1/8
Q:3/8=112
K:D
DFA dAF|GBd gdB|AFA dcB|AFD E2D|DFA dAF|GBd gdB|Adf edc|d3 d3|
"""  # about 9 s
BAND = """X:1
T:A band to measure with
M:4/4
L:1/4
Q:1/4=112
V:1
%%MIDI program 65
V:2
%%MIDI program 48
V:3
%%MIDI program 0
V:4
%%MIDI program 33
V:5 clef=perc
%%MIDI channel 10
K:C
V:1
e2 d c|A3 z|d2 c B|G3 z|e2 f g|a3 g|f e d G|c4|
V:2
g4|e4|f4|d4|g4|f4|d4|e4|
V:3
[CEG][CEG] z [CEG]|[A,CE][A,CE] z [A,CE]|[DFA][DFA] z [DFA]|[G,B,D][G,B,D] z [G,B,D]|\
[CEG][CEG] z [CEG]|[A,CF][A,CF] z [A,CF]|[G,B,D][G,B,D] z [G,B,D]|[CEG]4|
V:4
C,2 G,,2|A,,2 E,2|D,2 A,,2|G,,2 D,2|C,2 G,,2|F,,2 C,2|G,,2 D,2|C,4|
V:5
[C,,^F,,]^F,,[D,,^F,,]^F,,|[C,,^F,,]^F,,[D,,^F,,]^F,,|[C,,^F,,]^F,,[D,,^F,,]^F,,|[C,,^F,,]^F,,[D,,^F,,]^F,,|\
[C,,^F,,]^F,,[D,,^F,,]^F,,|[C,,^F,,]^F,,[D,,^F,,]^F,,|[C,,^F,,]^F,,[D,,^F,,]^F,,|[C,,^F,,]4|
"""  # about 17 s
KEYS = ("D", "G", "A", "C", "F", "E", "Bb")


def tune(number: int) -> str:
    """A tune of twelve bars, about 12 s; different for each number, so that no cached result is measured."""
    key, tempo = KEYS[number % len(KEYS)], 116 + number // len(KEYS) % 9
    return TUNE.replace("K:D", f"K:{key}").replace("=112", f"={tempo}") + "DFA dAF|GBd gdB|Adf edc|d3 d3|\n"


def band(number: int) -> str:
    """A song of eight bars in five parts, about 17 s; different for each number."""
    return BAND.replace("=112", f"={104 + number % 16}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=7, help="runs whose median counts (7)")
    parser.add_argument("--seconds", type=float, default=30, help="length of the new music (30)")
    parser.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def main(args: argparse.Namespace) -> int:
    requests, memory = asyncio.run(_requests(args.runs, args.seconds))
    notes = bench_sampler.measure(args.checkpoint, TUNE, args.runs)
    rows = bench_sampler.measure_band(BAND, args.runs)
    figures = {"machine": _machine(), "requests": requests, "megabytes": memory, **notes, "band": rows}
    if args.json:
        print(json.dumps(figures))
        return 0
    print(f"machine: {figures['machine']}")
    for name, row in requests.items():
        print(f"{name:23}" + "  ".join(f"{stage} {seconds:6.3f} s" for stage, seconds in row.items()))
    print("memory, MB            " + "  ".join(f"{process} {size:,.0f}" for process, size in memory.items()))
    print(bench_sampler.table(notes))
    print(bench_sampler.band_table(rows))
    return 0


def _machine() -> str:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{platform.machine()}, {torch.get_num_threads()} threads, {gpu}, torch {torch.__version__}"


async def _requests(runs: int, seconds: float) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Median seconds by stage of whole requests through the pool, warm, as members experience them; and the peak memory
    of each process, in MB."""
    from generation.serve.pool import WorkerPool

    rows: dict[str, dict[str, float]] = {}
    async with WorkerPool() as pool:
        wishes = {
            "first after the start": (tune, 1, 1),
            "one take": (tune, 1, runs),
            "three takes": (tune, 3, runs),
            "one take of five parts": (band, 1, runs),
        }
        numbers = count()
        for name, (given, takes, times) in wishes.items():
            seen: dict[str, list[float]] = {}
            for run in range(times):
                print(f"{name}: {run + 1} of {times}", file=sys.stderr)
                number = next(numbers)
                request = Request(given(number).encode(), "a.abc", seconds=seconds, takes=takes, seed=number)
                began = perf_counter()
                reply = await pool.play(request)
                for stage, spent in {**reply.timings, "all": perf_counter() - began}.items():
                    seen.setdefault(stage, []).append(spent)
            await pool.ready()
            rows[name] = {stage: round(statistics.median(spent), 3) for stage, spent in seen.items()}
        memory = {
            f"{stage} {i + 1}" if len(pids) > 1 else stage: _peak(pid)
            for stage, pids in pool.pids.items()
            for i, pid in enumerate(pids)
        }
    return rows, memory


def _peak(pid: int) -> float:
    """The peak resident memory of a process, in MB; 0 without /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)
