"""The bot, put together: client, commands and buttons, and an answer to everything else that members press."""

from typing import Any

import discord
from discord import app_commands

from bot.answer.buttons import GONE
from bot.answer.report import report_error
from bot.client import Encore, Interaction, Queues
from bot.commands import COMMANDS
from bot.commands.extend import extend_pasted, forms_since
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
        if interaction.type is discord.InteractionType.modal_submit and not ours:
            await extend_pasted(interaction, _typed(data), {})  # the options are lost, the tune is not
    except Exception as error:
        await report_error(interaction, error)


def _typed(form: Any) -> str:
    """The text in a form's one field."""
    while inner := form.get("component") or form.get("components"):
        form = inner[0] if isinstance(inner, list) else inner
    return str(form.get("value", ""))
