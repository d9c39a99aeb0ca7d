"""The page with the real bot's answers and forms, and the recorder, before axe: by day, by night and on a phone."""

from pathlib import Path

import pytest

from bot.preview.page import Page
from tests.bot.preview.test_preview_accompany import LAST, TUNE, answer, fill, players
from tests.bot.preview.test_preview_reach import AXE, IN_EVERY_LIGHT, faults
from tests.browser import CHROMIUM, Tab, browser
from tests.discord_stand_in import ROOT, Discord

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not AXE.exists(), reason="needs npm ci in tests/second_judge"),
]
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
BAND = ROOT / "assets/examples/pop-band.mid"


@IN_EVERY_LIGHT
async def test_axe_finds_nothing_in_answers_and_forms(discord: Discord, tmp_path: Path, dark: bool, width: int) -> None:
    tune, bad, states = tmp_path / "air.abc", tmp_path / "song.mscz", dict[str, list[str]]()
    tune.write_text(TUNE)
    bad.write_bytes(b"PK\x03\x04" + bytes(100))
    page = Page(discord.standin)
    address = f"http://127.0.0.1:{await page.start(0)}"
    async with browser(address, *MICROPHONE) as tab:
        await tab.look(dark=dark, width=width, height=800, touch=width < 761)
        await tab.wait("document.querySelector('#presence.here')")
        await tab.evaluate(AXE.read_text() + ";null")
        for take in (_accompany, _form, _band, _record):
            await take(tab, states, tune, bad)
        assert tab.complaints == []
    await page.stop()
    assert len(states) == 10
    assert {state: found for state, found in states.items() if found} == {}


async def _accompany(tab: Tab, states: dict[str, list[str]], tune: Path, bad: Path) -> None:
    before = await players(tab)
    await fill(tab, "accompany", tune, chords="D | A7 | G | D", band="trio", takes="1", stems="true")
    states["the options of /accompany"] = await faults(tab)
    await tab.press("Enter")
    await answer(tab, before)
    states["a tune with its band"] = await faults(tab)
    await tab.click(".message.bot .button", "Play on from a bar")
    await tab.wait("document.querySelector('dialog[open] input')")
    states["the form for a bar"] = await faults(tab)
    await tab.press("Escape")
    await tab.click(".message.bot .button", "Delete")
    await tab.wait(f"{LAST}.innerText.includes('Delete for good?')")
    states["Delete asks"] = await faults(tab)


async def _form(tab: Tab, states: dict[str, list[str]], tune: Path, bad: Path) -> None:
    await tab.click("#text")
    await tab.type("/accompany")
    await tab.press("Enter")
    await tab.click("#panel [type=submit]")
    await tab.wait("document.querySelector('dialog[open] textarea')")
    states["the form of /accompany"] = await faults(tab)
    await tab.click("dialog textarea")
    await tab.type("X:1\nK:C\nno notes at all")
    await tab.click("dialog button[type=submit]")
    await tab.wait("document.querySelector('.ephemeral .button')")
    states["a refusal with the way back"] = await faults(tab)
    await tab.click(".ephemeral .link")
    await fill(tab, "extend", bad)
    await tab.press("Enter")
    await tab.wait("document.querySelector('.ephemeral .text')")
    states["a refusal of a file"] = await faults(tab)
    await tab.click(".ephemeral .link")


async def _band(tab: Tab, states: dict[str, list[str]], tune: Path, bad: Path) -> None:
    before = await players(tab)
    await fill(tab, "extend", BAND, seconds="5", takes="2")
    await tab.press("Enter")
    await answer(tab, before)
    await tab.wait(f"{LAST}.querySelector('select')")
    states["a band's takes with the list of parts"] = await faults(tab)


async def _record(tab: Tab, states: dict[str, list[str]], tune: Path, bad: Path) -> None:
    await tab.evaluate("document.querySelector('#record').focus()")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#record.on')")
    states["recording"] = await faults(tab)
    await tab.press("Enter")
    await tab.wait("document.querySelector('#attached li .name')")
    states["recorded"] = await faults(tab)
