"""Backups of the database, as an admin makes them: while the bot writes, and back again."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.store import Defaults, Store
from tests.command import exit_code
from tests.discord_stand_in import ROOT

Here = Callable[..., tuple[int, str]]


def address(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'data/encore.sqlite3'}"


def run(folder: Path, *words: str) -> tuple[int, str]:
    """`python -m bot` with these words in a folder: its exit code and what it says."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "ENCORE_DATABASE_URL": address(folder)}
    command = [sys.executable, "-m", "bot", *words]
    ended = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return ended.returncode, (ended.stdout + ended.stderr).strip()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The same within this process."""

    def run_here(*words: str, **env: str) -> tuple[int, str]:
        for name, value in ({"ENCORE_DATABASE_URL": address(tmp_path)} | env).items():
            monkeypatch.setenv(name, value)
        code = exit_code(main, words)
        said = capsys.readouterr()
        return code, (said.out + said.err).strip()

    monkeypatch.chdir(tmp_path)
    return run_here


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def seconds_of(folder: Path, *servers: int) -> list[float | None]:
    async with Store(address(folder), 7) as store:
        return [(await store.defaults(server)).seconds for server in servers]


async def test_a_backup_is_whole_while_the_bot_writes_and_restores_what_was(tmp_path: Path, here: Here) -> None:
    """Copying the file from under an open store gave a database without tables."""
    async with Store(address(tmp_path), 7) as store:
        await store.set_default(1, "seconds", 12.0)
        code, said = await asyncio.to_thread(run, tmp_path, "backup", "kept.sqlite3")
        assert code == 0 and "kept.sqlite3 is a copy of" in said
        await store.set_default(1, "seconds", 99.0)
        await store.set_default(2, "seconds", 7.0)
        code, said = await asyncio.to_thread(run, tmp_path, "restore", "kept.sqlite3")
        assert code == 1 and "a bot is using the database: stop it first" in said
        assert not [*(tmp_path / "data").glob("*.part")], "it would hold what members sent"
        assert await store.defaults(1) == Defaults(seconds=99.0)
        code, said = here("backup", "kept.sqlite3")
        assert code == 1 and "exists already" in said
    assert names(tmp_path) == ["data", "kept.sqlite3"]
    assert (tmp_path / "kept.sqlite3").stat().st_mode & 0o077 == 0, "it holds what members sent"
    code, said = here("restore", "kept.sqlite3")
    assert code == 0 and "the database before it is now" in said
    assert await seconds_of(tmp_path, 1, 2) == [12.0, None]
    with sqlite3.connect(tmp_path / "data/encore.sqlite3.before") as before:
        assert before.execute("SELECT count(*) FROM servers").fetchone() == (2,)


async def test_a_damaged_database_is_replaced(tmp_path: Path, here: Here) -> None:
    await seconds_of(tmp_path)
    assert here("backup", "kept.sqlite3")[0] == 0
    (tmp_path / "data/encore.sqlite3").write_bytes(b"SQLite format 3\0" + b"nonsense" * 999)
    assert here("restore", "kept.sqlite3")[0] == 0
    assert await seconds_of(tmp_path, 1) == [None]


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"no database", "is no database of Encore's"),
        (b"", "is no database of Encore's"),
        (None, "there is no file"),
    ],
)
def test_what_is_no_backup_takes_no_place(tmp_path: Path, here: Here, contents: bytes | None, words: str) -> None:
    if contents is not None:
        (tmp_path / "odd").write_bytes(contents)
    code, said = here("restore", "odd")
    assert code == 1 and words in said and said.startswith("encore: ") and said.count("\n") == 0
    assert not (tmp_path / "data/encore.sqlite3").exists()


async def test_a_newer_one_is_not_restored(tmp_path: Path, here: Here) -> None:
    await seconds_of(tmp_path)
    with sqlite3.connect(tmp_path / "data/encore.sqlite3") as database:
        database.execute("UPDATE notes SET text = '99' WHERE name = 'schema'")
    database.close()
    (tmp_path / "data/encore.sqlite3").rename(tmp_path / "newer")
    code, said = here("restore", "newer")
    assert code == 1 and "written by a newer Encore (schema 99" in said


def test_where_there_is_nothing_to_copy_it_says_so(here: Here) -> None:
    assert "there is no database at" in here("backup", "a")[1]
    postgresql = {"ENCORE_DATABASE_URL": "postgresql://me:secret@127.0.0.1/encore"}
    code, said = here("backup", "a", **postgresql)
    assert code == 1 and "use pg_dump" in said and "secret" not in said
    assert here("bakcup", "a")[0] == 2
