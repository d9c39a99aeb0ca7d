"""/compose: a fresh piece."""

from typing import Any

import discord
from discord import app_commands

from bot.commands.wish import DESCRIPTIONS, STYLE_CHOICES, Seconds, Seed, Takes, Temperature, instruments, request
from bot.perform import perform

TONICS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb", "Ab", "Db", "B", "F#", "C#", "G#")
MODES = ("major", "minor", "dorian", "mixolydian", "phrygian", "lydian")
METRES = ("4/4", "3/4", "2/4", "6/8", "9/8", "12/8", "2/2", "3/8", "5/4")


async def keys(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    """Autocomplete: keys that begin with what was typed."""
    every = [f"{tonic} {mode}" for mode in MODES for tonic in TONICS]
    wanted = [key for key in every if key.lower().startswith(typed.strip().lower())]
    return [app_commands.Choice(name=key, value=key) for key in wanted[:25]]


@app_commands.command(name="compose", description="Play a fresh piece")
@app_commands.describe(
    key="Such as D minor", tempo="Quarter notes a minute, 20 to 400", meter="Such as 6/8", **DESCRIPTIONS
)
@app_commands.choices(style=STYLE_CHOICES, meter=[app_commands.Choice(name=metre, value=metre) for metre in METRES])
@app_commands.autocomplete(key=keys, instrument=instruments)
async def compose(
    interaction: discord.Interaction[Any],
    style: str | None = None,
    key: str | None = None,
    tempo: app_commands.Range[float, 20, 400] | None = None,
    meter: str | None = None,
    seconds: Seconds | None = None,
    takes: Takes | None = None,
    temperature: Temperature | None = None,
    instrument: str | None = None,
    seed: Seed | None = None,
) -> None:
    wanted = await request(
        interaction,
        style=style,
        key=key,
        tempo=tempo,
        meter=meter,
        seconds=seconds,
        takes=takes,
        temperature=temperature,
        instrument=instrument,
        seed=seed,
    )
    await perform(interaction, wanted)
