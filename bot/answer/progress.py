"""What a member sees while waiting: the place in the line, how far the music is, and a button to cancel."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.answer.explain import explain
from bot.queue import Ticket
from bot.words import say
from bot.words.locale import public
from generation.request import Refusal, Words

if TYPE_CHECKING:
    from bot.app import Encore

    Interaction = discord.Interaction[Encore]

log = logging.getLogger("encore")

EDIT_EVERY = 2.0  # seconds
UNKNOWN_MESSAGE = 10008  # Discord's code


async def follow(
    interaction: "Interaction", ticket: Ticket, work: asyncio.Task[Any], share: Callable[[], float] = lambda: 1.0
) -> None:
    """Wait for `work`, and keep the answer up to date meanwhile; `share` is how much of the music is there.

    Raises `Refusal`, and cancels the work, if the member cancels it or somebody deletes the answer."""
    shown, view = "", discord.ui.View(timeout=None)
    view.add_item(CancelButton(ticket.member, ticket.name, say("Cancel", public(interaction))))
    ended = asyncio.create_task(ticket.ended.wait())
    pause = 0.0 if not ticket.turn.is_set() else EDIT_EVERY
    try:
        while True:
            await asyncio.wait({work, ended}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return
            if ended.done():
                raise Refusal(ticket.why)
            if (words := say(_words(interaction.client.line.place(ticket), share()), public(interaction))) != shown:
                await _show(interaction, ticket, words, view)
            shown, pause = words, EDIT_EVERY
    finally:
        ended.cancel()
        work.cancel()


def _words(place: int, share: float) -> Words:
    if place:
        return Words("Encore is busy; you are number {place} in the line.", place=place)
    percent = round(share * 10) * 10
    if 0 < percent < 100:
        return Words("Encore is playing… {percent} %", percent=percent)
    return Words("Encore is playing…")


async def _show(interaction: "Interaction", ticket: Ticket, words: str, view: discord.ui.View) -> None:
    try:
        await interaction.edit_original_response(content=words, view=view)
    except discord.HTTPException as error:
        if error.code == UNKNOWN_MESSAGE:
            ticket.cancel()
        else:  # not worth the music
            log.info("could not show the progress: %s", error)


class CancelButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"encore-cancel:(?P<member>\d+):(?P<ticket>[\w-]{12})"
):
    """For those who will not wait. After a crash it still removes the answer to which no music will come."""

    def __init__(self, member: int, ticket: str, label: str = "…") -> None:
        super().__init__(discord.ui.Button(label=label, custom_id=f"encore-cancel:{member}:{ticket}"))
        self.member, self.ticket = member, ticket

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["member"]), match["ticket"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        bot = interaction.client
        try:
            if interaction.user.id != self.member and not interaction.permissions.manage_messages:
                raise Refusal("Only the person who asked for it, or a moderator, can cancel this.")
            ticket, answer = bot.line.of(self.member), interaction.message
            if ticket is not None and ticket.name == self.ticket:
                await interaction.response.defer()
                ticket.cancel()
            elif answer is not None and answer.created_at < bot.began and not answer.attachments:
                await interaction.response.defer()
                await interaction.delete_original_response()
                raise Refusal("Encore was restarted while it played this, and the piece is lost. Ask again.")
            else:
                raise Refusal("This piece is on its way, or was already cancelled.")
        except Exception as error:
            await explain(interaction, error)
