"""The bot, put together: client, commands and buttons, and an answer to everything else that members press."""

from typing import Any

import discord
from discord import app_commands

from bot.answer.buttons import GONE
from bot.answer.report import report_error
from bot.client import Encore, Interaction, Queues
from bot.commands import COMMANDS
from bot.commands.tune import forms_since, options_left, play_pasted
from bot.from_bar import bar_form, play_on_from_bar
from bot.presses import PRESSES, is_ours
from bot.settings import Settings
from bot.store import Store
from generation.request import Refusal
from generation.serve.engine import Engine


def encore(settings: Settings, store: Store, engine: Engine, queue: Queues) -> Encore:
    """A client with all its handlers, not yet connected."""
    client = Encore(settings, store, engine, queue)
    for command in COMMANDS:
        client.tree.add_command(command)
    client.tree.error(on_command_error)
    client.add_dynamic_items(*PRESSES)
    client.event(on_interaction)
    return client


async def on_command_error(interaction: Interaction, error: app_commands.AppCommandError) -> None:
    await report_error(interaction, getattr(error, "original", error))


async def on_interaction(interaction: Interaction) -> None:
    """Answer buttons and forms that no handler knows: those of an earlier process or an earlier version."""
    data: Any = interaction.data or {}
    name = str(data.get("custom_id", ""))
    ours = is_ours(name) or name.startswith(forms_since(interaction.client.began))
    try:
        if interaction.type is discord.InteractionType.component and not ours:
            raise Refusal(GONE)
        if interaction.type is not discord.InteractionType.modal_submit or ours:
            return
        if kept := bar_form(name):
            await play_on_from_bar(interaction, kept, _fields(data))
        else:  # most options are lost, the tune is not
            await play_pasted(interaction, next(iter(_fields(data).values()), ""), options_left(name))
    except Exception as error:
        await report_error(interaction, error)


def _fields(form: Any) -> dict[str, str]:
    """custom_id → text of each of a form's fields."""
    inner = form.get("components") or filter(None, [form.get("component")])
    found = {str(form["custom_id"]): str(form["value"])} if "value" in form else {}
    for part in inner:
        found |= _fields(part)
    return found
