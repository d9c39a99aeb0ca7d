"""`python -m bot.bench --engine nats://…`: what the engine adds to a piece, beside the same local pool."""

import asyncio
import statistics
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

from generation.judge.bench import tune
from generation.request import Reply, Request
from generation.serve.engine import Engine
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_line import connected, prepare
from generation.serve.nats_player import Player
from generation.serve.pool import WorkerPool

WARM = 3  # pairs that do not count
FORMATS = ("mp3", "mid", "abc", "png")


async def pairs(address: str, runs: int, seconds: float, model: str) -> dict[str, dict[str, float]]:
    """Plays every piece twice, by a pool and by the engine whose machine has that same pool, in turns first. Returns
    seconds of both, and the milliseconds and the percentage of a piece that the engine adds."""
    stopping = asyncio.Event()
    async with WorkerPool(2, model) as pool, connected(address, "bench") as client, NatsEngine(address, 32) as engine:
        await pool.ready()
        player = Player(client, await prepare(client, address), pool, at_once=8)
        serving = asyncio.create_task(player.serve(stopping, 5))
        local, far = list[float](), list[float]()
        for run in range(runs + WARM):
            print(f"pair {run + 1} of {runs + WARM}", file=sys.stderr)
            asked = Request(tune(run).encode(), "measured.abc", seconds=seconds, seed=run, formats=FORMATS)
            order: list[tuple[Engine, list[float]]] = [(pool, local), (engine, far)]
            for plays, times in order if run % 2 else order[::-1]:
                times.append(await _timed(plays.play, asked))
        stopping.set()
        await serving
    local, far = local[WARM:], far[WARM:]
    more = sorted(1000 * (there - here) for here, there in zip(local, far, strict=True))
    median, piece = statistics.median(more), statistics.median(local)
    return {
        "local, s": {"median": round(piece, 3)},
        "engine, s": {"median": round(statistics.median(far), 3)},
        "engine more, ms": {"median": round(median, 1), "least": round(more[0], 1), "most": round(more[-1], 1)},
        "engine more, %": {"median": round(median / piece / 10, 2)},
    }


async def _timed(play: Callable[[Request], Awaitable[Reply]], asked: Request) -> float:
    began = perf_counter()
    await play(asked)
    return perf_counter() - began
