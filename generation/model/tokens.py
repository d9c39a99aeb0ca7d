"""A tune ↔ the model's input: every note is one row of small integers, content first, then expression.

Content is what a score states: step (time since the onset before), pitch and duration, on a grid of 1/24 quarter.
Expression is what a player adds: velocity, deviation of the onset from the grid, and articulation (the share of its
written duration for which a note sounds). A score that nobody played has no expression; two flags say so. Pitches are
transposed so that the key's signature has no sharps or flats, and transposed back when decoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from generation.music.key import Key, find_key
from generation.music.melody import CHORD_SECONDS, LEGATO_SECONDS, with_line
from generation.music.notes import Notes
from generation.music.song import Song
from generation.request import STYLES

Ints = NDArray[np.int64]

TICKS = 24  # a quarter
# Seconds by which a note may overlap the next one, and the gap to the next below which it may not. Both are a little
# stricter than what reading takes for one line.
LONGEST_LEGATO, SOONEST = LEGATO_SECONDS - 0.02, CHORD_SECONDS + 0.01
LENGTHS = np.array([*range(97), *range(108, 385, 12)])  # ticks that steps and durations can have
DEVIATIONS = 41  # −20 … 20 in 1/96 quarter
DEVIATION_UNIT = 1 / 96
ARTICULATIONS = 15  # 0.1 … 1.5 of the written duration
VELOCITIES = 32  # bins of 4
START = 128  # the pitch of the row before the first note
NO_INTERVAL = 49  # the class of the first note's interval; others are −24 … 24 semitones, limited to these
METRES = ((2, 4), (3, 4), (4, 4), (6, 8), (9, 8), (12, 8), (3, 8), (2, 2), (3, 2), (6, 4), (5, 4), (7, 8))
COUNTDOWN = np.array([*range(17), 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 192])  # quarters to the end
UNKNOWN_COUNTDOWN = len(COUNTDOWN) + 1
TEMPI = 16  # classes, 0 for unknown

FIELDS = ("step", "pitch", "duration", "velocity", "deviation", "articulation", "interval", "timed", "shaded", "tick")
STEP, PITCH, DURATION, VELOCITY, DEVIATION, ARTICULATION, INTERVAL, TIMED, SHADED, TICK = range(len(FIELDS))
# field that the model predicts → its number of classes
CLASSES = {
    "step": len(LENGTHS),
    "pitch": 128,
    "duration": len(LENGTHS),
    "velocity": VELOCITIES,
    "deviation": DEVIATIONS,
    "articulation": ARTICULATIONS,
}
FLAT = {"velocity": 20, "deviation": 20, "articulation": 9}  # mezzo-forte, on the grid, its whole duration
CONDITIONS = ("style", "metre", "tonic", "tempo", "bar", "downbeat")


@dataclass(frozen=True, eq=False)
class Encoded:
    """A melody as the model sees it.

    rows        (n + 1, len(FIELDS)): the start row, then one row for each note; pitches are transposed by `shift`
    conditions  (len(CONDITIONS),): 0 is “unknown” for style, metre, tonic, tempo and bar; bar and downbeat in ticks
    shift       semitones added to every pitch
    end         tick at which the last note ends
    """

    rows: Ints
    conditions: Ints
    shift: int
    end: int


def encode(
    melody: Song,
    style: str = "auto",
    *,
    timed: bool | None = None,
    shaded: bool | None = None,
    key: Key | None = None,
    keyless: bool = False,
) -> Encoded:
    """Encode a tune. `timed` and `shaded` say whether its timing and its dynamics were played; None decides by the
    notes. `key` overrides the tune's own key; without either, the key is estimated from the notes or, if `keyless`,
    left unknown."""
    line = melody.line
    timed = is_timed(line) if timed is None else timed
    shaded = is_shaded(line) if shaded is None else shaded
    key = key or melody.key
    if key is None and not keyless and len(line) >= 6:
        key = find_key(line.pitch, line.duration)
    shift = shift_of(key)
    tick, duration = notate(line) if timed else (to_grid(line.onset), _at_least(1, line.duration))
    rows = np.zeros((len(line) + 1, len(FIELDS)), dtype=np.int64)
    rows[0] = start_row()
    note = rows[1:]
    note[:, TICK] = tick
    note[:, STEP] = length_class(np.diff(tick, prepend=_first_line(melody, tick)))
    note[:, PITCH] = np.clip(line.pitch + shift, 0, 127)
    note[:, DURATION] = length_class(duration)
    note[:, VELOCITY] = line.velocity // 4 if shaded else FLAT["velocity"]
    note[:, DEVIATION] = FLAT["deviation"]
    note[:, ARTICULATION] = FLAT["articulation"]
    if timed:
        deviation = np.round((line.onset - tick / TICKS) / DEVIATION_UNIT)
        note[:, DEVIATION] = np.clip(deviation, -20, 20) + 20
        sounding = np.round(line.duration * TICKS / duration * 10)
        note[:, ARTICULATION] = np.clip(sounding, 1, ARTICULATIONS) - 1
    note[:, INTERVAL] = np.clip(np.diff(note[:, PITCH], prepend=note[:1, PITCH]), -24, 24) + 24
    note[:1, INTERVAL] = NO_INTERVAL
    note[:, TIMED], note[:, SHADED] = timed, shaded
    end = int(tick[-1] + duration[-1]) if len(line) else 0
    return Encoded(rows, conditions_of(melody, style, key), shift, end)


def decode(rows: Ints, shift: int, like: Song) -> Song:
    """The tune for rows (n, len(FIELDS)) without the start row, in the tempo, metre and key of `like`; `shift` as in
    `Encoded`."""
    tick, step = rows[:, TICK], 1 / TICKS
    onset = tick * step + (rows[:, DEVIATION] - 20) * DEVIATION_UNIT * (rows[:, TIMED] > 0)
    onset = apart(np.maximum(onset, 0))
    ratio = np.where(rows[:, TIMED] > 0, (rows[:, ARTICULATION] + 1) / 10, 1.0)
    duration = np.maximum(LENGTHS[rows[:, DURATION]] * step * ratio, 1 / 48)
    gap = np.diff(onset, append=np.inf)
    second = like.tempo[-1].quarters_per_minute / 60  # in quarters
    following = np.append(np.minimum(duration, gap)[1:], np.inf)
    legato = np.minimum(np.minimum(0.1 * gap, 0.4 * following), LONGEST_LEGATO * second)
    duration = np.minimum(duration, gap + legato * (gap > SOONEST * second))  # one voice: legato, but no chords
    velocity = np.clip(rows[:, VELOCITY] * 4 + 2, 1, 127)
    return with_line(like, Notes(onset, duration, np.clip(rows[:, PITCH] - shift, 0, 127), velocity))


def _first_line(melody: Song, tick: Ints) -> int:
    """The tick from which the first step is counted: 0 or, after more than a bar of silence, the last bar line before
    the first of the notes at `tick` (n,)."""
    bar, downbeat = round((melody.bar or 4) * TICKS), round(melody.downbeat * TICKS)
    if not len(tick) or tick[0] <= bar:
        return 0
    return max(0, int(tick[0] - downbeat) // bar * bar + downbeat)


def apart(onset: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) onsets (n,) in quarters, moved later where they are less than one unit of deviation apart."""
    room = np.arange(len(onset)) * DEVIATION_UNIT
    return np.asarray(np.maximum.accumulate(onset - room) + room)


def start_row() -> Ints:
    """The row (len(FIELDS),) before the first note."""
    row = np.zeros(len(FIELDS), dtype=np.int64)
    row[[PITCH, INTERVAL]] = START, NO_INTERVAL
    row[[VELOCITY, DEVIATION, ARTICULATION]] = FLAT["velocity"], FLAT["deviation"], FLAT["articulation"]
    return row


def conditions_of(melody: Song, style: str, key: Key | None) -> Ints:
    """(len(CONDITIONS),) the conditions of a tune in a `key`, named before transposition; None for unknown."""
    bar = round(melody.bar * TICKS) if melody.bar else 0
    metre = METRES.index(melody.metre) + 1 if melody.metre in METRES else 0
    tonic = (key.pitch_class + shift_of(key)) % 12 + 1 if key else 0
    tempo = tempo_class(melody.tempo[-1].quarters_per_minute)
    downbeat = round(melody.downbeat * TICKS)
    return np.array([list(STYLES).index(style), metre, tonic, tempo, bar, downbeat], dtype=np.int64)


def tempo_class(quarters_per_minute: float) -> int:
    """The class of a tempo: 1 … TEMPI − 1 on a logarithmic scale from 30 to 360 quarter notes a minute."""
    return int(np.clip(np.log2(quarters_per_minute / 30) / np.log2(12) * (TEMPI - 1), 0, TEMPI - 2)) + 1


def shift_of(key: Key | None) -> int:
    """Semitones, −6 … 5, that transpose the key to a signature without sharps and flats."""
    return 0 if key is None else (-7 * key.sharps + 6) % 12 - 6


def length_class(ticks: Ints) -> Ints:
    """The classes in `LENGTHS` nearest to numbers of ticks; same shape."""
    ticks = np.clip(ticks, 0, LENGTHS[-1])
    return np.asarray(np.where(ticks <= 96, ticks, 96 + np.maximum(0, np.round((ticks - 96) / 12))), dtype=np.int64)


def countdown_class(quarters: NDArray[np.float64]) -> Ints:
    """The classes of distances to the end, in quarters; same shape. An unknown one has class `UNKNOWN_COUNTDOWN`."""
    return np.searchsorted(COUNTDOWN, quarters, side="right").astype(np.int64)


def is_timed(line: Notes) -> bool:
    """Whether the onsets were played: more than a tenth lie off every plain grid."""
    if len(line) < 4:
        return False
    near = [np.abs(line.onset * grid - np.round(line.onset * grid)) / grid < 0.006 for grid in (8, 12, 24)]
    return bool(np.mean(np.logical_or.reduce(near)) < 0.9)


def is_shaded(line: Notes) -> bool:
    """Whether the dynamics were played: the notes have more than a few different velocities."""
    return len(np.unique(line.velocity)) > min(6, max(2, len(line) // 4))


def to_grid(onset: NDArray[np.float64]) -> Ints:
    """(n,) the ticks nearest to onsets (n,) in quarters, strictly increasing."""
    return _increasing(np.round(onset * TICKS).astype(np.int64))


def notate(line: Notes) -> tuple[Ints, Ints]:
    """Onsets and durations (n,) in ticks that a copyist would write for played notes.

    Each beat gets the division whose lines are nearest to its onsets, preferably a coarse one. A note that sounds for
    more than half the time until the next note is written as lasting until then.

    This is what the weights were trained on, so it may not change without them. It hears each quarter by itself, since
    the metre may be unknown. What people read is quantised in `generation.finish.paper.quantise`, which weighs
    neighbouring beats, swing and rests in a metre, and may improve at any time.
    """
    tick: list[int] = []
    for beat, group in groupby(line.onset, key=lambda onset: int(onset)):
        tick += [beat * TICKS + place for place in places([onset - beat for onset in group])]
    grid = _increasing(np.array(tick, dtype=np.int64))
    step = np.diff(grid, append=np.iinfo(np.int64).max // 4)
    gap = np.diff(line.onset, append=np.inf)
    written = np.maximum(3, np.round(line.duration * TICKS / 3).astype(np.int64) * 3)
    whole = (line.duration > 0.5 * gap) | (written >= step)
    return grid, np.minimum(np.where(whole, step, written), LENGTHS[-1])


# Division of a beat → its cost, which is added to the squared deviations in units of `SPREAD` quarters.
DIVISIONS = {1: 0.0, 2: 0.4, 4: 1.5, 3: 1.8, 6: 4.0, 8: 5.0, 12: 8.0, 24: 12.0}
SPREAD = 0.06


def places(onsets: Sequence[float]) -> list[int]:
    """Ticks within a beat, 0 … 24, for its onsets in quarters, 0 ≤ x < 1."""
    best, cheapest = [round(onset * TICKS) for onset in onsets], float("inf")
    for division, cost in DIVISIONS.items():
        lines = [round(onset * division) for onset in onsets]
        if len(set(lines)) < len(lines):
            continue
        cost += sum(((onset - line / division) / SPREAD) ** 2 for onset, line in zip(onsets, lines, strict=True))
        if cost < cheapest:
            best, cheapest = [line * TICKS // division for line in lines], cost
    return best


def _increasing(tick: Ints) -> Ints:
    """(n,) ticks (n,) made strictly increasing by moving notes later, as little as possible."""
    place = np.arange(len(tick))
    return np.maximum.accumulate(tick - place) + place


def _at_least(least: int, quarters: NDArray[np.float64]) -> Ints:
    """(n,) quarters (n,) in ticks, none less than `least`."""
    return np.maximum(least, np.round(quarters * TICKS).astype(np.int64))
