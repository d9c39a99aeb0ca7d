"""A tune is given a band on the preview's page, with the real bot and its stand-in for a model: by form, by button."""

import io
import os
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.preview.page import Page
from tests.browser import CHROMIUM, Tab, browser
from tests.discord_stand_in import Discord
from tests.listening import decode

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
TUNE = "X:1\nT:Air\nM:4/4\nL:1/8\nK:D\nDFAF dfaf|gfed cABc|d2f2 a2f2|gfed d4|\n"
OTHERS = {
    "Other melody": "melody is",
    "Other chords": "chords are",
    "Other bass": "bass is",
    "Other drums": "drums are",
}
LAST = "[...document.querySelectorAll('.message.bot')].at(-1)"
BUTTONS = f"[...{LAST}.querySelectorAll('button.button')].map((each) => each.innerText)"


@pytest_asyncio.fixture(loop_scope="session")
async def page(discord: Discord) -> AsyncIterator[Tab]:
    page = Page(discord.standin)
    async with browser(f"http://127.0.0.1:{await page.start(0)}") as tab:
        await tab.look()
        await tab.wait("document.querySelector('#presence.here')")
        yield tab
        assert tab.complaints == []
    await page.stop()


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    (tmp_path / "air.abc").write_text(TUNE)
    return tmp_path / "air.abc"


async def fill(tab: Tab, command: str, tune: Path, **options: str) -> None:
    """Choose a command and a file, and type or choose the values of options."""
    await tab.click("#text")
    await tab.type(f"/{command}")
    await tab.press("Enter")
    await tab.put_files("#o-tune", tune)
    for name, value in options.items():
        if not await tab.evaluate(f"!!document.querySelector('#o-{name}')"):
            await tab.click(".chip", name)
        if await tab.evaluate(f"document.querySelector('#o-{name}').tagName") == "SELECT":
            await tab.evaluate(
                f"(() => {{ const s = document.querySelector('#o-{name}'); s.value = '{value}';"
                "s.dispatchEvent(new Event('change')); s.closest('form').querySelector('[type=submit]').focus(); })()"
            )
        else:
            await tab.click(f"#o-{name}")
            await tab.type(value)


async def answer(tab: Tab, before: int) -> str:
    """The words of the bot's next reply with music, once its sound can be played."""
    await tab.wait(f"document.querySelectorAll('.message.bot .player').length > {before}")
    await tab.wait(f"{LAST}.querySelector('audio').duration > 5")
    return str(await tab.evaluate(f"{LAST}.querySelector('.text').innerText"))


async def players(tab: Tab) -> int:
    return int(await tab.evaluate("document.querySelectorAll('.message.bot .player').length"))


async def show(tab: Tab, name: str) -> None:
    """A picture for human eyes, where ENCORE_SCREENSHOTS names a folder."""
    if folder := os.environ.get("ENCORE_SCREENSHOTS"):
        await tab.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 300)))")
        await tab.screenshot(Path(folder) / f"{name}.png")


async def test_a_tune_is_given_a_band_with_stems_and_each_part_is_played_again(page: Tab, tune: Path) -> None:
    before = await players(page)
    await fill(page, "accompany", tune, chords="D | A7 | G | D", band="trio", takes="1", stems="true")
    await show(page, "1 form")
    await page.press("Enter")
    said = await answer(page, before)
    assert said.startswith("Air, with chords, bass and drums: D major, 4/4") and "Chords: D | A7 | G | D" in said
    assert [each for each in await page.evaluate(BUTTONS) if each in OTHERS] == [*OTHERS]
    assert await page.evaluate(f"{LAST}.querySelector('.picture img').naturalWidth") > 300
    link = await page.evaluate(f"{LAST}.querySelector('a[href*=\"-stems.zip\"]').href")
    async with aiohttp.ClientSession() as session, session.get(link) as found:
        stems = zipfile.ZipFile(io.BytesIO(await found.read()))
    assert [re.sub(r"\d+ |\.mp3", "", name) for name in stems.namelist()] == ["Tune", "Piano", "Bass", "Drums"]
    assert all(abs(decode(stems.read(name))).max() > 0.02 for name in stems.namelist())
    await show(page, "2 reply")
    for label, what in OTHERS.items():
        before = await players(page)
        await page.click(".message.bot .button", label)
        assert f"The {what} played again; the rest stays as it was." in await answer(page, before)
        await page.evaluate(f"{LAST}.querySelector('.button').scrollIntoView()")
    await show(page, "3 played again")


async def test_a_line_is_given_a_band_by_its_button_on_a_phone(page: Tab, tune: Path) -> None:
    before = await players(page)
    await fill(page, "extend", tune, seconds="5", takes="1")
    await page.press("Enter")
    await answer(page, before)
    await page.look(width=390, height=844, touch=True, dark=True)
    await page.click(".message.bot .button", "With a band")
    assert "with chords, bass and drums" in await answer(page, before + 1)
    assert "Other drums" in await page.evaluate(BUTTONS) and "With a band" not in await page.evaluate(BUTTONS)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await show(page, "4 phone")
    await page.look()


async def test_a_message_is_given_a_band_from_its_menu(page: Tab, discord: Discord) -> None:
    before = await players(page)
    discord.say("who plays with me?", [("air.abc", TUNE.encode())])
    await page.wait("document.querySelector('#messages').innerText.includes('who plays with me?')")
    await page.evaluate("document.querySelector('.message:last-child .tools button').focus()")
    await page.press("Enter")
    await page.click("[popover] button", "Give it a band")
    assert "with chords, bass and drums" in await answer(page, before)


async def test_what_is_no_chord_is_told_with_its_place_to_its_sender_alone(page: Tab, tune: Path) -> None:
    await fill(page, "accompany", tune, chords="D | Hello | A7")
    await page.press("Enter")
    assert "“Hello”, at character 5 of the chords, is not a chord." in await page.text(".ephemeral .text")
    await show(page, "5 refusal")
    await page.click(".ephemeral .link")
