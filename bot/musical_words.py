"""Instruments, styles and keys in the words of other musicians: “Bb major” is B-Dur or si bémol majeur."""

import re

TONICS = ("C", "G", "D", "A", "E", "F", "Bb", "Eb", "Ab", "Db", "B", "F#", "C#", "G#")
MODES = ("major", "minor", "dorian", "mixolydian", "phrygian", "lydian")
KEYS = tuple(f"{tonic} {mode}" for mode in MODES for tonic in TONICS)

GERMAN_WORDS = {
    "piano": "Klavier",
    "electric piano": "E-Piano",
    "harpsichord": "Cembalo",
    "vibraphone": "Vibraphon",
    "xylophone": "Xylophon",
    "organ": "Orgel",
    "guitar": "Gitarre",
    "bass": "Bass",
    "violin": "Geige",
    "cello": "Cello",
    "harp": "Harfe",
    "choir": "Chor",
    "trumpet": "Trompete",
    "horn": "Horn",
    "alto sax": "Altsaxophon",
    "tenor sax": "Tenorsaxophon",
    "oboe": "Oboe",
    "clarinet": "Klarinette",
    "flute": "Flöte",
    "recorder": "Blockflöte",
    "ocarina": "Okarina",
    "whatever fits": "was passt",
    "jazz solo": "Jazzsolo",
    "Irish traditional": "irisch traditionell",
    "American fiddle": "amerikanische Fiddle",
    "Scottish and British airs": "schottische und britische Airs",
    "art song": "Kunstlied",
    "classical piano": "klassisches Klavier",
    "Tin Pan Alley standards": "Tin-Pan-Alley-Standards",
    "hymn": "Choral",
}
FRENCH_WORDS = {
    "piano": "piano",
    "electric piano": "piano électrique",
    "harpsichord": "clavecin",
    "vibraphone": "vibraphone",
    "xylophone": "xylophone",
    "organ": "orgue",
    "guitar": "guitare",
    "bass": "basse",
    "violin": "violon",
    "cello": "violoncelle",
    "harp": "harpe",
    "choir": "chœur",
    "trumpet": "trompette",
    "horn": "cor",
    "alto sax": "saxophone alto",
    "tenor sax": "saxophone ténor",
    "oboe": "hautbois",
    "clarinet": "clarinette",
    "flute": "flûte",
    "recorder": "flûte à bec",
    "ocarina": "ocarina",
    "whatever fits": "ce qui convient",
    "jazz solo": "solo de jazz",
    "Irish traditional": "irlandais traditionnel",
    "American fiddle": "violon américain",
    "Scottish and British airs": "airs écossais et britanniques",
    "art song": "mélodie",
    "classical piano": "piano classique",
    "Tin Pan Alley standards": "standards de Tin Pan Alley",
    "hymn": "cantique",
}

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


def _german(letter: str, sign: str, mode: str) -> str:
    tonic = GERMAN_TONICS.get(letter + sign) or letter + {"": "", "b": "es", "#": "is"}[sign]
    return f"{tonic if mode == 'major' else tonic.lower()}-{GERMAN_MODES.get(mode, mode)}"


def _french(letter: str, sign: str, mode: str) -> str:
    return f"{FRENCH_LETTERS[letter]}{FRENCH_SIGNS[sign]} {FRENCH_MODES.get(mode, mode)}"


NAMES = {"de": _german, "fr": _french}


def key_in(key: str, locale: str) -> str:
    """ "Bb major" in the words of a locale; as it is where it is no key or nobody translated it."""
    name, found = NAMES.get(locale.partition("-")[0]), re.fullmatch(r"([A-G])([b#]?) (\w+)", key)
    return name(found[1], found[2], found[3]) if name and found else key
