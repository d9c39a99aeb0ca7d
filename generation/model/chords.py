"""Chord symbols, as musicians and the Weimar Jazz Database write them ↔ the model's values for chords."""

import re

from generation.model import band
from generation.model.band import FIRST_CHORD, NO_CHORD, chord_value
from generation.music.key import PITCH_CLASS, Key
from generation.music.spell import ACCIDENTALS, spell

ROOT = re.compile(r"[A-G][b#♭♯]*")
# The text after the root → quality; the first that matches counts.
QUALITIES = tuple(
    (re.compile(written), quality)
    for written, quality in (
        (r"ø|h(dim)?7|(m|min|-)7?\(?b5", "hdim7"),
        (r"(dim|o|°)7", "dim7"),
        (r"dim|o|°", "dim"),
        (r"(aug|\+)(maj|M|j)7", "maj7"),
        (r"(aug|\+)7|7\+|7#5", "7"),
        (r"aug|\+", "aug"),
        (r"[79]?sus", "sus4"),
        (r"(min|m(?!aj)|-)\(?(maj|M|j)7?", "min"),
        (r"(min|m(?!aj)|-)6", "min6"),
        (r"(min|m(?!aj)|-)(7|9|11|13)", "min7"),
        (r"min|m(?!aj)|-", "min"),
        (r"(maj|M)(7|9|13)|j|Δ", "maj7"),
        (r"(maj|M)?6", "maj6"),
        (r"7|9|11|13", "7"),
        (r"", "maj"),
    )
)

# How each of `band.QUALITIES` is written after its root.
WRITTEN = ("", "m", "7", "maj7", "m7", "dim", "m7b5", "dim7", "aug", "sus4", "6", "m6")


def value_of(symbol: str) -> int:
    """The value (see `band`) of a symbol such as “F#m7b5/C”: its root and quality without its bass; `NO_CHORD` if the
    symbol has no root."""
    root = ROOT.match(symbol.strip())
    if not root:
        return NO_CHORD
    kind = symbol.strip()[root.end() :].split("/")[0]
    quality = next(ours for theirs, ours in QUALITIES if theirs.match(kind))
    return chord_value(root_of(root[0]), quality)


def bass_of(symbol: str) -> int:
    """The pitch class of the bass that a symbol such as “C/E” names; −1 if it names none."""
    _, _, bass = symbol.strip().partition("/")
    return root_of(bass) if ROOT.fullmatch(bass) else -1


def root_of(name: str) -> int:
    """The pitch class of a root such as “Bb” or “F#”."""
    sharps = sum(name.count(sign) for sign in "#♯") - sum(name[1:].count(sign) for sign in "b♭")
    return (PITCH_CLASS[name[0]] + sharps) % 12


def symbol_of(value: int, shift: int, key: Key) -> str:
    """The symbol of a chord's value, transposed back by `shift` semitones; `key` decides how the root is spelt."""
    if value == NO_CHORD:
        return "N.C."
    quality, root = divmod(value - FIRST_CHORD, 12)
    name = spell((root - shift) % 12 + 60, key)
    return name.letter + ACCIDENTALS.get(name.alter, "") + WRITTEN[quality]


assert len(WRITTEN) == len(band.QUALITIES)
