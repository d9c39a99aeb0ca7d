"""The preview's page: its server by plain HTTP, and the page itself in headless Chromium where one is installed."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.preview.page import Page
from tests.browser import CHROMIUM, Tab, browser
from tests.discord_stand_in import Discord

pytestmark = pytest.mark.asyncio(loop_scope="session")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest_asyncio.fixture(loop_scope="session")
async def client(place: tuple[Discord, str]) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(place[1]) as session:
        yield session


def form(wish: dict[str, Any], **files: bytes) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("json", json.dumps(wish))
    for name, content in files.items():
        data.add_field(name, content, filename=f"{name}.abc")
    return data


async def test_stream_hides_what_others_may_not_see(place: tuple[Discord, str], client: aiohttp.ClientSession) -> None:
    discord, _ = place
    await discord.command("whisper", user=discord.member)
    shown = {}
    for user in (discord.member, discord.admin):
        async with client.get("/live", params={"user": str(user.id)}) as stream:
            line = await stream.content.readline()
            shown[user.name] = json.loads(line.removeprefix(b"data: "))
    assert any(message["ephemeral"] for message in shown["ben"]["messages"])
    assert not any(message["ephemeral"] for message in shown["ada"]["messages"])
    tunes = str(discord.channel.id)
    assert "settings" in [command["name"] for command in shown["ada"]["commands"][tunes]]
    assert "settings" not in [command["name"] for command in shown["ben"]["commands"][tunes]]


async def test_examples_are_tunes_to_play_on_from(place: tuple[Discord, str], client: aiohttp.ClientSession) -> None:
    async with client.get("/live") as stream:
        names = json.loads((await stream.content.readline()).removeprefix(b"data: "))["examples"]
    assert names and not [name for name in names if "take" in name]
    async with client.get(f"/examples/{names[0]}") as answer:
        assert answer.status == 200 and await answer.read()
    async with client.get("/examples/MODEL_CARD.md") as answer:
        assert answer.status == 404


async def test_acts_and_complaints(place: tuple[Discord, str], client: aiohttp.ClientSession) -> None:
    discord, _ = place
    where = {"user": str(discord.member.id), "place": str(discord.lounge.id)}
    wish = {**where, "command": "echo", "options": {"text": "hello"}}
    async with client.post("/do/use", data=form(wish, file=b"X:1")) as answer:
        assert answer.status == 200
    await discord.until(lambda: discord.messages(discord.lounge) and discord.messages(discord.lounge)[-1].files)
    file = discord.messages(discord.lounge)[-1].files[0]
    async with client.get(f"/files/{file.id}/{file.name}", headers={"Range": "bytes=1-"}) as answer:
        assert answer.status == 206 and await answer.read() == b":1"
        assert answer.headers["Content-Disposition"] == "attachment"
    async with client.post("/do/use", data=form({**where, "command": "nothing", "options": {}})) as answer:
        assert answer.status == 422 and (await answer.json())["error"] == "Ben sees no command “nothing” here."
    async with client.post("/do/use", data=form({"user": "?"})) as answer:
        assert answer.status == 400
    async with client.post("/do/use", json={}) as answer:
        assert answer.status == 400
    async with client.post("/do/press", data=form({**where, "message": "1", "custom_id": "x"})) as answer:
        assert (await answer.json())["error"] == "This message is gone."


async def test_other_sites_cannot_act(client: aiohttp.ClientSession) -> None:
    for headers in ({"Origin": "https://example.com"}, {"Host": "example.com:80"}, {"Origin": "null"}):
        async with client.post("/do/say", data=form({}), headers=headers) as answer:
            assert answer.status == 403
    async with client.get("/") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    async with client.get("/static/../page.py") as answer:
        assert answer.status == 404


async def test_taken_port_is_left_alone(place: tuple[Discord, str]) -> None:
    discord, address = place
    taken = int(address.rpartition(":")[2])
    page = Page(discord.standin)
    assert await page.start(taken) != taken
    await page.stop()


@needs_browser
async def test_command_by_keyboard(place: tuple[Discord, str], tab: Tab, tmp_path: Path) -> None:
    discord, _ = place
    tune = tmp_path / "kesh.abc"
    tune.write_text("X:1\nK:G\nGAB|\n")
    await tab.click("#text")
    await tab.type("/ech")
    await tab.wait("document.querySelector('#suggest li[aria-selected=true]')")
    await tab.press("Enter")
    await tab.wait("document.activeElement.id === 'o-text'")
    await tab.type("a **bold** word")
    await tab.put_files("#o-file", tune)
    await tab.press("Enter")
    await tab.wait("document.querySelector('.message.bot .file')")
    assert await tab.text(".message.bot strong + .tag") == "app"
    assert await tab.evaluate("document.querySelector('.message.bot .text strong').innerText") == "bold"
    assert discord.messages()[-1].files[0].data == tune.read_bytes()


@needs_browser
async def test_discords_limits_are_told(tab: Tab) -> None:
    await tab.click("#text")
    await tab.type("/whisper")
    await tab.press("Enter")
    await tab.click(".chip", "number")
    await tab.type("7")
    await tab.evaluate("document.querySelector('#panel').noValidate = true")
    await tab.press("Enter")
    assert "must be at most 2" in await tab.text("#error")
    tab.complaints.clear()  # the refusal, 422, is noted in the console


@needs_browser
async def test_buttons_selects_and_ephemerals(place: tuple[Discord, str], tab: Tab) -> None:
    discord, _ = place
    for command in ("button", "choose", "whisper", "silent"):
        if command == "silent":
            discord.world.acknowledge_within = 0.5
        await tab.click("#text")
        await tab.type(f"/{command}")
        await tab.press("Enter")
        await tab.wait("!document.querySelector('#panel').hidden")
        await tab.press("Enter")
    assert "did not respond" in await tab.text(".note.bad")
    await tab.click(".button", "Pressed 0")
    await tab.wait("[...document.querySelectorAll('.button')].at(-1).innerText === 'Pressed 1'")
    await tab.evaluate(
        "(() => { const s = document.querySelector('[data-custom-id=mode]'); s.value = 'dor';"
        "s.dispatchEvent(new Event('change')); })()"
    )
    await tab.wait("document.querySelector('#messages').innerText.includes('chose dor')")
    await tab.wait("document.querySelector('.ephemeral')")
    shown = await tab.evaluate("document.querySelectorAll('.ephemeral').length")
    await tab.click(".ephemeral .link")
    await tab.wait(f"document.querySelectorAll('.ephemeral').length === {shown - 1}")


@needs_browser
async def test_enter_pressed_twice_sends_a_message_once(place: tuple[Discord, str], tab: Tab) -> None:
    discord, _ = place
    await tab.evaluate("document.querySelector('#text').focus()")
    for words in ("twice", "and then"):
        await tab.type(words)
        await tab.evaluate("[1, 2].forEach(() => document.querySelector('#write').requestSubmit())")
        await tab.wait(f"[...document.querySelectorAll('.message .text')].some((said) => said.innerText === '{words}')")
    assert [said.content for said in discord.messages()][-2:] == ["twice", "and then"]
    assert [said.content for said in discord.messages()].count("twice") == 1


@needs_browser
async def test_what_is_typed_while_a_message_is_on_its_way_stays_and_what_was_not_sent_comes_back(tab: Tab) -> None:
    await tab.evaluate("document.querySelector('#text').focus()")
    await tab.evaluate(
        "(() => { const real = window.fetch;"
        "window.fetch = (...asked) => new Promise((go) => { window.letGo = () => go(real(...asked)); }); })()"
    )
    await tab.type("the first")
    await tab.press("Enter")
    await tab.type("the second")
    await tab.evaluate("window.letGo()")
    await tab.wait("document.querySelector('#messages').innerText.includes('the first')")
    await tab.evaluate("window.fetch = () => Promise.reject(new Error())")
    await tab.press("Enter")
    assert "does not answer" in await tab.text("#error")
    assert await tab.evaluate("document.querySelector('#text').value") == "the second"


@needs_browser
async def test_a_command_that_was_begun_outlives_a_break_of_the_line(place: tuple[Discord, str]) -> None:
    """As when a computer sleeps: the browser connects again by itself."""
    discord, _ = place
    page = Page(discord.standin)
    try:
        async with browser(f"http://127.0.0.1:{await page.start(0)}") as tab:
            await tab.wait("document.querySelector('#presence.here')")
            await tab.click("#text")
            await tab.type("/echo")
            await tab.press("Enter")
            await tab.type("half a sen")
            for reader in page.readers:
                reader.put_nowait({"kind": "end"})
            await tab.wait("document.querySelector('#presence.away')")
            await tab.wait("document.querySelector('#presence.here')")
            await tab.type("tence")
            await tab.press("Enter")
            await tab.wait("document.querySelector('#messages').innerText.includes('half a sentence')")
    finally:
        await page.stop()


@needs_browser
async def test_form_autocomplete_and_context_menu(place: tuple[Discord, str], tab: Tab) -> None:
    discord, _ = place
    await tab.click("#text")
    await tab.type("/form")
    await tab.press("Enter")
    await tab.wait("!document.querySelector('#panel').hidden")
    await tab.press("Enter")
    await tab.wait("document.querySelector('dialog[open]')")
    await tab.type("Ada")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#messages').innerText.includes('Ada sent []')")
    await tab.click("#text")
    await tab.type("/guess")
    await tab.press("Enter")
    await tab.wait("document.activeElement.id === 'o-key'")
    await tab.type("min")
    await tab.wait("document.querySelectorAll('.offers li').length === 1")
    await tab.press("ArrowDown")
    await tab.press("Enter")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#messages').innerText.includes('D minor')")
    discord.say("listen", [("a.mid", b"12345")])
    await tab.wait("document.querySelector('#messages').innerText.includes('listen')")
    await tab.evaluate("document.querySelector('.message:last-child .tools button').focus()")
    await tab.press("Enter")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#messages').innerText.includes('[5]')")


@needs_browser
async def test_texts_of_strangers_stay_text(place: tuple[Discord, str], tab: Tab) -> None:
    discord, _ = place
    text = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) **<b>** `</code>` ||secret||"
    discord.say(text)
    await tab.wait("document.querySelector('#messages').innerText.includes('onerror')")
    assert await tab.evaluate("document.querySelectorAll('.text img, .text a').length") == 0


@needs_browser
async def test_other_person_other_server_on_a_phone(place: tuple[Discord, str], tab: Tab, tmp_path: Path) -> None:
    discord, _ = place
    await tab.look(width=390, height=800, touch=True, dark=True)
    await tab.click("#open-side")
    await tab.evaluate(
        f"(() => {{ const s = document.querySelector('#person'); s.value = '{discord.member.id}';"
        "s.dispatchEvent(new Event('change')); })()"
    )
    await tab.wait("document.querySelector('#person').selectedOptions[0].innerText.startsWith('Ben')")
    # By script: the drawer may still be sliding, and a touch would land beside the button.
    await tab.evaluate(
        "[...document.querySelectorAll('#places button')].find(b => b.innerText.includes('woodshed')).click()"
    )
    await tab.wait("document.querySelector('#place-name').innerText === '# woodshed'")
    assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
    discord.say("", [(f"{'a_long_name' * 5}.mid", b"MThd")], where=discord.other_channel)
    await tab.wait("document.querySelector('.file')")
    await tab.look(width=320, height=640, touch=True, dark=True)
    assert await tab.evaluate("document.querySelector('#messages').scrollWidth") <= 320
    await tab.click("#text")
    await tab.type("hello from a phone")
    await tab.press("Enter")
    await tab.wait("document.querySelector('#messages').innerText.includes('hello from a phone')")
    said = discord.messages(discord.other_channel)[-1]
    assert (said.author, said.content) == (discord.member, "hello from a phone")


async def test_a_bot_that_ends_is_reported(place: tuple[Discord, str], client: aiohttp.ClientSession) -> None:
    discord, _ = place
    assert discord.process
    discord.process.send_signal(signal.SIGTERM)
    await discord.process.wait()
    await discord.until(lambda: not discord.gateway.online)
    async with client.get("/live") as stream:
        line = await stream.content.readline()
    assert json.loads(line.removeprefix(b"data: "))["online"] is False
    await discord.start_bot()
