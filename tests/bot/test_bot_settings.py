"""/settings through the real client: a server's own defaults, for the people who manage it."""

import pytest

from bot.preview import people
from tests.discord_stand_in import Discord, Reply, has_files

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_settings_survive_a_restart_and_hold_for_their_server_alone(discord: Discord) -> None:
    admin = discord.admin
    said = await discord.command("settings temperature", {"value": 0.7}, user=admin)
    assert said.ephemeral and "0.7" in said.text
    await discord.command("settings seconds", {"value": 6}, user=admin)
    await discord.command("settings instrument", {"value": "flute"}, user=admin)
    await discord.command("settings temperature", {"value": 1.4}, user=admin, where=discord.other_channel)
    await discord.restart_bot()
    shown = await discord.command("settings show", user=admin)
    assert "**temperature**: 0.7" in shown.text and "**seconds**: 6" in shown.text
    assert "**takes**: 2 (not set)" in shown.text
    here = await discord.command("compose", until=has_files)
    assert "temperature 0.7" in here.text and "flute" in here.text
    there = await discord.command("compose", {"seconds": 5}, where=discord.other_channel, until=has_files)
    assert "temperature 1.4" in there.text and "piano" in there.text
    privately = await discord.command("compose", {"seconds": 5}, where=discord.dm(), until=has_files)
    assert "temperature 0.9" in privately.text
    said_otherwise = await discord.command("compose", {"temperature": 1, "instrument": "auto"}, until=has_files)
    assert "temperature 1 " in said_otherwise.text and "piano" in said_otherwise.text

    reset = await discord.command("settings reset", user=admin)
    assert reset.ephemeral
    assert "0.7" not in (await discord.command("settings show", user=admin)).text
    assert "1.4" in (await discord.command("settings show", user=admin, where=discord.other_channel)).text
    await discord.command("settings reset", user=admin, where=discord.other_channel)


async def test_takes_by_default(discord: Discord) -> None:
    await discord.command("settings takes", {"value": 3}, user=discord.admin)
    reply = await discord.command("compose", {"seconds": 5}, until=has_files)
    assert len([name for name in reply.files if name.endswith(".mp3")]) == 3
    await discord.command("settings reset", user=discord.admin)


async def test_members_do_not_see_it(discord: Discord) -> None:
    with pytest.raises(people.Rejected, match="sees no command"):
        await discord.command("settings show")
    with pytest.raises(people.Rejected):
        await discord.command("settings show", user=discord.admin, where=discord.dm(discord.admin))


async def test_a_style_by_default(discord: Discord) -> None:
    unknown = await discord.command("settings style", {"value": "polka"}, user=discord.admin)
    assert unknown.ephemeral and "There is no style “polka”" in unknown.text
    said = await discord.command("settings style", {"value": "hymn"}, user=discord.admin)
    assert "style hymn" in said.text and "**style**: hymn" in (await shown(discord)).text
    reply = await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)
    assert "hymn" in reply.text
    other = await discord.command("compose", {"seconds": 5, "takes": 1, "style": "jazz"}, until=has_files)
    assert "jazz" in other.text
    await discord.command("settings reset", user=discord.admin)
    assert "**style**: whatever fits (not set)" in (await shown(discord)).text


async def shown(discord: Discord) -> Reply:
    return await discord.command("settings show", user=discord.admin)


FORBIDDEN = {
    "temperature": {"value": 2},
    "seconds": {"value": 9},
    "takes": {"value": 4},
    "instrument": {"value": "flute"},
    "style": {"value": "jazz"},
    "show": {},
    "reset": {},
}


async def test_checked_in_code_too(discord: Discord) -> None:
    await discord.command("settings temperature", {"value": 0.5}, user=discord.admin)
    discord.server.open_to_all.add("settings")
    before = (await discord.command("settings show", user=discord.admin)).text
    for word, options in FORBIDDEN.items():
        for user in (discord.member, discord.moderator):
            denied = await discord.command(f"settings {word}", options, user=user)
            assert denied.ephemeral and "Only people who may manage this server" in denied.text
    assert "0.5" in before and (await discord.command("settings show", user=discord.admin)).text == before
    await discord.command("settings reset", user=discord.admin)


async def test_what_cannot_be_set(discord: Discord) -> None:
    for word, value in (("temperature", 2.5), ("temperature", 0), ("seconds", 4), ("takes", 9)):
        with pytest.raises(people.Rejected):
            await discord.command(f"settings {word}", {"value": value}, user=discord.admin)
    wrong = await discord.command("settings instrument", {"value": "kazoo"}, user=discord.admin)
    assert wrong.ephemeral and "kazoo" in wrong.text
    assert ("flute", "flute") in await discord.suggestions("settings instrument", "value", "flu", user=discord.admin)
