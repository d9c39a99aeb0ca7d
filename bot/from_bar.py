"""Play on from a take: from its end, or after a bar that the member names in a form, which works after a restart."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord

from bot.answer.buttons import FROM
from bot.answer.job import run_job
from bot.answer.recall import recall
from bot.client import Interaction
from bot.words import say
from bot.words.locale import own
from generation.request import Refusal, Request


def on(request: Request, midi: bytes) -> Request:
    """Play on from the take itself."""
    stem = request.filename.rpartition(".")[0] or request.filename or "encore"
    fresh = replace(request, key=None, tempo=None, meter=None, recording=False, octave=0, accompany="", after_bar=0)
    return replace(fresh, seed=secrets.randbelow(2**31), data=midi, filename=f"{stem}.mid")


async def ask_for_bar(interaction: Interaction, kept: str, takes: int) -> None:
    """Open the form that asks for the bar and, of several takes, for the take. Its name contains the reply's."""
    locale = own(interaction)
    form = discord.ui.Modal(title=say("Play on from a bar", locale), custom_id=f"encore-from:{kept}")
    bar = discord.ui.TextInput[Any](custom_id="bar", placeholder="8", max_length=6)
    form.add_item(discord.ui.Label(text=say("The last bar to keep", locale), component=bar))
    if takes > 1:
        take = discord.ui.TextInput[Any](custom_id="take", default="1", max_length=6)
        form.add_item(discord.ui.Label(text=say("In take (1 to {count})", locale, count=takes), component=take))
    form.stop()  # discord.py need not keep it: answers are recognised by the form's name
    await interaction.response.send_modal(form)


def bar_form(name: str) -> str:
    """The reply, as the store names it, to which a form belongs; "" for a form of another kind."""
    match = re.fullmatch(FROM, name)
    return match["kept"] if match else ""


async def play_on_from_bar(interaction: Interaction, name: str, fields: Mapping[str, str]) -> None:
    """Play on as a form asks. Raises `Refusal` if the reply is gone, if a field holds no number, or if there is no
    such take."""
    kept = await recall(interaction, name)
    bar, take = _number(fields.get("bar", "")), _number(fields.get("take", "1"))
    if take > len(kept.midis):
        raise Refusal("There is no take {take}; the last one is take {count}.", take=take, count=len(kept.midis))
    await run_job(interaction, replace(on(kept.request, kept.midis[take - 1]), after_bar=bar))


def _number(said: str) -> int:
    said = said.strip()
    if not said.isdecimal() or not int(said):
        raise Refusal("“{said}” is not a whole number of at least 1. Press the button again and write one.", said=said)
    return int(said)
