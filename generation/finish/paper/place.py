"""The notes of one part → their places in a score: onsets and ends in exact quarters, chords struck together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from generation.finish.paper.bars import Stretch
from generation.finish.paper.lyrics import syllables
from generation.finish.paper.notate import quantised
from generation.finish.paper.quantise import is_exact
from generation.music.melody import CHORD_SECONDS
from generation.music.notes import Notes
from generation.music.song import Part, Song

Floats = NDArray[np.float64]

GRIDS = (1, 2, 4, 3, 8, 6, 16, 12, 5, 7, 32, 24)  # lines a quarter, the simplest first
NEAR = 0.004  # quarters by which a written note may be off its line
SOON = 1 / 16  # quarters within which all notes of a chord begin
LEGATO = 0.06  # quarters by which a played note may overlap the next and still be written as ending there
LEAST = Fraction(1, 32)  # the shortest written note


@dataclass(frozen=True)
class Struck:
    """A note as it is written. `onset` and `end` are in quarters.

    new    whether Encore played it
    loose  whether its duration was played rather than written
    again  the quarter where this part strikes its pitch again; None if it does not
    sung   its syllable
    """

    onset: Fraction
    end: Fraction
    pitch: int
    new: bool
    loose: bool = False
    again: Fraction | None = None
    sung: str = ""


def place(part: Part, since: float, song: Song, stretches: Sequence[Stretch]) -> list[Struck]:
    """The notes of a part, sorted by onset and then from the highest down. A note ends where its pitch is struck again;
    of two with one pitch and onset, only the longer is kept."""
    onset, duration = part.notes.onset.copy(), part.notes.duration.copy()
    made = len(part.written.late) if part.written else 0
    given = len(onset) - made if part.written else int(np.searchsorted(onset, since - 1e-6))
    meant = part.written is not None and _is_plain(onset[given:] - part.written.late)
    if part.written and meant:
        onset[given:] -= part.written.late
        duration[given:] = part.written.duration
    sung = syllables(part.notes.onset[:given], part.words) if given and part.words else {}
    found: dict[tuple[Fraction, int], Struck] = {}
    lasting = meant and (song.written or not given)  # after played notes, new ones are written like them
    for some, new, sure, to_the_end in (
        (slice(given), False, song.written, song.written),
        (slice(given, None), True, meant, lasting),
    ):
        if not len(onset[some]):
            continue
        pitch = part.notes.pitch[some].tolist()
        written = _written(onset[some], duration[some], pitch, new, sure, to_the_end, song, stretches)
        for i, note in enumerate(written):
            twin = found.get((note.onset, note.pitch))
            words = ("" if new else sung.get(i, "")) or (twin.sung if twin else "")
            if twin is None or twin.end < note.end:
                found[note.onset, note.pitch] = replace(note, sung=words) if words else note
    struck: dict[int, Fraction] = {}  # pitch → where it is struck next
    notes: list[Struck] = []
    for note in sorted(found.values(), key=lambda note: (-note.onset, note.pitch)):
        again = struck.get(note.pitch)
        notes.append(replace(note, end=min(note.end, again or note.end), again=again))
        struck[note.pitch] = note.onset
    return notes[::-1]


def _is_plain(onset: Floats) -> bool:
    """Whether the onsets (n,) that Encore means can be written as they are: as sixteenths or as sextuplets. Onsets that
    mix both, as in jazz, are written by ear, as a copyist would."""
    return is_exact(onset, 4) or is_exact(onset, 6)


def _written(
    onset: Floats,
    duration: Floats,
    pitch: list[int],
    new: bool,
    sure: bool,
    to_the_end: bool,
    song: Song,
    stretches: Sequence[Stretch],
) -> list[Struck]:
    """Notes (n,) in quarters as a score has them. `sure`: their onsets were written; `to_the_end`: their durations
    too."""
    exact = sure or is_exact(onset)
    begins = on_grid(onset, sure) if exact else _by_ear(onset, duration, song, stretches)
    if to_the_end:
        ends = on_grid(onset + duration, sure)
        return [
            Struck(begin, max(end, begin + LEAST), tone, new)
            for begin, end, tone in zip(begins, ends, pitch, strict=True)
        ]
    notes, follows = [], dict(pairwise(sorted({*begins})))
    for begin, lasts, tone in zip(begins, duration.tolist(), pitch, strict=True):
        parts = 3 if begin.denominator % 3 == 0 else 2
        end = max(Fraction(ceil((float(begin) + lasts - 0.15) * parts), parts), begin + Fraction(1, parts * 2))
        following = follows.get(begin, end)
        notes.append(
            Struck(begin, min(end, following) if begin + lasts <= following + LEGATO else end, tone, new, True)
        )
    return notes


def on_grid(quarters: Floats, sure: bool = True) -> list[Fraction]:
    """Moments (n,) as fractions of a quarter; no finer than sixteenths or triplets unless it is `sure` that they were
    written."""
    lines = np.array(GRIDS if sure else GRIDS[:8])
    near = np.round(quarters[:, None] * lines)
    off = np.abs(quarters[:, None] - near / lines)
    simplest = np.where((off < NEAR).any(axis=1), (off < NEAR).argmax(axis=1), off.argmin(axis=1))
    rows = np.arange(len(quarters))
    tops, unders = near[rows, simplest].astype(int).tolist(), lines[simplest].tolist()
    known: dict[tuple[int, int], Fraction] = {}
    return [known.get(each) or known.setdefault(each, Fraction(*each)) for each in zip(tops, unders, strict=True)]


def _by_ear(onset: Floats, duration: Floats, song: Song, stretches: Sequence[Stretch]) -> list[Fraction]:
    """The written onsets (n,) of played notes, from the quantiser of melodies, for which a chord is one note."""
    second = song.clock.seconds(onset)
    chord = np.zeros(len(onset), int)
    first = 0
    for i in range(1, len(onset)):
        together = second[i] - second[first] <= 1.5 * CHORD_SECONDS and onset[i] - onset[first] <= SOON
        chord[i] = chord[i - 1] + (not together)
        first = first if together else i
    begins = np.unique(chord, return_index=True)[1]
    longest = np.maximum.reduceat(duration, begins)
    count = len(begins)
    chords = Part(Notes(onset[begins], longest, np.full(count, 60), np.full(count, 80)))
    moments, _, _ = quantised(chords, count, stretches, song.clock)
    return [moments[i] for i in chord]
