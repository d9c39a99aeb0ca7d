"""The whole of Encore as `make run` starts it without a token, used in the browser as a person does."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.browser import CHROMIUM, Tab, browser
from tests.discord_stand_in import ROOT
from tests.listening import decode
from tests.patience import soon

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
PLAIN = {"ENCORE_MODEL": "echo", "ENCORE_RENDER_WORKERS": "1"}  # where no music is asked for
TUNE = "X:1\nT:Two Bars\nM:6/8\nL:1/8\nK:G\n|:GAG GAB|ABA ABd|edd gdd|edB dBA:|\n"


@asynccontextmanager
async def encore(folder: Path, **more: str) -> AsyncIterator[str]:
    """`python -m bot` without a token, run in `folder` with `more` settings; the address of its page."""
    env = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"} | more
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        cwd=folder,
        env=env | {"PYTHONPATH": str(ROOT), "ENCORE_PREVIEW_PORT": "0"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", (await process.stdout.readline()).decode())
        assert found
        yield found[0]
        process.send_signal(signal.SIGINT)
        assert await soon(process.wait()) == 0
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def use(tab: Tab, command: str, value: str = "") -> None:
    """Choose a command, fill in its first field, send it: by keyboard."""
    await tab.wait("document.querySelector('#presence.here')")
    await tab.click("#text")
    await tab.type(f"/{command}")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#panel [type=submit]')")
    await tab.type(value)
    await tab.press("Enter")


async def extend(tab: Tab, tune: Path) -> None:
    """Send /extend with a file and wait for the answer."""
    await tab.evaluate("document.querySelector('.ephemeral .link')?.click()")
    await tab.wait("!document.querySelector('.ephemeral')")
    await tab.click("#text")
    await tab.type("/extend")
    await tab.press("Enter")
    await tab.put_files("#o-tune", tune)
    await tab.click(".chip", "seconds")
    await tab.type("5")
    await tab.press("Enter")
    await tab.wait("document.querySelector('.player, .ephemeral, .note.bad')")


async def test_a_tune_goes_in_and_music_comes_out(tmp_path: Path) -> None:
    tune = tmp_path / "two bars.abc"
    tune.write_text(TUNE)
    async with encore(tmp_path) as address, browser(address) as tab:
        await tab.look()
        await tab.wait("document.querySelector('#presence.here')")
        await extend(tab, tune)
        if "to read" in await tab.text("#messages"):  # a busy machine: the readers had hardly started
            await extend(tab, tune)
        assert await tab.evaluate("!!document.querySelector('.player')"), await tab.text("#messages")
        await tab.wait("document.querySelector('audio').duration > 5")
        await tab.click(".play")
        await tab.wait("[...document.querySelectorAll('audio')].some((each) => each.currentTime > 0.2)")
        await tab.wait("document.querySelector('.picture img').naturalWidth > 300")
        source = await tab.evaluate("document.querySelector('audio').src")
        async with aiohttp.ClientSession() as session, session.get(source) as answer:
            sound = decode(await answer.read())
        assert abs(sound).max() > 0.1
        assert tab.complaints == []


async def test_settings_survive_a_restart(tmp_path: Path) -> None:
    async with encore(tmp_path, **PLAIN) as address, browser(address) as tab:
        await use(tab, "settings temperature", "0.7")
        assert "0.7" in await tab.text(".ephemeral .text")
    async with encore(tmp_path, **PLAIN) as address, browser(address) as tab:
        await use(tab, "settings show")
        assert "0.7" in await tab.text(".ephemeral .text")
