"""Posting a reply or a sentence: by the interaction's token while that is valid, otherwise in the channel."""

import asyncio
import contextlib
import io
import logging
from collections.abc import Callable
from typing import Any

import discord
from discord.utils import DEFAULT_FILE_SIZE_LIMIT_BYTES

from bot.answer.reply import Message
from bot.client import DISCORD_FAULTS, UNKNOWN_MESSAGE, Interaction
from generation.request import Words
from generation.serve.pool import WorkerFault

log = logging.getLogger("encore")

TRIES = 3
SMALL = 2**20  # bytes per file, after Discord rejected a file that was within the limit it had stated
CLOSED = (401, 403, 404)  # HTTP statuses that mean that the answer cannot be written: mostly, its token has expired
ARCHIVED = 50083  # Discord's error code for an answer in a thread that was archived; a new message opens that again
TOO_LARGE = 413
SILENT = Words(
    "The music is ready, but Encore is no longer allowed to post it here. Let it send messages and attach files, "
    "then ask again."
)


async def post(
    interaction: Interaction, made: Callable[[int], Message], view: discord.ui.View | None = None, private: bool = False
) -> None:
    """Post the message that `made` returns for a limit of bytes per file; `private`: to nobody but the member.
    `WorkerFault` if it cannot be posted."""
    limit = interaction.filesize_limit
    for last in range(TRIES):
        message = made(limit)
        try:
            await interaction.edit_original_response(content=message.content, attachments=_files(message), view=view)
            return
        except DISCORD_FAULTS as error:
            status, code = _said(error)
            if code == UNKNOWN_MESSAGE:
                log.info("the answer was deleted before the music came")
                return
            if _is_closed(error):
                break
            if last == TRIES - 1:
                raise
            if status == TOO_LARGE:
                limit = SMALL
            elif status is None or status >= 500:
                await asyncio.sleep(1 + last)
            else:
                raise
    await _post_anew(interaction, made, limit, view, private)


async def retract(interaction: Interaction, sentence: str, back: discord.ui.View | None = None) -> None:
    """Remove the public answer and tell the member alone, with a way `back`."""
    more: dict[str, Any] = {"view": back} if back is not None else {}
    try:
        await interaction.delete_original_response()
    except DISCORD_FAULTS as error:
        if _said(error)[1] != UNKNOWN_MESSAGE:
            log.info("the answer cannot be removed: %r", error)
    try:
        await interaction.followup.send(sentence, ephemeral=True, **more)
    except DISCORD_FAULTS as error:
        if not _is_closed(error):
            log.warning("could not tell the member: %r", error)
            return
        with contextlib.suppress(WorkerFault):
            await _post_anew(interaction, lambda _: Message(sentence, ()), 0, None)


def _said(error: BaseException) -> tuple[int | None, int]:
    """Discord's HTTP status and its code; None and 0 if it could not be reached."""
    return (error.status, error.code) if isinstance(error, discord.HTTPException) else (None, 0)


def _is_closed(error: BaseException) -> bool:
    """Whether the answer can never be written any more, so that a message has to take its place."""
    status, code = _said(error)
    return status in CLOSED or code == ARCHIVED


async def _post_anew(
    interaction: Interaction,
    made: Callable[[int], Message],
    limit: int,
    view: discord.ui.View | None,
    private: bool = False,
) -> None:
    """Post as a message of the bot's own, since tokens expire after 15 minutes: in the channel, or as a direct message
    if it is `private` or the bot may not write in the channel. `WorkerFault` if neither works."""
    for place, most in (interaction.channel, limit), (interaction.user, min(limit, DEFAULT_FILE_SIZE_LIMIT_BYTES)):
        if not isinstance(place, discord.abc.Messageable) or (private and place is not interaction.user):
            continue
        message = made(most)
        words = f"{interaction.user.mention} {message.content}"[:2000]
        extra: dict[str, Any] = {"view": view} if view is not None else {}
        try:
            await place.send(words, files=_files(message), **extra)
            return
        except DISCORD_FAULTS as error:
            log.info("could not post in %s: %r", "the channel" if place is interaction.channel else "private", error)
    raise WorkerFault(SILENT)


def _files(message: Message) -> list[discord.File]:
    return [discord.File(io.BytesIO(data), name, description=message.alts.get(name)) for name, data in message.files]
