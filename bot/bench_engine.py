"""`python -m bot.bench --engine nats://…`: what the engine adds to a piece, and what a second machine brings."""

import asyncio
import contextlib
import os
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter

from generation.judge.bench import tune
from generation.request import Reply, Request
from generation.serve.engine import Engine
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_player import Player
from generation.serve.nats_queue import connected, prepare
from generation.serve.pool import WorkerPool

WARM = 3  # pairs that do not count
FORMATS = ("mp3", "mid", "abc", "png")
PIECES = 20  # for each player at work
EDGE = 4  # of these, for each player, the first and the last do not count: then one player may be idle
AT_ONCE = 4  # pieces that a player plays at once; as many again wait for it
# The bars: at most so many ms, or % of a piece; at least so many times one player.
MORE_MS, MORE_SHARE, TWICE = 20.0, 5.0, 1.8

Figures = dict[str, dict[str, float]]


async def measure(address: str, runs: int, seconds: float, model: str) -> Figures:
    """All figures. The second machine is left out where this process may use one core only."""
    figures = await pairs(address, runs, seconds, model)
    if len(cores := sorted(os.sched_getaffinity(0))) > 1:
        figures |= await players(address, cores[:2], seconds, model)
    return figures


def judged(figures: Figures) -> dict[str, str]:
    """Whether each bar is met, in words."""
    more, share = figures["engine more, ms"]["median"], figures["engine more, %"]["median"]
    lines = {f"at most {MORE_SHARE:g} % of a piece or {MORE_MS:g} ms more": more <= MORE_MS or share <= MORE_SHARE}
    if two := figures.get("two players, times one"):
        lines[f"two players at least {TWICE:g} times one"] = two["all"] >= TWICE
    judged = {line: "met" if met else "MISSED" for line, met in lines.items()}
    return judged if two else judged | {"two players": "not measured: one core"}


async def pairs(address: str, runs: int, seconds: float, model: str) -> Figures:
    """Play every piece twice, in alternating order: by a pool, and by an engine whose machine has that same pool.
    Returns the seconds of both, and the milliseconds and the percentage of a piece that the engine adds."""
    stopping = asyncio.Event()
    async with WorkerPool(2, model) as pool, connected(address, "bench") as client, NatsEngine(address, 32) as engine:
        await pool.ready()
        player = Player(client, await prepare(client, address), pool, at_once=8)
        serving = asyncio.create_task(player.serve(stopping, 5))
        local, far = list[float](), list[float]()
        for run in range(runs + WARM):
            print(f"pair {run + 1} of {runs + WARM}", file=sys.stderr)
            asked = _piece(run, seconds)
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


async def players(address: str, cores: list[int], seconds: float, model: str, pieces: int = PIECES) -> Figures:
    """Pieces a second of a player held to the first core, of two players on a core each, and of the one on the second
    core: in this order, so that a machine that grows slower or faster meanwhile does not favour either."""
    async with NatsEngine(address, 32) as engine, contextlib.AsyncExitStack() as second:
        async with _player(address, cores[0], model):
            first_alone = await _rate(engine, 1, pieces, seconds)
            await second.enter_async_context(_player(address, cores[1], model))
            both = await _rate(engine, 2, pieces, seconds)
        second_alone = await _rate(engine, 1, pieces, seconds)
    return {
        "one player, pieces/s": {"first core": round(first_alone, 2), "second core": round(second_alone, 2)},
        "two players, pieces/s": {"all": round(both, 2)},
        "two players, times one": {"all": round(2 * both / (first_alone + second_alone), 2)},
    }


async def _rate(engine: NatsEngine, at_work: int, pieces: int, seconds: float) -> float:
    """Pieces a second of `at_work` players, while more wait than they can play."""
    room, came = asyncio.Semaphore(2 * AT_ONCE * at_work), list[float]()

    async def one(number: int) -> None:
        async with room:
            await engine.play(_piece(number, seconds))
            came.append(perf_counter())
            print(f"{at_work} at work: piece {len(came)} of {pieces * at_work}", file=sys.stderr)

    await asyncio.gather(*(one(number) for number in range(pieces * at_work)))
    edge = min(EDGE, pieces // 4) * at_work
    counted = came[edge : len(came) - edge]
    return (len(counted) - 1) / (counted[-1] - counted[0])


@contextlib.asynccontextmanager
async def _player(address: str, core: int, model: str) -> AsyncIterator[None]:
    """A machine that plays, with all its processes on one core, from when it is ready until the block ends."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})  # what starts now inherits it
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "generation", "serve", "--engine", address, "--model", model),
            *("--render-workers", "1", "--at-once", str(AT_ONCE)),
            stderr=asyncio.subprocess.PIPE,
        )
    finally:
        os.sched_setaffinity(0, allowed)
    assert process.stderr is not None
    try:
        while b"ready to play" not in (line := await process.stderr.readline()):
            assert line, "the player ended before it was ready"
        draining = asyncio.create_task(process.stderr.read())
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    await draining


def _piece(number: int, seconds: float) -> Request:
    return Request(tune(number).encode(), "measured.abc", seconds=seconds, seed=number, formats=FORMATS)


async def _timed(play: Callable[[Request], Awaitable[Reply]], asked: Request) -> float:
    began = perf_counter()
    await play(asked)
    return perf_counter() - began
