"""How long a test waits for an event, even on a busy machine. Only a test that fails takes so long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

PATIENCE = 240.0  # seconds
Found = TypeVar("Found")


async def soon(awaited: Awaitable[Found]) -> Found:
    """What is awaited, if it comes."""
    return await asyncio.wait_for(awaited, PATIENCE)


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true that raises no event here, as in another process."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
