"""Which language somebody on Discord sees: of the commands, and of what is said in public."""

from typing import Any

import discord
from discord import app_commands

from bot.languages import LANGUAGES


def public(interaction: discord.Interaction[Any]) -> str:
    """The language of what everybody sees: the server's, or the member's own in direct messages."""
    return str(interaction.guild_locale or interaction.locale)


class Translator(app_commands.Translator):
    """For what Discord shows of the commands. Their names stay, so that people can tell each other what to type."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        return LANGUAGES.get(locale.value, {}).get(string.message)
