"""The preview's page within everybody's reach: the focus, by keyboard, mouse and finger; and axe as a judge."""

from typing import Any

import pytest

from tests.bot.preview.test_preview_looks import furnish
from tests.browser import CHROMIUM, Tab
from tests.discord_stand_in import ROOT, Discord

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
AXE = ROOT / "tests/second_judge/node_modules/axe-core/axe.min.js"
IN_EVERY_LIGHT = pytest.mark.parametrize(
    ("dark", "width"), [(False, 1280), (True, 1280), (False, 390)], ids=["day", "night", "phone"]
)
FOCUS = "document.activeElement"


async def guessing(tab: Tab) -> None:
    """The panel of a command with an option that completes the typed text."""
    await tab.click("#text")
    await tab.type("/guess")
    await tab.press("Enter")
    await tab.wait("document.querySelectorAll('.offers li').length === 2")


async def tap(tab: Tab, selector: str) -> None:
    x, y = await tab.wait(
        f"(() => {{ const n = document.querySelector({selector!r}); if (!n) return null;"
        "const r = n.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    await tab.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    await tab.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


@pytest.mark.parametrize("leave", ["Escape", "Cancel"])
async def test_the_focus_returns_from_a_form(tab: Tab, leave: str) -> None:
    await tab.click("#text")
    await tab.type("/form")
    await tab.press("Enter")
    await tab.press("Enter")
    await tab.wait(f"document.querySelector('dialog[open]')?.contains({FOCUS})")
    if leave == "Cancel":
        await tab.click("dialog button", "Cancel")
    else:
        await tab.press("Escape")
    await tab.wait("!document.querySelector('dialog[open]')")
    await tab.wait(f"{FOCUS}.id === 'text'")


async def test_the_focus_returns_from_the_menu_of_apps(place: tuple[Discord, str], tab: Tab) -> None:
    place[0].say("a tune", [("a.mid", b"MThd")], user=place[0].member)
    await tab.wait("document.querySelector('.message .tools button')")
    await tab.evaluate("[...document.querySelectorAll('.tools button')].at(-1).focus()")
    await tab.press("Enter")
    await tab.wait(f"{FOCUS}.role === 'menuitem'")
    await tab.press("Escape")
    await tab.wait(f"{FOCUS}.ariaLabel === 'Apps'")


async def test_the_focus_stays_on_the_page_when_its_message_goes(place: tuple[Discord, str], tab: Tab) -> None:
    discord, _ = place
    await discord.command("button", user=discord.member)
    await tab.wait("[...document.querySelectorAll('.button')].some((n) => n.innerText === 'Pressed 0')")
    await tab.evaluate("[...document.querySelectorAll('.button')].findLast((n) => n.innerText === 'Pressed 0').focus()")
    discord.world.delete(discord.messages()[-1])
    await tab.wait(f"{FOCUS} !== document.body && ({FOCUS}.tagName === 'BUTTON' || {FOCUS}.id === 'text')")


async def test_tab_chooses_what_was_typed(tab: Tab) -> None:
    await guessing(tab)
    await tab.press("Tab")
    assert await tab.evaluate("document.querySelector('#o-key').value") == "", "nothing typed, nothing chosen"
    await tab.press("Tab", shift=True)
    await tab.evaluate("document.querySelector('#o-key').focus()")
    await tab.type("min")
    await tab.wait("document.querySelectorAll('.offers li').length === 1")
    await tab.press("Tab")
    await tab.wait("document.querySelector('#o-key').value === 'D minor'")
    await tab.wait(f"{FOCUS}.type === 'submit'")


async def test_the_right_button_opens_apps(place: tuple[Discord, str], tab: Tab) -> None:
    place[0].say("a tune to click on", user=place[0].member)
    x, y = await tab.wait(
        "(() => { const n = [...document.querySelectorAll('.message .text')].findLast((n) => n.innerText === "
        "'a tune to click on'); if (!n) return null;"
        "const r = n.getBoundingClientRect(); return [r.x + 9, r.y + 9]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        await tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="right", clickCount=1)
    await tab.wait(f"document.querySelector('#menu:popover-open')?.contains({FOCUS})")


async def test_no_tap_is_lost_after_an_option_was_completed(place: tuple[Discord, str], tab: Tab) -> None:
    await tab.look(width=390, height=700, touch=True)
    await tab.call("Emulation.setTouchEmulationEnabled", enabled=True)
    await guessing(tab)
    await tab.type("C")
    await tap(tab, ".offers li")
    await tab.wait("document.querySelector('#o-key').value === 'C major'")
    await tap(tab, "#panel [type=submit]")
    await tab.wait("[...document.querySelectorAll('.message.bot')].some((n) => n.innerText.includes('C major'))")
    await guessing(tab)
    await tab.type("D minor")
    await tap(tab, "#panel [type=submit]")  # with the list still open
    await tab.wait("[...document.querySelectorAll('.message.bot')].some((n) => n.innerText.includes('D minor'))")
    await tab.call("Emulation.setTouchEmulationEnabled", enabled=False)


async def faults(tab: Tab) -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice, each with the first element that has it."""
    found: list[dict[str, Any]] = await tab.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
        ".then((r) => r.violations.map((v) => ({id: v.id, at: v.nodes[0].html})))"
    )
    return [f"{fault['id']}: {fault['at'][:160]}" for fault in found]


@pytest.mark.skipif(not AXE.exists(), reason="needs npm ci in tests/second_judge")
@IN_EVERY_LIGHT
async def test_axe_finds_nothing_in_any_state(place: tuple[Discord, str], tab: Tab, dark: bool, width: int) -> None:
    await tab.look(dark=dark, width=width, height=800, touch=width < 761)
    await tab.evaluate(AXE.read_text() + ";null")
    states = {"at first": await faults(tab)}
    await furnish(place[0], tab)
    states["a command"] = await faults(tab)
    await tab.press("Escape")
    await tab.type("/")
    await tab.wait("document.querySelector('#suggest li')")
    states["the list of commands"] = await faults(tab)
    await tab.press("Escape")
    await guessing(tab)
    states["offers"] = await faults(tab)
    await tab.press("Escape")
    await tab.press("Escape")
    await tab.wait(f"{FOCUS}.id === 'text'")
    await tab.type("/form")
    await tab.press("Enter")
    await tab.press("Enter")
    await tab.wait("document.querySelector('dialog[open]')")
    states["a form"] = await faults(tab)
    await tab.press("Escape")
    tab.complaints.clear()  # the sound is none
    assert {state: found for state, found in states.items() if found} == {}
