"""Find the metre of a tune that was recorded without a click, and its bar lines, by the rhythms usual in each metre.

The tune is read in bars of each metre, beginning at each eighth, and the likeliest reading is taken: how long a note
lasts depends on its place in the bar and on the note before it; how far it leaps depends on its place (after Temperley,
2007, “Music and Probability”). `train-metre` counts both in songs and in dances.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from generation.music.metre import Metre

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TABLES = Path(__file__).parents[2] / "assets" / "encore-metre.npz"
BARS: dict[Metre, int] = {(2, 4): 8, (4, 4): 16, (3, 4): 12, (6, 8): 12, (3, 8): 6}  # sixteenths
LONGEST, WIDEST = 16, 9  # sixteenths, semitones: anything longer or wider is alike
KINDS = ("dances", "songs")  # of music, which are equally likely
RARER = {(3, 4): 1.0}  # nats by which a metre is less likely than another
EIGHTH = 0.4  # seconds: faster beats may be eighths


class Found(NamedTuple):
    """beats   (m,) seconds of the quarters, which begin before the first note
    metre   4/4, 2/4, 3/4 or 6/8; 3/8 counts as 6/8
    pickup  quarters from the first beat to the first bar line
    """

    beats: Floats
    metre: Metre
    pickup: float


def metre_of(beats: Floats, counted: Floats, pitch: Ints) -> Found:
    """The quarters of a tune, its metre and its bar lines.

    beats    (m,) seconds of the beats that were found: quarters, or the eighths of a fast tune
    counted  (n,) beats at which the notes begin, with fractions
    pitch    (n,) MIDI

    Of German folk songs, which it did not learn from, with onsets off by 20 ms, it finds 78 % of 159 in 3/4, 85 % of
    247 in 2/4 or 4/4, and 96 % of 151 in 6/8 or 3/8.
    """
    leap, best = leaps(pitch), -np.inf
    found = Found(beats, (4, 4), 0.0)
    for factor in (1, 2) if float(np.median(np.diff(beats))) < EIGHTH else (1,):
        step, place = steps(counted / factor), sixteenths(counted / factor)
        for metre, bar in BARS.items():
            starts = np.arange(0, bar, 2)
            nats = np.array([_nats(metre, (place - start) % bar, step, leap) for start in starts])
            worth = float(np.logaddexp.reduce(nats)) - np.log(len(nats)) - RARER.get(metre, 0.0)
            if worth > best:
                said = (6, 8) if metre == (3, 8) else metre
                best, found = worth, Found(beats[::factor], said, float(starts[nats.argmax()]) / 4)
    return _from_bar_lines(found)


def _from_bar_lines(found: Found) -> Found:
    """The same with quarters that begin where bars do, if the beats that were found lie halfway between quarters."""
    if found.metre[1] != 4 or found.pickup % 1 == 0:
        return found
    around = np.concatenate(
        [2 * found.beats[:1] - found.beats[1:2], found.beats, 2 * found.beats[-1:] - found.beats[-2:-1]]
    )
    return Found((around[:-1] + around[1:]) / 2, found.metre, (found.pickup + 0.5) % found.metre[0])


def sixteenths(counted: Floats) -> Ints:
    """(n,) sixteenths at which notes begin, from quarters."""
    return np.round(4 * counted).astype(np.int64)


def steps(counted: Floats) -> Ints:
    """(n − 1,) sixteenths from each note to the next, at most `LONGEST`."""
    return np.clip(np.diff(sixteenths(counted)), 0, LONGEST)


def leaps(pitch: Ints) -> Ints:
    """(n − 1,) semitones by which each note but the first leaps up or down, at most `WIDEST`."""
    return np.clip(np.abs(np.diff(pitch)), 0, WIDEST)


def _nats(metre: Metre, place: Ints, step: Ints, leap: Ints) -> float:
    """The logarithm of how likely these notes are at these places (n,) in the bar, in music of one kind or another."""
    return float(
        np.logaddexp.reduce(
            [
                by_step[place[1:-1], step[:-1], step[1:]].sum() + by_leap[place[1:], leap].sum()
                for by_step, by_leap in _tables()[metre]
            ]
        )
    )


@cache
def _tables() -> dict[Metre, list[tuple[Floats, Floats]]]:
    """Metre → of each kind of music, (sixteenths a bar, LONGEST + 1, LONGEST + 1) nats of a step at a place, after
    another step; and (sixteenths a bar, WIDEST + 1) nats of a leap to a place, beyond those of a leap to any."""
    with np.load(TABLES) as stored:
        return {
            (beats, unit): [
                (
                    stored[f"{kind} {beats}/{unit} steps"].astype(float),
                    stored[f"{kind} {beats}/{unit} leaps"].astype(float),
                )
                for kind in KINDS
            ]
            for beats, unit in BARS
        }
