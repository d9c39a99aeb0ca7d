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
from tests.patience import PATIENCE, soon
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
async def another_bot(discord: Discord, shards: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A second process of the bot, once it holds the last of its shards."""
    before = connections(discord)
    with (discord.folder / "bot.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *discord.command_line,
            cwd=ROOT,
            env={**os.environ, **discord.standin.environment, **discord.env, "ENCORE_SHARDS": shards},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        first, last = int(shards[0]), int(shards.partition("/")[0][-1])
        here = sorted([*before, *range(first, last + 1)])
        await discord.until(lambda: connections(discord) == here, "all shards")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            assert await soon(process.wait()) == 0


def connections(discord: Discord) -> list[int]:
    """The shards of all connections: a number more than once if several bots hold it."""
    return sorted(session.shard[0] for session in discord.gateway.sessions.values() if session.connection)


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
            async with another_bot(discord, "0-1/3"):
                assert discord.log().count("commands registered") == 1
                waits = await discord.command("compose", {"seconds": 5, "seed": 1}, until=acknowledged)
                await discord.until(lambda: "number 1 in the queue" in waits.text, "its place in the queue")
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
                    await discord.until(lambda: connections(discord) == [0, 1], "the end of its connection")
                    await discord.start_bot()
                    await discord.until(lambda: connections(discord) == [0, 1, 2], "its return")
                    assert (await discord.command("compose", {"seconds": 5}, until=has_files)).files
                    pressed = await discord.press(waits, "Another take", until=has_files)  # by a bot that is gone
                    assert pressed.files
                finally:
                    machine.process.send_signal(signal.SIGCONT)
                    assert await machine.stop() == 0
            assert "Traceback" not in discord.log(), discord.log()


async def test_a_newer_bot_answers_beside_an_older_one_that_still_plays(tmp_path: Path) -> None:
    """As in a rolling deploy. Discord sends what members press to the newer one."""
    with nats_server() as server, postgres() as database:
        machine = Machine(server)
        env = {"ENCORE_ENGINE": server.address, "ENCORE_DATABASE_URL": database.address, "ENCORE_SHARDS": "2/3"}
        async with running(tmp_path, env=env | {"ENCORE_GRACE": f"{PATIENCE}"}, prepare=three_shards) as discord:
            older = discord.process
            assert older
            waits = await discord.command("compose", {"seconds": 5}, until=acknowledged)
            long = {"seconds": 60, "takes": 4}
            kept = await discord.command("compose", long, user=discord.admin, until=acknowledged)
            await discord.until(lambda: "Cancel" in waits.buttons and "Cancel" in kept.buttons, "both wait")
            async with another_bot(discord, "2/3"):
                await discord.press(waits, "Cancel", until=acknowledged)
                assert "Cancelled" in await refusal(discord, waits)
                await machine.start()
                try:
                    await discord.until(lambda: "is playing" in kept.text or kept.files, "the beginning")
                    older.terminate()
                    await discord.until(lambda: kept.files, "the music of the older one")
                    assert await soon(older.wait()) == 0 and connections(discord) == [2]
                    again = await discord.press(kept, "Another take", user=discord.admin, until=has_files)
                    assert again.files and kept.message.id in discord.channel.messages
                    late = await discord.press(kept, "Another take", until=has_files)
                    assert late.files
                finally:
                    assert await machine.stop() == 0
            assert discord.log().count("commands registered") == 1 and "Traceback" not in discord.log(), discord.log()


async def test_an_engine_that_is_not_there_is_one_plain_line(tmp_path: Path) -> None:
    from tests.bot.test_bot_start import start

    code, said = await start(tmp_path, ENCORE_ENGINE="nats://me:secret@127.0.0.1:1")
    assert code == 1 and said.count("\n") == 1 and "ENCORE_ENGINE cannot be used" in said and "secret" not in said
