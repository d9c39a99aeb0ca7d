"""Posting a reply or a sentence: by the interaction's token while that is valid, otherwise in the channel."""

import asyncio
import contextlib
import io
import logging
from collections.abc import Callable
from typing import Any

import discord

from bot.answer.progress import UNKNOWN_MESSAGE
from bot.answer.reply import Message
from bot.client import Interaction
from generation.request import Words
from generation.serve.pool import WorkerFault

log = logging.getLogger("encore")

TRIES = 3
SMALL = 2**20  # bytes per file, after Discord rejected a file that was within the limit it had stated
DEAD = (401, 404)  # HTTP statuses that mean the token has expired
TOO_LARGE = 413
SILENT = Words(
    "The music is ready, but Encore is no longer allowed to post it here. Let it send messages and attach files, "
    "then ask again."
)


async def post(interaction: Interaction, made: Callable[[int], Message], view: discord.ui.View | None) -> None:
    """Post the message that `made` returns for a limit of bytes per file. `WorkerFault` if it cannot be posted."""
    limit = interaction.filesize_limit
    for last in range(TRIES):
        message = made(limit)
        try:
            if not interaction.is_expired():
                await interaction.edit_original_response(
                    content=message.content, attachments=_files(message), view=view
                )
                return
            break
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE:
                log.info("the answer was deleted before the music came")
                return
            if error.status in DEAD:
                break
            if last == TRIES - 1:
                raise
            if error.status == TOO_LARGE:
                limit = SMALL
            elif error.status >= 500:
                await asyncio.sleep(1 + last)
            else:
                raise
    await _post_in_channel(interaction, message.content, _files(message), view)


async def retract(interaction: Interaction, sentence: str, back: discord.ui.View | None = None) -> None:
    """Remove the public answer and tell the member alone, with a way `back`."""
    more: dict[str, Any] = {"view": back} if back is not None else {}
    try:
        try:
            await interaction.delete_original_response()
        except discord.NotFound as gone:
            if gone.code != UNKNOWN_MESSAGE:
                raise
        await interaction.followup.send(sentence, ephemeral=True, **more)
    except discord.HTTPException as failed:
        if failed.status in DEAD:
            with contextlib.suppress(WorkerFault):
                await _post_in_channel(interaction, sentence, [], None)
        else:
            log.warning("could not tell the member: %s", failed)


async def _post_in_channel(
    interaction: Interaction, content: str, files: list[discord.File], view: discord.ui.View | None
) -> None:
    """Post as a message of the bot's own, since tokens expire after 15 minutes.

    Falls back to a direct message where the bot may not write in the channel. `WorkerFault` if neither works.
    """
    extra: dict[str, Any] = {"view": view} if view is not None else {}
    for place in (interaction.channel, interaction.user):
        if not isinstance(place, discord.abc.Messageable):
            continue
        try:
            await place.send(f"{interaction.user.mention} {content}"[:2000], files=files, **extra)
            return
        except discord.HTTPException as error:
            log.info("could not post in %s: %s", place, error)
            for file in files:
                file.reset()
    raise WorkerFault(SILENT)


def _files(message: Message) -> list[discord.File]:
    return [discord.File(io.BytesIO(data), name, description=message.alts.get(name)) for name, data in message.files]
