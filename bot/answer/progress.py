"""What a member sees while waiting: the place in the queue, the progress of the music, and a button to cancel."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import discord

from bot.answer.buttons import cancel_button
from bot.client import DISCORD_FAULTS, UNKNOWN_MESSAGE, Interaction
from bot.queue import Cancelled, Ticket
from bot.words import say
from bot.words.locale import public
from generation.request import Words

log = logging.getLogger("encore")

EDIT_EVERY = 2.0  # seconds
EDIT_WITHIN = 10.0  # seconds, after which the music matters more than its progress


async def follow(
    interaction: Interaction, ticket: Ticket, work: asyncio.Task[Any], share: Callable[[], float] = lambda: 1.0
) -> None:
    """Wait for `work` and keep the answer up to date. `share` returns how much of the music is done, from 0 to 1.

    Cancels the work and raises `Cancelled` if the member cancels or somebody deletes the answer.
    """
    shown, view = "", cancel_button(ticket.member, ticket.name, public(interaction))
    ended = asyncio.create_task(ticket.ended.wait())
    pause = 0.0 if not ticket.turn.is_set() else EDIT_EVERY
    try:
        while True:
            await asyncio.wait({work, ended}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return
            if ended.done():
                raise Cancelled(ticket.why)
            if (
                words := say(_words(await interaction.client.queue.place(ticket), share()), public(interaction))
            ) != shown:
                await _show(interaction, ticket, words, view)
            shown, pause = words, EDIT_EVERY
    finally:
        ended.cancel()
        work.cancel()


def _words(place: int, share: float) -> Words:
    if place:
        return Words("Encore is busy; you are number {place} in the queue.", place=place)
    percent = round(share * 10) * 10
    if 0 < percent < 100:
        return Words("Encore is playing… {percent} %", percent=percent)
    return Words("Encore is playing…")


async def _show(interaction: Interaction, ticket: Ticket, words: str, view: discord.ui.View) -> None:
    try:
        async with asyncio.timeout(EDIT_WITHIN):
            await interaction.edit_original_response(content=words, view=view)
    except DISCORD_FAULTS as error:
        if isinstance(error, discord.HTTPException) and error.code == UNKNOWN_MESSAGE:
            ticket.cancel()
        else:  # no reason to stop the music
            log.info("could not show the progress: %r", error)
