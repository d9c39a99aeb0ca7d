"""Mishaps of a bot: restarts, dead tokens, hurry, a broken line, people who change their minds."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from bot.preview import people
from bot.preview.world import SEND_MESSAGES, Change, Message
from tests.discord_stand_in import Discord, Reply, acknowledged, has_files, refusal, running
from tests.tally import tried

pytestmark = pytest.mark.asyncio(loop_scope="session")


def long_tune(notes: int) -> bytes:
    """A MIDI file of one note a second: it is read in no time and takes long to render."""
    events = b"\0\xff\x51\x03" + (1_000_000).to_bytes(3, "big")
    events += b"".join(bytes((0, 0x90, 60 + 5 * i % 12, 80, 96, 0x80, 60 + 5 * i % 12, 0)) for i in range(notes))
    events += b"\0\xff\x2f\0"
    return b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk" + len(events).to_bytes(4, "big") + events


LONG = {"tune": ("long.mid", long_tune(20)), "seconds": 30, "takes": 4}
ENDLESS = {"tune": ("endless.mid", long_tune(250)), "seconds": 30, "takes": 4}  # for requests that are cancelled


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_at_a_time(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Discord]:
    """A bot that plays one piece at a time and lets one more wait."""
    env = {"ENCORE_MODEL": "echo", "ENCORE_AT_ONCE": "1", "ENCORE_QUEUE": "1", "ENCORE_GRACE": "600"}
    async with running(tmp_path_factory.mktemp("narrow"), env=env) as discord:
        yield discord


@pytest_asyncio.fixture(loop_scope="session")
async def one_of_two(tmp_path: Path) -> AsyncIterator[Discord]:
    """A bot that plays one piece at a time, and can read another meanwhile."""
    async with running(tmp_path, env={"ENCORE_MODEL": "echo", "ENCORE_AT_ONCE": "1", "ENCORE_GRACE": "1"}) as discord:
        yield discord
        assert discord.violations == []


@pytest_asyncio.fixture(loop_scope="session")
async def narrow(one_at_a_time: Discord) -> AsyncIterator[Discord]:
    one_at_a_time.refresh()
    yield one_at_a_time
    await one_at_a_time.rest()
    assert one_at_a_time.violations == []


def said(words: str):
    return lambda reply: bool(reply.asked.response and words in reply.asked.response.content)


def public(discord: Discord) -> list[Message]:
    return [message for message in discord.messages() if message.only_for is None]


async def test_the_line(narrow: Discord) -> None:
    left = re.search(r"within this hour: \d+\.", (await narrow.command("queue", user=narrow.admin)).text)
    playing = await narrow.command("extend", ENDLESS, until=acknowledged)
    waiting = await narrow.command(
        "compose", {"seconds": 5, "takes": 1}, user=narrow.admin, until=said("number 1 in the queue")
    )
    assert list(waiting.buttons) == ["Cancel"]
    full = await narrow.command("compose", {"seconds": 5, "takes": 1}, user=narrow.moderator)
    assert full.ephemeral and "already waiting" in full.text
    twice = await narrow.command("compose", {"seconds": 5, "takes": 1})
    assert twice.ephemeral and "still playing for you" in twice.text
    mine, hers = await narrow.command("queue"), await narrow.command("queue", user=narrow.admin)
    assert mine.ephemeral and "Playing now: 1; waiting: 1." in mine.text and "Encore is playing for you." in mine.text
    assert "You are number 1 in the queue." in hers.text and left and left[0] in hers.text
    denied = await narrow.press(waiting, "Cancel", user=narrow.member)
    assert denied.ephemeral and "Only the person who asked" in denied.text
    await narrow.press(waiting, "Cancel", user=narrow.admin)
    assert "Cancelled" in await refusal(narrow, waiting)
    after = await narrow.command(
        "compose", {"seconds": 5, "takes": 1}, user=narrow.admin, until=said("number 1 in the queue")
    )
    await narrow.until(lambda: said("playing")(playing))
    custom_id = playing.buttons["Cancel"]["custom_id"]
    presses = [Reply(people.press(narrow.world, narrow.moderator, playing.message, custom_id)) for _ in "12"]
    assert "Cancelled" in await refusal(narrow, playing)
    await narrow.until(lambda: narrow.log().count("outcome=cancelled") >= 2, "both, and neither as refused")
    await narrow.until(lambda: all(press.asked.answer for press in presses))
    said_twice = [press for press in presses if press.asked.response and press.ephemeral]
    assert len(said_twice) <= 1 and all("has been cancelled" in press.text for press in said_twice)
    await narrow.until(lambda: has_files(after))


async def test_what_cannot_be_read_does_not_wait_in_the_line(one_of_two: Discord) -> None:
    narrow = one_of_two
    playing = await narrow.command("extend", {**ENDLESS, "takes": 1}, until=acknowledged)
    wrong = {"tune": ("noise.mid", bytes(range(256)))}
    refused = await narrow.command("extend", wrong, user=narrow.admin, until=acknowledged)
    assert "MIDI" in await refusal(narrow, refused)
    assert not has_files(playing), "it was told without waiting for its turn"
    await narrow.until(lambda: said("playing")(playing))
    await narrow.press(playing, "Cancel")


async def test_cancel_after_a_crash_removes_what_will_never_come(narrow: Discord) -> None:
    playing = await narrow.command("extend", ENDLESS, until=said("playing"))
    await narrow.stop_bot(hard=True)
    await narrow.start_bot()
    cancelled = await narrow.press(playing, "Cancel", until=lambda reply: bool(reply.asked.followups))
    assert playing.message not in narrow.messages()
    told = cancelled.asked.followups[-1]
    assert "restarted" in told.content and told.only_for is narrow.member


async def test_an_answer_that_was_deleted_stays_so(narrow: Discord) -> None:
    playing = await narrow.command("extend", LONG, until=acknowledged)
    jobs = narrow.log().count("outcome=")
    narrow.world.delete(playing.message)
    before = public(narrow)
    await narrow.until(lambda: narrow.log().count("outcome=") > jobs, "the end of the work")
    assert public(narrow) == before


async def test_stopping_lets_what_plays_come_to_its_end(narrow: Discord) -> None:
    reply = await narrow.command("extend", {**LONG, "takes": 1}, until=acknowledged)
    waiting = await narrow.command(
        "compose", {"seconds": 5, "takes": 1}, user=narrow.admin, until=said("number 1 in the queue")
    )
    assert await narrow.stop_bot() == 0
    assert has_files(reply)
    assert "restarted" in waiting.asked.followups[0].content
    await narrow.start_bot()


async def test_who_is_still_played_for_when_the_grace_is_over_is_told(one_of_two: Discord) -> None:
    reply = await one_of_two.command("extend", ENDLESS, until=said("playing"))
    assert await one_of_two.stop_bot() == 0
    assert reply.message not in one_of_two.messages() and "restarted" in reply.asked.followups[0].content
    assert reply.asked.followups[0].only_for is one_of_two.member


async def test_buttons_outlive_a_restart(discord: Discord) -> None:
    reply = await discord.command("compose", {"seconds": 5, "takes": 1, "seed": 77}, until=has_files)
    await discord.stop_bot(hard=True)
    registered = discord.log().count("commands registered")
    await discord.start_bot()
    assert discord.log().count("commands registered") == registered, "commands that did not change stay as they are"
    again = await discord.press(reply, "Warmer", until=has_files)
    assert "temperature 1.1 · seed 77" in again.text


async def test_a_form_outlives_a_crash(discord: Discord) -> None:
    """Who pasted a tune gets it played, though the process that opened the form is gone."""
    forms = [await discord.command(command) for command in ("extend", "accompany")]
    await discord.stop_bot(hard=True)
    await discord.start_bot()
    tune = {"Your tune in ABC": "X:1\nT:Kept\nM:4/4\nK:C\nCDEF|GABc|\n"}
    on, joined = [await discord.submit(form, tune, until=has_files) for form in forms]
    assert "**Kept** plays on" in on.text and "**Kept**, with chords, bass and drums" in joined.text


async def test_edits_are_seldom(discord: Discord) -> None:
    edits: list[tuple[float, bool]] = []

    def listen(change: Change) -> None:
        if change.kind == "edited" and change.message:
            edits.append((change.message.edited or 0.0, bool(change.message.files)))

    discord.world.listeners.append(listen)
    try:
        await discord.command("extend", LONG, until=has_files)
    finally:
        discord.world.listeners.remove(listen)
    progress = [when for when, music in edits if not music]
    assert len(edits) - len(progress) == 1, "the music comes at once"
    assert all(later - earlier > 1.5 for earlier, later in pairwise(progress))


async def test_a_dead_token(discord: Discord) -> None:
    reply = await discord.command("extend", LONG, until=lambda reply: reply.thinking)
    discord.pass_time(901)
    posted = await discord.until(
        lambda: [m for m in discord.messages() if m.files and m.interaction is None and m.content.startswith("<@")]
    )
    assert f"<@{discord.member.id}>" in posted[-1].content and posted[-1].pinged == []
    assert posted[-1].files[0].name.endswith(".mp3") and not has_files(reply)
    on = await discord.press(posted[-1], "Play on from take 1", until=has_files)
    assert on.files


async def test_a_dead_token_where_the_bot_may_not_write(discord: Discord) -> None:
    await discord.command("extend", LONG, until=lambda reply: reply.thinking)
    discord.channel.bot_permissions &= ~SEND_MESSAGES
    discord.pass_time(901)
    posted = await discord.until(lambda: [m for m in discord.messages(discord.dm()) if m.files and not m.interaction])
    assert posted[-1].files


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_discord_is_busy(discord: Discord, status: int) -> None:
    before = discord.limits.faults_hit
    discord.limits.fail("PATCH /webhooks", status=status, times=1)
    reply = await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)
    assert reply.files and discord.limits.faults_hit == before + 1
    tried("Discord answers 429, 500, 503", 1, "music once")


async def test_files_that_are_too_large_after_all(discord: Discord) -> None:
    discord.limits.fail("PATCH /webhooks", status=413, times=1)
    assert (await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)).files


@pytest.mark.parametrize("resumable", [True, False])
async def test_the_gateway_drops_while_music_is_made(discord: Discord, resumable: bool) -> None:
    reply = await discord.command("extend", LONG, until=acknowledged)
    await discord.drop_gateway(resumable=resumable)
    await discord.until(lambda: has_files(reply))
    assert (await discord.command("about")).ephemeral
    tried("gateway dropped while music is made", 1, "music came")


async def test_double_press(discord: Discord) -> None:
    reply = await discord.command("extend", LONG, until=has_files)
    first = await discord.press(reply, "Another take", until=acknowledged)
    second = await discord.press(reply, "Another take")
    assert second.ephemeral and "still playing for you" in second.text
    await discord.until(lambda: has_files(first))


async def test_a_file_that_discord_no_longer_has(discord: Discord) -> None:
    message = discord.say("here", [("a.abc", b"X:1\nK:C\nCDEF|\n")])
    discord.world.files.pop(message.files[0].id)
    reply = await discord.on_message("Extend this melody", message, until=acknowledged)
    assert "did not deliver your file" in await refusal(discord, reply)
    tried("file host says 404", 1, "a sentence")


async def test_a_database_that_fails_costs_the_buttons_only(discord: Discord) -> None:
    with sqlite3.connect(discord.folder / "encore.sqlite3") as database:
        database.execute("ALTER TABLE takes RENAME TO hidden")
    database.close()
    try:
        reply = await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)
        assert reply.files and not reply.buttons
        sorry = await discord.command("forget")
        assert sorry.ephemeral and "Encore's side" in sorry.text and "Traceback" not in sorry.text
        assert "no such table" in discord.log()
    finally:
        with sqlite3.connect(discord.folder / "encore.sqlite3") as database:
            database.execute("ALTER TABLE hidden RENAME TO takes")
        database.close()


async def test_a_locked_database_is_told_in_time_and_music_comes_all_the_same(discord: Discord) -> None:
    database = sqlite3.connect(discord.folder / "encore.sqlite3", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    try:
        setting = discord.command("settings temperature", {"value": 0.3}, user=discord.admin)
        playing = discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)
        sorry, reply = await asyncio.gather(setting, playing)
        assert sorry.ephemeral and "Encore's side" in sorry.text and str(sorry.asked.id) in sorry.text
        assert f"job={sorry.asked.id}" in discord.log() and "database is locked" in discord.log()
        assert not reply.buttons
    finally:
        database.execute("ROLLBACK")
        database.close()
    assert "0.3" in (await discord.command("settings temperature", {"value": 0.3}, user=discord.admin)).text
    assert "0.3" in (await discord.command("compose", {"seconds": 5, "takes": 1}, until=has_files)).text
    await discord.command("settings reset", user=discord.admin)
    tried("database locked", 1, "music without buttons, then settings again")


async def test_one_line_a_job(discord: Discord) -> None:
    reply: Reply = await discord.command("compose", {"seconds": 5, "takes": 1, "seed": 424242}, until=has_files)
    await discord.until(lambda: "seed=424242" in discord.log())
    line = next(line for line in discord.log().splitlines() if "seed=424242" in line)
    assert all(word in line for word in ("job=", "outcome=played", "sample=", "finish=", "seconds="))
    assert discord.standin.environment["DISCORD_TOKEN"] not in discord.log() and reply
