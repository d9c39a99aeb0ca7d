"""A button opens a form that asks for a bar of the reply, and the music goes on after it."""

import pytest

from generation.music.cut import beginning, numbered_bars
from generation.music.song import Song
from generation.read.file import read
from tests.bot.test_bot_band import TUNE
from tests.discord_stand_in import Discord, Reply, acknowledged, has_files, labels, refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASKS = "Play on from a bar…"
BAR, TAKE = "The last bar to keep", "In take (1 to 2)"


def song(reply: Reply, take: int = 0) -> Song:
    """The song in the MIDI of one of a reply's takes."""
    return read([data for name, data in reply.files.items() if name.endswith(".mid")][take], "a.mid").song


def head(whole: Song, bars: int) -> list[list[int]]:
    """The pitches of each part's first bars."""
    kept = beginning(whole, numbered_bars(whole)[bars], 0.1)
    return [part.notes.pitch.tolist() for part in kept.parts if len(part.notes)]


async def test_a_line_goes_on_from_a_bar_of_a_take_even_after_a_restart(discord: Discord) -> None:
    options = {"tune": TUNE, "seconds": 5, "takes": 2, "after_bar": 2}
    line = await discord.command("extend", options, until=has_files)
    form = await discord.press(line, ASKS, until=lambda reply: bool(reply.modal))
    assert form.modal["title"] == "Play on from a bar" and list(labels(form.modal)) == [BAR, TAKE]
    await discord.restart_bot()
    reply = await discord.submit(form, {BAR: " 1 ", TAKE: "2"}, until=has_files)
    assert head(song(reply), 1) == head(song(line, 1), 1)


async def test_a_band_goes_on_from_a_bar(discord: Discord) -> None:
    band = await discord.command("accompany", {"tune": TUNE, "takes": 1}, until=has_files)
    form = await discord.press(band, ASKS, until=lambda reply: bool(reply.modal))
    assert list(labels(form.modal)) == [BAR], "there is one take"
    reply = await discord.submit(form, {BAR: "2"}, until=has_files)
    assert "All play on: " in reply.text
    assert head(song(reply), 2) == head(song(band), 2)


async def test_what_is_no_bar_and_no_take_is_refused(discord: Discord) -> None:
    line = await discord.command("extend", {"tune": TUNE, "seconds": 5, "takes": 2}, until=has_files)
    for bar, take, words in (
        ("two", "1", "“two” is not a whole number"),
        ("1", "0", "“0” is not a whole number"),
        ("1", "3", "There is no take 3; the last one is take 2."),
        ("99", "1", "There is no bar 99: this tune has"),
        ("5000", "1", "must lie between 1 and 999"),
    ):
        form = await discord.press(line, ASKS, until=lambda reply: bool(reply.modal))
        reply = await discord.submit(form, {BAR: bar, TAKE: take}, until=acknowledged)
        assert words in await refusal(discord, reply)
