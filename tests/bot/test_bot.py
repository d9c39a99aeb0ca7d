"""The real bot in a Discord on loopback: members' requests and the answers to them."""

import re

import pytest

from bot.preview import people
from bot.preview.world import User
from tests.discord_stand_in import ROOT, Discord, Reply, acknowledged, buttons, has_files, refusal
from tests.hostile_sounds import encoded, hummed

pytestmark = pytest.mark.asyncio(loop_scope="session")

ABC = b"X:1\nT:The Test\nM:4/4\nL:1/8\nQ:1/4=160\nK:D\nDFAF dfaf|gfed cABc|d2 fd A2 FA|D4 D4|\n"
TUNE = ("the test.abc", ABC)
MP3, MIDI, PNG = (b"ID3", b"\xff\xfb"), b"MThd", b"\x89PNG"


def kinds(reply: Reply) -> list[str]:
    return [file.name.rpartition(".")[2] for file in reply.message.files]


async def extended(discord: Discord, *, user: User | None = None, **options: object) -> Reply:
    return await discord.command(
        "extend", {"tune": TUNE, "seconds": 5, "takes": 1, **options}, user=user, until=has_files
    )


async def test_extend_a_file(discord: Discord) -> None:
    reply = await extended(discord, temperature=0.7, seed=11, instrument="flute", style="irish")
    assert not reply.ephemeral and reply.message.channel is discord.channel
    assert kinds(reply) == ["mp3", "mid", "abc", "png"]
    files = reply.files
    assert files["the_test-take1.mp3"].startswith(MP3) and files["the_test-take1.mid"].startswith(MIDI)
    assert files["the_test-take1.abc"].startswith(b"%abc") and files["the_test-take1.png"].startswith(PNG)
    assert "**The Test** plays on: D major, 4/4, ♩ = 160, flute" in reply.text
    assert "temperature 0.7 · seed 11" in reply.text
    assert list(reply.buttons) == [
        "Another take",
        "Warmer",
        "Cooler",
        "Play on",
        "Play on from a bar…",
        "With a band",
        "Only the new part",
        "Sheet music",
        "Delete",
    ]
    first, *others = (part for row in reply.message.components for part in row["components"])
    assert first["style"] == 1 and all(part["style"] != 1 for part in others), "the first button is the primary one"
    assert reply.message.pinged == []
    about = {file.name: file.description for file in reply.message.files}
    assert about["the_test-take1.png"].startswith("The score of take 1: The Test, D major, 4/4")


async def test_the_seed_is_drawn_and_shown(discord: Discord) -> None:
    seeds = {(await discord.command("compose", {"seconds": 5}, until=has_files)).text.split()[-1] for _ in "ab"}
    assert len(seeds) == 2 and all(seed.isdigit() for seed in seeds)


async def test_several_takes(discord: Discord) -> None:
    reply = await extended(discord, takes=4, seed=5)
    assert kinds(reply) == ["mp3"] * 4 + ["mid"] * 4 + ["abc", "png"]
    assert [f"Take {n + 1}: " in reply.text and f"seed {5 + n}" in reply.text for n in range(4)] == [True] * 4
    assert "Play on from take 4" in reply.buttons
    on = await discord.press(reply, "Play on from take 4", until=has_files)
    assert "the_test-take1.mp3" in on.files


async def test_only_the_new_part(discord: Discord) -> None:
    whole, new = await extended(discord, seed=3), await extended(discord, seed=3, part="new")
    assert "the new part from 0:" in whole.text and "the new part from" not in new.text
    assert len(new.files["the_test-take1.mp3"]) < len(whole.files["the_test-take1.mp3"])
    assert "With the input" in new.buttons


async def test_compose(discord: Discord) -> None:
    options = {"key": "D minor", "tempo": 90, "meter": "6/8", "style": "irish", "seconds": 5, "seed": 4, "takes": 1}
    reply = await discord.command("compose", options, until=has_files)
    assert kinds(reply) == ["mp3", "mid", "abc", "png"] and "seed 4" in reply.text
    assert "Only the new part" not in reply.buttons


async def test_a_form_to_paste_abc(discord: Discord) -> None:
    form = await discord.command("extend", {"seconds": 5, "seed": 8})
    assert form.modal["title"] == "Play on from ABC"
    reply = await discord.submit(form, {"Your tune in ABC": ABC.decode()}, until=has_files)
    assert "**The Test** plays on" in reply.text and "seed 8" in reply.text


async def test_extend_from_a_message(discord: Discord) -> None:
    said = discord.say("what about this?", [("photo.png", b"\x89PNG"), TUNE], user=discord.admin)
    reply = await discord.on_message("Extend this melody", said, until=has_files)
    assert "**The Test** plays on" in reply.text


async def test_extend_from_a_message_that_was_forwarded(discord: Discord) -> None:
    """Such a message contains nothing itself; Discord adds a snapshot of the original one."""
    for original in (discord.say("tune", [TUNE]), discord.say(f"```\n{TUNE[1].decode()}```")):
        passed_on = people.forward(discord.world, discord.moderator, discord.lounge, original)
        reply = await discord.on_message("Extend this melody", passed_on, until=has_files)
        assert "plays on" in reply.text


async def test_extend_from_a_voice_message(discord: Discord) -> None:
    sung = hummed([62, 66, 69, 66, 67, 71, 74, 71, 69, 66, 64, 62])
    said = discord.say_aloud(encoded(sung, "OGG", "OPUS"), len(sung) / 48_000, user=discord.admin)
    reply = await discord.on_message("Extend this melody", said, until=has_files)
    assert "12 notes were heard" in reply.text and "% sure" in reply.text
    assert "Begin with the recording" in reply.buttons and "I meant an octave lower" not in reply.buttons
    itself = await discord.press(reply, "Begin with the recording", until=has_files)
    assert "Begin with what was heard" in itself.buttons
    mids = [next(data for name, data in each.files.items() if name.endswith("take1.mid")) for each in (reply, itself)]
    assert mids[0] == mids[1], "the notes are the same"
    refused = discord.say_aloud(encoded(0.01 * sung, "OGG", "OPUS")[:200], 5.0, user=discord.admin)
    reply = await discord.on_message("Extend this melody", refused, until=acknowledged)
    assert "cannot be decoded" in await refusal(discord, reply)


async def test_a_recording_and_the_octave_that_was_meant(discord: Discord) -> None:
    low = encoded(hummed([38, 42, 45, 42, 43, 47, 50, 47, 45, 42, 40, 38]), "OGG", "OPUS")
    options = {"tune": ("voice-message.ogg", low), "seconds": 5, "takes": 1, "part": "recording"}
    reply = await discord.command("extend", options, until=has_files)
    assert "Begin with what was heard" in reply.buttons and "D major" in reply.text
    higher = await discord.press(reply, "I meant an octave higher", until=has_files)
    assert "I meant an octave lower" in higher.buttons, "the way back"
    refused = await discord.command("extend", {"tune": TUNE, "part": "recording"}, until=acknowledged)
    assert "no recording in this file" in await refusal(discord, refused)


async def test_a_recording_that_is_not_decoded(discord: Discord) -> None:
    said = discord.say("my tune", [("New Recording 4.m4a", b"\0\0\0\x1cftypM4A ")], user=discord.admin)
    reply = await discord.on_message("Extend this melody", said)
    assert reply.ephemeral and "(M4A)" in reply.text and "voice message" in reply.text


async def test_extend_from_a_message_that_is_abc(discord: Discord) -> None:
    said = discord.say(f"Listen:\n```\n{ABC.decode()}```", user=discord.admin)
    reply = await discord.on_message("Extend this melody", said, until=has_files)
    assert "**The Test** plays on" in reply.text


async def test_extend_from_a_message_without_a_tune(discord: Discord) -> None:
    reply = await discord.on_message("Extend this melody", discord.say("hello", [("a.pdf", b"%PDF")]))
    assert reply.ephemeral and "MIDI, ABC, MusicXML or kern" in reply.text


async def test_direct_messages(discord: Discord) -> None:
    reply = await discord.command("extend", {"tune": TUNE, "seconds": 5}, where=discord.dm(), until=has_files)
    assert kinds(reply) == ["mp3", "mp3", "mid", "mid", "abc", "abc", "png", "png"], (
        "two takes, unless one says how many"
    )
    assert len((await discord.press(reply, "Another take", until=has_files)).files) == 4, "and then another one"
    await discord.press(reply, "Delete")
    await discord.press(reply, "Delete for good?")
    await discord.until(lambda: reply.message not in discord.messages(discord.dm()))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": "H dur"}, "H dur"),
        ({"instrument": "kazoo"}, "kazoo"),
        ({"style": "polka"}, "polka"),
        ({"style": "**my_own**"}, r"\*\*my_own\*\*"),
    ],
)
async def test_wishes_that_cannot_be(discord: Discord, options: dict[str, object], words: str) -> None:
    reply = await discord.command("compose", {"seconds": 5, **options}, until=acknowledged)
    assert words in await refusal(discord, reply)


async def test_discord_checks_the_limits(discord: Discord) -> None:
    for option, value in (("temperature", 2.1), ("seconds", 4), ("seconds", 181), ("takes", 5), ("seed", -1)):
        with pytest.raises(people.Rejected):
            await discord.command("compose", {option: value})


async def test_autocompletion(discord: Discord) -> None:
    assert ("D minor", "D minor") in await discord.suggestions("compose", "key", "d m")
    assert ("tenor sax", "tenor sax") in await discord.suggestions("extend", "instrument", "Sax")
    assert 0 < len(await discord.suggestions("compose", "key", "")) <= 25
    assert ("Irish traditional", "irish") in await discord.suggestions("extend", "style", "trad")
    assert (await discord.suggestions("compose", "key", "a"))[0] == ("A major", "A major")
    assert await discord.suggestions("compose", "style", "no such") == []


async def test_mentions_in_a_title_ping_nobody(discord: Discord) -> None:
    evil = ABC.replace(b"The Test", f"@everyone <@{discord.admin.id}> **".encode())
    reply = await discord.command("extend", {"tune": ("a.abc", evil), "seconds": 5}, until=has_files)
    assert reply.message.pinged == [] and not reply.message.pings_everyone
    assert "\\*\\*" in reply.text


async def test_about(discord: Discord) -> None:
    reply = await discord.command("about", where=discord.dm())
    assert reply.ephemeral and all(word in reply.text for word in ("7 days", "/forget", "MIT", "0.1.0"))
    assert reply.files == {"MODEL_CARD.md": (ROOT / "assets/MODEL_CARD.md").read_bytes()}


async def test_small_upload_limit_leaves_the_sound_out(discord: Discord) -> None:
    discord.world.attachment_size_limit = 60_000
    reply = await extended(discord)
    assert "mp3" not in kinds(reply) and "mid" in kinds(reply)
    assert "the MP3" in reply.text and " MB)" in reply.text


async def test_a_lower_bit_rate_keeps_the_sound_in(discord: Discord) -> None:
    high = await extended(discord, seed=2)
    discord.world.attachment_size_limit = 200_000
    low = await extended(discord, seed=2)
    assert len(high.files["the_test-take1.mp3"]) > 200_000 >= len(low.files["the_test-take1.mp3"]) > 100_000
    assert "left out" not in low.text


async def test_buttons(discord: Discord) -> None:
    reply = await extended(discord, seed=21, temperature=1.0)
    again = await discord.press(reply, "Another take", user=discord.admin, until=has_files)
    assert again.message is not reply.message and not re.search(r"seed 21\b", again.text)
    warmer = await discord.press(reply, "Warmer", until=has_files)
    assert "temperature 1.2 · seed 21" in warmer.text
    cooler = await discord.press(reply, "Cooler", until=has_files)
    assert "temperature 0.8 · seed 21" in cooler.text
    alone = await discord.press(reply, "Only the new part", until=has_files)
    assert "the new part from" not in alone.text
    on = await discord.press(reply, "Play on", until=has_files)
    assert len(on.files["the_test-take1.mid"]) > len(reply.files["the_test-take1.mid"])
    assert "Delete" in buttons(on.message)


async def test_sheet_music(discord: Discord) -> None:
    reply = await extended(discord, takes=2)
    sheets = await discord.press(reply, "Sheet music", user=discord.admin, until=has_files)
    assert sheets.ephemeral and sheets.message.only_for is discord.admin and "MuseScore" in sheets.text
    assert kinds(sheets) == ["png", "png", "musicxml", "musicxml"]
    assert sheets.files["the_test-take1.png"] == reply.files["the_test-take1.png"]
    assert b"<score-partwise" in sheets.files["the_test-take2.musicxml"]


async def test_sheet_music_that_discord_does_not_take(discord: Discord) -> None:
    reply = await extended(discord)
    discord.world.attachment_size_limit = 10_000
    sheets = await discord.press(reply, "Sheet music")
    assert sheets.ephemeral and "left out: the picture" in sheets.text


@pytest.mark.parametrize(
    "forged",
    [
        "encore:again:AAAAAAAAAAAA:0",
        "encore:on:{kept}:7",
        "encore:everything:{kept}:0",
        "encore-sheet:AAAAAAAAAAAA",
        "encore:again:{kept}:0:more",
        "somebody else's",
    ],
)
async def test_forged_buttons(discord: Discord, forged: str) -> None:
    reply = await discord.command("compose", {"seconds": 5}, until=has_files)
    kept = reply.buttons["Sheet music"]["custom_id"].rpartition(":")[2]
    reply.buttons["Warmer"]["custom_id"] = forged.format(kept=kept)
    pressed = await discord.press(reply, "Warmer")
    assert pressed.ephemeral and "too old for its buttons" in pressed.text


async def test_queue_when_nobody_waits(discord: Discord) -> None:
    reply = await discord.command("queue", where=discord.dm())
    assert reply.ephemeral and "Nobody is waiting" in reply.text and "within this hour: " in reply.text


async def test_warmest_is_said(discord: Discord) -> None:
    reply = await discord.command("compose", {"seconds": 5, "temperature": 2}, until=has_files)
    warmer = await discord.press(reply, "Warmer")
    assert warmer.ephemeral and "cannot go higher" in warmer.text


async def test_who_may_delete(discord: Discord) -> None:
    mine, hers = await extended(discord), await extended(discord, user=discord.admin)
    denied = await discord.press(hers, "Delete")
    assert denied.ephemeral and "moderator" in denied.text and hers.message in discord.messages()
    await discord.press(mine, "Delete")
    await discord.press(mine, "Delete for good?")
    await discord.until(lambda: mine.message not in discord.messages())
    await discord.press(hers, "Delete", user=discord.moderator)
    await discord.press(hers, "Delete for good?", user=discord.moderator)
    await discord.until(lambda: hers.message not in discord.messages())


async def test_forget(discord: Discord) -> None:
    reply = await extended(discord)
    told = await discord.command("forget")
    assert told.ephemeral and "Deleted" in told.text
    gone = await discord.press(reply, "Another take")
    assert gone.ephemeral and "too old" in gone.text
