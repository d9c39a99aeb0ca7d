"""Entry: where the new music begins after an input, neither earlier nor later than a player would begin."""

import math
from dataclasses import dataclass

import numpy as np

from generation.model.tokens import DURATION, LENGTHS, TICK, TICKS, Ints
from generation.music.song import Song

RING = 0.25  # quarters that the last note of another part sounds alone, at least
REACH = 192  # ticks, the longest first step; a later entry is played as if it were nearer by whole bars
LEAST_WINDOW = 12  # ticks between the earliest and the latest entry: the distance between classes of long steps


@dataclass(frozen=True)
class Around:
    """When notes sound in all parts of a song, in quarters.

    struck   the last note begins
    end      the last sound ends
    silence  the longest time before that in which nothing sounds
    """

    struck: float
    end: float
    silence: float


@dataclass(frozen=True)
class Entry:
    """How many ticks after the last given note the first new one comes, as the model counts them: from `least` to
    `most`. In truth, all new music comes later by another `delay` ticks, which are whole bars."""

    least: int
    most: int
    delay: int = 0


def around(song: Song) -> Around:
    """When all parts of a song sound, which has at least one note."""
    onset = np.concatenate([part.notes.onset for part in song.parts])
    end = np.concatenate([part.notes.ends for part in song.parts])
    order = np.argsort(onset, kind="stable")
    sounding = np.maximum.accumulate(end[order])
    silence = float(np.max(onset[order][1:] - sounding[:-1], initial=0.0))
    return Around(float(onset.max()), float(end.max()), silence)


def entry(rows: Ints, bar: int, downbeat: int, beside: Around) -> Entry:
    """The entry after given notes, rows (n, fields) as the model sees them. Bars last `bar` ticks, 0 if unknown, and
    `downbeat` is the tick of a bar line.

    A note of the input may ring on for a bar, but no given note begins after the new music has begun. New music begins
    by the next bar line, or within half a bar if the input ends on one; later only if the input itself once was silent
    for as long.
    """
    last, sounding = int(rows[-1, TICK]), max(1, int(LENGTHS[rows[-1, DURATION]]))
    whole = bar or 4 * TICKS
    struck, end = math.ceil((beside.struck + RING) * TICKS), math.ceil(beside.end * TICKS - 0.5)
    earliest = max(last + sounding, struck, end - whole)
    over = min(max(earliest, end), earliest + whole)
    to_line = -(over - downbeat) % whole
    pause = max(to_line, whole // 2, min(round(beside.silence * TICKS), whole))
    latest = max(over + pause, earliest + LEAST_WINDOW)
    unit = whole if whole <= REACH // 2 else TICKS
    delay = max(0, math.ceil((latest - last - REACH) / unit)) * unit
    least = max(1, earliest - last - delay)
    return Entry(least, max(least + LEAST_WINDOW, latest - last - delay), delay)
