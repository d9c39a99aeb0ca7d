"""A bot that can be killed: `python -m tests.serve.asker ADDRESS SEED…` asks for pieces and prints a seed for each."""

import asyncio
import sys

from generation.request import Request
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_place import Taken
from generation.serve.nats_queue import PLAYERS, STREAM
from tests.patience import PATIENCE

LONGEST = 32  # places in the queue
TUNE = b"X:1\nT:Little\nM:4/4\nL:1/8\nQ:1/4=150\nK:D\nDFAF dfaf|gfed cABc|d2 fd A2 FA|D4 D4|\n"


def wish(seed: int, **more: object) -> Request:
    given = {"data": TUNE, "filename": "a.abc", "formats": ("mid", "abc"), "seed": seed, **more}
    return Request(**given)  # type: ignore[arg-type]


async def ask(engine: NatsEngine, seed: int) -> int:
    """Ask for a piece as the member of that number. Returns the seed of the answer."""
    name = f"ticket-{seed}-{id(engine)}"
    while True:
        try:
            await engine.enter(f"member-{seed}", name, asyncio.Event(), lambda: None)
            break
        except Taken:  # a machine is still playing for the one that was killed
            await asyncio.sleep(0.2)
    reply = await engine.play(wish(seed), ticket=name)
    await engine.leave(name)
    return reply.takes[0].seed


async def ask_all(engine: NatsEngine, seeds: list[int], at_once: int = 8) -> list[int]:
    """What comes for all seeds, in the order in which it comes."""
    room, came = asyncio.Semaphore(at_once), []

    async def one(seed: int) -> None:
        async with room:
            came.append(await ask(engine, seed))
            print(came[-1], flush=True)

    await asyncio.gather(*(one(seed) for seed in seeds))
    return came


async def nothing_left(engine: NatsEngine) -> None:
    """Wait until the queue is empty: nobody waits, and no machine holds a place."""
    async with asyncio.timeout(PATIENCE):
        while True:
            held = (await engine._stream.consumer_info(STREAM, PLAYERS)).num_ack_pending
            if not held and not (await engine._stream.stream_info(STREAM)).state.messages:
                return
            await asyncio.sleep(0.1)


async def main() -> None:
    async with NatsEngine(sys.argv[1], LONGEST) as engine:
        await ask_all(engine, list(map(int, sys.argv[2:])))


if __name__ == "__main__":
    asyncio.run(main())
