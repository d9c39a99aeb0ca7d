"""The preview's page to eyes and fingers: by day and night, at every width, by keyboard alone."""

import pytest

from tests.browser import CHROMIUM, Tab
from tests.discord_stand_in import Discord

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)
LEGIBLE = 4.5  # contrast of small text, by WCAG 2 AA
# Every visible element with text of its own → its contrast with the background, by WCAG's formula.
CONTRASTS = """(() => {
  const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const layers = (node) => node ? [...layers(node.parentElement), getComputedStyle(node).backgroundColor] : ["#fff"];
  const rgb = (colours) => {
    for (const colour of colours) { paper.fillStyle = colour; paper.fillRect(0, 0, 1, 1); }
    return [...paper.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (parts) => parts.map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const found = {};
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || node.disabled) continue;
    const behind = layers(node);
    const [one, two] = [rgb(behind), rgb([...behind, getComputedStyle(node).color])].map(light).sort((a, b) => b - a);
    const name = `${node.tagName}.${node.className} ${node.textContent.trim().slice(0, 20)}`;
    found[name] = Math.round((one + 0.05) / (two + 0.05) * 10) / 10;
  }
  return found;
})()"""
AT_END = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight < 3)"


async def furnish(discord: Discord, tab: Tab) -> None:
    """One of everything that the page can show."""
    discord.say("**bold**, `code`, a list:\n- one\n> quoted\n-# small", user=discord.member)
    discord.say("", [("a tune.mp3", b"ID3"), ("a.mid", b"MThd"), ("score.png", PNG)])
    for path in ("button", "choose", "layout", "whisper"):
        await discord.command(path, user=discord.admin)
    await tab.wait("document.querySelector('.ephemeral') && document.querySelector('.player')")
    await tab.click("#text")
    await tab.type("/echo")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#o-text')")


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
async def test_every_word_is_legible(place: tuple[Discord, str], tab: Tab, dark: bool) -> None:
    await furnish(place[0], tab)
    await tab.look(dark=dark)
    contrasts = await tab.evaluate(CONTRASTS)
    assert len(contrasts) > 25
    assert {name: found for name, found in contrasts.items() if found < LEGIBLE} == {}
    tab.complaints.clear()  # the sound is none


@pytest.mark.parametrize("width", [320, 390, 760, 1280])
async def test_nothing_sticks_out_at_any_width(place: tuple[Discord, str], tab: Tab, width: int) -> None:
    await furnish(place[0], tab)
    await tab.look(width=width, height=700, touch=width < 761)
    wide = (
        "[...document.querySelectorAll('main *')].filter((n) => n.checkVisibility({visibilityProperty: true}))"
        f".filter((n) => n.getBoundingClientRect().right > {width} + 1).map((n) => n.className || n.tagName)"
    )
    assert await tab.evaluate(wide) == []
    assert await tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.complaints.clear()


async def test_all_by_keyboard(place: tuple[Discord, str], tab: Tab) -> None:
    """From the page's beginning: into the box, a command, its button, a form and out of it."""
    discord, _ = place
    await tab.press("Tab")
    await tab.press("Enter")  # skips the list of channels
    await tab.wait("document.activeElement.id === 'text'")
    await tab.type("/button")
    await tab.press("Enter")
    await tab.press("Enter")
    await tab.wait("[...document.querySelectorAll('.button')].some((n) => n.innerText === 'Pressed 0')")
    await tab.wait("document.activeElement.id === 'text'")  # once a command is sent, the box has the focus again
    for _ in range(20):
        await tab.press("Tab", shift=True)
        if await tab.evaluate("document.activeElement.innerText") == "Pressed 0":
            break
    await tab.press("Enter")
    await tab.wait("document.activeElement.innerText === 'Pressed 1'")
    assert discord.messages()[-1].content == "pressed by ada"
    assert await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", (
        "one sees where one is"
    )
    await tab.evaluate("document.querySelector('#text').focus()")
    await tab.type("/form")
    await tab.press("Enter")
    await tab.press("Enter")
    await tab.wait("document.querySelector('dialog[open]')?.contains(document.activeElement)")
    await tab.press("Escape")
    await tab.wait("!document.querySelector('dialog[open]')")


async def test_the_newest_is_in_sight_unless_somebody_reads_above(place: tuple[Discord, str], tab: Tab) -> None:
    discord, _ = place
    for number in range(40):
        discord.say(f"line {number}", user=discord.admin if number % 2 else discord.member)
    discord.say("", [("score.png", PNG)])
    await tab.wait("document.querySelector('.message:last-child .picture img')?.complete")
    await tab.wait(f"{AT_END}(document.querySelector('#scroll'))")
    await tab.evaluate("document.querySelector('.message:last-child .picture img').style.height = '400px'")
    await tab.wait(f"{AT_END}(document.querySelector('#scroll'))")
    await tab.call("Input.dispatchMouseEvent", type="mouseWheel", x=700, y=400, deltaX=0, deltaY=-900)
    await tab.wait(f"!{AT_END}(document.querySelector('#scroll'))")
    before = await tab.evaluate("document.querySelector('#scroll').scrollTop")
    discord.say("and one more")
    await tab.wait("document.querySelector('.message:last-child').innerText.includes('one more')")
    assert await tab.evaluate("document.querySelector('#scroll').scrollTop") == before
