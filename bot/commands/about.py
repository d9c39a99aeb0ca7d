"""/about and /forget: what Encore is, what it keeps, and how to have that deleted."""

import math
import tomllib
from functools import cache
from pathlib import Path

import discord
from discord import app_commands

from bot.client import Interaction
from bot.words import say
from bot.words.locale import own
from generation.request import Words

ROOT = Path(__file__).parents[2]
MODEL_CARD = ROOT / "assets" / "MODEL_CARD.md"


@cache
def _version() -> str:
    """The version in pyproject.toml: Encore runs from its folder and is not installed."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def _about(days: float) -> tuple[Words, ...]:
    return (
        Words(
            "**Encore {version}** takes your tune and plays on. `/extend` continues a MIDI, ABC, MusicXML or kern"
            " file; `/accompany` gives it a band; `/compose` plays a fresh piece; `/queue` shows the queue.",
            version=_version(),
        ),
        Words(
            "**How**: a recurrent network that looks back over the piece, trained from scratch on open "
            "collections of jazz solos, classical piano, fiddle tunes, songs and hymns; it chooses every note's "
            "pitch, timing, length and loudness. The model card below says what it learned from, what it does "
            "well and what it does badly."
        ),
        Words("**Temperature** sets how far it strays: low values stay with the likely notes, high ones surprise."),
        Words(
            "**Privacy**: your files and the music played for you are kept for {count} day, so that the buttons "
            "under a reply work, and then deleted. `/forget` deletes all of them at once; “Delete” under a reply "
            "deletes everything that belongs to it. Nothing is used for training or passed on.",
            "**Privacy**: your files and the music played for you are kept for {count} days, so that the buttons "
            "under a reply work, and then deleted. `/forget` deletes all of them at once; “Delete” under a reply "
            "deletes everything that belongs to it. Nothing is used for training or passed on.",
            count=math.ceil(days),
        ),
        Words(
            "**Licences**: code MIT; soundfont MuseScore_General MIT; the terms of the training data are in the"
            " model card."
        ),
    )


@app_commands.command(name="about", description="What Encore is, what it keeps, and its licences")
async def about(interaction: Interaction) -> None:
    said = [say(line, own(interaction)) for line in _about(interaction.client.settings.keep_days)]
    await interaction.response.send_message("\n".join(said), file=discord.File(MODEL_CARD), ephemeral=True)


@app_commands.command(name="forget", description="Delete everything Encore keeps of yours")
async def forget(interaction: Interaction) -> None:
    await interaction.response.defer(ephemeral=True)  # to delete much takes longer than Discord waits
    replies = await interaction.client.store.forget_member(interaction.user.id)
    words = Words(
        "Deleted what was kept for {count} of your replies. Its buttons no longer work.",
        "Deleted what was kept for {count} of your replies. Their buttons no longer work.",
        count=replies,
    )
    await interaction.followup.send(say(words, own(interaction)), ephemeral=True)
