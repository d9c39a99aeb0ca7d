"""Buttons under a reply; they outlive a restart, since what they need is kept in the store."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import discord

from bot.explain import explain
from generation.request import Refusal, Request

Button = discord.ui.DynamicItem[discord.ui.Button[Any]]
STEP = 0.2  # of temperature, warmer or cooler


def _again(request: Request, _: bytes) -> Request:
    return replace(request, seed=secrets.randbelow(2**31))


def _warmer(request: Request, _: bytes) -> Request:
    return replace(request, temperature=round(min(2.0, request.temperature + STEP), 2))


def _cooler(request: Request, _: bytes) -> Request:
    return replace(request, temperature=round(max(0.1, request.temperature - STEP), 2))


def _on(request: Request, midi: bytes) -> Request:
    """The first take becomes the input."""
    stem = request.filename.rsplit(".", 1)[0] if request.data is not None else "encore"
    fresh = replace(request, key=None, tempo=None, meter=None)
    return replace(_again(fresh, midi), data=midi, filename=f"{stem}.mid")


def _alone(request: Request, _: bytes) -> Request:
    return replace(request, only_new=not request.only_new)


@dataclass(frozen=True)
class _Action:
    label: str
    wish: Callable[[Request, bytes], Request]


ACTIONS = {
    "again": _Action("Another take", _again),
    "warmer": _Action("Warmer", _warmer),
    "cooler": _Action("Cooler", _cooler),
    "on": _Action("Play on", _on),
    "alone": _Action("Only the new part", _alone),
}
GONE = "This reply is too old for its buttons, or was deleted. Ask anew with /extend or /compose."


class TakeButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"encore:(?P<what>[a-z]+):(?P<kept>[\w-]{12})"
):
    """A button that asks for other music from what a reply was made of."""

    def __init__(self, what: str, kept: str) -> None:
        super().__init__(discord.ui.Button(label=ACTIONS[what].label, custom_id=f"encore:{what}:{kept}"))
        self.what, self.kept = what, kept

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        if match["what"] not in ACTIONS:
            raise Refusal(GONE)
        return cls(match["what"], match["kept"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        from bot.perform import perform  # a reply has buttons, and a button makes a reply

        try:
            kept = await interaction.client.store.kept(self.kept)
            if kept is None:
                raise Refusal(GONE)
            interaction.client.line.check(interaction.user.id)
            await interaction.response.defer(thinking=True)
            await perform(interaction, ACTIONS[self.what].wish(kept.request, kept.midi))
        except Exception as error:
            await explain(interaction, error)


class DeleteButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"encore-delete:(?P<kept>[\w-]{12}):(?P<member>\d+)"
):
    """Deletes the reply and all that was kept for it: for who asked, and for moderators."""

    def __init__(self, kept: str, member: int) -> None:
        custom_id = f"encore-delete:{kept}:{member}"
        super().__init__(discord.ui.Button(label="Delete", style=discord.ButtonStyle.danger, custom_id=custom_id))
        self.kept, self.member = kept, member

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(match["kept"], int(match["member"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            kept = await interaction.client.store.kept(self.kept)
            owner = kept.member if kept else self.member
            if interaction.user.id != owner and not interaction.permissions.manage_messages:
                raise Refusal("Only who asked for this music, or a moderator, can delete it.")
            await interaction.response.defer()
            await interaction.client.store.forget(self.kept)
            await interaction.delete_original_response()
        except Exception as error:
            await explain(interaction, error)


BUTTONS = (TakeButton, DeleteButton)


def view_for(kept: str, member: int, request: Request) -> discord.ui.View:
    """The buttons of a reply to `request`."""
    view = discord.ui.View(timeout=None)
    for what in ACTIONS:
        if what == "alone" and request.data is None:
            continue  # all of it is new
        button = TakeButton(what, kept)
        if what == "alone" and request.only_new:
            button.item.label = "With the input"
        view.add_item(button)
    view.add_item(DeleteButton(kept, member))
    return view
