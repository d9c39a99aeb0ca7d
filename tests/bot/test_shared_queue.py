"""The queue of several bots says the same sentences as the queue of one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from bot import shared_queue
from bot.queue import Queue
from bot.shared_queue import SharedQueue
from bot.store import Store
from generation.request import Refusal
from generation.serve.engine import Cancelling
from generation.serve.nats_engine import NatsEngine
from tests.nats_server import FOUND, NONE, Server, nats_server
from tests.patience import soon

pytestmark = pytest.mark.skipif(not FOUND, reason=NONE)
AT_ONCE, WAITING, HOURLY = 8, 24, 2


@pytest_asyncio.fixture
async def bots(tmp_path: Path) -> AsyncIterator[tuple[SharedQueue, SharedQueue, Server]]:
    """The queues of two bots, with no machine that plays."""
    async with AsyncExitStack() as ending:
        server = ending.enter_context(nats_server())
        queues = []
        for _ in "ab":
            store = await ending.enter_async_context(Store(f"sqlite:///{tmp_path}/encore.sqlite3", 7))
            engine = await ending.enter_async_context(NatsEngine(server.address, AT_ONCE + WAITING))
            queues.append(SharedQueue(engine, store, WAITING, HOURLY))
        yield queues[0], queues[1], server


async def said(queue: Queue | SharedQueue, member: int) -> str:
    """The refusal of a member's request."""
    with pytest.raises(Refusal) as refused:
        async with queue.enter(member):
            pass
    return str(refused.value)


async def test_the_same_sentences_as_with_one_bot(bots: tuple[SharedQueue, SharedQueue, Server]) -> None:
    one, other, _ = bots
    alone = Queue(AT_ONCE, WAITING, HOURLY)
    async with AsyncExitStack() as ending:
        for queue in (one, alone):
            tickets = [queue.enter(member) for member in range(AT_ONCE + WAITING)]
            await asyncio.gather(*(ending.enter_async_context(ticket) for ticket in tickets))
        assert await said(other, 99) == await said(alone, 99)
        assert "24 pieces are already waiting" in await said(one, 99)
        assert await said(other, 3) == await said(one, 3) == await said(alone, 3)
        mine = one.of(7)
        assert mine and await other.cancel_elsewhere(mine.name) is Cancelling.DONE and mine.ended.is_set()
        assert not other.of(7) and (await other.state()).waiting == AT_ONCE + WAITING
    for queue in (one, alone):
        for _ in range(HOURLY):
            await queue.played(5)
    assert await said(other, 5) == await said(alone, 5)
    assert await other.left(5) == await alone.left(5) == 0
    await other.close(0)
    await alone.close(0)
    assert await said(other, 6) == await said(alone, 6)


async def test_a_member_waits_while_the_server_is_away(
    bots: tuple[SharedQueue, SharedQueue, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _, server = bots
    monkeypatch.setattr(shared_queue, "AT_LEAST", 0.1)
    server.stop()
    async with one.enter(1) as ticket:
        assert not ticket.turn.is_set() and await one.place(ticket) == 0
        await asyncio.to_thread(server.start)
        async with asyncio.timeout(60):
            while await one.place(ticket) != 1:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    server.stop()
    monkeypatch.setattr("generation.serve.nats_place.PUBLISHING", 0.5)
    async with one.enter(1) as ticket:
        await soon(ticket.ended.wait())
        assert "cannot reach the machines" in str(ticket.why)
