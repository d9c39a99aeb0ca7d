"""Which notes sound at each row, since when and until when: a recurrent network cannot count this by itself."""

from typing import Any

import numpy as np
from numba import njit

from generation.model import band
from generation.model.band import DURATION, FIRST_DRUM, NO_CHORD, PART, SLOTS, START, STEP, TICK, VALUE
from generation.model.tokens import LENGTHS, Ints

# Columns. At the tick of a row, the row itself not yet counted: the value that its part had last, and how long ago
# (class of ticks); the lowest and the highest pitch that sound (128: none), and how many sound; the chord, and its age.
# With the row itself counted: the time until the next of the sounding notes ends. Then, again without it, the 12 pitch
# classes that sound (0 or 1), and the state of each slot.
HEARD = ("last", "gap", "bass", "top", "voices", "chord", "age", "until")
LAST, GAP, LOW, TOP, VOICES, CHORD, AGE, UNTIL = range(len(HEARD))
CLASSES_HEARD, SLOTS_HEARD = len(HEARD), len(HEARD) + 12
WIDTH = len(HEARD) + 12 + SLOTS
SILENT, ENDED, SOUNDING, STRUCK = range(4)  # states of a slot; it ended, or was struck, at this very tick
STATES = 4
MOST = 16  # voices that are counted
NEVER = len(LENGTHS)  # the class of a gap or an age where nothing came before
ROOM = 96  # notes that can sound at once


def listen(encoded_rows: Ints, heading: Ints) -> Ints:
    """What is heard (n, WIDTH) at each of the rows (n, len(band.FIELDS)), whose parts are declared in `heading`
    (SLOTS, 4)."""
    heard = np.zeros((len(encoded_rows), WIDTH), np.int64)
    _listen(encoded_rows, band.kinds(heading), LENGTHS, heard)
    return heard


def _compiled(function: Any) -> Any:
    return njit(cache=True, nogil=True)(function)


@_compiled
def _class(ticks: int) -> int:
    if ticks <= 96:
        return max(0, ticks)
    return min(120, 96 + (ticks - 90) // 12)


@_compiled
def _listen(rows: Any, kinds: Any, lengths: Any, heard: Any) -> None:
    ends, pitches, slots = np.zeros(ROOM, np.int64), np.zeros(ROOM, np.int64), np.zeros(ROOM, np.int64)
    last, when = np.full(SLOTS + 1, START), np.full(SLOTS + 1, -1)
    sounding, chord, changed = 0, NO_CHORD, -1
    for i in range(len(rows)):
        now, part, value, out = rows[i, TICK], rows[i, PART], rows[i, VALUE], heard[i]
        state = out[SLOTS_HEARD:]
        if rows[i, STEP] == 0 and i > 0:
            state[:] = heard[i - 1, SLOTS_HEARD:]
            before = rows[i - 1, PART]
            if before < SLOTS:
                state[before] = STRUCK
        kept = 0
        for k in range(sounding):
            if ends[k] == now and state[slots[k]] == SILENT:
                state[slots[k]] = ENDED
            if ends[k] > now:
                ends[kept], pitches[kept], slots[kept] = ends[k], pitches[k], slots[k]
                kept += 1
        sounding = kept
        low, high = 128, -1
        for k in range(sounding):
            out[CLASSES_HEARD + pitches[k] % 12] = 1
            low, high = min(low, pitches[k]), max(high, pitches[k])
            if state[slots[k]] != STRUCK:
                state[slots[k]] = SOUNDING
        out[LOW], out[TOP], out[VOICES] = low, (high if high >= 0 else 128), min(sounding, MOST)
        out[CHORD], out[AGE] = chord, NEVER if changed < 0 else _class(now - changed)
        out[LAST], out[GAP] = last[part], NEVER if when[part] < 0 else _class(now - when[part])
        last[part], when[part] = value, now
        if part < SLOTS and kinds[part] == 2:
            chord, changed = value, now
        elif value < FIRST_DRUM and rows[i, DURATION] > 0 and sounding < ROOM:
            ends[sounding] = now + lengths[rows[i, DURATION]]
            pitches[sounding], slots[sounding] = value, part
            sounding += 1
        until = 0
        for k in range(sounding):
            until = ends[k] - now if until == 0 else min(until, ends[k] - now)
        out[UNTIL] = _class(until)
