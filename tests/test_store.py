"""What outlives a restart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store import Defaults, NewerDatabase, Store
from generation.request import Request

REQUEST = Request(data=b"MThd\0\xff", filename="é.mid", seed=5, key="D minor", formats=("mp3", "mid"))


def address(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/deep/encore.sqlite3"


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(address(tmp_path), keep_days=7) as store:
        yield store


async def test_defaults_survive_a_restart(tmp_path: Path) -> None:
    async with Store(address(tmp_path), 7) as store:
        await store.set_default(1, "temperature", 0.7)
        await store.set_default(1, "instrument", "flute")
        await store.set_default(2, "takes", 3)
    async with Store(address(tmp_path), 7) as store:
        assert await store.defaults(1) == Defaults(temperature=0.7, instrument="flute")
        assert await store.defaults(2) == Defaults(takes=3)
        assert await store.defaults(3) == await store.defaults(None) == Defaults()
        await store.reset(1)
        assert await store.defaults(1) == Defaults()


async def test_replies_are_kept_whole(store: Store) -> None:
    name = await store.keep(4, REQUEST, [b"one", b"two"])
    kept = await store.kept(name)
    assert kept is not None
    assert (kept.member, kept.request, kept.midis) == (4, REQUEST, (b"one", b"two"))
    assert await store.kept("x" * 12) is None


async def test_what_is_forgotten_is_gone(store: Store) -> None:
    mine = [await store.keep(4, REQUEST, []) for _ in "abc"]
    other = await store.keep(5, REQUEST, [])
    await store.forget(mine[0])
    assert await store.kept(mine[0]) is None
    assert await store.forget_member(4) == 2
    assert [await store.kept(name) for name in mine] == [None] * 3
    assert await store.kept(other)


async def test_what_expires_is_not_given_and_then_deleted(tmp_path: Path) -> None:
    async with Store(address(tmp_path), keep_days=-1) as store:
        old = await store.keep(4, REQUEST, [])
        assert await store.kept(old) is None
        await store.purge()
        assert await store.forget_member(4) == 0
    async with Store(address(tmp_path), keep_days=1) as store:
        new = await store.keep(4, REQUEST, [])
        await store.purge()
        assert await store.kept(new)


async def test_notes(store: Store) -> None:
    assert await store.note("commands") is None
    await store.write_note("commands", "a")
    await store.write_note("commands", "b")
    assert await store.note("commands") == "b"


async def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    async with Store(address(tmp_path), 7) as store:
        await store.write_note("schema", "99")
    with pytest.raises(NewerDatabase, match="newer"):
        async with Store(address(tmp_path), 7):
            pass
