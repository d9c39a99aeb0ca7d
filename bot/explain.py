"""Every error ends here: a sentence for the member alone, and a trace in the log if it was ours."""

import logging
from typing import Any

import discord
from discord import app_commands

from generation.request import Refusal
from generation.studio import StudioFault

log = logging.getLogger("encore")

SORRY = "Something went wrong on Encore's side. It has been noted; try again."


async def explain(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the member, and nobody else, in a sentence what went wrong."""
    if isinstance(error, Refusal | StudioFault):
        sentence = str(error)
    elif isinstance(error, app_commands.CheckFailure):
        sentence = "Only people who may manage this server can do that. Ask one of them."
    else:
        sentence = SORRY
        log.error("in %s", interaction.command and interaction.command.qualified_name, exc_info=error)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except discord.HTTPException as failed:
        log.warning("could not tell the member: %s", failed)
