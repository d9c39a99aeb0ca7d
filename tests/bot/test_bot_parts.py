"""Under the answer to a file of several parts, a member can choose which of them is the tune."""

import re

import pytest

from tests.discord_stand_in import Discord, acknowledged, has_files, refusal
from tests.hostile_bytes import midi, notes, track

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOW, HIGH = [48, 50, 52, 53, 55, 53, 52, 50] * 2, [72, 74, 76, 77, 79, 77, 76, 74] * 2


def duet() -> tuple[str, bytes]:
    names = [b"\0\xff\x03" + bytes([len(name)]) + name for name in (b"Cello", b"Flute")]
    programs = b"\0\xc0\x2a", b"\0\xc1\x49"
    tracks = [
        track(name + program + notes(pitches, 480, channel))
        for channel, (name, program, pitches) in enumerate(zip(names, programs, (LOW, HIGH), strict=True))
    ]
    return "duet.mid", midi(*tracks)


async def test_another_part_is_chosen_in_the_list_under_the_answer(discord: Discord) -> None:
    options = {"tune": duet(), "seconds": 5, "takes": 1, "seed": 3, "parts": "melody"}
    reply = await discord.command("extend", options, until=has_files)
    assert "Melody: track 2 (Flute)." in reply.text
    [select] = [part for row in reply.message.components for part in row["components"] if part["type"] == 3]
    assert select["placeholder"] == "The tune was found in part 2. Is it in another?"
    assert [option["label"] for option in select["options"]] == [
        "1. Cello (cello), C3 to G3, 16 notes",
        "2. Flute (flute), C5 to G5, 16 notes",
    ]
    other = await discord.press(reply, select["custom_id"], values=["1"], until=has_files)
    assert "Melody: track 1 (Cello)." in other.text and "seed 3" in other.text


async def test_a_part_is_chosen_beforehand_by_its_name(discord: Discord) -> None:
    options = {"tune": duet(), "seconds": 5, "takes": 1, "parts": "melody"}
    reply = await discord.command("extend", {**options, "melody": "cello"}, until=has_files)
    assert "Melody: track 1 (Cello)." in reply.text
    wrong = await discord.command("extend", {**options, "melody": "oboe"}, until=acknowledged)
    assert "It has: 1 Cello, 2 Flute" in await refusal(discord, wrong)
    asks = await discord.press(reply, "Delete")
    assert asks.message is None or reply.message in discord.messages()


async def test_the_music_goes_on_from_a_bar(discord: Discord) -> None:
    options = {"tune": duet(), "seconds": 5, "takes": 1, "seed": 3}
    reply = await discord.command("extend", {**options, "after_bar": 2}, until=has_files)
    assert re.search("the new part from 0:0[3-6]", reply.text), "the tune lasts eight seconds, two bars four"
    wrong = await discord.command("extend", {**options, "after_bar": 5}, until=acknowledged)
    assert "There is no bar 5: this tune has 4 full bars. Choose one of them." in await refusal(discord, wrong)
