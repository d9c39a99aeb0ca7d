"""Top line: the notes of one part → the voice that an ear follows, each note as it was played."""

import numpy as np
from numpy.typing import NDArray

from generation.music.melody import CHORD_SECONDS, LEGATO_SECONDS
from generation.music.notes import Notes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ORNAMENT_SECONDS = 0.06  # in one line, a note may overlap another by so much, even if that is all of it
LINE = 0.25  # a part in which no more than this share of the notes sound together is one line
BELOW = 14  # semitones below its surroundings at which a note is accompaniment, heard while the melody rests
AROUND = 4.0  # quarters before and after a note that are its surroundings,
MOST_AROUND = 50  # but no more than so many notes


def top_line(notes: Notes, start: Floats, end: Floats) -> Ints:
    """(m,) indices of the notes of the melody among n `notes`, in order; their onsets increase strictly.

    start, end  (n,) seconds at which each note begins and ends

    A line whose notes merely reach into each other keeps them all. In chords the highest note is taken; a note that
    begins under a higher one that goes on sounding is left out, and so is a note far below while the melody rests.
    """
    if len(notes) == 0:
        return np.zeros(0, np.int64)
    tops = _tops(notes, start, end)
    # In a line, a note that outlasts the one before is legato, however early it comes.
    line = overlap(start[tops], end[tops]) <= LINE
    kept = tops[~_covered(notes.pitch[tops], start[tops], end[tops], line)]
    return kept if line else kept[~_far_below(notes.onset[kept], notes.pitch[kept])]


def overlap(start: Floats, end: Floats) -> float:
    """The share of notes (n,) that sound together with another one for more than legato, 0 … 1."""
    if len(start) < 2:
        return 0.0
    reach = np.minimum(np.maximum.accumulate(end)[:-1], end[1:]) - start[1:]
    return float((reach > np.minimum(LEGATO_SECONDS, 0.5 * (end - start)[1:])).mean())


def _tops(notes: Notes, start: Floats, end: Floats) -> Ints:
    """The highest note of every chord. Notes that end before the next begins are no chord, however short they are."""
    chosen: list[int] = []
    first = 0.0
    for i in range(len(start)):
        if chosen and (
            notes.onset[i] <= notes.onset[chosen[-1]]
            or (start[i] - first <= CHORD_SECONDS and end[chosen[-1]] > start[i] + 1e-6)
        ):
            if notes.pitch[i] > notes.pitch[chosen[-1]]:
                chosen[-1] = i
        else:
            chosen.append(i)
            first = float(start[i])
    return np.array(chosen, np.int64)


def _covered(pitch: Ints, start: Floats, end: Floats, line: bool) -> NDArray[np.bool_]:
    """Whether each note begins under a higher one that sounds on for longer than legato."""
    covered = np.zeros(len(pitch), bool)
    until = np.full(129, -np.inf)  # when the last note of each pitch ends
    legato = (
        np.maximum(end - start - 1e-6, ORNAMENT_SECONDS) if line else np.minimum(LEGATO_SECONDS, 0.5 * (end - start))
    )
    for i in range(len(pitch)):
        covered[i] = until[pitch[i] + 1 :].max() - start[i] > legato[i]
        until[pitch[i]] = max(until[pitch[i]], end[i])
    return covered


def _far_below(onset: Floats, pitch: Ints) -> NDArray[np.bool_]:
    """Whether each note lies far below the upper half of what surrounds it."""
    index = np.arange(len(onset))
    left = np.maximum(np.searchsorted(onset, onset - AROUND), index - MOST_AROUND)
    right = np.minimum(np.searchsorted(onset, onset + AROUND, side="right"), index + MOST_AROUND)
    upper = np.array([np.quantile(pitch[a:b], 0.7) for a, b in zip(left, right, strict=True)])
    return np.asarray(pitch < upper - BELOW)
