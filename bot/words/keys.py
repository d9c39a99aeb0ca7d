"""Names of keys in other languages: “Bb major” is B-Dur or si bémol majeur."""

import re

TONICS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb", "Ab", "Db", "B", "F#", "C#", "G#")
MODES = ("major", "minor", "dorian", "mixolydian", "phrygian", "lydian")
KEYS = tuple(f"{tonic} {mode}" for mode in MODES for tonic in TONICS)

GERMAN_TONICS = {"Bb": "B", "B": "H", "Eb": "Es", "Ab": "As", "B#": "His"}
GERMAN_MODES = {
    "major": "Dur",
    "minor": "Moll",
    "dorian": "Dorisch",
    "mixolydian": "Mixolydisch",
    "phrygian": "Phrygisch",
    "lydian": "Lydisch",
    "locrian": "Lokrisch",
}
FRENCH_LETTERS = {"C": "do", "D": "ré", "E": "mi", "F": "fa", "G": "sol", "A": "la", "B": "si"}
FRENCH_SIGNS = {"": "", "b": " bémol", "#": " dièse"}
FRENCH_MODES = {
    "major": "majeur",
    "minor": "mineur",
    "dorian": "dorien",
    "mixolydian": "mixolydien",
    "phrygian": "phrygien",
    "lydian": "lydien",
    "locrian": "locrien",
}


def short(key: str) -> str:
    """A key as chord symbols have it: “A minor” is Am, “Bb major” Bb; "" for other modes."""
    tonic, _, mode = key.partition(" ")
    return {"major": tonic, "minor": f"{tonic}m"}.get(mode, "")


def _german(letter: str, sign: str, mode: str) -> str:
    tonic = GERMAN_TONICS.get(letter + sign) or letter + {"": "", "b": "es", "#": "is"}[sign]
    return f"{tonic if mode == 'major' else tonic.lower()}-{GERMAN_MODES.get(mode, mode)}"


def _french(letter: str, sign: str, mode: str) -> str:
    return f"{FRENCH_LETTERS[letter]}{FRENCH_SIGNS[sign]} {FRENCH_MODES.get(mode, mode)}"


NAMES = {"de": _german, "fr": _french}


def key_in(key: str, locale: str) -> str:
    """The name of a key such as "Bb major" in the language of `locale`; anything else is returned as it is."""
    name, found = NAMES.get(locale.partition("-")[0]), re.fullmatch(r"([A-G])([b#]?) (\w+)", key)
    return name(found[1], found[2], found[3]) if name and found else key
