"""The commands, in one file each."""

from typing import Any

from bot.commands.about import about, forget
from bot.commands.accompany import accompany, accompany_message
from bot.commands.compose import compose
from bot.commands.extend import extend, extend_message
from bot.commands.queue import queue
from bot.commands.settings import settings

COMMANDS: tuple[Any, ...] = (
    extend,
    extend_message,
    accompany,
    accompany_message,
    compose,
    queue,
    settings,
    about,
    forget,
)
