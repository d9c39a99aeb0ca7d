"""Which language somebody on Discord sees: of the commands, and of what is said in public."""

from typing import Any

import discord
from discord import app_commands

from bot.words.say import LANGUAGES, catalogue

LOCATION = app_commands.TranslationContextLocation
NAMES = (LOCATION.command_name, LOCATION.group_name, LOCATION.parameter_name)
TYPED = "typed"  # the context of names in the catalogues: Discord wants them in small letters, without spaces


def public(interaction: discord.Interaction[Any]) -> str:
    """The language of what everybody sees: the server's, or the member's own in direct messages."""
    return str(interaction.guild_locale or interaction.locale)


def is_typed(context: app_commands.TranslationContextTypes) -> bool:
    """Whether a member types it: a name of a command or an option, though not of an entry in a menu."""
    return context.location in NAMES and not isinstance(context.data, app_commands.ContextMenu)


class Translator(app_commands.Translator):
    """Translates what Discord shows of the commands: names, descriptions, choices."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        if locale.value not in LANGUAGES:
            return None
        known = catalogue(locale.value)
        return known.pgettext(TYPED, string.message) if is_typed(context) else known.gettext(string.message)
