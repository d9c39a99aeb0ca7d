"""From a request to a message: the line, the studio, the reply, and every way in which that can end."""

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

import discord

from bot.answer.buttons import reply_buttons
from bot.answer.post import post, retract
from bot.answer.progress import follow
from bot.answer.reply import message, mp3_share
from bot.answer.report import report_error, sentence
from bot.client import Interaction
from bot.logs import JOB, write
from bot.queue import Ticket
from bot.store import FAULTS
from bot.words.locale import public
from generation.request import Refusal, Reply, Request
from generation.serve.studio import Progress

log = logging.getLogger("encore.job")

FETCH_SECONDS = 15.0
QUIET_SECONDS = 2.0  # what is wrong within these is said to the member alone; Discord waits 3 s for a sign of life
DISCORD_FORMATS = ("mp3", "mid", "abc", "png", "musicxml")
SHEETS = ("png", "musicxml")


async def run_job(interaction: Interaction, request: Request, tune: discord.Attachment | None = None) -> None:
    """Answer an interaction, of which nothing has been acknowledged yet, with music or with a sentence.

    `tune` is the file to play on from, where it is not in the request yet."""
    bot, began = interaction.client, time.monotonic()
    outcome, reply = "fault", None
    JOB.set(interaction.id)
    try:
        async with bot.line.enter(interaction.user.id) as ticket:
            try:
                if not ticket.turn.is_set():
                    request, tune = await _wait(interaction, request, tune, ticket), None
                request, reply = await _play(interaction, request, tune, ticket)
                bot.line.played(interaction.user.id)
                view, made = await _buttons(interaction, request, reply), reply
                await post(interaction, lambda limit: message(made, request, limit, public(interaction)), view)
                outcome = "played"
            except Exception as error:  # told while in the line, for a bot that stops waits until the line is empty
                outcome = await _tell(interaction, error)
    except Refusal as error:  # not let in
        outcome = await _tell(interaction, error)
    finally:
        spent = time.monotonic() - began
        bot.health.count(outcome, spent)
        write(log, outcome=outcome, **_asked(request), seconds=spent, **(reply.timings if reply else {}))


async def _tell(interaction: Interaction, error: Exception) -> str:
    """Tell the member alone why there is no music; the outcome, in a word for the log."""
    if interaction.response.is_done():
        await retract(interaction, sentence(interaction, error))
    else:
        await report_error(interaction, error)
    return "refused" if isinstance(error, Refusal) else "fault"


async def _wait(interaction: Interaction, request: Request, tune: discord.Attachment | None, ticket: Ticket) -> Request:
    """Wait for one's turn, in public once the file is seen to hold a melody; the request with its file in it."""
    seen = asyncio.Event()

    async def look() -> Request:
        whole = replace(request, data=await _fetch(tune)) if tune is not None else request
        await interaction.client.studio.check(whole)
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
    """Say in public that music will come once the file is `seen` to hold a melody, or Discord waits no longer."""
    looking = asyncio.create_task(seen.wait())
    await asyncio.wait({work, looking}, timeout=QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    looking.cancel()
    if not work.done() or work.exception() is None:
        await interaction.response.defer(thinking=True)


async def _play(
    interaction: Interaction, request: Request, tune: discord.Attachment | None, ticket: Ticket
) -> tuple[Request, Reply]:
    """Fetch and play; acknowledge in public only once it seems that there will be music."""
    share, seen = 0.0, asyncio.Event()

    def progress(done: float) -> None:
        nonlocal share
        share = done
        seen.set()  # the file holds a melody, for it is being played on from

    work = asyncio.create_task(_music(interaction, request, tune, progress))
    try:
        if not interaction.response.is_done():
            await _acknowledge(interaction, work, seen)
        await follow(interaction, ticket, work, lambda: share)
        return work.result()
    finally:
        work.cancel()


async def _music(
    interaction: Interaction, request: Request, tune: discord.Attachment | None, progress: Progress
) -> tuple[Request, Reply]:
    """The request with its file in it, and its reply."""
    request = replace(request, formats=DISCORD_FORMATS, mp3_bytes=mp3_share(interaction.filesize_limit, request.takes))
    if tune is not None:
        request = replace(request, data=await _fetch(tune))
    return request, await interaction.client.studio.play(request, progress)


async def _buttons(interaction: Interaction, request: Request, reply: Reply) -> discord.ui.View | None:
    """The buttons of a reply; none where what they need cannot be kept, for the music counts more."""
    try:
        midis = [take.files["mid"] for take in reply.takes]
        sheets = [{kind: take.files[kind] for kind in SHEETS if kind in take.files} for take in reply.takes]
        kept = await interaction.client.store.keep(interaction.user.id, request, midis, sheets)
    except FAULTS as error:
        log.error("the reply gets no buttons, the database cannot be written: %s", error)
        return None
    return reply_buttons(kept, interaction.user.id, request, public(interaction))


async def _fetch(tune: discord.Attachment) -> bytes:
    """The bytes of an attachment; `Refusal` if Discord does not hand them over."""
    try:
        return await asyncio.wait_for(tune.read(), FETCH_SECONDS)
    except (discord.HTTPException, TimeoutError) as error:
        raise Refusal("Discord did not deliver your file. Send it again.") from error


def _asked(request: Request) -> dict[str, Any]:
    """What was asked for, as facts for the log."""
    return {
        "bytes": len(request.data or b""),
        "takes": request.takes,
        "length": request.seconds,
        "temperature": request.temperature,
        "seed": request.seed,
    }
