"""SQLite or PostgreSQL: addresses, what differs between the two, and how long each may keep a member waiting."""

from typing import Any

from sqlalchemy import URL

# Lets one process at a time make or migrate the tables; the others wait until its transaction ends. PostgreSQL's number
# is any that no other program would choose.
LOCK = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": f"SELECT pg_advisory_xact_lock({int.from_bytes(b'encore')})",
}
ANSWERING = 1.2  # seconds for a statement in PostgreSQL, or for a connection to it: Discord waits 3 for us
CONNECTING = 4.0  # seconds, where no member waits
CLOSING = 0.2
WRITING = 6.0  # seconds in which it must be our turn to write in SQLite: by then, Discord was answered
STARTING = 60.0  # seconds to wait, before any member does, for processes that prepare the same SQLite file
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def driver_arguments(backend: str, answering: float | None) -> dict[str, Any]:
    """Arguments for the database's driver: `answering` seconds for a statement, None for any time. SQLite has
    `busy_timeout` instead."""
    if backend == "sqlite":
        return {}
    from asyncpg import Connection  # type: ignore[import-untyped]

    class Hasty(Connection):  # type: ignore[misc]
        """A connection on which nothing may be said any more, so that a good end of it is not waited for."""

        async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
            await super().close(timeout=CLOSING)

    return {"timeout": answering or CONNECTING, "command_timeout": answering, "connection_class": Hasty}


def asynchronous(address: URL) -> URL:
    """A database address as hosting providers write it, with a driver that does not block the event loop."""
    driver = DRIVERS.get(address.drivername)
    if driver is None:
        return address
    query = {"ssl" if name == "sslmode" and "asyncpg" in driver else name: of for name, of in address.query.items()}
    return address.set(drivername=driver, query=query)


def sqlite_safely(connection: object, _: object) -> None:
    """Let readers work beside a writer, wait a little for a locked file, and overwrite what is deleted.

    NORMAL: the disk need not confirm each reply, only the file as a whole now and then. A loss of power may cost what
    was written in the last seconds, never the database.
    """
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(busy_timeout(STARTING))
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(busy_timeout(WRITING))
    cursor.close()


def busy_timeout(seconds: float) -> str:
    return f"PRAGMA busy_timeout={seconds * 1000:.0f}"
