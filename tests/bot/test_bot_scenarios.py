"""Every command and every button in every mishap: a restart, a gateway that drops, 429, dead tokens, double presses."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.preview import people
from bot.preview.world import ATTACH_FILES, Change, Interaction, Message
from tests.discord_stand_in import Discord, Reply, acknowledged, answered, buttons, has_files

pytestmark = pytest.mark.asyncio(loop_scope="session")

ABC = "X:1\nT:The Test\nM:4/4\nL:1/8\nQ:1/4=240\nK:D\nDFAF dfaf|gfed cABc|\n"
TUNE = ("the test.abc", ABC.encode())
THINKING = 5  # the kind of answer that promises one
MUSIC = ("Another take", "Warmer", "Cooler", "Play on", "With a band", "Only the new part")
Until = Callable[[Reply], bool]
Act = Callable[[Discord, Message, Until], Awaitable[Reply]]  # the message has the buttons; until when


def command(path: str, **options: object) -> Act:
    return lambda discord, message, until: discord.command(path, options, user=discord.admin, until=until)


def button(label: str) -> Act:
    return lambda discord, message, until: discord.press(message, label, user=discord.admin, until=until)


async def form(discord: Discord, message: Message, until: Until) -> Reply:
    opened = await discord.command("extend", {"seconds": 5}, user=discord.admin)
    return await discord.submit(opened, {"Your tune in ABC": ABC}, until=until)


async def on_message(discord: Discord, message: Message, until: Until) -> Reply:
    said = discord.say("this one?", [TUNE])
    return await discord.on_message("Extend this melody", said, user=discord.admin, until=until)


async def other_bass(discord: Discord, message: Message, until: Until) -> Reply:
    """Under the newest reply of a band."""
    band = next(said for said in reversed(discord.messages()) if "Other bass" in buttons(said))
    return await discord.press(band, "Other bass", user=discord.admin, until=until)


PLAYED: dict[str, Act] = {
    "extend": command("extend", tune=TUNE, seconds=5, takes=1),
    "a form": form,
    "a message": on_message,
    "compose": command("compose", seconds=5),
    "accompany": command("accompany", tune=TUNE, takes=1, chords="D | A7", stems=True),
    "Other bass": other_bass,
    **{label: button(label) for label in MUSIC},
}
SAID: dict[str, Act] = {
    "Sheet music": button("Sheet music"),
    "about": command("about"),
    "queue": command("queue"),
    "settings temperature": command("settings temperature", value=1.1),
    "settings seconds": command("settings seconds", value=6),
    "settings takes": command("settings takes", value=1),
    "settings instrument": command("settings instrument", value="flute"),
    "settings show": command("settings show"),
    "settings reset": command("settings reset"),
    "a refusal": command("extend", tune=("a.pdf", b"%PDF")),
    "a refusal of chords": command("accompany", tune=TUNE, chords="D | Hello"),
}


async def reply_with_buttons(discord: Discord) -> Message:
    options = {"tune": TUNE, "seconds": 5, "takes": 1, "temperature": 1}
    return (await discord.command("extend", options, user=discord.admin, until=has_files)).message


def presses(discord: Discord, message: Message, label: str) -> list[Interaction]:
    """A button pressed twice within the same moment."""
    custom_id = buttons(message)[label]["custom_id"]
    return [people.press(discord.world, discord.admin, message, custom_id) for _ in "12"]


async def test_all_that_was_there_before_a_crash_works_after_it(discord: Discord) -> None:
    message = await reply_with_buttons(discord)
    await PLAYED["accompany"](discord, message, has_files)
    await discord.stop_bot(hard=True)
    await discord.start_bot()
    for label in ("Other bass", *MUSIC):
        assert (await PLAYED[label](discord, message, has_files)).files, label
    assert (await SAID["Sheet music"](discord, message, has_files)).ephemeral
    await discord.press(message, "Delete", user=discord.admin)
    await discord.press(message, "Delete for good?", user=discord.admin)
    await discord.until(lambda: message not in discord.messages())


@pytest.mark.parametrize(("acts", "until"), [(PLAYED, has_files), (SAID, answered)], ids=["played", "said"])
async def test_whatever_is_asked_while_the_gateway_is_away_is_answered_once_it_resumes(
    discord: Discord, acts: dict[str, Act], until: Until
) -> None:
    message, resumed = await reply_with_buttons(discord), discord.gateway.resumed
    for name, act in acts.items():
        reply, _ = await asyncio.gather(act(discord, message, until), discord.drop_gateway())
        assert reply.files or reply.ephemeral, name
        assert len([m for m in discord.messages() if m.interaction is reply.asked]) == 1, "answered once"
    assert discord.gateway.resumed == resumed + len(acts)


@pytest.mark.parametrize(("acts", "until"), [(PLAYED, has_files), (SAID, answered)], ids=["played", "said"])
async def test_discord_says_429_to_every_answer(discord: Discord, acts: dict[str, Act], until: Until) -> None:
    message = await reply_with_buttons(discord)
    for name, act in acts.items():
        hit = discord.limits.faults_hit
        discord.limits.fail("POST /interactions", status=429, retry_after=0.05)
        discord.limits.fail("PATCH /webhooks", status=429, retry_after=0.05)
        reply = await act(discord, message, until)
        assert reply.files or reply.ephemeral, name
        assert discord.limits.faults_hit > hit, name
        discord.limits.faults.clear()


async def test_music_whose_token_died_is_posted_by_the_bot(discord: Discord) -> None:
    message, world, lives = await reply_with_buttons(discord), discord.world, discord.world.token_lives

    def kill(change: Change) -> None:
        if change.interaction and change.interaction.answer == THINKING:
            world.token_lives = 0.0

    world.listeners.append(kill)
    try:
        for name, act in PLAYED.items():
            world.token_lives = lives
            reply = await act(discord, message, acknowledged)

            def posted(reply: Reply = reply) -> list[Message]:
                mine = [m for m in discord.messages() if m.author is world.bot and m.interaction is None]
                return [m for m in mine if m.id > reply.asked.id]

            music = (await discord.until(posted, f"the music of {name}"))[0]
            assert music.files and buttons(music), name
            assert music.content.startswith(f"<@{discord.admin.id}>") and not music.pinged, name
            done = f"job={reply.asked.id} outcome=played"  # after which she may ask again
            await discord.until(lambda done=done: done in discord.log())
    finally:
        world.listeners.remove(kill)


async def test_buttons_pressed_twice_play_once(discord: Discord) -> None:
    message = await reply_with_buttons(discord)
    for label in MUSIC:
        both = [Reply(asked) for asked in presses(discord, message, label)]
        await discord.until(lambda both=both: all(map(answered, both)) and any(map(has_files, both)), label)
        refused, played = sorted(both, key=has_files)
        assert has_files(played) and refused.ephemeral and "still playing for you" in refused.text, label
    first, second = map(Reply, presses(discord, message, "Sheet music"))
    await discord.until(lambda: has_files(first) and has_files(second))
    assert first.ephemeral and second.ephemeral


async def test_delete_pressed_twice_deletes_without_a_word(discord: Discord) -> None:
    message, faults = await reply_with_buttons(discord), discord.log().count("Traceback")
    await discord.press(message, "Delete", user=discord.admin)
    assert message in discord.messages(), "it asks once"
    first, second = presses(discord, message, "Delete for good?")
    await discord.until(lambda: first.answer and second.answer and message not in discord.messages())
    await discord.command("queue")
    assert not first.followups and not second.followups
    assert discord.log().count("Traceback") == faults


async def test_what_was_forgotten_can_still_be_deleted(discord: Discord) -> None:
    message = await reply_with_buttons(discord)
    await discord.command("forget", user=discord.admin)
    denied = await discord.press(message, "Delete")
    assert denied.ephemeral and "moderator" in denied.text
    await discord.press(message, "Delete", user=discord.admin)
    await discord.press(message, "Delete for good?", user=discord.admin)
    await discord.until(lambda: message not in discord.messages())


async def test_a_server_where_encore_may_not_post_is_told_to_the_admin(discord: Discord) -> None:
    discord.other_server.everyone &= ~ATTACH_FILES
    await discord.drop_gateway(resumable=False)
    said = await discord.until(lambda: [line for line in discord.log().splitlines() if "lacks permissions" in line])
    assert discord.other_server.name in said[-1] and said[-1].endswith(": attach files. Grant them to its role there.")
    assert not [line for line in said if discord.server.name in line]
