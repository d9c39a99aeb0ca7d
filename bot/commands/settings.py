"""/settings: a server's defaults, for the people who manage it."""

from typing import Any

import discord
from discord import app_commands

from bot.client import Interaction
from bot.commands.choices import instrument_names, instruments, meant, style_choices, style_names
from bot.commands.options import TAKES, Seconds, Takes, Temperature
from bot.words import say
from bot.words.locale import own
from generation.request import INSTRUMENTS, STYLES, Refusal, Request, Value, Words, styles

PLAIN = Request(takes=TAKES)
NAMES = {
    "temperature": Words("temperature"),
    "seconds": Words("seconds"),
    "takes": Words("takes"),
    "instrument": Words("instrument"),
    "style": Words("style"),
}


class ServerSettings(app_commands.Group):
    """Checks the permission itself too, since a server can override Discord's default permission."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        return interaction.guild_id is not None and interaction.permissions.manage_guild


settings = ServerSettings(
    name="settings",
    description="This server's defaults",
    default_permissions=discord.Permissions(manage_guild=True),
    # Spelt out in full: anything left open here would be filled in from the command tree's defaults.
    allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
    allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
)


async def _set(interaction: Interaction, name: str, value: float | int | str) -> None:
    assert interaction.guild_id is not None
    await interaction.response.defer(ephemeral=True)  # what is written may have to wait its turn
    await interaction.client.store.set_default(interaction.guild_id, name, value)
    locale = own(interaction)
    words = Words("This server's default from now on: {name} {value}.", name=NAMES[name], value=_value(name, value))
    await interaction.followup.send(say(words, locale), ephemeral=True)


def _value(name: str, value: float | int | str) -> Value:
    """A default as a value for `Words`; the name of an instrument and of a built-in style is to be translated."""
    if name == "style":
        return Words(STYLES[str(value)]) if value in STYLES else value
    return Words(value) if isinstance(value, str) else value


@settings.command(name="show", description="Show this server's defaults")
async def show(interaction: Interaction) -> None:
    defaults = await interaction.client.store.defaults(interaction.guild_id)
    locale = own(interaction)
    lines = [
        Words("**{name}**: {value} (not set)", name=NAMES[name], value=_value(name, getattr(PLAIN, name)))
        if value is None
        else Words("**{name}**: {value}", name=NAMES[name], value=_value(name, value))
        for name, value in vars(defaults).items()
    ]
    title = Words("Defaults on this server, unless a request says otherwise:")
    await interaction.response.send_message("\n".join(say(words, locale) for words in (title, *lines)), ephemeral=True)


@settings.command(name="temperature", description="Set the default temperature")
@app_commands.describe(value="0.1 plays safe, 0.9 is usual, 2 surprises everybody")
async def temperature(interaction: Interaction, value: Temperature) -> None:
    await _set(interaction, "temperature", value)


@settings.command(name="seconds", description="Set the default length of the new music")
@app_commands.describe(value="5 to 180")
async def seconds(interaction: Interaction, value: Seconds) -> None:
    await _set(interaction, "seconds", value)


@settings.command(name="takes", description="Set the default number of takes")
@app_commands.describe(value="1 to 4")
async def takes(interaction: Interaction, value: Takes) -> None:
    await _set(interaction, "takes", value)


@settings.command(name="instrument", description="Set the default instrument")
@app_commands.describe(value="auto: the file's own instrument")
@app_commands.autocomplete(value=instruments)
async def instrument(interaction: Interaction, value: str) -> None:
    value = meant(instrument_names(own(interaction)), value)
    if value != "auto" and value not in INSTRUMENTS:
        raise Refusal("There is no instrument “{name}”. Choose one from the list.", name=value[:40])
    await _set(interaction, "instrument", value)


@settings.command(name="style", description="Set the default style")
@app_commands.describe(value="auto: the style that fits the tune best")
@app_commands.autocomplete(value=style_choices)
async def style(interaction: Interaction, value: str) -> None:
    value = meant(style_names(own(interaction)), value)
    if value not in styles():
        raise Refusal("There is no style “{name}”. Choose one from the list.", name=value[:40])
    await _set(interaction, "style", value)


@settings.command(name="reset", description="Go back to Encore's own defaults")
async def reset(interaction: Interaction) -> None:
    assert interaction.guild_id is not None
    await interaction.response.defer(ephemeral=True)
    await interaction.client.store.reset(interaction.guild_id)
    words = say("This server uses Encore's own defaults again.", own(interaction))
    await interaction.followup.send(words, ephemeral=True)
