"""The stand-in for Discord, driven by a little bot of real discord.py."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.preview import people
from bot.preview.world import COMPONENT, MEMBER, SEND_MESSAGES
from tests.discord_stand_in import JUDGE, ROOT, Discord, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tiny(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Discord]:
    folder = tmp_path_factory.mktemp("tiny")
    async with running(folder, command=[sys.executable, str(ROOT / "tests/tiny_bot.py")]) as discord:
        yield discord


@pytest_asyncio.fixture(loop_scope="session")
async def discord(tiny: Discord) -> AsyncIterator[Discord]:
    tiny.refresh()
    yield tiny
    assert tiny.violations == []


async def test_file_goes_in_and_comes_back(discord: Discord) -> None:
    data = bytes(range(256)) * 400
    text = f"hi @everyone <@{discord.admin.id}>"
    reply = await discord.command("echo", {"text": text, "file": ("a tune.abc", data)})
    assert reply.text == text
    assert reply.files == {"back-a_tune.abc": data}
    assert reply.message.files[0].description == "again"
    assert reply.message.pinged == [] and not reply.message.pings_everyone


async def test_ephemeral_answer_and_followup(discord: Discord) -> None:
    discord.member.locale = "de"
    reply = await discord.command("whisper", {"number": "0.5"}, where=discord.dm())
    assert reply.text == "0.5 de" and reply.ephemeral
    await discord.until(lambda: reply.asked.followups)
    assert reply.messages[1].content == "and more" and reply.messages[1].only_for is discord.member


async def test_button_outlives_the_process(discord: Discord) -> None:
    reply = await discord.command("button")
    assert list(reply.buttons) == ["Pressed 0"]
    await discord.restart_bot()
    pressed = await discord.press(reply, "Pressed 0", user=discord.admin)
    assert pressed.message is reply.message
    assert reply.text == "pressed by ada" and list(reply.buttons) == ["Pressed 1"]
    assert reply.files == {"dot.png": b"png"}  # an edit that does not speak of files keeps them


async def test_select_edits_after_deferral(discord: Discord) -> None:
    reply = await discord.command("choose")
    chosen = await discord.press(reply, "mode", values=["lyd"], until=lambda r: not r.message.components)
    assert chosen.text == "chose lyd"
    with pytest.raises(people.Rejected):
        await discord.press(reply, "mode", values=["dor"])


async def test_modal_with_file(discord: Discord) -> None:
    form = await discord.command("form")
    assert form.modal["title"] == "A form"
    with pytest.raises(people.Rejected, match="1 to 20 characters"):
        await discord.submit(form, {"Name": "x" * 21})
    reply = await discord.submit(form, {"Name": "Ben", "Tune": [("a.mid", b"12345")]})
    assert reply.text == "Ben sent [5]"


async def test_autocomplete(discord: Discord) -> None:
    assert await discord.suggestions("guess", "key", "d m") == [("D minor", "D minor")]


async def test_context_menu_gets_the_attachment_without_intents(discord: Discord) -> None:
    said = discord.say("listen", [("a.mid", b"123"), ("b.mid", b"4567")])
    assert (await discord.on_message("Measure this", said)).text == "[3, 4]"


async def test_admin_command_is_hidden_until_opened(discord: Discord) -> None:
    with pytest.raises(people.Rejected, match="sees no command"):
        await discord.command("settings temperature", {"value": 1})
    assert (await discord.command("settings temperature", {"value": 1}, user=discord.admin)).text == "1.0 by ada: True"
    with pytest.raises(people.Rejected):  # not in direct messages
        await discord.command("settings temperature", {"value": 1}, user=discord.admin, where=discord.dm(discord.admin))
    discord.server.open_to_all.add("settings")
    assert (await discord.command("settings temperature", {"value": 1})).text == "1.0 by ben: False"


async def test_discords_app_checks_options(discord: Discord) -> None:
    for options, complaint in (({"number": 3}, "at most 2"), ({"number": "x"}, "a number"), ({"a": 1}, "no option")):
        with pytest.raises(people.Rejected, match=complaint):
            await discord.command("whisper", options)
    with pytest.raises(people.Rejected, match="required"):
        await discord.command("echo")


async def test_newer_components(discord: Discord) -> None:
    reply = await discord.command("layout")
    assert reply.text == "" and reply.files == {"tune.mp3": b"sound"}
    assert list(reply.buttons) == ["Go"]


async def test_silence_fails(discord: Discord) -> None:
    discord.world.acknowledge_within = 0.2
    with pytest.raises(AssertionError, match="did not respond"):
        await discord.command("silent")


async def test_answering_twice_is_seen(discord: Discord) -> None:
    reply = await discord.command("twice")
    await discord.until(lambda: discord.violations)
    assert "already been acknowledged" in discord.violations[0]
    assert reply.text == "once"
    discord.violations.clear()


async def test_wrong_requests_are_seen(discord: Discord) -> None:
    before = len(discord.messages())
    await discord.command("wrong")
    assert any("$.content: 7 is not of type" in violation for violation in discord.violations)
    assert any("attachment://none.png refers to no file" in violation for violation in discord.violations)
    assert len(discord.messages()) == before + 1
    discord.violations.clear()


async def test_429_and_500_are_survived(discord: Discord) -> None:
    discord.limits.fail("PATCH /webhooks", times=2, retry_after=0.05)
    assert (await discord.command("echo", {"text": "after all"})).text == "after all"
    discord.limits.fail("PATCH /webhooks", status=503)
    assert (await discord.command("echo", {"text": "once more"})).text == "once more"
    assert discord.limits.faults_hit == 3


async def test_hurrying_is_limited(discord: Discord) -> None:
    verdicts = [discord.limits.count("POST /channels/1/messages") for _ in range(6)]
    assert [wait is None for _, wait in verdicts] == [True] * 5 + [False]
    assert verdicts[4][0]["X-RateLimit-Remaining"] == "0"
    assert discord.limits.count("POST /channels/2/messages")[1] is None


async def test_dead_token(discord: Discord) -> None:
    reply = await discord.command("slow", until=lambda r: r.asked.answer is not None)
    discord.pass_time(901)
    posted = await discord.until(lambda: discord.messages()[-1] if not discord.messages()[-1].interaction else None)
    assert posted.content == "late: 401 50027"
    assert posted.reference is reply.message and reply.thinking


async def test_gateway_resumes_and_loses_nothing(discord: Discord) -> None:
    resumed = discord.gateway.resumed
    await discord.drop_gateway()
    assert discord.gateway.resumed == resumed + 1
    await discord.gateway.drop()
    assert (await discord.command("echo", {"text": "asked while away"})).text == "asked while away"
    discord.gateway.ask_to_reconnect()
    await discord.until(lambda: discord.gateway.resumed == resumed + 3)


async def test_gateway_forgets_a_session(discord: Discord) -> None:
    identified = discord.gateway.identified
    await discord.drop_gateway(resumable=False)
    await discord.until(lambda: discord.gateway.identified == identified + 1)
    assert (await discord.command("echo", {"text": "new session"})).text == "new session"


async def test_missing_permission(discord: Discord) -> None:
    discord.channel.bot_permissions = MEMBER & ~SEND_MESSAGES
    reply = await discord.command("slow", until=lambda r: r.asked.answer is not None)
    discord.pass_time(901)
    await discord.until(lambda: "403 Forbidden (error code: 50013)" in discord.log())
    assert discord.messages()[-1] is reply.message


async def test_links_to_files_die(discord: Discord) -> None:
    said = discord.say("", [("a.mid", b"123")])
    asked = people.use_on_message(discord.world, discord.member, "Measure this", said)
    discord.pass_time(90_000)  # before the bot follows the link
    await discord.until(lambda: asked.answer or "404 Not Found" in discord.log())


async def test_wrong_token_and_privileged_intents(tmp_path: Path) -> None:
    script = tmp_path / "bot.py"
    script.write_text(
        "import discord, os\n"
        "client = discord.Client(intents=discord.Intents.all(), proxy=os.environ['ENCORE_PROXY'])\n"
        "client.run(os.environ['TOKEN'])\n"
    )
    for token, complaint in (("wrong", "LoginFailure"), (None, "PrivilegedIntentsRequired")):
        discord = Discord(tmp_path, [sys.executable, str(script)], {})
        discord.env["TOKEN"] = token or discord.world.token
        await discord.standin.start()
        with pytest.raises(AssertionError, match=complaint):
            await discord.start_bot()
        await discord.standin.stop()


async def test_older_compression(tmp_path: Path) -> None:
    script = tmp_path / "bot.py"  # without the library for the newer one, discord.py asks for zlib
    script.write_text(
        "import runpy, sys\nsys.modules['zstandard'] = None\n"
        f"runpy.run_path({str(ROOT / 'tests/tiny_bot.py')!r}, run_name='__main__')\n"
    )
    async with running(tmp_path, command=[sys.executable, str(script)]) as discord:
        assert discord.gateway.compressions == ["zlib-stream"]
        assert (await discord.command("echo", {"text": "x" * 2000})).text == "x" * 2000
        assert discord.violations == []


async def test_two_shards(tmp_path: Path) -> None:
    def two(discord: Discord) -> None:
        discord.gateway.shards = 2

    command = [sys.executable, str(ROOT / "tests/tiny_bot.py")]
    async with running(tmp_path, command=command, prepare=two) as discord:
        await discord.until(lambda: discord.gateway.identified == 2)
        for where in (discord.channel, discord.other_channel, discord.dm()):
            assert (await discord.command("echo", {"text": "hi"}, where=where)).text == "hi"
        assert discord.violations == []


async def test_every_answer_is_as_described(discord: Discord) -> None:
    guild, channel, user = discord.server.id, discord.channel.id, discord.admin.id
    said = discord.say("look", [("a.mid", b"1")])
    bot = discord.world.bot.id
    command = discord.world.commands[None][0]["id"]
    paths = [f"/guilds/{guild}{rest}" for rest in ("", "/channels", "/roles", f"/members/{user}", "/members/5")]
    paths += ["/users/@me", "/oauth2/applications/@me", "/applications/@me", "/gateway", "/gateway/bot"]
    paths += [f"/channels/{room.id}" for room in (discord.channel, discord.dm())] + [f"/users/{user}", "/users/7"]
    paths += [f"/channels/{channel}/messages", f"/channels/{channel}/messages/{said.id}", "/channels/9", "/guilds/9"]
    paths += [f"/applications/{bot}/commands", f"/applications/{bot}/commands/{command}"]
    paths += [f"/applications/{bot}/guilds/{guild}/commands", "/applications/9/commands"]
    trust = ssl.create_default_context(cafile=discord.standin.environment["SSL_CERT_FILE"])
    headers = {"Authorization": f"Bot {discord.world.token}", "User-Agent": "DiscordBot (test, 1)"}
    proxy = discord.standin.environment["ENCORE_PROXY"]
    async with aiohttp.ClientSession("https://discord.com", headers=headers) as session:
        for path in paths:
            async with session.get(f"/api/v10{path}", ssl=trust, proxy=proxy) as answer:
                assert answer.status in (200, 400, 403, 404), path
                assert answer.headers["Content-Type"] == "application/json"


async def test_gateway_events_are_as_described(discord: Discord) -> None:
    reply = await discord.command("button")
    await discord.press(reply, "Pressed 0")
    await discord.command("echo", {"text": "x", "file": ("a.abc", b"X:1")})
    await discord.on_message("Measure this", discord.say("", [("a.mid", b"1")]))
    events = [packet for session in discord.gateway.sessions.values() for packet in session.events]
    found: list[tuple[str, Any]] = []
    for guild in (packet["d"] for packet in events if packet["t"] == "GUILD_CREATE"):
        found += [("GuildWithCountsResponse", guild), *(("GuildChannelResponse", room) for room in guild["channels"])]
        found += [("GuildMemberResponse", member) for member in guild["members"]]
    for asked in (packet["d"] for packet in events if packet["t"] == "INTERACTION_CREATE"):
        found += [("GuildMemberResponse", asked["member"])] if "member" in asked else []
        found += [("MessageResponse", asked["message"])] if "message" in asked else []
        resolved = asked["data"].get("resolved", {})
        found += [("MessageAttachmentResponse", file) for file in resolved.get("attachments", {}).values()]
        found += [("MessageResponse", message) for message in resolved.get("messages", {}).values()]
    assert {name for name, _ in found} >= {"GuildChannelResponse", "MessageResponse", "MessageAttachmentResponse"}
    problems = [JUDGE.problems(f"/components/schemas/{name}", data) for name, data in found]
    assert [problem for problem in problems if problem] == []


async def test_only_discord_is_reached(discord: Discord) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", discord.standin.tunnel.port)
    writer.write(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n")
    assert b"403" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert "example.com" in discord.violations.pop()


async def test_interactions_name_their_kind(discord: Discord) -> None:
    reply = await discord.command("button")
    pressed = await discord.press(reply, "count:0")
    assert pressed.asked.kind == COMPONENT and pressed.asked.source is reply.message
