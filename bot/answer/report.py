"""Where every error ends: a sentence for the member alone, and a trace in the log if the fault is ours."""

import logging
import re
from typing import Any

import discord
from discord import app_commands

from bot.client import DISCORD_FAULTS, Interaction
from bot.logs import JOB
from bot.words import say
from bot.words.locale import own
from generation.request import Refusal, Words
from generation.serve.pool import WorkerFault

FOLDERS = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"]+[/\\])+")
MARKS = re.compile(r"([\\*`~|]|(?<![^\W_])_|_(?![^\W_]))")  # an underscore within a word does not format
log = logging.getLogger("encore")

# Discord's error codes for an interaction that cannot be answered → what the admin can do about it.
UNANSWERABLE = {
    10062: "Discord waits 3 s for an answer, and this one came later; is the machine too busy, or its network slow?",
    40060: "another process had answered before; is a second bot running with the same token?",
}
NOT_ALLOWED = Words("Only people who may manage this server can change its settings. Ask one of them.")
CHANGED = Words("Encore has been updated, and this command with it. Wait a little or restart Discord, then try again.")


async def report_error(interaction: Interaction, error: BaseException, back: discord.ui.View | None = None) -> None:
    """Tell the member, and nobody else, what went wrong. `back` contains a way back, shown under a refusal."""
    if interaction.client.is_closed():  # the bot was stopped, and its grace is over
        log.warning("the bot ended before a member could be told: %r", error)
        return
    if isinstance(error, discord.HTTPException) and error.code in UNANSWERABLE:
        JOB.set(interaction.id)
        log.error("a member got no answer: %s", UNANSWERABLE[error.code])
        return
    words = sentence(interaction, error)
    more: dict[str, Any] = {"view": back} if back is not None and isinstance(error, Refusal) else {}
    try:
        if interaction.response.is_done():
            await interaction.followup.send(words, ephemeral=True, **more)
        else:
            await interaction.response.send_message(words, ephemeral=True, **more)
    except DISCORD_FAULTS as failed:
        log.warning("could not tell the member: %r", failed)


def sentence(interaction: Interaction, error: BaseException) -> str:
    """A sentence about an error, in the member's language. An unexpected error is logged with its trace.

    Marks are escaped, so that neither quoted text nor **kern is shown in bold.
    """
    JOB.set(interaction.id)
    words = _words(interaction, error)
    said = say(words, own(interaction))
    shown = FOLDERS.sub("", said)  # paths on the server are for the admin alone
    if isinstance(error, WorkerFault) or shown != said:
        log.error("%s", words)
    return MARKS.sub(r"\\\1", shown)


def _words(interaction: Interaction, error: BaseException) -> Words:
    if isinstance(error, Refusal | WorkerFault):
        return error.words
    if isinstance(error, app_commands.CheckFailure):
        return NOT_ALLOWED
    if isinstance(error, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return CHANGED
    log.error("in %s", interaction.command.qualified_name if interaction.command else "a button", exc_info=error)
    return Words(
        "Something went wrong on Encore's side; the log has it under number {job}. Try again.", job=str(interaction.id)
    )
