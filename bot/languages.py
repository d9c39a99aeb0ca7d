"""Encore in other languages: what is said in English in the code → the same for a member's or a server's language."""

import re
from functools import cache

from bot.french import FRENCH
from bot.german import GERMAN
from bot.musical_words import FRENCH_WORDS, GERMAN_WORDS
from bot.names import NAMES
from bot.refusals import REFUSALS

PAIRS = NAMES | REFUSALS

LANGUAGES: dict[str, dict[str, str]] = {
    "de": GERMAN | GERMAN_WORDS | {english: german for english, (german, _) in PAIRS.items()},
    "fr": FRENCH | FRENCH_WORDS | {english: french for english, (_, french) in PAIRS.items()},
}


def say(words: str, locale: str) -> str:
    """English words, whole and filled in, in the language of a locale; as they are where nobody translated them."""
    language = locale.partition("-")[0]
    if words in (known := LANGUAGES.get(language, {})):
        return known[words]
    for pattern, translated in _patterns(language):
        if found := pattern.fullmatch(words):
            return translated.format(*found.groups())
    return words


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Templates with {} as patterns, the longest first, for a short one may match what a long one is meant for."""
    templates = [(english, other) for english, other in LANGUAGES.get(language, {}).items() if "{}" in english]
    templates.sort(key=lambda pair: -len(pair[0]))
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.+?)"), re.DOTALL), other) for english, other in templates
    ]
