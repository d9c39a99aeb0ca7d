"""The languages that people see on Discord: of the commands, and of public answers."""

from typing import Any

import discord
from discord import app_commands

from bot.words.lookup import LANGUAGES, catalogue

LOCATION = app_commands.TranslationContextLocation
NAMES = (LOCATION.command_name, LOCATION.group_name, LOCATION.parameter_name)
TYPED = "typed"  # the context of names in the catalogues; Discord wants names in small letters and without spaces


def public(interaction: discord.Interaction[Any]) -> str:
    """The language of public answers: the server's, or in direct messages the member's."""
    return str(interaction.guild_locale or interaction.locale)


def own(interaction: discord.Interaction[Any]) -> str:
    """The language of messages that only the member sees."""
    return str(interaction.locale)


def is_typed(context: app_commands.TranslationContextTypes) -> bool:
    """Whether a member types the string: the name of a command or an option, but not of a menu entry."""
    return context.location in NAMES and not isinstance(context.data, app_commands.ContextMenu)


class Translator(app_commands.Translator):
    """Translates the commands as Discord shows them: names, descriptions and choices."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        language = locale.value.partition("-")[0]
        if language not in LANGUAGES:
            return None
        known = catalogue(language)
        return known.pgettext(TYPED, string.message) if is_typed(context) else known.gettext(string.message)
