"""Refusals: the sentence that a member reads, and the way on from there."""

import pytest

from bot.commands.foreign import refuse_foreign
from generation.request import ENDINGS
from tests.bot.test_bot import ABC
from tests.bot.test_bot_mishaps import long_tune
from tests.discord_stand_in import Discord, acknowledged, buttons, has_files, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_form_with_nothing_readable(discord: Discord) -> None:
    form = await discord.command("extend")
    reply = await discord.submit(form, {"Your tune in ABC": "?!"}, until=acknowledged)
    assert "ABC" in await refusal(discord, reply)
    refused = discord.messages()[-1]
    assert [*buttons(refused)] == ["Back to the form"]
    again = await discord.press(refused, "Back to the form")
    assert again.modal["title"] == "Play on from ABC"
    assert again.modal["components"][0]["component"]["value"] == "?!", "what was typed is kept"
    reply = await discord.submit(again, {"Your tune in ABC": ABC.decode()}, until=has_files)
    assert "**The Test** plays on" in reply.text


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("song.m4a", b"ID3", "kind of recording (M4A)"),
        ("song.mscz", b"PK", "This is a MuseScore file, which Encore does not read. Open it there and export it"),
        ("song.gp5", b"?", "This is a Guitar Pro file"),
        ("song.ptb", b"?", "This is a Power Tab file"),
        ("song.sib", b"?", "This is a Sibelius file"),
        ("scan.pdf", b"%PDF", "This is a picture (PDF), not notes"),
        ("letter.docx", b"?", "cannot read that kind of file"),
        ("empty.mid", b"", "empty"),
        ("big.mid", b"M" * 5_000_001, "limit is 5,000,000"),
        ("noise.mid", bytes(range(256)), "MIDI"),
        ("silence.abc", b"X:1\nK:C\nz4|z4|\n", "no notes"),
        ("zero.mid", b"MThd\0\0\0\6\0\1\0\1\0\0MTrk\0\0\0\4\0\xff\x2f\0", "0 ticks"),
        ("cut.mid", b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\x40\0\x90\x3c", "no notes"),
        ("long.mid", long_tune(700), "the limit is"),
        ("head.abc", b"X:1\nT:Only a title\nK:C\n", "no notes"),
        ("bomb.musicxml", b'<!DOCTYPE a [<!ENTITY b "c">]><score-partwise>&b;</score-partwise>', "entities"),
        ("page.xml", b"<html><body/></html>", "web page"),
        ("photo.mxl", b"PK\3\4 and then nothing", "cannot be unpacked"),
        ("words.krn", b"Dear Encore, this is a letter.", "kern"),
    ],
)
async def test_refusals_are_for_the_sender_alone(discord: Discord, name: str, data: bytes, words: str) -> None:
    reply = await discord.command("extend", {"tune": (name, data)}, until=acknowledged)
    assert words in await refusal(discord, reply)
    if (
        not data or data == b"?" or name == "song.m4a" or len(data) > 5_000_000
    ):  # faults that show without reading the file, which may take long
        assert reply.asked.answer == 4, "the first that the member saw was the sentence"


@pytest.mark.parametrize("ending", ENDINGS)
async def test_no_file_that_the_reader_reads_is_refused_by_its_name(ending: str) -> None:
    refuse_foreign(f"a.b{ending.upper()}")
