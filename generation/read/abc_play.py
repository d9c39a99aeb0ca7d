"""ABC play: measures in the order of playing → a part, and the tempo, keys, chords and metres of the song."""

from collections import Counter
from fractions import Fraction
from itertools import accumulate
from typing import TypeVar

import numpy as np

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.metre import Metre
from generation.music.notes import Notes
from generation.music.song import Part
from generation.read.abc_measures import Measure
from generation.read.bar_lines import metres_of
from generation.read.instruments import program_named
from generation.request import Words

VELOCITY = 80
Order = list[int]  # indices of measures
Value = TypeVar("Value")


def starts(measures: list[Measure], order: Order) -> list[Fraction]:
    """Quarters at which each measure begins, and at which the last ends."""
    return list(accumulate((measures[i].length for i in order), initial=Fraction(0)))


def part(measures: list[Measure], order: Order, begins: list[Fraction], name: str, place: Words) -> Part:
    """A voice in the order of playing, ties merged; in the second pass its second verse is sung."""
    notes: list[tuple[Fraction, Fraction, int]] = []
    tied: dict[int, int] = {}  # pitch → index of its note
    words: dict[float, str] = {}
    programs: list[tuple[float, int]] = []
    passes: Counter[int] = Counter()
    for i, start in zip(order, begins, strict=False):
        measure = measures[i]
        passes[i] += 1
        for at, length, pitches, ties in measure.sounds:
            if length <= 0:
                continue
            now = start + at
            sounding: dict[int, int] = {}
            for pitch in pitches:
                if pitch in tied and sum(notes[tied[pitch]][:2]) == now:
                    onset, duration, _ = notes[tied[pitch]]
                    notes[tied[pitch]] = (onset, duration + length, pitch)
                    sounding[pitch] = tied[pitch]
                elif 0 <= pitch <= 127:
                    sounding[pitch] = len(notes)
                    notes.append((now, length, pitch))
            tied = sounding if ties else {}
        verses = {verse for _, verse, _ in measure.words}
        verse = max((each for each in verses if each <= passes[i]), default=1)
        words |= {float(start + at): syllable for at, each, syllable in measure.words if each == verse}
        programs += [(float(start + at), program) for at, program in measure.programs]
    notes.sort(key=lambda note: (note[0], note[2]))
    line = Notes(
        np.array([float(onset) for onset, _, _ in notes], np.float64),
        np.array([float(duration) for _, duration, _ in notes], np.float64),
        np.array([pitch for _, _, pitch in notes], np.int64),
        np.full(len(notes), VELOCITY),
    )
    first = float(notes[0][0]) if notes else 0.0
    program = next((program for at, program in reversed(programs) if at <= first), program_named(name))
    return Part(
        line,
        program,
        name,
        place,
        drums=any(measures[i].drums for i in order),
        words=tuple(sorted(words.items())),
        programs=tuple(change for change in programs if change[0] > first),
    )


def tempo(measures: list[Measure], order: Order, begins: list[Fraction]) -> tuple[Tempo, ...]:
    """Tempo marks where the tempo changes. After a jump, the tempo written at that place applies."""
    marks = {float(start + at): pace for i, start in zip(order, begins, strict=False) for at, pace in measures[i].tempo}
    return tuple(Tempo(at, pace) for at, pace in _changes(sorted(marks.items())))


def keys(measures: list[Measure], order: Order, begins: list[Fraction]) -> tuple[tuple[float, Key], ...]:
    """The keys where they change."""
    marks = {float(start + at): key for i, start in zip(order, begins, strict=False) for at, key in measures[i].keys}
    found = _changes([(at, key) for at, key in sorted(marks.items(), key=lambda mark: mark[0]) if key is not None])
    return tuple((at if n else 0.0, key) for n, (at, key) in enumerate(found))


def chords(measures: list[Measure], order: Order, begins: list[Fraction]) -> tuple[tuple[float, str], ...]:
    """The chord symbols where they stand."""
    marks = {
        float(start + at): chord for i, start in zip(order, begins, strict=False) for at, chord in measures[i].chords
    }
    return tuple(sorted(marks.items()))


def markers(measures: list[Measure], order: Order, begins: list[Fraction]) -> tuple[tuple[float, str], ...]:
    """The labels of parts, each time one is played."""
    return tuple(
        (float(start + at), label) for i, start in zip(order, begins, strict=False) for at, label in measures[i].marks
    )


def metres(
    measures: list[Measure], order: Order, begins: list[Fraction]
) -> tuple[tuple[tuple[float, Metre], ...], float]:
    """The metre of each bar where it changes, and the quarters before the first bar line."""
    bars: list[tuple[Fraction, Fraction, Metre | None]] = []  # (start, length, metre), whole from bar line to bar line
    before = -1
    for i, start in zip(order, begins, strict=False):
        measure = measures[i]
        if measure.within and i == before + 1 and bars:
            bars[-1] = (bars[-1][0], bars[-1][1] + measure.length, bars[-1][2])
        else:
            bars.append((start, measure.length, measure.metre))
        before = i
    return metres_of(bars)


def _changes(marks: list[tuple[float, Value]]) -> list[tuple[float, Value]]:
    """The marks without those that repeat the value in force."""
    return [mark for n, mark in enumerate(marks) if n == 0 or mark[1] != marks[n - 1][1]]
