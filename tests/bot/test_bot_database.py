"""The real bot with PostgreSQL; and with databases that are not there, or full."""

import asyncio
import socket
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.bot.test_bot_start import start
from tests.discord_stand_in import has_files, running
from tests.postgres import FOUND, NONE, postgres

pytestmark = pytest.mark.asyncio(loop_scope="session")
needs_postgres = pytest.mark.skipif(not FOUND, reason=NONE)


@needs_postgres
async def test_all_that_outlives_a_restart_and_what_happens_without_it(tmp_path: Path) -> None:
    with postgres() as server:
        address = server.address
        env = {"ENCORE_MODEL": "echo", "ENCORE_DATABASE_URL": address}
        async with running(tmp_path, env=env) as discord:
            await discord.command("settings temperature", {"value": 0.7}, user=discord.admin)
            reply = await discord.command("compose", {"seconds": 5, "takes": 1, "seed": 77}, until=has_files)
            await discord.restart_bot()
            assert discord.log().count("commands registered") == 1
            warmer = await discord.press(reply, "Warmer", until=has_files)
            assert "temperature 0.9 · seed 77" in warmer.text
            assert (await discord.press(reply, "Sheet music", until=has_files)).files
            assert "for 2 of your replies" in (await discord.command("forget")).text
            code, said = await start(tmp_path, ENCORE_DATABASE_URL=address.replace("let", "yet"))
            assert code == 1 and said.count("\n") == 1 and "ENCORE_DATABASE_URL" in said, said
            assert "yet" not in said and "let%20me" not in said
            with server.silent():
                alone = await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)
                assert not alone.buttons, "music all the same"
                sorry = await discord.command("settings show", user=discord.admin)
                assert sorry.ephemeral and "Encore's side" in sorry.text and "TimeoutError" in discord.log()
            await asyncio.to_thread(server.stop)
            alone = await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)
            assert "temperature 0.9" in alone.text and not alone.buttons, "music all the same"
            sorry = await discord.command("settings show", user=discord.admin)
            assert sorry.ephemeral and "Encore's side" in sorry.text
            assert make_url(address).password not in discord.log()


async def test_a_database_that_never_answers_is_one_plain_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://me:secret@127.0.0.1:{silent.getsockname()[1]}/encore"
        code, said = await start(tmp_path, ENCORE_DATABASE_URL=address)
    assert code == 1 and said == "encore: the database of ENCORE_DATABASE_URL cannot be used: it does not answer\n"


async def test_a_disk_that_is_full_is_one_plain_line(tmp_path: Path) -> None:
    """As near as a test comes without a disk of its own: no file may grow beyond 4 KiB."""
    code, said = await start(tmp_path, largest_file=4096)
    assert code == 1 and said.count("\n") == 1 and "ENCORE_DATABASE_URL cannot be used: " in said, said
