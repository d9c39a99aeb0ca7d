"""/compose: a fresh piece."""

from discord import app_commands
from discord.app_commands import locale_str

from bot.answer.job import run_job
from bot.client import Interaction
from bot.commands.choices import instruments, keys, style_choices
from bot.commands.options import DESCRIPTIONS, Bars, Chords, Seconds, Seed, Takes, Temperature, request
from generation.request import BANDS

METRES = ("4/4", "3/4", "2/4", "6/8", "9/8", "12/8", "2/2", "3/8", "5/4")


@app_commands.command(name="compose", description="Play a fresh piece")
@app_commands.describe(
    band="Who plays",
    key="For example D minor",
    tempo="Quarter notes a minute, 20 to 400",
    meter="For example 6/8",
    **DESCRIPTIONS,
)
@app_commands.choices(
    band=[app_commands.Choice(name=locale_str(words), value=band) for band, words in BANDS.items()],
    meter=[app_commands.Choice(name=metre, value=metre) for metre in METRES],
)
@app_commands.autocomplete(key=keys, instrument=instruments, style=style_choices)
async def compose(
    interaction: Interaction,
    style: str | None = None,
    band: str | None = None,
    key: str | None = None,
    tempo: app_commands.Range[float, 20, 400] | None = None,
    meter: str | None = None,
    seconds: Seconds | None = None,
    bars: Bars | None = None,
    takes: Takes | None = None,
    temperature: Temperature | None = None,
    instrument: str | None = None,
    chords: Chords | None = None,
    stems: bool | None = None,
    seed: Seed | None = None,
) -> None:
    wanted = await request(
        interaction,
        style=style,
        band=band,
        key=key,
        tempo=tempo,
        meter=meter,
        seconds=seconds,
        bars=bars,
        takes=takes,
        temperature=temperature,
        instrument=instrument,
        chords=chords,
        stems=stems,
        seed=seed,
    )
    await run_job(interaction, wanted)
