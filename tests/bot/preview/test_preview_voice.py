"""A voice message, recorded in the browser with a microphone that plays a tune, and played on from by the real bot."""

import asyncio
import base64
import math
from pathlib import Path

import numpy as np
import pytest

from bot.preview.page import Page
from bot.preview.people import VOICE
from generation.read.file import read
from tests.browser import CHROMIUM, Tab, browser
from tests.discord_stand_in import Discord
from tests.hostile_sounds import encoded, hummed

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
TUNE = [62, 66, 69, 66, 67, 71, 74, 71, 69, 66, 64, 62]
SECONDS = 6.0
PRESSED_TWICE = """
    window.asked = 0;
    const devices = navigator.mediaDevices, real = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (wanted) => (window.asked++, real(wanted));
    [1, 2].forEach(() => document.querySelector("#record").click());
"""


async def record(tab: Tab, seconds: float) -> None:
    """With the keyboard alone."""
    await tab.evaluate("document.querySelector('#record').focus()")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#record.on')")
    assert await tab.evaluate("document.querySelector('#record').ariaLabel") == "Stop recording"
    assert "Recording" in await tab.text("#recording[role=status]")
    await asyncio.sleep(seconds)


async def test_a_voice_message_is_recorded_sent_and_played_on_from(discord: Discord, tmp_path: Path) -> None:
    tune = tmp_path / "microphone.wav"
    tune.write_bytes(encoded(hummed(TUNE), "WAV", "PCM_16"))
    microphone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    page = Page(discord.standin)
    address = f"http://127.0.0.1:{await page.start(0)}"
    try:
        async with browser(address, *microphone, f"--use-file-for-fake-audio-capture={tune}") as tab:
            await tab.look()
            await tab.wait("document.querySelector('#presence.here')")
            await tab.evaluate(PRESSED_TWICE)
            await tab.wait("document.querySelector('#record.on')")
            assert await tab.evaluate("asked") == 1, "a second recorder would never be stopped"
            await tab.evaluate("document.querySelector('#record').focus()")
            await tab.press("Escape")
            await tab.wait("document.querySelector('#recording').innerText.includes('thrown away')")
            await record(tab, SECONDS)
            await tab.press("Enter")
            assert "voice-message.ogg" in await tab.text("#attached li .name")
            assert "Recorded 0:0" in await tab.text("#recording")
            await tab.click("#send")
            await tab.wait("document.querySelector('.message .player')")
            _check_voice_message(discord)
            await tab.evaluate("document.querySelector('.message:last-child .tools button').focus()")
            await tab.press("Enter")
            await tab.press("Enter")  # Extend this melody
            await tab.wait("document.querySelector('.message.bot .player')")
            assert "notes were heard" in await tab.text(".message.bot .text")
            assert tab.complaints == []
    finally:
        await page.stop()


def _check_voice_message(discord: Discord) -> None:
    said = discord.messages()[-1]
    (file,) = said.files
    assert said.flags & VOICE and file.name == "voice-message.ogg" and file.content_type == "audio/ogg"
    assert file.lasts is not None and SECONDS - 1 < file.lasts < SECONDS + 4
    levels = np.frombuffer(base64.b64decode(file.waveform), np.uint8)
    assert len(levels) == 64 and levels.max() == 255
    assert len(file.data) < 8_000 * math.ceil(file.lasts), "Opus, not samples"
    heard = read(file.data, file.name).melody
    assert len(heard.line) >= 8 and {*heard.line.pitch.tolist()} <= {*TUNE}
    assert heard.seconds <= file.lasts
