"""What outlives a restart, in SQLite and, where it is installed, in PostgreSQL."""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.database import asynchronous
from bot.likeness import names
from bot.store import Defaults, NewerDatabase, Store
from bot.tables import VERSION
from generation.request import Request
from tests.postgres import FOUND, NONE, postgres

REQUEST = Request(data=b"MThd\0\xff", filename="é.mid", seed=5, key="D minor", formats=("mp3", "mid"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as server:
        yield server.address


async def run(address: str, *statements: str) -> None:
    engine = create_async_engine(asynchronous(make_url(address)), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not FOUND, reason=NONE))])
def address(request: pytest.FixtureRequest, tmp_path: Path, numbers: Iterator[int]) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/encore.sqlite3"
    server, name = request.getfixturevalue("server"), f"encore{next(numbers)}"
    asyncio.run(run(server, f"CREATE DATABASE {name}"))
    return server.replace("/postgres", f"/{name}")


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest_asyncio.fixture
async def store(address: str) -> AsyncIterator[Store]:
    async with Store(address, keep_days=7) as store:
        yield store


async def test_defaults_survive_a_restart(address: str) -> None:
    async with Store(address, 7) as store:
        await store.set_default(1, "temperature", 0.7)
        await store.set_default(1, "instrument", "flute")
        await store.set_default(2, "takes", 3)
    async with Store(address, 7) as store:
        assert await store.defaults(1) == Defaults(temperature=0.7, instrument="flute")
        assert await store.defaults(2) == Defaults(takes=3)
        assert await store.defaults(3) == await store.defaults(None) == Defaults()
        await store.reset(1)
        assert await store.defaults(1) == Defaults()


async def test_replies_are_kept_whole(store: Store) -> None:
    wholes = (b"\x89", b"")
    name = await store.keep(2**63 - 1, REQUEST, [b"one", b"two"], wholes)
    kept = await store.kept(name)
    assert kept is not None
    assert (kept.member, kept.request, kept.midis, kept.wholes) == (2**63 - 1, REQUEST, (b"one", b"two"), wholes)
    assert await store.kept("x" * 12) is None


async def test_a_seed_finds_the_notes_of_its_take(store: Store) -> None:
    two = replace(REQUEST, takes=2)
    reply = await store.keep(4, two, [b"", b""], [b"five", b"six"])
    assert await store.played(replace(two, takes=4)) == (b"five", b"six")
    assert await store.played(replace(REQUEST, seed=6, filename="as downloaded (1).MID", formats=("abc",))) == (b"six",)
    for other in (
        replace(REQUEST, seed=4, takes=4),  # nothing is known of the first one
        replace(REQUEST, seconds=21.0),
        replace(REQUEST, data=b"another tune"),
        replace(REQUEST, data=None),
        replace(REQUEST, filename="x.abc"),
    ):
        assert await store.played(other) == ()
    newer = await store.keep(5, REQUEST, [b""], [b"cinq"])
    assert await store.played(two) == (b"cinq", b"six"), "the newest"
    await store.forget(reply)
    assert await store.played(two) == (b"cinq",)
    await store.forget_member(5)
    assert await store.played(two) == () and not await store.kept(newer)


async def test_notes_that_have_expired_are_not_found(address: str) -> None:
    async with Store(address, keep_days=-1) as store:
        await store.keep(4, REQUEST, [b""], [b"five"])
        assert await store.played(REQUEST) == ()
        await store.purge()


def test_a_style_of_ones_own_is_played_by_its_weights_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.request.styles", lambda: ("mine",))
    assert names(REQUEST) and not names(replace(REQUEST, style="mine"))


async def test_what_is_forgotten_is_gone(store: Store) -> None:
    mine = [await store.keep(4, REQUEST, []) for _ in "abc"]
    other = await store.keep(5, REQUEST, [])
    await store.forget(mine[0])
    assert await store.kept(mine[0]) is None
    assert await store.forget_member(4) == 2
    assert [await store.kept(name) for name in mine] == [None] * 3
    assert await store.kept(other)


async def test_what_expires_is_not_given_and_then_deleted(address: str) -> None:
    async with Store(address, keep_days=-1) as store:
        old = await store.keep(4, REQUEST, [])
        assert await store.kept(old) is None
        await store.purge()
        assert await store.forget_member(4) == 0
    async with Store(address, keep_days=1) as store:
        new = await store.keep(4, REQUEST, [])
        await store.purge()
        assert await store.kept(new)


async def test_a_database_of_a_later_version_is_left_alone(address: str) -> None:
    async with Store(address, 7) as store:
        await store.write_note("schema", "99")
    with pytest.raises(NewerDatabase, match="newer"):
        async with Store(address, 7):
            pass


async def test_the_way_back_from_the_next_version_is_open(address: str) -> None:
    """In a rolling deploy both versions run for a while, and the new one may have to be taken back."""
    async with Store(address, 7) as older:
        before = await older.keep(4, REQUEST, [b"one"], [b"1"])
        more = (
            f"ALTER TABLE {table} ADD COLUMN novel VARCHAR(40)" for table in ("servers", "takes", "played", "pieces")
        )
        await run(address, *more, "CREATE TABLE novel (id INTEGER PRIMARY KEY)")  # as a newer Encore does
        await older.write_note("schema", str(VERSION + 1))
        assert await older.kept(before) and await older.kept(await older.keep(5, REQUEST, [b"one"], [b"1"]))
    async with Store(address, 7) as again:
        assert await again.note("schema") == str(VERSION + 1)
        assert await again.kept(before) and await again.played(REQUEST) == (b"1",)
        await again.set_default(1, "takes", 3)
        await again.count_piece(4)
        assert await again.defaults(1) == Defaults(takes=3) and len(await again.pieces(4)) == 1
        assert await again.forget_member(4) == 1


async def test_pieces_count_for_an_hour(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for ago in (4000, 1000, 10):
        monkeypatch.setattr("time.time", lambda ago=ago: now - ago)
        await store.count_piece(2**60)
    monkeypatch.setattr("time.time", lambda: now)
    await store.count_piece(5)
    assert await store.pieces(2**60) == [1000, 10] and await store.pieces(6) == []
    await store.purge()
    assert await store.pieces(2**60) == [1000, 10]


async def test_one_at_a_time(address: str) -> None:
    inside, most = 0, 0

    async def enter(store: Store, name: str) -> None:
        nonlocal inside, most
        async with store.alone(name):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    async with Store(address, 7) as one, Store(address, 7) as other:
        two = one if address.startswith("sqlite") else other
        await asyncio.gather(*(enter(store, "same") for store in (one, two, one, two)))
        assert most == 1
        await asyncio.gather(*(enter(one, f"bucket {number}") for number in range(3)))
        assert most > 1


async def test_many_who_wait_for_their_turn_take_no_connection_from_members(store: Store) -> None:
    """After an outage all shards of a bot want to identify at once."""
    async with AsyncExitStack() as ending:
        for number in range(20):  # more than connections that the store keeps
            await ending.enter_async_context(store.alone(f"identify {number}"))
        assert await store.defaults(1) == Defaults()


async def make_old(address: str) -> str:
    """Make a database of version 1, with a reply and a default. Returns the reply's id."""
    async with Store(address, 7) as store:
        old = await store.keep(4, REQUEST, [b"one"])
        await store.set_default(1, "takes", 3)
        await store.write_note("schema", "1")
    columns = "takes DROP COLUMN sheets", "takes DROP COLUMN wholes", "servers DROP COLUMN style"
    await run(address, *(f"ALTER TABLE {column}" for column in columns), "DROP TABLE played")
    return old


async def test_a_database_of_an_earlier_version_is_brought_up_to_date(address: str) -> None:
    old = await make_old(address)
    for _ in range(2):
        async with Store(address, 7) as store:
            kept = await store.kept(old)
            assert kept is not None and (kept.midis, kept.wholes, kept.sheets) == ((b"one",), (), ())
            assert await store.defaults(1) == Defaults(takes=3)
            new = await store.kept(await store.keep(4, REQUEST, [], [b"1"]))
            assert new is not None and new.wholes == (b"1",)


async def test_sheet_music_that_an_earlier_version_kept_is_still_there(address: str) -> None:
    async with Store(address, 7) as store:
        name = await store.keep(4, REQUEST, [b"one"])
        engine = create_async_engine(asynchronous(make_url(address)))
        async with engine.begin() as connection:
            old = text("UPDATE takes SET sheets = :sheets, wholes = NULL WHERE id = :name")
            await connection.execute(old, {"sheets": msgspec.msgpack.encode([{"png": b"1"}]), "name": name})
        await engine.dispose()
        kept = await store.kept(name)
        assert kept is not None and (kept.wholes, kept.sheets) == ((), ({"png": b"1"},))


# Waits for a line and opens the store, waits for another and writes settings; tells when it is done.
AT_ONCE = """
import asyncio, sys
from bot.store import Store
async def main(address, number):
    input()
    async with Store(address, 7) as store:
        print("done", flush=True)
        await asyncio.to_thread(input)
        await store.set_default(int(number), "takes", 3)
        await store.set_default(7, "temperature", 0.5)
        await store.write_note("commands", number)
        print("done", flush=True)
asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("old", [False, True])
async def test_many_processes_start_at_once(address: str, old: bool) -> None:
    """One makes the tables or brings them up to date, the others wait for it; and no setting of one is lost to
    another's."""
    if old:
        await make_old(address)
    numbers = range(1, 7)
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", AT_ONCE, address, f"{n}", stdin=PIPE, stdout=PIPE)
        for n in numbers
    ]
    for _ in ("start", "write"):
        for process in processes:
            process.stdin.write(b"now\n")
        assert [await process.stdout.readline() for process in processes] == [b"done\n"] * len(processes)
    assert [await process.wait() for process in processes] == [0] * len(processes)
    async with Store(address, 7) as store:
        assert [(await store.defaults(number)).takes for number in numbers] == [3] * len(numbers)
        assert (await store.defaults(7)).temperature == 0.5
        assert int(await store.note("commands") or 0) in numbers


async def test_many_settings_written_at_once(store: Store) -> None:
    """For one server and for several, none of which has a row yet."""
    names = {"temperature": 0.7, "seconds": 20.0, "takes": 3, "instrument": "flute"}
    writes = [store.set_default(server, *setting) for server in range(4) for setting in names.items()]
    assert await store.note("commands") is None
    await asyncio.gather(*writes, *(store.write_note("commands", "a") for _ in range(4)))
    assert await store.note("commands") == "a"
    assert [await store.defaults(server) for server in range(4)] == [Defaults(**names)] * 4


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgres://me@host/db", "postgresql+asyncpg://me@host/db"),
        ("postgresql://me@host/db?sslmode=require", "postgresql+asyncpg://me@host/db?ssl=require"),
        ("postgresql+psycopg://me@host/db?sslmode=require", "postgresql+psycopg://me@host/db?sslmode=require"),
    ],
)
def test_addresses_as_hosts_hand_them_out(given: str, used: str) -> None:
    assert asynchronous(make_url(given)).render_as_string() == used
