"""Fixtures that several test files share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.discord_stand_in import Discord, running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def discord_with_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Discord]:
    """One Discord and one process of the bot for the whole run: its start is the dear part."""
    env = {"ENCORE_MODEL": "echo", "ENCORE_HOURLY": "10000"}
    async with running(tmp_path_factory.mktemp("discord"), env=env) as discord:
        yield discord


@pytest_asyncio.fixture(loop_scope="session")
async def discord(discord_with_bot: Discord) -> AsyncIterator[Discord]:
    """Discord with the bot in it, see discord_stand_in.py. Afterwards nobody may have broken a rule of Discord's."""
    discord_with_bot.refresh()
    yield discord_with_bot
    assert discord_with_bot.violations == []
