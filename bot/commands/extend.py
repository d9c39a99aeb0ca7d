"""/extend: play on from a file, from ABC typed into a form, or from a message in the channel."""

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.client import Interaction
from bot.commands.choices import instruments, style_choices
from bot.commands.options import DESCRIPTIONS, AfterBar, Bars, Chords, LastBars, Seconds, Seed, Takes, Temperature
from bot.commands.tune import play_posted, play_tune
from generation.request import PARTS


@app_commands.command(name="extend", description="Play on from your tune")
@app_commands.describe(
    tune="A MIDI, ABC, MusicXML or kern file, or a recording; without one, a form opens to paste ABC",
    parts="Which parts of a file go on: all of them, or the melody only",
    part="The whole piece, only the new part, or the new part after the recording itself",
    melody="Which part of the file is the tune: its name or number",
    last_bars="How many bars of a long tune to keep before the new part",
    after_bar="Begin the new part after this bar of the tune, counted as in a score",
    **DESCRIPTIONS,
)
@app_commands.choices(
    parts=[app_commands.Choice(name=locale_str(words), value=parts) for parts, words in PARTS.items()],
    part=[
        app_commands.Choice(name=locale_str("the whole"), value="whole"),
        app_commands.Choice(name=locale_str("only the new part"), value="new"),
        app_commands.Choice(name=locale_str("the recording"), value="recording"),
    ],
)
@app_commands.autocomplete(instrument=instruments, style=style_choices)
async def extend(
    interaction: Interaction,
    tune: discord.Attachment | None = None,
    temperature: Temperature | None = None,
    seconds: Seconds | None = None,
    bars: Bars | None = None,
    last_bars: LastBars | None = None,
    after_bar: AfterBar | None = None,
    takes: Takes | None = None,
    instrument: str | None = None,
    style: str | None = None,
    parts: str | None = None,
    melody: app_commands.Range[str, 1, 80] | None = None,
    part: str | None = None,
    chords: Chords | None = None,
    stems: bool | None = None,
    seed: Seed | None = None,
) -> None:
    options: dict[str, Any] = {
        "temperature": temperature,
        "seconds": seconds,
        "bars": bars,
        "last_bars": last_bars,
        "after_bar": after_bar,
        "takes": takes,
        "instrument": instrument,
        "style": style,
        "parts": parts,
        "lead": melody,
        "chords": chords,
        "stems": stems,
        "seed": seed,
        "only_new": part == "new",
        "recording": part == "recording",
    }
    await play_tune(interaction, tune, options)


@app_commands.context_menu(name="Extend this melody")
async def extend_message(interaction: Interaction, message: discord.Message) -> None:
    await play_posted(interaction, message, {})
