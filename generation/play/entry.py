"""Entry: where the new music begins after an input, neither earlier nor later than a player would."""

import math
from dataclasses import dataclass

import numpy as np

from generation.model.tokens import DURATION, LENGTHS, TICK, TICKS, Ints
from generation.music.song import Song

RING = 0.25  # quarters for which the last note of another part is left alone, at least
REACH = 192  # ticks, the longest first step; a later entry is played as if it were nearer by whole bars
LEAST_WINDOW = 12  # ticks between the earliest and the latest entry: steps of more than four quarters lie so far apart


@dataclass(frozen=True)
class Around:
    """What sounds beside a melody, in quarters.

    struck   when the last note of all parts begins
    end      when the last one ends
    silence  the longest time before that in which nothing sounds
    """

    struck: float
    end: float
    silence: float


@dataclass(frozen=True)
class Entry:
    """Ticks from the last given note to the first new one, as the model counts them: `least` to `most`; and the ticks
    by which the new music is really later, whole bars."""

    least: int
    most: int
    delay: int = 0


def around(song: Song) -> Around:
    """All parts of a song with at least one note."""
    onset = np.concatenate([part.notes.onset for part in song.parts])
    end = np.concatenate([part.notes.ends for part in song.parts])
    order = np.argsort(onset, kind="stable")
    sounding = np.maximum.accumulate(end[order])
    silence = float(np.max(onset[order][1:] - sounding[:-1], initial=0.0))
    return Around(float(onset.max()), float(end.max()), silence)


def entry(rows: Ints, bar: int, downbeat: int, beside: Around) -> Entry:
    """The entry after given notes, rows (n, fields) as the model sees them. `bar` is in ticks, 0 if unknown, `downbeat`
    the tick of a bar line.

    A note of the input may ring on for a bar, but none is struck after the new music has begun. It begins by the next
    bar line, or within half a bar if the input ends on one; later only if the input had as long a silence itself.
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
