"""Chord symbols in MusicXML."""

import re
from xml.sax.saxutils import escape

SYMBOL = re.compile(r"([A-G])([#b♯♭]?)((?:6/9|[^/])*)(?:/([A-G])([#b♯♭]?))?")
DEGREE = re.compile(r"\((add|no)?([#b♯♭]?)(\d{1,2})\)")
ALTERED = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
SPACE = "\u00a0"
# The text of a symbol after its root → MusicXML's kind; the longest match counts.
KINDS = {
    "": "major",
    "m": "minor",
    "min": "minor",
    "-": "minor",
    "7": "dominant",
    "maj7": "major-seventh",
    "M7": "major-seventh",
    "Δ": "major-seventh",
    "m7": "minor-seventh",
    "min7": "minor-seventh",
    "-7": "minor-seventh",
    "m7b5": "half-diminished",
    "ø": "half-diminished",
    "dim": "diminished",
    "o": "diminished",
    "dim7": "diminished-seventh",
    "o7": "diminished-seventh",
    "aug": "augmented",
    "+": "augmented",
    "6": "major-sixth",
    "6/9": "major-sixth",
    "m6": "minor-sixth",
    "m6/9": "minor-sixth",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "m9": "minor-ninth",
    "11": "dominant-11th",
    "13": "dominant-13th",
    "sus4": "suspended-fourth",
    "sus": "suspended-fourth",
    "sus2": "suspended-second",
    "5": "power",
}


def harmony(chord: str, offset: int, picture: bool = False) -> str:
    """A <harmony> element `offset` divisions after the start of the next note; plain words for an unknown chord. In a
    `picture` it is text alone, with space for our font, which is wider than the one for which verovio makes room."""
    later = f"<offset>{offset}</offset>" if offset else ""
    silent = chord.replace(".", "").upper() == "NC"
    if picture or silent:
        words = "N.C." if silent else _spelt(chord) + SPACE * (2 + len(chord) // 2) * picture
        kind = f'<kind text="{words}">none</kind>'
        return f'<harmony placement="above"><root><root-step text="">C</root-step></root>{kind}{later}</harmony>'
    found = SYMBOL.fullmatch(chord)
    if found is None:
        words = f"<direction-type><words>{escape(chord)}</words></direction-type>"
        return f'<direction placement="above">{words}{later}</direction>'
    kind = next((KINDS[found[3][:n]] for n in range(len(found[3]), -1, -1) if found[3][:n] in KINDS), "other")
    root, bass = _tone("root", found[1], found[2]), _tone("bass", found[4], found[5]) if found[4] else ""
    text = _spelt(found[3])
    degrees = "".join(_degree(*degree) for degree in DEGREE.findall(found[3]))
    return f'<harmony placement="above">{root}<kind text="{text}">{kind}</kind>{bass}{degrees}{later}</harmony>'


def _spelt(chord: str) -> str:
    """A chord symbol, or a part of one, with its sharps and flats, as an attribute of XML."""
    signs = re.sub(r"(?<![a-z])b(?=\d)|(?<=[A-G])b", "♭", chord).replace("#", "♯")
    return escape(signs, {'"': "&quot;"})


def _degree(word: str, sign: str, number: str) -> str:
    kind = "subtract" if word == "no" else "add"
    value = f"<degree-value>{number}</degree-value><degree-alter>{ALTERED[sign]}</degree-alter>"
    return f'<degree print-object="no">{value}<degree-type>{kind}</degree-type></degree>'


def _tone(name: str, step: str, sign: str) -> str:
    alter = f"<{name}-alter>{ALTERED[sign]}</{name}-alter>" if sign else ""
    return f"<{name}><{name}-step>{step}</{name}-step>{alter}</{name}>"
