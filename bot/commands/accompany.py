"""/accompany: give a tune a band, and leave the tune as it is."""

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.client import Interaction
from bot.commands.choices import instruments, style_choices
from bot.commands.options import DESCRIPTIONS, Chords, Seed, Takes, Temperature
from bot.commands.tune import play_posted, play_tune
from generation.request import ACCOMPANISTS

BAND = "trio"  # who plays where the member does not say


@app_commands.command(name="accompany", description="Give your tune a band")
@app_commands.describe(
    tune="A MIDI, ABC, MusicXML or kern file, or a recording; without one, a form opens to paste ABC",
    band="Who joins the tune",
    melody="Which part of the file is the tune: its name or number",
    **{name: DESCRIPTIONS[name] for name in ("chords", "temperature", "takes", "instrument", "style", "stems", "seed")},
)
@app_commands.choices(
    band=[app_commands.Choice(name=locale_str(words), value=band) for band, words in ACCOMPANISTS.items()]
)
@app_commands.autocomplete(instrument=instruments, style=style_choices)
async def accompany(
    interaction: Interaction,
    tune: discord.Attachment | None = None,
    band: str = BAND,
    chords: Chords | None = None,
    takes: Takes | None = None,
    temperature: Temperature | None = None,
    instrument: str | None = None,
    style: str | None = None,
    melody: app_commands.Range[str, 1, 80] | None = None,
    stems: bool | None = None,
    seed: Seed | None = None,
) -> None:
    options: dict[str, Any] = {
        "accompany": band,
        "chords": chords,
        "takes": takes,
        "temperature": temperature,
        "instrument": instrument,
        "style": style,
        "lead": melody,
        "stems": stems,
        "seed": seed,
    }
    await play_tune(interaction, tune, options)


@app_commands.context_menu(name="Give it a band")
async def accompany_message(interaction: Interaction, message: discord.Message) -> None:
    await play_posted(interaction, message, {"accompany": BAND})
