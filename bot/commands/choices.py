"""Autocompletion in the member's language, and back from a typed name to Encore's own."""

import unicodedata
from collections.abc import Callable, Mapping

from discord import app_commands

from bot.client import Interaction
from bot.words import key_in, say
from bot.words.keys import KEYS, short
from bot.words.locale import own
from generation.request import INSTRUMENTS, STYLES, styles

MOST = 25  # Discord shows no more
Choices = list[app_commands.Choice[str]]


def key_names(locale: str) -> dict[str, str]:
    """Encore's name of a key → its name in the language of `locale`; the next two functions likewise."""
    return {key: key_in(key, locale) for key in KEYS}


def instrument_names(locale: str) -> dict[str, str]:
    return {name: say(name, locale) for name in ("auto", *INSTRUMENTS)}


def style_names(locale: str) -> dict[str, str]:
    return {style: say(words, locale) if style in STYLES else words for style, words in styles().items()}


async def keys(interaction: Interaction, typed: str) -> Choices:
    return offered(key_names(own(interaction)), typed, short)


async def instruments(interaction: Interaction, typed: str) -> Choices:
    return offered(instrument_names(own(interaction)), typed)


async def style_choices(interaction: Interaction, typed: str) -> Choices:
    return offered(style_names(own(interaction)), typed)


def offered(names: Mapping[str, str], typed: str, also: Callable[[str], str] | None = None) -> Choices:
    """Choices whose name, in either language, contains the typed letters; those that begin with them come first, and
    before these the one that `also` gives that very name."""
    wanted = _bare(typed)
    ranks = {
        value: -1 if also and _bare(also(value)) == wanted else _rank(wanted, _bare(name), _bare(value))
        for value, name in names.items()
    }
    found = sorted((value for value, rank in ranks.items() if rank < 2), key=lambda value: ranks[value])
    return [app_commands.Choice(name=names[value][:100], value=value) for value in found[:MOST]]


def meant(names: Mapping[str, str], typed: str) -> str:
    """Encore's name for a name typed in either language; an unknown name is returned as it is."""
    return next((value for value, name in names.items() if _bare(typed) in (_bare(name), _bare(value))), typed)


def _rank(wanted: str, *names: str) -> int:
    return 0 if any(name.startswith(wanted) for name in names) else 1 if any(wanted in name for name in names) else 2


def _bare(words: str) -> str:
    """In small letters without accents, so that “re mineur” finds “ré mineur”."""
    split = unicodedata.normalize("NFKD", " ".join(words.split()).casefold())
    return "".join(sign for sign in split if not unicodedata.combining(sign))
