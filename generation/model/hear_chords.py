"""Hear the harmony: notes of all parts → the chords under them, by dynamic programming over beats.

Each chord is compared with the tones that sound during a beat, above all with the lowest: template matching (Fujishima,
1999, “Realtime Chord Recognition of Musical Sound”). A change costs less on a bar line than within a bar.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.model.band import FIRST_CHORD, NO_CHORD, QUALITIES
from generation.model.chords import symbol_of
from generation.model.tokens import Ints
from generation.music.song import Song, bar_marks, heard_key

Reals = NDArray[np.float64]

# Quality → its tones in semitones above the root, and how much more evidence it needs, being rarer.
TONES = {
    "maj": ((0, 4, 7), 0.0),
    "min": ((0, 3, 7), 0.0),
    "7": ((0, 4, 7, 10), 0.12),
    "maj7": ((0, 4, 7, 11), 0.15),
    "min7": ((0, 3, 7, 10), 0.12),
    "dim": ((0, 3, 6), 0.15),
    "hdim7": ((0, 3, 6, 10), 0.2),
    "dim7": ((0, 3, 6, 9), 0.25),
    "aug": ((0, 4, 8), 0.3),
    "sus4": ((0, 5, 7), 0.2),
    "maj6": ((0, 4, 7, 9), 0.3),
    "min6": ((0, 3, 7, 9), 0.3),
}
# Evidence for a chord; each of its tones that sounds has 1.
FOREIGN = -0.7  # for each tone outside the chord that sounds
MISSING = 0.12  # against it, for each of its tones that does not sound
ROOT = 0.6  # if its root is the lowest tone; half of it if another of its tones is
CHANGE = (0.45, 0.75, 1.3)  # against a change: on a bar line, halfway through a bar, elsewhere
COLUMNS = ("onset", "duration", "pitch")
OVERLAP = 0.1  # quarters by which the notes of one voice may overlap
SILENT = 1e-3  # quarters of sound in a beat that still count as silence


def hear_chords(
    onset: Reals, duration: Reals, pitch: Ints, bars: Sequence[tuple[float, float]] = ()
) -> tuple[tuple[float, int], ...]:
    """Each change of harmony in some notes without drums: (quarter, value as from `band.chord_value`).

    onset, duration  (n,) quarters
    pitch            (n,)
    bars             (quarter of a bar line, quarters a bar) wherever a metre begins or changes
    """
    if not len(onset):
        return ()
    beats, cost = _beats(float((onset + duration).max()), bars)
    tones, lowest = _tones(beats, onset, duration, pitch)
    fits = _fits(tones, lowest)
    best, came = fits[0], np.zeros(fits.shape, np.int64)
    every = np.arange(fits.shape[1])
    for beat in range(1, len(fits)):
        leader = int(best.argmax())
        change = best[leader] - cost[beat]
        came[beat] = np.where(best >= change, every, leader)
        best = np.maximum(best, change) + fits[beat]
    path = [int(best.argmax())]
    for beat in range(len(fits) - 1, 0, -1):
        path.append(int(came[beat][path[-1]]))
    path.reverse()
    sounding = tones.sum(1) > SILENT
    first = int(sounding.argmax())
    changes = [(float(beats[first]), path[first] + FIRST_CHORD)]
    for beat in range(first + 1, len(fits)):
        if path[beat] != path[beat - 1]:
            changes.append((float(beats[beat]), path[beat] + FIRST_CHORD))
    return tuple(changes) if sounding.any() else ((0.0, NO_CHORD),)


def with_chords(song: Song) -> Song:
    """The song with the chords that are heard in its notes, if it has no chord symbols and more than one voice."""
    tones = [part.notes for part in song.pitched]
    if song.chords or not tones:
        return song
    onset, duration, pitch = (np.concatenate([getattr(each, name) for each in tones]) for name in COLUMNS)
    end = onset + duration
    order = np.argsort(onset, kind="stable")
    if (onset[order][1:] >= np.maximum.accumulate(end[order])[:-1] - OVERLAP).all():
        return song
    key = song.key or heard_key(song)
    heard = hear_chords(onset, duration, pitch, bar_marks(song))
    return replace(song, chords=tuple((max(quarter, 0.0), symbol_of(value, 0, key)) for quarter, value in heard))


def _beats(end: float, bars: Sequence[tuple[float, float]]) -> tuple[Reals, Reals]:
    """(beats,) each beat before the quarter `end`, and the cost of a change on it."""
    marks = [mark for mark in bars if mark[1] > 0] or [(0.0, 4.0)]
    found: list[float] = []
    cost: list[float] = []
    edges = [mark[0] for mark in marks[1:]] + [max(end, marks[-1][0] + 1.0)]
    start = marks[0][0] - np.ceil(marks[0][0] / marks[0][1]) * marks[0][1]
    for (line, bar), stop in zip(marks, edges, strict=True):
        beat = 1.5 if bar % 1.5 == 0 and bar % 1 else 1.0
        at = start if not found else line
        while at < stop - 1e-6:
            place = (at - line) % bar
            on_line, halfway = min(place, bar - place) < 1e-6, abs(place - bar / 2) < 1e-6
            cost.append(CHANGE[0 if on_line else 1 if halfway else 2])
            found.append(at)
            at += beat
    return np.array(found), np.array(cost)


def _tones(beats: Reals, onset: Reals, duration: Reals, pitch: Ints) -> tuple[Reals, Ints]:
    """(beats, 12) the share of each pitch class in the sound of each beat; (beats,) the lowest pitch class, −1 for
    silence."""
    tones, lowest = np.zeros((len(beats), 12)), np.full(len(beats), -1)
    low = np.full(len(beats), 128)
    edges = np.append(beats, np.inf)
    end = onset + duration
    first = np.maximum(np.searchsorted(beats, onset + 1e-6, side="right") - 1, 0)
    for i, beat in enumerate(first):
        while beat < len(beats) and end[i] > beats[beat] + 1e-6:
            lasts = min(end[i], edges[beat + 1], beats[beat] + 4) - max(onset[i], beats[beat])
            tones[beat, pitch[i] % 12] += min(max(lasts, 0.05), 1.0)
            if pitch[i] < low[beat] and onset[i] < beats[beat] + 0.3:
                low[beat], lowest[beat] = pitch[i], pitch[i] % 12
            beat += 1
    return tones / np.maximum(tones.sum(1, keepdims=True), SILENT), lowest


def _fits(tones: Reals, lowest: Ints) -> Reals:
    """(beats, chords) the evidence for each chord, in the order of `band.chord_value`."""
    fits = np.zeros((len(tones), 12 * len(QUALITIES)))
    heard = tones > 0.04
    for quality, name in enumerate(QUALITIES):
        own, rare = TONES[name]
        weight = np.full(12, FOREIGN)
        weight[list(own)] = 1.0
        for root in range(12):
            turned = np.roll(weight, root)
            places = [(root + tone) % 12 for tone in own]
            bass = np.where(lowest == root, ROOT, np.where(np.isin(lowest, places), ROOT / 2, 0.0))
            missing = MISSING * (~heard[:, places]).sum(1)
            fits[:, 12 * quality + root] = tones @ turned + bass - missing - rare
    fits[tones.sum(1) == 0] = 0
    return fits


assert list(TONES) == list(QUALITIES)
