"""Shards of several bots identify in turns, as many at once as Discord allows."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError

from bot import identify
from bot.identify import IdentifyTurns
from bot.store import Store
from tests.patience import soon
from tests.postgres import FOUND, NONE, postgres

PAUSE = 0.2  # seconds, instead of Discord's


@pytest_asyncio.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not FOUND, reason=NONE))])
async def bots(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[IdentifyTurns, IdentifyTurns]]:
    """Two bots with one database; with SQLite, whose locks are those of a process, two in one process."""
    monkeypatch.setattr(identify, "PAUSE", PAUSE)
    async with AsyncExitStack() as ending:
        if request.param == "sqlite":
            one = other = await ending.enter_async_context(Store(f"sqlite:///{tmp_path}/encore.sqlite3", 7))
        else:
            address = ending.enter_context(postgres()).address
            one, other = [await ending.enter_async_context(Store(address, 7)) for _ in "ab"]
        turns = IdentifyTurns(one), IdentifyTurns(other)
        for each in turns:
            each.concurrency = 2
        yield turns


async def test_shards_of_a_bucket_take_turns(bots: tuple[IdentifyTurns, IdentifyTurns]) -> None:
    """Of two buckets, the even shards and the odd ones, each shard at another bot than the next."""
    clock, open_buckets, times = asyncio.get_running_loop().time, set[int](), dict[int, list[float]]()

    async def connect(shard: int) -> None:
        bot, bucket = bots[shard // 2 % 2], shard % 2
        await bot.wait(shard)
        assert bucket not in open_buckets
        open_buckets.add(bucket)
        times.setdefault(bucket, []).append(clock())
        await asyncio.sleep(0.02)
        open_buckets.remove(bucket)
        bot.identified(shard)

    await soon(asyncio.gather(*map(connect, range(8))))
    assert [len(times[bucket]) for bucket in (0, 1)] == [4, 4]
    for begun in times.values():  # a pause may be longer on a busy machine, never shorter
        assert all(after - before >= PAUSE for before, after in itertools.pairwise(begun))


async def test_a_shard_that_cannot_identify_gives_its_turn_up(
    bots: tuple[IdentifyTurns, IdentifyTurns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identify, "LONGEST", 0.1)
    one, other = bots
    await soon(one.wait(0))
    await soon(other.wait(2))
    waits = asyncio.create_task(one.wait(4))
    await asyncio.sleep(0)
    waits.cancel()
    await asyncio.wait({waits})
    await soon(other.wait(6))


async def test_without_a_database_each_bot_pauses_for_itself(
    bots: tuple[IdentifyTurns, IdentifyTurns], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Store, name: str) -> object:
        raise OperationalError("", {}, OSError())

    monkeypatch.setattr(Store, "alone", broken)
    began = asyncio.get_running_loop().time()
    await soon(bots[0].wait(0))
    assert asyncio.get_running_loop().time() - began >= PAUSE
