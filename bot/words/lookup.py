"""From English templates to a reader's language by gettext, with numbers as that language writes them."""

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from generation.request import Value, Words

LANGUAGES = ("de", "fr")  # besides English; each has a catalogue beside this file


def say(words: Words | str, locale: str, /, **values: Value) -> str:
    """Words, or a template with its values, in the language of `locale`, or in English if there is no translation.

    locale  one of Discord's codes: "de", "en-GB", …
    """
    if isinstance(words, str):
        words = Words(words, **values)
    language = locale.partition("-")[0]
    if not words or language not in LANGUAGES:
        return str(words)
    if words.plural:
        count = words.values["count"]
        assert isinstance(count, int)
        template = catalogue(language).ngettext(words.template, words.plural, count)
    else:
        template = catalogue(language).gettext(words.template)
    return words.fill(template, lambda value: _show(value, language))


@cache
def catalogue(language: str) -> GNUTranslations:
    """A language's catalogue, read once and compiled in memory, so that no compiled file can be out of date."""
    compiled = BytesIO()
    with Path(__file__).with_name(f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _show(value: Value, language: str) -> str:
    if isinstance(value, tuple):
        return ", ".join(say(words, language) for words in value)
    if isinstance(value, Words):
        return say(value, language)
    return format_decimal(value, locale=language) if isinstance(value, int | float) else value
