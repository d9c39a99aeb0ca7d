"""Patterns of accompaniment: a bar for each feel, role and metre. They show the model how the band is to play.

A bar consists of strokes. For a metre without a pattern, a bar is put together from the patterns of shorter ones.
"""

import math
from collections.abc import Sequence

import numpy as np

from generation.model.band import FIRST_CHORD, NO_CHORD, QUALITIES
from generation.model.chords import value_of
from generation.model.hear_chords import TONES
from generation.music.key import MODES, Key
from generation.music.metre import Metre, bar_length, is_compound
from generation.music.notes import Notes
from generation.music.song import Part
from generation.play.band.accompanists import LEVEL

ROOT, FIFTH, CHORD, POWER = "root", "fifth", "chord", "power"
KICK, SNARE, STICK, CLOSED, PEDAL, RIDE = 36, 38, 37, 42, 44, 51

Stroke = tuple[float, float, str | int]  # quarter in the bar, length in quarters, tone of the chord or drum
Bar = tuple[Stroke, ...]


def _every(step: float, until: float, lasts: float, what: str | int, since: float = 0.0) -> Bar:
    return tuple((float(at), lasts, what) for at in np.arange(since, until - 1e-6, step))


SWUNG = 2 / 3  # quarter at which a swung off-beat falls
ALONG = ("sung",)  # feels in which every part moves with the tune
LEGATO = ("sung", "bowed")  # feels in which notes are held
WALKS = ("jazz", "bass")  # feel and role of a walking bass
BEATS: dict[float, Bar] = {bar: _every(1.0, bar, 1.0, CHORD) for bar in (4.0, 3.0)}  # one voice, on each beat
# (feel, role) → length of a bar in quarters → the bar; 1.5 is one dotted beat
BARS: dict[tuple[str, str], dict[float, Bar]] = {
    ("pop", "chords"): {
        4.0: _every(1.0, 4.0, 1.0, CHORD),
        3.0: ((0.0, 1.0, CHORD), (1.0, 1.0, CHORD), (2.0, 1.0, CHORD)),
        1.5: ((0.0, 1.0, CHORD), (1.0, 0.5, CHORD)),
    },
    ("pop", "bass"): {
        4.0: ((0.0, 1.5, ROOT), (1.5, 0.5, ROOT), (2.0, 1.5, ROOT), (3.5, 0.5, FIFTH)),
        3.0: ((0.0, 2.0, ROOT), (2.0, 1.0, FIFTH)),
        1.5: ((0.0, 1.5, ROOT),),
    },
    ("pop", "drums"): {
        4.0: (
            *_every(0.5, 4.0, 0.25, CLOSED),
            (0.0, 0.25, KICK), (1.0, 0.25, SNARE), (2.0, 0.25, KICK), (2.5, 0.25, KICK), (3.0, 0.25, SNARE),
        ),
        3.0: (*_every(0.5, 3.0, 0.25, CLOSED), (0.0, 0.25, KICK), (1.0, 0.25, SNARE), (2.0, 0.25, SNARE)),
        1.5: (*_every(0.5, 1.5, 0.25, CLOSED), (0.0, 0.25, KICK), (1.0, 0.25, STICK)),
    },
    ("rock", "chords"): {
        4.0: _every(0.5, 4.0, 0.5, POWER),
        3.0: _every(0.5, 3.0, 0.5, POWER),
        1.5: _every(0.5, 1.5, 0.5, POWER),
    },
    ("rock", "bass"): {bar: _every(0.5, bar, 0.5, ROOT) for bar in (4.0, 3.0, 1.5)},
    ("rock", "drums"): {
        4.0: (
            *_every(0.5, 4.0, 0.25, CLOSED),
            (0.0, 0.25, KICK), (1.0, 0.25, SNARE), (1.5, 0.25, KICK), (2.0, 0.25, KICK), (3.0, 0.25, SNARE),
        ),
        3.0: (*_every(0.5, 3.0, 0.25, CLOSED), (0.0, 0.25, KICK), (1.0, 0.25, SNARE), (2.0, 0.25, SNARE)),
        1.5: (*_every(0.5, 1.5, 0.25, CLOSED), (0.0, 0.25, KICK), (1.0, 0.25, SNARE)),
    },
    ("jazz", "chords"): {
        4.0: ((0.0, 1.5, CHORD), (1 + SWUNG, 1.0, CHORD)),
        3.0: ((0.0, 1.0, CHORD), (1.0 + SWUNG, 1.0, CHORD)),
        1.5: ((0.0, 1.0, CHORD), (1.0, 0.5, CHORD)),
    },
    ("jazz", "bass"): {
        4.0: ((0.0, 1.0, ROOT), (1.0, 1.0, "third"), (2.0, 1.0, FIFTH), (3.0, 1.0, "third")),
        3.0: ((0.0, 1.0, ROOT), (1.0, 1.0, "third"), (2.0, 1.0, FIFTH)),
        1.5: ((0.0, 1.0, ROOT), (1.0, 0.5, FIFTH)),
    },
    ("jazz", "drums"): {
        4.0: (
            (0.0, 0.25, RIDE), (1.0, 0.25, RIDE), (1 + SWUNG, 0.25, RIDE), (2.0, 0.25, RIDE), (3.0, 0.25, RIDE),
            (3 + SWUNG, 0.25, RIDE), (1.0, 0.25, PEDAL), (3.0, 0.25, PEDAL), (0.0, 0.25, KICK), (2.0, 0.25, KICK),
        ),
        3.0: (
            (0.0, 0.25, RIDE), (1.0, 0.25, RIDE), (1 + SWUNG, 0.25, RIDE), (2.0, 0.25, RIDE), (0.0, 0.25, KICK),
            (1.0, 0.25, PEDAL), (2.0, 0.25, PEDAL),
        ),
        1.5: ((0.0, 0.25, RIDE), (1.0, 0.25, RIDE), (0.0, 0.25, KICK)),
    },
    ("strummed", "chords"): {
        4.0: (
            (0.0, 1.0, CHORD), (1.0, 0.5, CHORD), (1.5, 0.5, CHORD),
            (2.0, 1.0, CHORD), (3.0, 0.5, CHORD), (3.5, 0.5, CHORD),
        ),
        3.0: ((0.0, 1.0, CHORD), (1.0, 1.0, CHORD), (2.0, 1.0, CHORD)),
        2.0: ((0.0, 0.5, CHORD), (0.5, 0.5, CHORD), (1.0, 0.5, CHORD), (1.5, 0.5, CHORD)),
        1.5: ((0.0, 1.0, CHORD), (1.0, 0.5, CHORD)),
    },
    ("fingers", "chords"): {
        4.0: ((1.0, 1.0, CHORD), (3.0, 1.0, CHORD)),
        3.0: ((1.0, 1.0, CHORD), (2.0, 1.0, CHORD)),
        2.0: ((0.5, 0.5, CHORD), (1.5, 0.5, CHORD)),
        1.5: ((1.0, 0.5, CHORD),),
    },
    ("thumb", "bass"): {
        4.0: ((0.0, 1.0, ROOT), (2.0, 1.0, FIFTH)),
        3.0: ((0.0, 1.0, ROOT),),
        2.0: ((0.0, 0.5, ROOT), (1.0, 0.5, FIFTH)),
        1.5: ((0.0, 1.0, ROOT),),
    },
    ("bowed", "second"): {**BEATS, 1.5: ((0.0, 1.0, CHORD), (1.0, 0.5, CHORD))},
    ("bowed", "bass"): {4.0: _every(2.0, 4.0, 2.0, ROOT), 3.0: ((0.0, 3.0, ROOT),), 1.5: ((0.0, 1.5, ROOT),)},
    ("sung", "second"): {**BEATS, 1.5: ((0.0, 1.0, CHORD), (1.0, 0.5, CHORD))},
    ("sung", "bass"): {
        4.0: _every(1.0, 4.0, 1.0, ROOT),
        3.0: _every(1.0, 3.0, 1.0, ROOT),
        1.5: ((0.0, 1.0, ROOT), (1.0, 0.5, ROOT)),
    },
}  # fmt: skip


def bar_of(feel: str, role: str, metre: Metre, swung: bool) -> Bar:
    """The bar that a role plays in a feel and a metre; empty if there is no pattern. Swung off-beats are made even
    unless `swung`."""
    known = BARS.get((feel, role))
    if known is None:
        return ()
    bar = filled(float(bar_length(metre)), is_compound(metre), known)
    if swung:
        return bar
    return tuple((math.floor(at) + 0.5 if abs(at % 1 - SWUNG) < 1e-6 else at, lasts, what) for at, lasts, what in bar)


def filled(bar: float, compound: bool, bars: dict[float, Bar]) -> Bar:
    """A bar of `bar` quarters, put together from `bars` by their length; `compound`: its beats are dotted quarters."""
    if bar in bars and not compound:
        return bars[bar]
    if 2.0 not in bars:
        bars = bars | {2.0: tuple(stroke for stroke in bars[4.0] if stroke[0] < 2.0)}
    lengths = (1.5,) if compound else (4.0, 3.0, 2.0)
    found: list[Stroke] = []
    at = 0.0
    while at < bar - 1e-6:
        length = next((each for each in lengths if each <= bar - at + 1e-6 and each in bars), 0.0)
        piece = bars[length] if length else ((0.0, min(1.0, bar - at), bars[4.0][0][2]),)
        found += [(at + place, lasts, what) for place, lasts, what in piece]
        at += length or 1.0
    return tuple(found)


def tones_of(symbol: str, key: Key) -> tuple[int, tuple[int, ...]]:
    """The root of a chord as a pitch class, and its tones in semitones above the root; the tonic's triad for “no
    chord”."""
    value = value_of(symbol)
    if value == NO_CHORD:
        return key.pitch_class, (0, 3, 7) if MODES[key.mode] <= MODES["dorian"] else (0, 4, 7)
    quality, root = divmod(value - FIRST_CHORD, 12)
    return root, TONES[QUALITIES[quality]][0]


def primer(part: Part, bars: int, strokes: Bar, bar: float, chord: tuple[int, tuple[int, ...]], centre: int) -> Notes:
    """The notes of a part in `bars` bars of `bar` quarters each before a tune, on one `chord` (see `tones_of`), around
    the pitch `centre`."""
    played = [
        (number * bar + at, lasts, pitch)
        for number in range(bars)
        for at, lasts, what in strokes
        for pitch in _pitches(what, *chord, centre, part.role)
    ]
    if not played:
        return part.notes[:0]
    played.sort(key=lambda note: (note[0], -note[2]))
    onset, lasts, pitch = (np.array(column) for column in zip(*played, strict=True))
    return Notes(onset, lasts, pitch, np.full(len(played), LEVEL[part.role]))


def _pitches(what: str | int, root: int, tones: Sequence[int], centre: int, role: str) -> list[int]:
    if isinstance(what, int):
        return [what]
    if role == "bass":
        above = {ROOT: 0, FIFTH: tones[2], "third": tones[1]}[what]
        return [near(root, centre) + above]
    if role == "second":
        return [min((near(root + tone, centre) for tone in tones[:3]), key=lambda pitch: abs(pitch - centre))]
    if what == POWER:
        lowest = near(root, centre - 6)
        return [lowest, lowest + tones[2], lowest + 12]
    return sorted(near(root + tone, centre) for tone in tones)


def near(pitch_class: int, centre: int) -> int:
    """The pitch of a pitch class that is nearest to `centre`, at most a tritone away."""
    return centre - 6 + (pitch_class - centre + 6) % 12
