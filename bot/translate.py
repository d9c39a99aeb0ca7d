"""Which language somebody on Discord sees: of the commands, and of what is said in public."""

from typing import Any

import discord
from discord import app_commands

from bot.languages import LANGUAGES

LOCATION = app_commands.TranslationContextLocation
TYPED = (LOCATION.command_name, LOCATION.group_name, LOCATION.parameter_name)  # Discord wants these in small letters


def public(interaction: discord.Interaction[Any]) -> str:
    """The language of what everybody sees: the server's, or the member's own in direct messages."""
    return str(interaction.guild_locale or interaction.locale)


class Translator(app_commands.Translator):
    """For what Discord shows of the commands: names, descriptions, choices."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        words = LANGUAGES.get(locale.value, {}).get(string.message)
        typed = context.location in TYPED and not isinstance(context.data, app_commands.ContextMenu)
        return words.lower() if words and typed else words
