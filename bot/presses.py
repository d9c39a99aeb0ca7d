"""What happens when a button is pressed, also after a restart: its name and the store contain all that is needed."""

import contextlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import discord

from bot.answer.buttons import CANCEL, DELETE, GONE, REDO, SHEET, TAKE, VOICE, asking_to_delete
from bot.answer.job import run_job
from bot.answer.post import post
from bot.answer.recall import recall
from bot.answer.reply import sheet_music
from bot.answer.report import report_error
from bot.client import Interaction
from bot.from_bar import ask_for_bar, on
from bot.store import Kept
from bot.words.locale import own, public
from generation.request import REDONE, Refusal, Request, Words
from generation.serve.engine import Cancelling

STEP = 0.2  # by which the temperature changes
JOINING = "trio"  # the band that the button brings
SHEETS = ("png", "musicxml")
WARMEST, COOLEST = 2.0, 0.1
NO_SHEETS = Words("There is no sheet music for this reply. Press “Another take” to get a reply that has it.")


def _again(request: Request, _: bytes) -> Request:
    return replace(request, seed=secrets.randbelow(2**31), takes=1)


def _warmer(request: Request, _: bytes) -> Request:
    if request.temperature >= WARMEST:
        raise Refusal("The temperature is already {limit} and cannot go higher. Try another take.", limit=WARMEST)
    return replace(request, temperature=round(min(WARMEST, request.temperature + STEP), 2))


def _cooler(request: Request, _: bytes) -> Request:
    if request.temperature <= COOLEST:
        raise Refusal("The temperature is already {limit} and cannot go lower. Try another take.", limit=COOLEST)
    return replace(request, temperature=round(max(COOLEST, request.temperature - STEP), 2))


def _with_band(request: Request, midi: bytes) -> Request:
    """Give the take a band, from its beginning."""
    return replace(on(request, midi), accompany=JOINING, only_new=False, takes=1)


def _part_again(kept: Kept, what: str, take: int) -> Request:
    """Play one part of a take again, and keep all others."""
    if what not in REDONE or take >= len(kept.wholes):
        raise Refusal(GONE)
    whole = kept.wholes[take]
    return replace(kept.request, redo=what, wholes=(whole,), seed=secrets.randbelow(2**31), takes=1)


def _alone(request: Request, _: bytes) -> Request:
    return replace(request, only_new=not request.only_new)


def _sound(request: Request, _: bytes) -> Request:
    return replace(request, recording=not request.recording, only_new=False)


def _octave(by: int) -> Callable[[Request, bytes], Request]:
    return lambda request, _: replace(request, octave=request.octave + by)


SAME_NOTES = ("alone", "sound")  # these are made from the notes that were played

# (the request of the reply, the MIDI of one of its takes) → the next request
ACTIONS: dict[str, Callable[[Request, bytes], Request]] = {
    "again": _again,
    "warmer": _warmer,
    "cooler": _cooler,
    "on": on,
    "band": _with_band,
    "alone": _alone,
    "sound": _sound,
    "lower": _octave(-1),
    "higher": _octave(1),
}


class Press(discord.ui.DynamicItem[discord.ui.Item[Any]], template=r"(?!)"):
    """A pressed button, or a choice from a list. Base of the others: its own template matches nothing.

    said    the fields of its name
    chosen  what was chosen from the list; "" for a button
    """

    def __init__(self, item: discord.ui.Item[Any], said: Mapping[str, str]) -> None:
        super().__init__(item)
        self.said = said

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(item, match.groupdict())

    @property
    def chosen(self) -> str:
        return self.item.values[0] if isinstance(self.item, discord.ui.Select) else ""

    async def callback(self, interaction: Interaction) -> None:  # type: ignore[override]  # Encore is the only client
        try:
            await self.answer(interaction)
        except Exception as error:
            await report_error(interaction, error)

    async def answer(self, interaction: Interaction) -> None:
        raise NotImplementedError


class TakePress(Press, template=TAKE):
    """Asks for other music from the same request, or from one of the takes."""

    async def answer(self, interaction: Interaction) -> None:
        kept, what, take = await recall(interaction, self.said["kept"]), self.said["what"], int(self.said["take"])
        if what in REDONE:
            await run_job(interaction, _part_again(kept, what, take))
            return
        if what == "from":
            await ask_for_bar(interaction, self.said["kept"], len(kept.midis))
            return
        if what not in ACTIONS or take >= len(kept.midis):
            raise Refusal(GONE)
        wanted = ACTIONS[what](kept.request, kept.midis[take])
        await run_job(interaction, replace(wanted, wholes=kept.wholes) if what in SAME_NOTES else wanted)


class VoicePick(Press, template=VOICE):
    """Plays on from another part of the file, which the member chose as the tune."""

    async def answer(self, interaction: Interaction) -> None:
        kept = await recall(interaction, self.said["kept"])
        await run_job(interaction, replace(kept.request, lead=self.chosen))


class PartPick(Press, template=REDO):
    """Plays one part of a take again."""

    async def answer(self, interaction: Interaction) -> None:
        kept = await recall(interaction, self.said["kept"])
        what, _, take = self.chosen.partition(":")
        await run_job(interaction, _part_again(kept, what, int(take)))


class SheetPress(Press, template=SHEET):
    """Shows the score of every take to the member who asks, and to nobody else."""

    async def answer(self, interaction: Interaction) -> None:
        kept = await recall(interaction, self.said["kept"])
        if not kept.wholes and not any(kept.sheets):
            raise Refusal(NO_SHEETS)
        await interaction.response.defer(ephemeral=True, thinking=True)
        sheets: Sequence[Mapping[str, bytes]] = kept.sheets
        if kept.wholes:
            drawn = await interaction.client.engine.play(replace(kept.request, wholes=kept.wholes, formats=SHEETS))
            sheets = [take.files for take in drawn.takes]
        await post(interaction, lambda limit: sheet_music(sheets, kept.request, limit, own(interaction)), private=True)


class DeletePress(Press, template=DELETE):
    """Deletes the reply and all that was kept for it, when pressed a second time. Allowed to the member who asked, and
    to moderators."""

    async def answer(self, interaction: Interaction) -> None:
        store = interaction.client.store
        kept = await store.kept(self.said["kept"])
        theirs = interaction.user.id == (kept.member if kept else int(self.said["member"]))
        if not theirs and not interaction.permissions.manage_messages:
            raise Refusal("Only the person who asked for this music, or a moderator, can delete it.")
        if not self.said["sure"] and interaction.message is not None:
            await interaction.response.edit_message(view=asking_to_delete(interaction.message, public(interaction)))
            return
        await interaction.response.defer()
        await store.forget(self.said["kept"])
        with contextlib.suppress(discord.NotFound):  # pressed twice: it is gone already
            await interaction.delete_original_response()


class CancelPress(Press, template=CANCEL):
    """Cancels a job. After a crash it removes an answer whose music will never come."""

    async def answer(self, interaction: Interaction) -> None:
        bot, member = interaction.client, int(self.said["member"])
        if interaction.user.id != member and not interaction.permissions.manage_messages:
            raise Refusal("Only the person who asked for it, or a moderator, can cancel this.")
        ticket, answer = bot.queue.of(member), interaction.message
        if ticket is not None and ticket.name == self.said["ticket"]:
            ticket.cancel()
            await interaction.response.defer()
            return
        elsewhere = await bot.queue.cancel_elsewhere(self.said["ticket"])
        lost = answer is not None and answer.created_at < bot.began and not answer.attachments
        if elsewhere is Cancelling.DONE:
            await interaction.response.defer()
        elif elsewhere is Cancelling.UNHELD and lost:
            await interaction.response.defer()
            await interaction.delete_original_response()
            raise Refusal("Encore was restarted while it was playing this, and the piece was lost. Ask again.")
        else:
            raise Refusal("This piece is already on its way, or has been cancelled.")


PRESSES = (TakePress, VoicePick, PartPick, SheetPress, DeletePress, CancelPress)


def is_ours(name: str) -> bool:
    """Whether one of `PRESSES` answers a button of that name."""
    return any(press.__discord_ui_compiled_template__.fullmatch(name) for press in PRESSES)
