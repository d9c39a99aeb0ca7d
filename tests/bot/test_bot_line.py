"""What breaks between Discord and the bot: connections, threads that are archived, servers that have an outage."""

import asyncio

import pytest
from aiohttp import web

from bot.preview.world import ATTACH_FILES
from tests.bot.test_bot_mishaps import LONG
from tests.discord_stand_in import Discord, acknowledged, has_files, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")
TUNE = ("a.abc", b"X:1\nK:C\nCDEF|\n")
SHORT = {"seconds": 5, "takes": 1}
BROKEN, ARCHIVED, ANSWERED, UNKNOWN = 0, 50083, 40060, 10062


async def test_a_connection_that_breaks_while_the_music_is_posted(discord: Discord) -> None:
    before, faults = discord.limits.faults_hit, discord.log().count("Traceback")
    discord.limits.fail("PATCH /webhooks", status=BROKEN, times=2)
    reply = await discord.command("compose", SHORT, until=has_files)
    assert reply.buttons and discord.limits.faults_hit == before + 2
    assert discord.log().count("Traceback") == faults


async def test_a_connection_that_breaks_while_the_progress_is_shown(discord: Discord) -> None:
    reply = await discord.command("extend", LONG, until=acknowledged)
    before = discord.limits.faults_hit
    discord.limits.fail("PATCH /webhooks", status=BROKEN)
    await discord.until(lambda: has_files(reply))
    assert discord.limits.faults_hit == before + 1


async def test_a_connection_that_breaks_while_the_file_is_fetched(
    discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    monkeypatch.setattr(discord.standin.cdn, "endpoint", broken)
    reply = await discord.command("extend", {"tune": TUNE}, until=acknowledged)
    assert "did not deliver your file" in await refusal(discord, reply)


async def test_a_thread_that_is_archived_meanwhile_is_opened_by_the_music(discord: Discord) -> None:
    discord.limits.fail("PATCH /webhooks", status=400, code=ARCHIVED, times=1000)
    await discord.command("compose", SHORT, until=acknowledged)
    posted = await discord.until(lambda: [m for m in discord.messages() if m.files and m.interaction is None])
    assert posted[-1].content.startswith(f"<@{discord.member.id}>") and posted[-1].components
    assert not discord.violations


async def test_sheet_music_that_comes_too_late_stays_private(discord: Discord) -> None:
    reply = await discord.command("compose", SHORT, until=has_files)
    discord.limits.fail("PATCH /webhooks", status=401, times=1000)
    pressed = await discord.press(reply, "Sheet music", until=acknowledged)
    every = [discord.channel, discord.dm()]
    fresh = await discord.until(
        lambda: [m for room in every for m in discord.messages(room) if m.files and m.id > pressed.message.id]
    )
    assert [m.channel for m in fresh] == [discord.dm()] and fresh[0].files[0].name.endswith(".png")


async def test_a_refusal_is_told_though_the_answer_cannot_be_removed(
    discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = asyncio.Event()

    async def late(request: web.Request) -> web.Response:
        await shown.wait()
        return web.Response(status=404)

    monkeypatch.setattr(discord.standin.cdn, "endpoint", late)
    discord.limits.fail("DELETE /webhooks", status=400, code=ARCHIVED)
    reply = await discord.command("extend", {"tune": TUNE}, until=acknowledged)
    shown.set()
    told = await discord.until(lambda: reply.asked.response.content or reply.asked.followups)
    assert "did not deliver your file" in (told if isinstance(told, str) else told[-1].content)


@pytest.mark.parametrize(
    ("status", "code", "hint"), [(400, ANSWERED, "a second bot running"), (404, UNKNOWN, "waits 3 s")]
)
async def test_an_answer_that_discord_does_not_take_is_a_line_for_the_admin(
    discord: Discord, status: int, code: int, hint: str
) -> None:
    faults = discord.log().count("Traceback")
    discord.limits.fail("POST /interactions", status=status, code=code)
    with pytest.raises(AssertionError, match="did not respond in time"):
        discord.world.acknowledge_within = 1.0
        await discord.command("compose", SHORT)
    line = await discord.until(lambda: [line for line in discord.log().splitlines() if hint in line])
    assert "ERROR" in line[-1] and "job=" in line[-1] and discord.log().count("Traceback") == faults


async def test_a_server_that_has_an_outage_hides_no_other(discord: Discord) -> None:
    """Discord names such a server at the start, and sends it only when it is back."""
    faults, said = discord.log().count("Traceback"), discord.log().count("lacks permissions")
    discord.server.away = True
    discord.other_server.everyone &= ~ATTACH_FILES
    await discord.drop_gateway(resumable=False)
    await discord.until(lambda: discord.log().count("lacks permissions") > said)
    assert discord.log().count("Traceback") == faults
    discord.server.away = False
    await discord.drop_gateway(resumable=False)
