"""From a wish to a message: the line, the studio, the post, and every way in which that can end."""

import asyncio
import io
import logging
import time
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import discord

from bot.buttons import view_for
from bot.queue import Ticket
from bot.reply import Message, message
from generation.request import Refusal, Reply, Request
from generation.studio import StudioFault

if TYPE_CHECKING:
    from bot.app import Encore

    Interaction = discord.Interaction[Encore]

log = logging.getLogger("encore.job")

FETCH_SECONDS = 15.0
EDIT_EVERY = 2.0  # seconds between edits of the place in the line
DISCORD_FORMATS = ("mp3", "png", "mid", "abc")
DEFAULT_LIMIT = 10 * 2**20  # bytes of a file, where Discord does not say

_jobs = count(1)


async def perform(interaction: "Interaction", request: Request, tune: discord.Attachment | None = None) -> None:
    """Answer an interaction, already acknowledged as thinking, with music or with a sentence.

    `tune` is the file to play on from, where it is not in the request yet."""
    bot, began, job = interaction.client, time.monotonic(), next(_jobs)
    outcome, reply = "fault", None
    try:
        async with bot.line.enter(interaction.user.id) as ticket:
            await _wait(interaction, ticket)
            if tune is not None:
                request = replace(request, data=await _fetch(tune))
            reply = await bot.studio.play(request)
        midi = reply.takes[0].files["mid"]
        kept = await bot.store.keep(interaction.user.id, request, midi)
        limit = getattr(interaction, "filesize_limit", DEFAULT_LIMIT) or DEFAULT_LIMIT
        await _post(interaction, message(reply, request, limit), view_for(kept, interaction.user.id, request))
        outcome = "played"
    except (Refusal, StudioFault) as error:
        outcome = "refused" if isinstance(error, Refusal) else "fault"
        await _withdraw(interaction, str(error))
    except asyncio.CancelledError:
        outcome = "stopped"
        await _withdraw(interaction, "Encore is being restarted. Ask again in a minute.")
        raise
    finally:
        spent = time.monotonic() - began
        bot.health.requests.labels(outcome).inc()
        bot.health.seconds.observe(spent)
        log.info("job=%d outcome=%s %s seconds=%.2f %s", job, outcome, _asked(request), spent, _stages(reply))


async def _fetch(tune: discord.Attachment) -> bytes:
    """The bytes of an attachment; `Refusal` if Discord does not hand them over."""
    try:
        return await asyncio.wait_for(tune.read(), FETCH_SECONDS)
    except (discord.HTTPException, TimeoutError) as error:
        raise Refusal("Discord did not hand your file over. Send it again.") from error


async def _wait(interaction: "Interaction", ticket: Ticket) -> None:
    """Show the place in the line until it is this one's turn; `Refusal` if it was cancelled."""
    line, shown = interaction.client.line, 0
    while not ticket.turn.is_set():
        place = line.place(ticket)
        if place != shown:
            words = f"Encore is busy; you are number {place} in the line."
            await interaction.edit_original_response(content=words, view=_Cancel(ticket))
            shown = place
        try:
            await asyncio.wait_for(ticket.turn.wait(), EDIT_EVERY)
        except TimeoutError:
            continue
    if ticket.cancelled:
        raise Refusal("Cancelled. Nothing was played.")
    if shown:
        await interaction.edit_original_response(content="Encore is playing…", view=None)


class _Cancel(discord.ui.View):
    """A button for those who will not wait."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(timeout=None)
        self.ticket = ticket

    @discord.ui.button(label="Cancel", style=discord.ButtonStyle.secondary)
    async def cancel(self, interaction: discord.Interaction[Any], _: discord.ui.Button["_Cancel"]) -> None:
        if interaction.user.id != self.ticket.member and not interaction.permissions.manage_messages:
            await interaction.response.send_message("Only who asked for it can cancel this.", ephemeral=True)
            return
        await interaction.response.defer()
        self.ticket.cancel()


async def _post(interaction: "Interaction", made: Message, view: discord.ui.View) -> None:
    """Post the music as the answer, or into the channel where the answer's token has died meanwhile."""

    def files() -> list[discord.File]:
        return [discord.File(io.BytesIO(data), name) for name, data in made.files]

    try:
        if not interaction.is_expired():
            await interaction.edit_original_response(content=made.content, attachments=files(), view=view)
            return
    except discord.NotFound:
        log.info("the answer was deleted or its token has died")
    except discord.HTTPException as error:
        if error.status not in (401, 413):
            raise
        if error.status == 413:
            raise Refusal("The files are larger than this channel takes. Ask for fewer seconds or takes.") from error
    channel = interaction.channel
    if not isinstance(channel, discord.abc.Messageable):
        raise StudioFault("The music was ready, but Discord no longer takes the answer. Ask again.")
    try:
        await channel.send(f"{interaction.user.mention} {made.content}"[:2000], files=files(), view=view)
    except discord.Forbidden:
        log.info("may not post into channel %s", interaction.channel_id)


async def _withdraw(interaction: "Interaction", sentence: str) -> None:
    """Take the public “thinking” back and tell the member alone; where that fails, let the answer be the sentence."""
    try:
        try:
            await interaction.delete_original_response()
            await interaction.followup.send(sentence, ephemeral=True)
        except discord.NotFound:
            if interaction.is_expired() and isinstance(interaction.channel, discord.abc.Messageable):
                await interaction.channel.send(f"{interaction.user.mention} {sentence}")
    except discord.HTTPException as error:
        log.warning("could not tell the member: %s", error)


def _asked(request: Request) -> str:
    size = "fresh" if request.data is None else f"bytes={len(request.data)}"
    wish = f"takes={request.takes} wished={request.seconds:g} temperature={request.temperature:g} seed={request.seed}"
    return f"{size} {wish}"


def _stages(reply: Reply | None) -> str:
    return " ".join(f"{stage}={seconds:.2f}" for stage, seconds in reply.timings.items()) if reply else ""
