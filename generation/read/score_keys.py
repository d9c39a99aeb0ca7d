"""The key that a score's signature means, as far as its notes and chord symbols agree."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from generation.music.key import FEWEST, Key, find_key
from generation.music.notes import Notes
from generation.read.written import Signature

EVERYWHERE = 4  # times as much of a tone with an accidental as without: then the signature was left out
FLATS, SHARPS = ((10, 11), (3, 4), (8, 9), (1, 2)), ((6, 5), (1, 0), (8, 7), (3, 2))  # (with, without), in their order


def key_under(signature: Signature, parts: list[Notes], chords: Sequence[str], maybe_left_out: bool) -> Key | None:
    """The key of a signature, given the notes of each part and the chord symbols under it. Many programs write “major”
    by default.

    maybe_left_out  whether a signature without sharps and flats may be one that nobody wrote
    """
    heard, sharps = None, 0
    if parts:
        pitch = np.concatenate([notes.pitch for notes in parts])
        duration = np.concatenate([notes.duration for notes in parts])
        heard = find_key(pitch, duration)
        sharps = _accidentals(np.bincount(pitch % 12, duration, 12).astype(np.float64))
    if signature.odd:
        return heard
    if signature.mode not in ("", "major"):
        return key_of(signature, signature.mode)
    if (
        heard
        and maybe_left_out
        and signature.sharps == 0
        and sharps == heard.sharps != 0
        and sum(map(len, parts)) >= FEWEST
    ):
        return heard
    major, minor = key_of(signature, "major"), key_of(signature, "minor")
    fits = heard is not None and heard.mode == "minor" and heard.pitch_class == minor.pitch_class
    if fits and signature.mode == "major":
        ends = max(notes.end for notes in parts)
        last = min(int(pitch) for notes in parts for pitch in notes.pitch[notes.ends >= ends - 1e-6])
        fits = last % 12 == minor.pitch_class
    elif not signature.mode and (lead := _named(chords, minor) - _named(chords, major)):
        fits = lead > 0
    return minor if fits else major


def key_of(signature: Signature, mode: str) -> Key:
    """The key of a signature, if it is in this mode."""
    return Key.signed(signature.sharps, mode)


def _accidentals(lasts: NDArray[np.float64]) -> int:
    """The sharps (flats are negative) that nearly all notes have, by the time (12,) that each pitch class lasts."""
    counts = []
    for order in (SHARPS, FLATS):
        fits = [lasts[altered] > EVERYWHERE * lasts[plain] for altered, plain in order]
        counts.append(([*fits, False]).index(False))
    return counts[0] or -counts[1]


def _named(chords: Sequence[str], key: Key) -> int:
    """How many of the chord symbols stand for the tonic triad of a key, sevenths and the like included."""
    minor = "m(?!aj|7b5)" if key.mode == "minor" else "(?!m(?!aj)|dim|\\+|sus|7|9|13)"
    return sum(re.match(re.escape(key.tonic) + "(?![b#])" + minor, symbol) is not None for symbol in chords)
