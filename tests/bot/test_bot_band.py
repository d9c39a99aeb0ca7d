"""/accompany gives a tune a band; music is played over given chords; one part of a take is played again."""

import io
import zipfile

import pytest

from generation.read.file import read
from tests.discord_stand_in import Discord, acknowledged, has_files, labels, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")
TUNE = ("air.abc", b"X:1\nT:Air\nM:4/4\nL:1/8\nK:D\nDFAF dfaf|gfed cABc|d2f2 a2f2|gfed d4|\n")
OTHERS = ["Other melody", "Other chords", "Other bass", "Other drums"]


def midi(files: dict[str, bytes]) -> bytes:
    return next(data for name, data in files.items() if name.endswith(".mid"))


async def test_a_tune_is_given_a_band_and_one_part_is_played_again(discord: Discord) -> None:
    options = {"tune": TUNE, "takes": 1, "seed": 3, "chords": "D | A7", "stems": True}
    reply = await discord.command("accompany", options, until=has_files)
    assert reply.text.startswith("**Air**, with chords, bass and drums: D major, 4/4")
    assert "Playing: " in reply.text and "Chords: D \\| A7" in reply.text
    song = read(midi(reply.files), "a.mid").song
    assert len(song.parts) == 4 and any(part.drums for part in song.parts)
    stems = next(data for name, data in reply.files.items() if name.endswith("-take1-stems.zip"))
    assert len(zipfile.ZipFile(io.BytesIO(stems)).namelist()) == 4
    assert [name for name in reply.buttons if name in OTHERS] == OTHERS and "Without the tune" in reply.buttons
    assert "With a band" not in reply.buttons

    again = await discord.press(reply, "Other bass", until=has_files)
    assert "The bass is played again; the rest stays as it was." in again.text
    kept = read(midi(again.files), "a.mid").song
    for before, after in zip(song.parts, kept.parts, strict=True):
        if before.program != 32 and "bass" not in before.name.lower():
            assert (before.notes.pitch == after.notes.pitch).all()
    more = await discord.press(again, "Other drums", until=has_files)
    assert "The drums are played again" in more.text


async def test_a_line_is_given_a_band_by_a_button(discord: Discord) -> None:
    line = await discord.command("extend", {"tune": TUNE, "seconds": 5, "takes": 2}, until=has_files)
    assert not set(OTHERS) & set(line.buttons)
    reply = await discord.press(line, "Take 2 with a band", until=has_files)
    assert "with chords, bass and drums" in reply.text and "Other drums" in reply.buttons


async def test_of_several_takes_the_part_to_play_again_is_chosen_in_a_list(discord: Discord) -> None:
    reply = await discord.command("accompany", {"tune": TUNE, "takes": 2, "band": "jazz trio"}, until=has_files)
    [select] = [part for row in reply.message.components for part in row["components"] if part["type"] == 3]
    values = {option["label"]: option["value"] for option in select["options"]}
    assert list(values)[:2] == ["Other melody in take 1", "Other chords in take 1"] and len(values) == 8
    chosen = [values["Other chords in take 2"]]
    other = await discord.press(reply, select["custom_id"], values=chosen, until=has_files)
    assert "The chords are played again; the rest stays as it was." in other.text


async def test_a_message_is_given_a_band_and_abc_is_typed_into_a_form(discord: Discord) -> None:
    said = discord.say("X:1\nK:G\nGABc|d2B2|\nand what do you play?")
    reply = await discord.on_message("Give it a band", said, until=has_files)
    assert reply.text.startswith("Your tune, with chords, bass and drums")
    form = await discord.command("accompany", {"band": "choir"}, until=lambda reply: bool(reply.modal))
    [field] = labels(form.modal)
    typed = await discord.submit(form, {field: "X:1\nT:Hymn\nM:4/4\nK:G\nG2A2B2c2|d8|"}, until=has_files)
    assert typed.text.startswith("**Hymn**, with choir")


async def test_chords_that_are_none_are_refused_with_their_place(discord: Discord) -> None:
    for command, options in (("compose", {}), ("extend", {"tune": TUNE}), ("accompany", {"tune": TUNE})):
        reply = await discord.command(command, {**options, "chords": "D | Hello | A7"}, until=acknowledged)
        assert "Hello" in await refusal(discord, reply)
