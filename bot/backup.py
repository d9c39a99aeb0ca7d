"""`python -m bot backup FILE` and `restore FILE`: the database as one file, also while the bot is running."""

import argparse
import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.settings import CannotStart, Settings
from bot.tables import VERSION


def main(words: Sequence[str], settings: Settings) -> str:
    """Do what the words of the command line say, and return a sentence about it. Raises `CannotStart`."""
    parser = argparse.ArgumentParser("python -m bot", description="Without a command: start the bot.")
    commands = parser.add_subparsers(dest="command", required=True)
    does = {"backup": "write the database to FILE", "restore": "put FILE in its place, with the bot stopped"}
    for name, what in does.items():
        commands.add_parser(name, help=what, description=what).add_argument("file", type=Path, metavar="FILE")
    asked = parser.parse_args(words)
    database = _sqlite(settings.database_url, asked.command)
    try:
        return backup(database, asked.file) if asked.command == "backup" else restore(asked.file, database)
    except (sqlite3.Error, OSError) as error:
        raise CannotStart(f"{asked.command} failed: {error}") from error


def backup(database: Path, file: Path) -> str:
    """Write a consistent copy of the database, also while a bot writes to it. Raises `CannotStart` rather than
    overwrite a file."""
    if not database.is_file():
        raise CannotStart(f"there is no database at {database} yet")
    if file.exists():
        raise CannotStart(f"{file} exists already; choose another name")
    unfinished = file.with_name(file.name + ".part")
    with contextlib.closing(_open(database)) as source, contextlib.closing(sqlite3.connect(unfinished)) as target:
        unfinished.chmod(0o600)  # it contains what members sent
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, with none beside it
    unfinished.replace(file)
    return f"{file} is a copy of {database}"


def restore(file: Path, database: Path) -> str:
    """Put a copy in place of the database, which stays beside it with the ending .before. Raises `CannotStart`."""
    if not file.is_file():
        raise CannotStart(f"there is no file {file}")
    with contextlib.closing(_open(file)) as source:
        _check(source, file)
        database.parent.mkdir(parents=True, exist_ok=True)
        unfinished, before = (database.with_name(database.name + ending) for ending in (".part", ".before"))
        with contextlib.closing(sqlite3.connect(unfinished)) as target:
            unfinished.chmod(0o600)
            source.backup(target)
    try:
        if database.exists():
            _close(database)
            database.replace(before)
        unfinished.replace(database)
    finally:
        unfinished.unlink(missing_ok=True)  # if a bot still has the database: it contains what members sent
    return f"{file} is restored as {database}" + (
        f"; the database before it is now {before}" if before.exists() else ""
    )


def _check(copy: sqlite3.Connection, file: Path) -> None:
    """Raise `CannotStart` for a file that is not an intact database of Encore's, or is one of a newer version."""
    try:
        sound = copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
        [version] = copy.execute("SELECT text FROM notes WHERE name = 'schema'").fetchone() or [0]
    except sqlite3.DatabaseError as error:
        raise CannotStart(f"{file} is no database of Encore's: {error}") from error
    if not sound or not version:
        raise CannotStart(f"{file} is damaged")
    if int(version) > VERSION + 1:
        raise CannotStart(f"{file} was written by a newer Encore (schema {version}; this one knows {VERSION})")


def _close(database: Path) -> None:
    """Write the files that SQLite keeps beside the database into it. Raises `CannotStart` while a bot has it open."""
    with contextlib.closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as now:
        try:
            mode = now.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise CannotStart("a bot is using the database: stop it first") from error
            return  # it is damaged, which may be the reason to replace it
    if mode != ("delete",):
        raise CannotStart("a bot is using the database: stop it first")


def _open(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)


def _sqlite(url: str, command: str) -> Path:
    """The file of the database. Raises `CannotStart` if it is another kind of database."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise CannotStart("ENCORE_DATABASE_URL is no address of a database") from error
    if address.get_backend_name() != "sqlite":
        tool = "pg_dump" if command == "backup" else "pg_restore, or psql"
        raise CannotStart(f"{command} is for SQLite, and ENCORE_DATABASE_URL names another database: use {tool}")
    if address.database in (None, "", ":memory:"):
        raise CannotStart("the database is in memory alone")
    return Path(str(address.database))
