"""Everything that outlives a restart: servers' defaults, the takes that buttons refer to, the commands Discord
knows."""

import asyncio
import hashlib
import itertools
import secrets
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import ColumnElement, Executable, LargeBinary, delete, event, exists, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from bot.database import ANSWERING, LOCK, STARTING, WRITING, asynchronous, busy_timeout, driver_arguments, sqlite_safely
from bot.likeness import names
from bot.tables import MIGRATIONS, VERSION, Found, Note, Piece, Reply, Server, Table
from generation.request import Request

INSERT: dict[str, Callable[..., sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}

HOUR = 3600.0  # seconds
AT_A_TIME = 500  # replies that one transaction deletes, so that others need not wait for all of them
FAULTS = (SQLAlchemyError, OSError)  # errors of a database that cannot be reached, is full, or does not answer in time

# With NOT IN, PostgreSQL would compare each name with each reply if they are many.
WITHOUT_REPLY = delete(Found).where(~exists().where(Reply.id == Found.reply))


class NewerDatabase(Exception):  # noqa: N818
    """The database was written by a later version, and this one might damage it."""


@dataclass(frozen=True)
class Defaults:
    """A server's defaults; None where its admins have set nothing."""

    temperature: float | None = None
    seconds: float | None = None
    takes: int | None = None
    instrument: str | None = None
    style: str | None = None


@dataclass(frozen=True)
class Kept:
    """The record that a reply's buttons need: who asked, for what, and every take as MIDI and as `Take.whole`.

    sheets  the sheet music by format, of takes that schema 2 kept, instead of `wholes`
    """

    id: str
    member: int
    request: Request
    midis: tuple[bytes, ...]
    wholes: tuple[bytes, ...] = ()
    sheets: tuple[dict[str, bytes], ...] = ()


class Store:
    """`async with Store(url, keep_days) as store`: SQLite or PostgreSQL, whichever the address names."""

    def __init__(self, url: str, keep_days: float) -> None:
        self._keep = keep_days * 86_400
        address = asynchronous(make_url(url))
        self._alone: dict[str, asyncio.Lock] = {}
        self._turn = asyncio.Lock()
        self._backend = address.get_backend_name()
        if self._backend not in LOCK:
            raise ValueError(f"it must be SQLite or PostgreSQL, not {self._backend}")
        if self._backend == "sqlite" and address.database not in (None, "", ":memory:"):
            file = Path(str(address.database))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # it contains what members sent; SQLite gives the files beside it the same mode
        self._engine = create_async_engine(
            address, pool_pre_ping=True, connect_args=driver_arguments(self._backend, answering=ANSWERING)
        )
        self._patient = create_async_engine(
            address, poolclass=NullPool, connect_args=driver_arguments(self._backend, answering=None)
        )
        for engine in (self._engine, self._patient) if self._backend == "sqlite" else ():
            event.listen(engine.sync_engine, "connect", sqlite_safely)
        self._session = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False)

    async def __aenter__(self) -> "Store":
        try:
            await self._prepare()
        except BaseException:
            await self._engine.dispose()
            raise
        return self

    async def _prepare(self) -> None:
        """Make the tables, or bring earlier ones up to date. `NewerDatabase` if they are of a later version."""
        async with self._patient.begin() as connection:
            if self._backend == "sqlite":
                await connection.execute(text(busy_timeout(STARTING)))
            await connection.execute(text(LOCK[self._backend]))
            await connection.run_sync(Table.metadata.create_all)
            known = await connection.scalar(select(Note.text).where(Note.name == "schema"))
            version = VERSION if known is None else int(known)
            if version > VERSION + 1:  # the next version's migrations only add, so that this one still works beside it
                raise NewerDatabase(f"it was written by a newer Encore (schema {version}; this one knows {VERSION})")
            for statement in MIGRATIONS[version - 1 :]:
                binary = LargeBinary().compile(dialect=connection.dialect)
                await connection.execute(text(statement.format(bytes=binary)))
            await connection.execute(self._upsert(Note, {"name": "schema"}, {"text": str(max(version, VERSION))}))

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _writing(self, long: bool = False) -> AsyncIterator[AsyncSession]:
        """A transaction that writes; `long`: one that may take long. SQLite lets one write at a time: tasks take turns
        here, first come, first served, and hold no connection meanwhile, which those who read may need."""
        async with AsyncExitStack() as held:
            if self._backend == "sqlite":
                async with asyncio.timeout(WRITING):
                    await held.enter_async_context(self._turn)
            session = self._session(bind=self._patient) if long else self._session()
            async with session, session.begin():
                yield session

    async def defaults(self, server: int | None) -> Defaults:
        if server is None:
            return Defaults()
        async with self._session() as session:
            row = await session.get(Server, server)
        return Defaults(**{name: getattr(row, name) for name in vars(Defaults())}) if row else Defaults()

    async def set_default(self, server: int, name: str, value: float | int | str) -> None:
        async with self._writing() as session:
            await session.execute(self._upsert(Server, {"id": server}, {name: value}))

    async def reset(self, server: int) -> None:
        async with self._writing() as session:
            await session.execute(delete(Server).where(Server.id == server))

    async def keep(self, member: int, request: Request, midis: Sequence[bytes], wholes: Sequence[bytes] = ()) -> str:
        """Keep a reply until its buttons expire; the id cannot be guessed."""
        name = secrets.token_urlsafe(9)
        row = Reply(
            id=name,
            member=member,
            expires=time.time() + self._keep,
            request=msgspec.msgpack.encode(request),
            midis=msgspec.msgpack.encode(list(midis)),
            wholes=zlib.compress(msgspec.msgpack.encode(list(wholes))),
        )
        async with self._writing() as session:
            session.add(row)
            for number, take in enumerate(names(request)[: len(wholes)]):
                await session.execute(self._upsert(Found, {"name": take}, {"reply": name, "number": number}))
        return name

    async def played(self, request: Request) -> tuple[bytes, ...]:
        """As many takes of a request, from the first, as were played before and are kept, each as `Take.whole`."""
        wanted = names(request)
        asked = select(Found.name, Found.number, Reply.wholes).join(Reply, Reply.id == Found.reply)
        async with self._session() as session:
            rows = await session.execute(asked.where(Found.name.in_(wanted), Reply.expires > time.time()))
            found = {name: _wholes(packed)[number] for name, number, packed in rows}
        return tuple(found[name] for name in itertools.takewhile(found.__contains__, wanted))

    async def kept(self, name: str) -> Kept | None:
        """The record under `name`; None if it has expired or was deleted."""
        async with self._session() as session:
            row = await session.scalar(select(Reply).where(Reply.id == name, Reply.expires > time.time()))
        if row is None:
            return None
        request = msgspec.msgpack.decode(row.request, type=Request)
        midis = msgspec.msgpack.decode(row.midis, type=tuple[bytes, ...])
        sheets = msgspec.msgpack.decode(row.sheets, type=tuple[dict[str, bytes], ...]) if row.sheets else ()
        return Kept(row.id, row.member, request, midis, _wholes(row.wholes), sheets)

    async def forget(self, name: str) -> None:
        async with self._writing() as session:
            await session.execute(delete(Reply).where(Reply.id == name))
            await session.execute(delete(Found).where(Found.reply == name))
        await self._wipe()

    async def forget_member(self, member: int) -> int:
        """Delete everything kept for a member. Returns how many replies that was."""
        return await self._delete(Reply.member == member)

    async def purge(self) -> None:
        """Delete what has expired, and notes of takes that an earlier version left without their reply."""
        await self._delete(Reply.expires <= time.time())
        async with self._writing(long=True) as session:
            await session.execute(WITHOUT_REPLY)
            await session.execute(delete(Piece).where(Piece.at <= time.time() - HOUR))

    async def _delete(self, which: ColumnElement[bool]) -> int:
        """Delete replies, some at a time, so that others can write in between. Returns how many they were."""
        some = select(Reply.id).where(which).limit(AT_A_TIME).with_for_update(skip_locked=True)
        deleted = 0
        while True:
            async with self._writing(long=True) as session:
                ids = list(await session.scalars(some))
                await session.execute(delete(Found).where(Found.reply.in_(ids)))
                await session.execute(delete(Reply).where(Reply.id.in_(ids)))
            deleted += len(ids)
            if len(ids) < AT_A_TIME:
                break
        await self._wipe()
        return deleted

    async def _wipe(self) -> None:
        """Empty the file that SQLite writes first, which still contains what was deleted."""
        if self._backend == "sqlite":
            async with self._engine.connect() as connection:
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    async def count_piece(self, member: int) -> None:
        """Count a piece towards a member's hour."""
        async with self._writing() as session:
            session.add(Piece(member=member, at=time.time()))

    async def pieces(self, member: int) -> list[float]:
        """How many seconds ago a member's pieces of the last hour were counted, the oldest first."""
        now = time.time()
        async with self._session() as session:
            asked = select(Piece.at).where(Piece.member == member, Piece.at > now - HOUR).order_by(Piece.at)
            return [now - at for at in await session.scalars(asked)]

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """One process at a time is in the block of that name; with SQLite, one task at a time of this process.

        With PostgreSQL, those who wait hold connections of their own, so that nothing else waits for one."""
        async with self._alone.setdefault(name, asyncio.Lock()):
            if self._backend == "sqlite":
                yield
                return
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
            async with self._patient.begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
                yield

    async def note(self, name: str) -> str | None:
        async with self._session() as session:
            row = await session.get(Note, name)
        return row.text if row else None

    async def write_note(self, name: str, words: str) -> None:
        async with self._writing() as session:
            await session.execute(self._upsert(Note, {"name": name}, {"text": words}))

    def _upsert(self, table: type[Table], key: dict[str, object], values: dict[str, object]) -> Executable:
        """A statement that writes values into the row of that key, or makes the row: one, so that nothing can come
        between."""
        row = INSERT[self._backend](table).values(**key, **values)
        return row.on_conflict_do_update(index_elements=[*key], set_=values)


def _wholes(packed: bytes | None) -> tuple[bytes, ...]:
    return msgspec.msgpack.decode(zlib.decompress(packed), type=tuple[bytes, ...]) if packed else ()
