"""Two real bots that share three shards, a machine that plays for both, one line and one database."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.discord_stand_in import ROOT, Discord, acknowledged, has_files, refusal, running
from tests.nats_server import FOUND as NATS
from tests.nats_server import NONE as NO_NATS
from tests.nats_server import nats_server
from tests.patience import soon
from tests.postgres import FOUND as POSTGRES
from tests.postgres import NONE as NO_POSTGRES
from tests.postgres import postgres
from tests.serve.test_engine_kills import Machine

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not NATS, reason=NO_NATS),
    pytest.mark.skipif(not POSTGRES, reason=NO_POSTGRES),
]


def three_shards(discord: Discord) -> None:
    discord.gateway.shards = 3
    assert [(guild.id >> 22) % 3 for guild in (discord.server, discord.other_server)] == [2, 0]


@asynccontextmanager
async def another_bot(discord: Discord, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A second process of the bot, once all shards are held."""
    with (discord.folder / "bot.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *discord.command_line,
            cwd=ROOT,
            env={**os.environ, **discord.standin.environment, **discord.env, **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await discord.until(lambda: connected(discord) == {0, 1, 2}, "all shards")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            assert await soon(process.wait()) == 0


def connected(discord: Discord) -> set[int]:
    return {session.shard[0] for session in discord.gateway.sessions.values() if session.connection}


async def test_two_bots_share_the_line_the_hours_and_the_settings(tmp_path: Path) -> None:
    with nats_server() as server, postgres() as database:
        machine = Machine(server)
        env = {
            "ENCORE_ENGINE": server.address,
            "ENCORE_DATABASE_URL": database.address,
            "ENCORE_SHARDS": "2/3",
            "ENCORE_HOURLY": "9",
        }
        async with running(tmp_path, env=env, prepare=three_shards) as discord:
            elsewhere = {"where": discord.other_channel}
            async with another_bot(discord, ENCORE_SHARDS="0-1/3"):
                assert discord.log().count("commands registered") == 1
                waits = await discord.command("compose", {"seconds": 5, "seed": 1}, until=acknowledged)
                await discord.until(lambda: "number 1 in the queue" in waits.text, "its place in the line")
                sorry = await discord.command("compose", {"seconds": 5}, **elsewhere)
                assert "Encore is still playing for you" in sorry.text and sorry.ephemeral
                other = await discord.command(
                    "compose", {"seconds": 5}, user=discord.admin, **elsewhere, until=acknowledged
                )
                await discord.until(lambda: "number 2 in the queue" in other.text, "the next place")
                line = await discord.command("queue", user=discord.admin)
                assert "Playing now: 0; waiting: 2." in line.text, line.text
                await discord.press(other, "Cancel", user=discord.admin, until=acknowledged)
                assert "Cancelled" in await refusal(discord, other)
                await machine.start()
                try:
                    await discord.until(lambda: waits.message.files, "the music")
                    assert "seed 1" in waits.text
                    again = await discord.command("compose", {"seconds": 5}, **elsewhere, until=has_files)
                    assert again.files
                    hour = await discord.command("queue")
                    assert "this hour: 7." in hour.text and "plays at once" in hour.text, hour.text
                    bad = await discord.command("compose", {"key": "h moll"}, until=acknowledged)
                    assert "is not a key" in await refusal(discord, bad)
                    machine.process.send_signal(signal.SIGSTOP)
                    pressed = await discord.command("compose", {"seconds": 5}, until=acknowledged)
                    assert discord.process
                    discord.process.kill()  # a bot that dies loses only the answers that it waits for
                    await discord.process.wait()
                    machine.process.send_signal(signal.SIGCONT)
                    alone = await discord.command("compose", {"seconds": 5}, **elsewhere, until=has_files)
                    assert alone.files and not pressed.message.files
                    await discord.until(lambda: connected(discord) == {0, 1}, "the end of its connection")
                    await discord.start_bot()
                    await discord.until(lambda: connected(discord) == {0, 1, 2}, "its return")
                    assert (await discord.command("compose", {"seconds": 5}, until=has_files)).files
                    pressed = await discord.press(waits, "Another take", until=has_files)  # by a bot that is gone
                    assert pressed.files
                finally:
                    machine.process.send_signal(signal.SIGCONT)
                    assert await machine.stop() == 0
            assert "Traceback" not in discord.log(), discord.log()


async def test_an_engine_that_is_not_there_is_one_plain_line(tmp_path: Path) -> None:
    from tests.bot.test_bot_start import start

    code, said = await start(tmp_path, ENCORE_ENGINE="nats://me:secret@127.0.0.1:1")
    assert code == 1 and said.count("\n") == 1 and "ENCORE_ENGINE cannot be used" in said and "secret" not in said
