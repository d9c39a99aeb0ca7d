"""/about and /forget: what Encore is, what it keeps, and how to have that deleted."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

from bot.languages import say

ROOT = Path(__file__).parents[2]
MODEL_CARD = ROOT / "assets" / "MODEL_CARD.md"


@cache
def _version() -> str:
    """As pyproject.toml says it, for Encore runs from its folder and is not installed."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def _about(days: float) -> tuple[str, ...]:
    return (
        f"**Encore {_version()}** takes your tune and plays on. `/extend` continues a MIDI, ABC, MusicXML or kern "
        "file; `/compose` plays a fresh piece; `/queue` shows the line.",
        "**How**: a recurrent network that looks back over the piece, trained from scratch on open collections of jazz "
        "solos, classical piano, fiddle tunes, songs and hymns; it chooses every note's pitch, timing, length and "
        "loudness. The model card below says what it learned from, how well it does, and what it does badly.",
        "**Temperature** says how far it strays: low repeats what is likely, high surprises.",
        f"**Privacy**: what you send, and what is played for you, is kept for {days:g} days so that the buttons under "
        "a reply work, then deleted. `/forget` deletes yours at once, and so does the button “Delete” under a reply. "
        "Nothing is used for training or goes elsewhere.",
        "**Licences**: code MIT; soundfont MuseScore_General MIT; the data's terms stand in the model card.",
    )


@app_commands.command(name="about", description="What Encore is, what it keeps, and its licences")
async def about(interaction: discord.Interaction[Any]) -> None:
    said = [say(line, str(interaction.locale)) for line in _about(interaction.client.settings.keep_days)]
    await interaction.response.send_message("\n".join(said), file=discord.File(MODEL_CARD), ephemeral=True)


@app_commands.command(name="forget", description="Delete everything that Encore keeps of yours")
async def forget(interaction: discord.Interaction[Any]) -> None:
    replies = await interaction.client.store.forget_member(interaction.user.id)
    words = f"Deleted: what was kept for {replies} of your replies. Their buttons no longer work."
    words = say(words, str(interaction.locale))
    await interaction.response.send_message(words, ephemeral=True)
