"""How long the database may take, how much it may hold, and that it keeps nothing of what was deleted."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import asynchronous
from bot.store import AT_A_TIME, FAULTS, WITHOUT_REPLY, Store
from generation.request import Request
from tests.patience import soon
from tests.postgres import FOUND, NONE, postgres

SECRET = b"what a member hummed"
REQUEST = Request(data=SECRET, filename="a.mid", seed=5, takes=2)
LOCKED = 2.5  # seconds; a disk that takes 0.2 s for each of 16 replies needs more


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def modes(folder: Path) -> list[int]:
    return [path.stat().st_mode for path in folder.iterdir()]


async def test_replies_that_are_kept_at_once_wait_for_each_other_and_for_other_processes(tmp_path: Path) -> None:
    async with Store(f"sqlite:///{tmp_path}/encore.sqlite3", 7) as store:
        other = sqlite3.connect(tmp_path / "encore.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        keeping = asyncio.gather(*(store.keep(member, REQUEST, [b""], [b""]) for member in range(16)))
        await asyncio.sleep(LOCKED)
        assert not (await store.defaults(1)).takes, "who reads does not wait"
        other.execute("ROLLBACK")
        other.close()
        names = await keeping
        assert all([await store.kept(name) for name in names])


async def test_nothing_of_what_was_deleted_is_left_on_the_disk(tmp_path: Path) -> None:
    async with Store(f"sqlite:///{tmp_path}/encore.sqlite3", 7) as store:
        one = await store.keep(4, REQUEST, [b""])
        assert not any(mode & 0o077 for mode in modes(tmp_path)), "they are nobody else's business"
        assert SECRET in on_disk(tmp_path)
        await store.forget(one)
        assert SECRET not in on_disk(tmp_path)
        await store.keep(4, REQUEST, [b""])
        assert await store.forget_member(4) == 1 and SECRET not in on_disk(tmp_path)
    async with Store(f"sqlite:///{tmp_path}/encore.sqlite3", keep_days=-1) as store:
        await store.keep(4, REQUEST, [b""])
        await store.purge()
        assert SECRET not in on_disk(tmp_path)


async def test_many_replies_are_deleted_some_at_a_time(tmp_path: Path) -> None:
    many = 2 * AT_A_TIME
    async with Store(f"sqlite:///{tmp_path}/encore.sqlite3", 7) as store:
        await store.keep(4, REQUEST, [b""], [b"", b""])
        await store.keep(5, REQUEST, [b""], [b"", b""])
        database = sqlite3.connect(tmp_path / "encore.sqlite3")
        copied = "SELECT id || :n, member, expires, request, midis FROM takes WHERE member = 4 AND length(id) = 12"
        insert = f"INSERT INTO takes (id, member, expires, request, midis) {copied}"
        database.executemany(insert, [{"n": number} for number in range(1, many)])
        database.commit()
        assert await store.forget_member(4) == many
        assert await store.forget_member(4) == 0 and await store.forget_member(5) == 1
        database.close()


@pytest.mark.skipif(not FOUND, reason=NONE)
async def test_a_postgresql_that_is_silent_and_one_that_holds_much() -> None:
    with postgres() as server:
        async with Store(server.address, 7) as store:
            await store.set_default(1, "takes", 3)
            with server.silent():
                for asked in (store.defaults(1), store.keep(4, REQUEST, [b""]), store.pieces(4), store.kept("x" * 12)):
                    with pytest.raises(FAULTS):
                        await soon(asked)
            assert (await store.defaults(1)).takes == 3
        engine = create_async_engine(asynchronous(make_url(server.address)))
        async with engine.begin() as connection:
            for statement in (
                "INSERT INTO takes (id, member, expires, request, midis)"
                " SELECT i::text, i, 0, '', '' FROM generate_series(1, 5000) i",
                "INSERT INTO played SELECT i::text, i::text, 0 FROM generate_series(1, 5000) i",
                "ANALYZE",
                "SET work_mem = '64kB'",
            ):
                await connection.execute(text(statement))
            plan = await connection.scalars(text(f"EXPLAIN {WITHOUT_REPLY.compile(dialect=dialect())}"))
            assert "Anti Join" in "\n".join(plan)
        await engine.dispose()
