"""The words that are sung to a melody: the syllable of each note, in ABC and in MusicXML."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from generation.finish.paper.notate import Symbol

NEAR = 0.1  # quarters between a note and its syllable
LEFT_OUT = str.maketrans("", "", '/\\_*|~"')  # characters with a meaning in ABC, or for a new line in karaoke files
SYLLABIC = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}


def syllables(onset: NDArray[np.float64], words: Sequence[tuple[float, str]]) -> dict[int, str]:
    """Index of a note → its syllable, for notes that begin at `onset` (n,) quarters, and `words` of (quarter,
    syllable). A syllable ends in “-” unless it is the last of its word."""
    found: dict[int, str] = {}
    for quarter, text in words:
        plain = "".join(letter for letter in text.translate(LEFT_OUT) if letter.isprintable()).strip()
        near = int(np.argmin(np.abs(onset - quarter)))
        if plain and abs(float(onset[near]) - quarter) <= NEAR:
            found.setdefault(near, plain)
    return found


def abc_line(symbols: Iterable["Symbol"], sung: Mapping[int, str]) -> str:
    """ABC's `w:` line under a line of music; "" if it has no syllables."""
    line, said = "w:", False
    for symbol in symbols:
        if symbol.pitch is None:
            continue
        text = sung.get(symbol.note, "")
        said |= bool(text)
        word = ("_" if text else "*") if symbol.continued else text.replace(" ", "~") or "*"
        joined = line.endswith("-") and word not in ("_", "*")
        line += word if joined else f" {word}"
    return line.rstrip(" *") if said else ""


def xml_lyric(symbol: "Symbol", sung: Mapping[int, str]) -> str:
    """The <lyric> element of a note; "" if it has no syllable of its own."""
    text = "" if symbol.continued else sung.get(symbol.note, "")
    if not text:
        return ""
    before = next((sung[note] for note in range(symbol.note - 1, -1, -1) if note in sung), "")
    syllabic = SYLLABIC[before.endswith("-"), text.endswith("-")]
    return f"<lyric><syllabic>{syllabic}</syllabic><text>{escape(text.removesuffix('-'))}</text></lyric>"
