"""Fixtures that several test files share."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.preview.page import Page
from tests import tally
from tests.browser import Tab, browser
from tests.discord_stand_in import ROOT, Discord, running

# As in the model's process: tests share the cores, and a thread that waits for one spins more than it helps.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="try as often as in `make soak`; takes ten minutes")
    parser.addoption("--data", default="", help="archives of open tunes to read; see tests/read/test_reading.py")


# What starts processes, plays, trains, or tries hundreds of things; `make check` leaves it out.
SLOW = (
    "bot", "judge", "learn", "play", "serve",
    "finish/test_all_that_travels.py", "finish/test_finish.py", "finish/test_render.py", "finish/test_seam.py",
    "finish/test_silences.py", "finish/test_soundness.py", "finish/test_unpack.py",
    "model/test_band.py", "model/test_models.py", "model/test_own_models.py",
    "read/test_audio_fuzz.py", "read/test_fuzz.py", "read/test_hostile.py", "read/test_reading.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    assert all((ROOT / "tests" / place).exists() for place in SLOW)
    for item in items:
        if any(item.path.is_relative_to(ROOT / "tests" / place) for place in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether there are ten minutes, and not only some seconds."""
    return bool(request.config.getoption("--soak"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes that share the tests hands its part of the table over."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tried"] = [(what, row.times, row.found) for what, row in tally.TABLE.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for what, times, found in getattr(node, "workeroutput", {}).get("tried", []):
        tally.tried(what, times, found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if tally.TABLE:
        terminalreporter.section("what was tried, and how often")
        terminalreporter.write_line("\n".join(tally.lines()))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def discord_with_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Discord]:
    """One Discord and one process of the bot for the whole run: its start is the dear part."""
    env = {"ENCORE_MODEL": "echo", "ENCORE_HOURLY": "10000", "ENCORE_RENDER_WORKERS": "2"}
    async with running(tmp_path_factory.mktemp("discord"), env=env) as discord:
        yield discord


@pytest_asyncio.fixture(loop_scope="session")
async def discord(discord_with_bot: Discord) -> AsyncIterator[Discord]:
    """Discord with the bot in it, see discord_stand_in.py. Afterwards nobody may have broken a rule of Discord's."""
    await discord_with_bot.wake()
    discord_with_bot.refresh()
    yield discord_with_bot
    await discord_with_bot.rest()
    discord_with_bot.awake = asyncio.get_running_loop().time()
    assert discord_with_bot.violations == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Discord, str]]:
    """Discord with the little bot in it, and the address of its page."""
    folder = tmp_path_factory.mktemp("page")
    async with running(folder, command=[sys.executable, str(ROOT / "tests/tiny_bot.py")]) as discord:
        page = Page(discord.standin)
        port = await page.start(0)
        yield discord, f"http://127.0.0.1:{port}"
        await page.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(place: tuple[Discord, str]) -> AsyncIterator[Tab]:
    discord, address = place
    discord.refresh()
    async with browser(address) as tab:
        await tab.look()
        await tab.wait("document.querySelector('#presence.here')")
        yield tab
        assert tab.complaints == []
    assert discord.violations == []
