"""The words that are sung to a melody: the syllable of each note, in ABC and in MusicXML."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from generation.music.melody import Melody

if TYPE_CHECKING:
    from generation.finish.paper.notate import Symbol

NEAR = 0.1  # quarters between a note and its syllable
LEFT_OUT = str.maketrans("", "", '/\\_*|~"')  # characters with a meaning in ABC, or for a new line in karaoke files
SYLLABIC = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}


def syllables(melody: Melody, words: Sequence[tuple[float, str]]) -> dict[int, str]:
    """Index of a note → its syllable, for (quarter, syllable) in `words`; one that is not the last of its word ends in
    “-”."""
    found: dict[int, str] = {}
    for quarter, text in words:
        plain = "".join(letter for letter in text.translate(LEFT_OUT) if letter.isprintable()).strip()
        near = int(np.argmin(np.abs(melody.onset - quarter)))
        if plain and abs(float(melody.onset[near]) - quarter) <= NEAR:
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


def xml_lyrics(sung: Mapping[int, str]) -> dict[int, str]:
    """Index of a note → its <lyric> element."""
    found, goes_on = {}, False
    for note, text in sorted(sung.items()):
        again = text.endswith("-")
        plain = escape(text.removesuffix("-"))
        found[note] = f"<lyric><syllabic>{SYLLABIC[goes_on, again]}</syllabic><text>{plain}</text></lyric>"
        goes_on = again
    return found
