"""What /extend, /accompany and /compose have in common: their options and limits, and the server's defaults."""

import logging
import secrets
from typing import Any

from discord import app_commands

from bot.client import Interaction
from bot.commands.choices import instrument_names, key_names, meant, style_names
from bot.store import FAULTS, Defaults
from bot.words.locale import own
from generation.request import MOST_CHORDS, Request, styles

log = logging.getLogger("encore")

Temperature = app_commands.Range[float, 0.1, 2.0]
Seconds = app_commands.Range[float, 5, 180]
Bars = app_commands.Range[int, 4, 64]
LastBars = app_commands.Range[int, 1, 64]
AfterBar = app_commands.Range[int, 1, 999]
Takes = app_commands.Range[int, 1, 4]
Chords = app_commands.Range[str, 1, MOST_CHORDS]
Seed = app_commands.Range[int, 0, 2**31]

DESCRIPTIONS = {
    "temperature": "0.1 plays safe, 0.9 is usual, 2 surprises everybody",
    "seconds": "Length of the new music in seconds, 5 to 180",
    "bars": "Length of the new music in bars instead, 4 to 64",
    "takes": "How many different answers, 1 to 4",
    "instrument": "The instrument that plays the new part",
    "style": "The style to play in",
    "chords": "Chords to play over, such as Dm7 G7 | Cmaj7 or ii V | I; repeated to the end",
    "stems": "An MP3 of each part as well, in a zip",
    "seed": "The seed of a take, to get that take again",
}
TAKES = 2  # unless the member or the server says how many: a choice costs little more than a single take
NAMES = {"key": key_names, "instrument": instrument_names, "style": style_names}


async def request(interaction: Interaction, **options: Any) -> Request:
    """A request made of the member's options, then the server's defaults, and a seed.

    Raises `Refusal` for options that are not possible.
    """
    try:
        defaults = await interaction.client.store.defaults(interaction.guild_id)
    except FAULTS as error:  # music without the defaults is better than none
        log.error("the server's defaults cannot be read: %r", error)
        defaults = Defaults()
    said = {name: value for name, value in options.items() if value is not None}
    locale = own(interaction)
    said |= {name: meant(names(locale), said[name]) for name, names in NAMES.items() if name in said}
    usual = {name: value for name, value in vars(defaults).items() if value is not None}
    if usual.get("style") not in styles():  # a checkpoint that is no longer there
        usual.pop("style", None)
    seed = said.pop("seed", None)
    seed = secrets.randbelow(2**31) if seed is None else seed
    return Request(**{"takes": TAKES, **usual, **said}, seed=seed)
