"""Several parts ↔ model input: every note, drum stroke and change of harmony is one row of small integers.

Parts are declared once, in a heading of up to `SLOTS` slots (role and General MIDI family); a row names its slot.
Rows are sorted by tick, then by slot, then from the highest pitch down. Slots are in this order: harmony, lead, the
other parts from high to low, drums. Content and expression are as in `tokens`, which defines the grid and the classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.model.tokens import (
    ARTICULATIONS,
    DEVIATIONS,
    FLAT,
    LENGTHS,
    VELOCITIES,
    Ints,
    length_class,
)

SLOTS = 16
ROLES = ("harmony", "lead", "second", "chords", "bass", "pad", "other", "drums")
HARMONY, DRUMS = ROLES.index("harmony"), ROLES.index("drums")
NO_FAMILY = 16  # besides General MIDI's sixteen: for harmony and drums, and where a file names none
# A drum kit in twelve classes → the General MIDI drums in each, the usual one first.
KIT = {
    "kick": (36, 35),
    "snare": (38, 40),
    "stick": (37, 39),
    "low tom": (43, 41),
    "mid tom": (47, 45),
    "high tom": (50, 48, 58),
    "closed hat": (42, 22),
    "pedal hat": (44,),
    "open hat": (46, 26),
    "crash": (49, 57, 52, 55),
    "ride": (51, 59, 53),
    "other": (54,),
}
QUALITIES = ("maj", "min", "7", "maj7", "min7", "dim", "hdim7", "dim7", "aug", "sus4", "maj6", "min6")
# A row's value is a pitch, a drum, no chord, or a chord (root × quality), in this order.
FIRST_DRUM = 128
NO_CHORD = FIRST_DRUM + len(KIT)
FIRST_CHORD = NO_CHORD + 1
VALUES = FIRST_CHORD + 12 * len(QUALITIES)
START = VALUES  # the value of the row before the first
END = len(LENGTHS)  # the step class of the row after the last
KINDS = ("pitch", "drum", "chord")

FIELDS = ("step", "part", "value", "duration", "velocity", "deviation", "articulation", "tick", "since", "bar")
STEP, PART, VALUE, DURATION, VELOCITY, DEVIATION, ARTICULATION, TICK, SINCE, BAR = range(len(FIELDS))
# field that the model predicts → its number of classes
CLASSES = {
    "step": len(LENGTHS) + 1,
    "part": SLOTS,
    "value": VALUES,
    "duration": len(LENGTHS),
    "velocity": VELOCITIES,
    "deviation": DEVIATIONS,
    "articulation": ARTICULATIONS,
}
_DRUM_CLASS = np.full(128, FIRST_DRUM + list(KIT).index("other"))
for _i, _pitches in enumerate(KIT.values()):
    _DRUM_CLASS[list(_pitches)] = FIRST_DRUM + _i


@dataclass(frozen=True, eq=False)
class Encoded:
    """A piece as the model sees it; `hearing.listen` adds what sounds at each row.

    rows     (n + 1, len(FIELDS)): the start row, then one row for each note, drum stroke or chord
    heading  (SLOTS, 4): role + 1 (0: no such part), family, whether its timing and its dynamics were played
    end      tick at which the last note ends
    """

    rows: Ints
    heading: Ints
    end: int


def drum_value(pitch: Ints) -> Ints:
    """The values of General MIDI drums; same shape."""
    return np.asarray(_DRUM_CLASS[pitch], np.int64)


def chord_value(root: int, quality: str) -> int:
    """The value of a chord on a pitch class, with one of `QUALITIES`."""
    return FIRST_CHORD + 12 * QUALITIES.index(quality) + root % 12


def start_row() -> Ints:
    """The row (len(FIELDS),) before the first."""
    row = np.zeros(len(FIELDS), np.int64)
    row[[PART, VALUE]] = SLOTS, START
    row[[VELOCITY, DEVIATION, ARTICULATION]] = FLAT["velocity"], FLAT["deviation"], FLAT["articulation"]
    return row


def rows_of(
    tick: Ints, part: Ints, value: Ints, duration: Ints, expression: Ints | None, bars: Sequence[tuple[int, int]]
) -> Ints:
    """Sorted rows (n + 1, len(FIELDS)) for n notes in any order. If a part strikes a value twice at one tick, one row
    is left.

    tick        (n,) of the onset
    part        (n,) slot
    value       (n,) pitch, drum or chord
    duration    (n,) ticks; 0 for drums and chords
    expression  (n, 3) classes of velocity, deviation and articulation; None for a score that was not played
    bars        (tick of a bar line, ticks a bar) wherever the metre begins or changes; 0 ticks a bar if unknown
    """
    order = np.lexsort((-duration, -value, part, tick))
    tick, part, value, duration = tick[order], part[order], value[order], duration[order]
    first = np.ones(len(tick), bool)
    first[1:] = (np.diff(tick) != 0) | (np.diff(part) != 0) | (np.diff(value) != 0)
    rows = np.tile(start_row(), (int(first.sum()) + 1, 1))
    note = rows[1:]
    note[:, TICK], note[:, PART], note[:, VALUE] = tick[first], part[first], value[first]
    note[:, STEP] = length_class(np.diff(note[:, TICK], prepend=0))
    note[:, DURATION] = length_class(duration[first])
    if expression is not None:
        note[:, VELOCITY : ARTICULATION + 1] = expression[order][first]
    marks = np.array([[0, 0], *bars], np.int64)
    since = marks[np.maximum(np.searchsorted(marks[:, 0], rows[:, TICK], side="right") - 1, 0)]
    rows[:, SINCE], rows[:, BAR] = rows[:, TICK] - since[:, 0], since[:, 1]
    return rows


def transpose(rows: Ints, by: int) -> Ints:
    """Rows (n, len(FIELDS)) moved up `by` semitones; drums stay. The pitches must stay within 0 … 127."""
    moved = rows.copy()
    value = rows[:, VALUE]
    pitch, chord = value < FIRST_DRUM, (value >= FIRST_CHORD) & (value < VALUES)
    moved[pitch, VALUE] += by
    root = (value[chord] - FIRST_CHORD) % 12
    moved[chord, VALUE] += (root + by) % 12 - root
    return moved


def kinds(heading: Ints) -> NDArray[np.int64]:
    """(SLOTS,) the index in `KINDS` of the values that each slot plays, for a heading (SLOTS, 4)."""
    role = heading[:, 0] - 1
    return np.where(role == DRUMS, 1, np.where(role == HARMONY, 2, 0))
