"""When Discord is away for long: the bot is soon back, and can be stopped at any moment of the outage."""

import asyncio
import re
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.discord_stand_in import Discord, acknowledged, has_files, running
from tests.tally import tried

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The bot as it is, after something has happened to discord.py.
BOT = """
import sys
from discord.backoff import ExponentialBackoff
from bot import __main__, reconnect
{before}
sys.exit(__main__.main())
"""
LONG = {"tune": ("long.abc", b"X:1\nM:4/4\nL:1/4\nQ:1/4=60\nK:C\n" + b"CDEF|GABc|" * 4), "seconds": 30, "takes": 4}


def bot(before: str) -> list[str]:
    return [sys.executable, "-c", BOT.format(before=before)]


# As it is after ten tries, which is after ten minutes and more: pauses of up to 17 minutes are due.
LATE = """
begin = ExponentialBackoff.__init__
def late(self, *args, **more):
    begin(self, *args, **more)
    self._exp = 10
ExponentialBackoff.__init__ = late
"""
# Pauses of an hour: the first one after `first` tries without any.
ASLEEP = """
pauses = iter([0.0] * {first})
reconnect.Backoff.delay = lambda self: next(pauses, 3600.0)
"""


def pauses(discord: Discord) -> list[float]:
    """Seconds that the bot said it would wait until its next try."""
    return [
        float(number) for number in re.findall(r"Attempting a reconnect for shard ID 0 in ([\d.]+)s", discord.log())
    ]


async def cut_off(discord: Discord, tries: int, code: int = 4000) -> None:
    """Discord closes the line with a code and lets nobody in, and the bot has tried `tries` times."""
    discord.gateway.shut = True
    await discord.gateway.drop(code=code)
    await discord.until(lambda: len(pauses(discord)) >= tries, "the bot's tries to come back")


async def test_after_ten_minutes_without_discord_the_bot_is_soon_back(tmp_path: Path) -> None:
    async with running(tmp_path, command=bot(LATE), env={"ENCORE_MODEL": "echo"}) as discord:
        await cut_off(discord, tries=3)
        assert max(pauses(discord)) <= 10, "with a try of 12 s and one that succeeds, half a minute"
        discord.gateway.shut = False
        await discord.until(lambda: discord.gateway.online, "the bot's return")
        assert (await discord.command("about")).ephemeral
    tried("ten minutes without Discord", 1, "soon back")


async def test_a_line_on_which_nothing_is_said_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its other end may be gone for good, while Discord is long back."""

    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise AssertionError

    async with running(tmp_path, command=bot("reconnect.LONGEST_TRY = 6.0"), env={"ENCORE_MODEL": "echo"}) as discord:
        with monkeypatch.context() as patch:
            patch.setattr(discord.gateway, "endpoint", silent)
            await discord.gateway.drop()
            await discord.until(lambda: len(pauses(discord)) >= 2, "another try")
        await discord.until(lambda: discord.gateway.online, "the bot's return")


@pytest.mark.parametrize(("code", "tries"), [(1000, 1), (4000, 2)])
async def test_the_bot_is_stopped_while_it_waits_for_discord(tmp_path: Path, code: int, tries: int) -> None:
    """discord.py sleeps in one place after a line was closed for good, and in another after a try that failed."""
    command = bot(ASLEEP.format(first=tries - 1))
    async with running(tmp_path, command=command, env={"ENCORE_MODEL": "echo"}) as discord:
        reply = await discord.command("extend", {**LONG, "takes": 1}, until=acknowledged)
        await cut_off(discord, tries, code)
        assert pauses(discord)[-1] == 3600
        assert await discord.stop_bot() == 0
        assert has_files(reply), "what was played came to its end"
    tried("SIGTERM while Discord is away", 1, "ended at once")
