"""From a request to a message: the queue, the pool, the reply, and every way in which a job can end."""

import asyncio
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import discord

from bot.answer.buttons import reply_buttons
from bot.answer.post import post, retract
from bot.answer.progress import follow
from bot.answer.reply import message, mp3_share
from bot.answer.report import report_error, sentence
from bot.client import DISCORD_FAULTS, Interaction
from bot.logs import JOB, write
from bot.queue import Cancelled, Ticket
from bot.store import FAULTS
from bot.words.locale import public
from generation.request import Refusal, Reply, Request
from generation.serve.pool import Progress, WorkerFault

log = logging.getLogger("encore.job")

FETCH_SECONDS = 15.0
QUIET_SECONDS = (
    2.0  # after the command. Errors until then are told to the member alone; Discord waits 3 s for an answer
)
DISCORD_FORMATS = ("mp3", "mid", "abc", "png", "musicxml")


async def run_job(
    interaction: Interaction,
    request: Request,
    tune: discord.Attachment | None = None,
    back: discord.ui.View | None = None,
) -> None:
    """Answer an interaction that is not acknowledged yet, with music or with a sentence.

    tune  the file to play on from, unless the request already contains its bytes
    back  buttons under a refusal, as a way back
    """
    bot, began = interaction.client, time.monotonic()
    outcome, reply = "fault", None
    JOB.set(interaction.id)
    try:
        async with bot.queue.enter(interaction.user.id) as ticket:
            try:
                if not ticket.turn.is_set():
                    request, tune = await _wait(interaction, request, tune, ticket), None
                request, reply = await _play(interaction, request, tune, ticket)
                await bot.queue.played(interaction.user.id)
                view, made = await _buttons(interaction, request, reply), reply
                await post(interaction, lambda limit: message(made, request, limit, public(interaction)), view)
                outcome = "played"
            except Exception as error:  # tell them from within the queue: a stopping bot waits until it is empty
                outcome = await _tell(interaction, error, back)
    except (Refusal, WorkerFault) as error:  # not admitted to the queue
        outcome = await _tell(interaction, error, back)
    finally:
        spent = time.monotonic() - began
        bot.health.count(outcome, spent)
        write(log, outcome=outcome, **_asked(request, tune), seconds=spent, **(reply.timings if reply else {}))


async def _tell(interaction: Interaction, error: Exception, back: discord.ui.View | None) -> str:
    """Tell the member alone why there is no music. Returns the outcome as one word for the log."""
    if interaction.response.is_done():
        await retract(interaction, sentence(interaction, error), back if isinstance(error, Refusal) else None)
    else:
        await report_error(interaction, error, back)
    if isinstance(error, Cancelled):
        return "cancelled"
    return "refused" if isinstance(error, Refusal) else "fault"


async def _wait(interaction: Interaction, request: Request, tune: discord.Attachment | None, ticket: Ticket) -> Request:
    """Wait in the queue, publicly once the file is known to hold a melody. Returns the request with its file."""
    seen = asyncio.Event()

    async def look() -> Request:
        whole = replace(request, data=await _fetch(tune)) if tune is not None else request
        await interaction.client.engine.check(whole)
        seen.set()
        await ticket.turn.wait()
        return whole

    work = asyncio.create_task(look())
    try:
        await _acknowledge(interaction, work, seen)
        await follow(interaction, ticket, work)
        return work.result()
    finally:
        work.cancel()


async def _acknowledge(interaction: Interaction, work: asyncio.Task[Any], seen: asyncio.Event) -> None:
    """Show publicly that music is coming, once the file is `seen` to have a melody or Discord will wait no longer."""
    looking = asyncio.create_task(seen.wait())
    spent = (datetime.now(UTC) - interaction.created_at).total_seconds()  # by two clocks, which may differ
    quiet = min(max(QUIET_SECONDS - spent, 0.0), QUIET_SECONDS)
    await asyncio.wait({work, looking}, timeout=quiet, return_when=asyncio.FIRST_COMPLETED)
    looking.cancel()
    if not work.done() or work.exception() is None:
        await interaction.response.defer(thinking=True)


async def _play(
    interaction: Interaction, request: Request, tune: discord.Attachment | None, ticket: Ticket
) -> tuple[Request, Reply]:
    """Fetch the file and play. Acknowledge publicly only when music seems certain."""
    share, seen = 0.0, asyncio.Event()

    def progress(done: float) -> None:
        nonlocal share
        share = done
        seen.set()  # the model is playing, so the file has a melody

    work = asyncio.create_task(_music(interaction, request, tune, progress, ticket))
    try:
        if not interaction.response.is_done():
            await _acknowledge(interaction, work, seen)
        await follow(interaction, ticket, work, lambda: share)
        return work.result()
    finally:
        work.cancel()


async def _music(
    interaction: Interaction, request: Request, tune: discord.Attachment | None, progress: Progress, ticket: Ticket
) -> tuple[Request, Reply]:
    """The request with its file, and the reply to it."""
    request = replace(request, formats=DISCORD_FORMATS, mp3_bytes=mp3_share(interaction.filesize_limit, request.takes))
    if tune is not None:
        request = replace(request, data=await _fetch(tune))
    if not request.wholes:
        request = replace(request, wholes=await _played(interaction, request))
    return request, await interaction.client.engine.play(request, progress, ticket.name)


async def _played(interaction: Interaction, request: Request) -> tuple[bytes, ...]:
    """The notes of takes that were played before: a seed brings them back, even if another kind of processor plays."""
    try:
        return await interaction.client.store.played(request)
    except FAULTS as error:
        log.warning("earlier takes cannot be read: %r", error)
        return ()


async def _buttons(interaction: Interaction, request: Request, reply: Reply) -> discord.ui.View | None:
    """The buttons of a reply; None if what they need cannot be stored, because the music matters more."""
    try:
        midis = [take.files["mid"] for take in reply.takes]
        wholes = [take.whole for take in reply.takes]
        asked = replace(request, wholes=(), redo="")
        kept = await interaction.client.store.keep(interaction.user.id, asked, midis, wholes)
    except FAULTS as error:
        log.error("the reply gets no buttons, the database cannot be written: %r", error)
        return None
    return reply_buttons(kept, interaction.user.id, request, reply, public(interaction))


async def _fetch(tune: discord.Attachment) -> bytes:
    """The bytes of an attachment. `Refusal` if Discord does not deliver them."""
    try:
        return await asyncio.wait_for(tune.read(), FETCH_SECONDS)
    except DISCORD_FAULTS as error:
        raise Refusal("Discord did not deliver your file. Send it again.") from error


def _asked(request: Request, tune: discord.Attachment | None) -> dict[str, Any]:
    """The options of a request, for the log. `tune`: its file, if that may not have been fetched."""
    size = len(request.data or b"") or (tune.size if tune else 0)
    extended = "extend" if size else "compose"
    return {
        "asked": "redo" if request.redo else "accompany" if request.accompany else extended,
        "bytes": size,
        "takes": request.takes,
        "length": request.seconds,
        "temperature": request.temperature,
        "seed": request.seed,
    }
