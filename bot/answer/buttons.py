"""Buttons under a reply; they outlive a restart, since what they need is kept in the store."""

import contextlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import discord

from bot.answer.explain import explain
from bot.answer.post import post
from bot.answer.progress import CancelButton
from bot.answer.reply import sheet_music
from bot.words import say
from generation.request import Refusal, Request, Words

STEP = 0.2  # of temperature, warmer or cooler
WARMEST, COOLEST = 2.0, 0.1
NO_SHEETS = Words("There is no sheet music of this reply. Press “Another take” for one that has it.")
GONE = Words("This reply is too old for its buttons, or was deleted. Ask anew with /extend or /compose.")


def _again(request: Request, _: bytes) -> Request:
    return replace(request, seed=secrets.randbelow(2**31))


def _warmer(request: Request, _: bytes) -> Request:
    if request.temperature >= WARMEST:
        raise Refusal(
            "The temperature is {limit} already, and it does not get warmer. Try another take.", limit=WARMEST
        )
    return replace(request, temperature=round(min(WARMEST, request.temperature + STEP), 2))


def _cooler(request: Request, _: bytes) -> Request:
    if request.temperature <= COOLEST:
        raise Refusal(
            "The temperature is {limit} already, and it does not get cooler. Try another take.", limit=COOLEST
        )
    return replace(request, temperature=round(max(COOLEST, request.temperature - STEP), 2))


def _on(request: Request, midi: bytes) -> Request:
    """The take becomes the input."""
    stem = request.filename.rpartition(".")[0] or request.filename or "encore"
    fresh = replace(request, key=None, tempo=None, meter=None)
    return replace(_again(fresh, midi), data=midi, filename=f"{stem}.mid")


def _alone(request: Request, _: bytes) -> Request:
    return replace(request, only_new=not request.only_new)


@dataclass(frozen=True)
class _Action:
    label: Words
    wish: Callable[[Request, bytes], Request]


ACTIONS = {
    "again": _Action(Words("Another take"), _again),
    "warmer": _Action(Words("Warmer"), _warmer),
    "cooler": _Action(Words("Cooler"), _cooler),
    "on": _Action(Words("Play on"), _on),
    "alone": _Action(Words("Only the new part"), _alone),
}


class TakeButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"encore:(?P<what>[a-z]+):(?P<kept>[\w-]{12}):(?P<take>\d)",
):
    """Asks for other music from what a reply was made of, or from its take number `take`."""

    def __init__(self, what: str, kept: str, take: int = 0, label: str = "") -> None:
        super().__init__(discord.ui.Button(label=label or "…", custom_id=f"encore:{what}:{kept}:{take}"))
        self.what, self.kept, self.take = what, kept, take

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(match["what"], match["kept"], int(match["take"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        from bot.answer.perform import perform  # a reply has buttons, and a button makes a reply

        try:
            kept = await interaction.client.store.kept(self.kept)
            if kept is None or self.what not in ACTIONS or self.take >= len(kept.midis):
                raise Refusal(GONE)
            await perform(interaction, ACTIONS[self.what].wish(kept.request, kept.midis[self.take]))
        except Exception as error:
            await explain(interaction, error)


class SheetButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"encore-sheet:(?P<kept>[\w-]{12})"):
    """Hands the score of every take to whoever asks, and to them alone."""

    def __init__(self, kept: str, label: str = "…") -> None:
        super().__init__(discord.ui.Button(label=label, custom_id=f"encore-sheet:{kept}"))
        self.kept = kept

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(match["kept"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            kept = await interaction.client.store.kept(self.kept)
            if kept is None:
                raise Refusal(GONE)
            if not any(kept.sheets):
                raise Refusal(NO_SHEETS)
            await interaction.response.defer(ephemeral=True, thinking=True)
            own = str(interaction.locale)
            await post(interaction, lambda limit: sheet_music(kept.sheets, kept.request, limit, own), None)
        except Exception as error:
            await explain(interaction, error)


class DeleteButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"encore-delete:(?P<kept>[\w-]{12}):(?P<member>\d+)"
):
    """Deletes the reply and all that was kept for it: for who asked, and for moderators."""

    def __init__(self, kept: str, member: int, label: str = "…") -> None:
        custom_id = f"encore-delete:{kept}:{member}"
        super().__init__(discord.ui.Button(label=label, style=discord.ButtonStyle.danger, custom_id=custom_id))
        self.kept, self.member = kept, member

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(match["kept"], int(match["member"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            kept = await interaction.client.store.kept(self.kept)
            theirs = interaction.user.id == (kept.member if kept else self.member)
            if not theirs and not interaction.permissions.manage_messages:
                raise Refusal("Only the person who asked for this music, or a moderator, can delete it.")
            await interaction.response.defer()
            await interaction.client.store.forget(self.kept)
            with contextlib.suppress(discord.NotFound):  # pressed twice: it is gone already
                await interaction.delete_original_response()
        except Exception as error:
            await explain(interaction, error)


BUTTONS = (TakeButton, SheetButton, DeleteButton, CancelButton)


def known_button(custom_id: str) -> bool:
    """Whether a button of that name is one of ours, so that it answers by itself."""
    return any(button.__discord_ui_compiled_template__.fullmatch(custom_id) for button in BUTTONS)


def view_for(kept: str, member: int, request: Request, locale: str) -> discord.ui.View:
    """The buttons of a reply to `request`, in the language of `locale`."""
    view = discord.ui.View(timeout=None)
    for what in ("again", "warmer", "cooler"):
        view.add_item(TakeButton(what, kept, label=say(ACTIONS[what].label, locale)))
    for take in range(request.takes):
        label = Words("Play on from take {number}", number=take + 1) if request.takes > 1 else ACTIONS["on"].label
        view.add_item(TakeButton("on", kept, take, say(label, locale)))
    if request.data is not None:  # else all of it is new
        label = Words("With the input") if request.only_new else ACTIONS["alone"].label
        view.add_item(TakeButton("alone", kept, label=say(label, locale)))
    view.add_item(SheetButton(kept, say("Sheet music", locale)))
    view.add_item(DeleteButton(kept, member, say("Delete", locale)))
    return view
