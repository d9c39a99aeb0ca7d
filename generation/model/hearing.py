"""Which notes sound at each row, since when and until when, since a recurrent network cannot keep count of that."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from generation.model import band
from generation.model.band import DURATION, FIRST_DRUM, NO_CHORD, PART, SLOTS, START, STEP, TICK, VALUE
from generation.model.tokens import LENGTHS, Ints

# What is heard at a row, as columns. Without the row itself: the value that its part had last, and how long ago (class
# of ticks); the lowest and the highest pitch that sound (128: none), and how many notes sound; the chord, and its age.
# Including the row: the time until the next of the sounding notes ends. After these columns, again without the row
# itself, come the 12 pitch classes that sound (0 or 1), and for each slot its state, its last value, and the time until
# the note it struck last ends (class of ticks, 0 once it has ended).
HEARD = ("last", "gap", "bass", "top", "voices", "chord", "age", "until")
LAST, GAP, LOW, TOP, VOICES, CHORD, AGE, UNTIL = range(len(HEARD))
CLASSES_HEARD, SLOTS_HEARD = len(HEARD), len(HEARD) + 12
HELD_HEARD, LEFT_HEARD = SLOTS_HEARD + SLOTS, SLOTS_HEARD + 2 * SLOTS
WIDTH = SLOTS_HEARD + 3 * SLOTS
SILENT, ENDED, SOUNDING, STRUCK = range(4)  # states of a slot; ENDED and STRUCK: at this very tick
STATES = 4
MOST = 16  # notes that are counted; more count as 16
NEVER = len(LENGTHS)  # the class of a gap or an age if nothing came before
ROOM = 96  # notes that can sound at once


class Ears(NamedTuple):
    """What is remembered of the rows so far; all arrays contain whole numbers.

    ends, pitches, slots  (ROOM,) for each note that sounds: the tick at which it ends, its pitch and its slot
    last, when, over      (SLOTS + 1,) the last value of each part, its tick, −1 for none, and the tick at which it ends
    facts                 (4,) how many notes sound; the chord; the tick at which it began; the slot of the last row
    heard                 (WIDTH,) the columns at the present row
    """

    ends: Any
    pitches: Any
    slots: Any
    last: Any
    when: Any
    over: Any
    facts: Any
    heard: Any


SIZES = Ears(ROOM, ROOM, ROOM, SLOTS + 1, SLOTS + 1, SLOTS + 1, 4, WIDTH)
SOUND, NOW_CHORD, CHANGED, BEFORE = range(4)  # places in `Ears.facts`


def listen(encoded_rows: Ints, heading: Ints, ears: Ears | None = None) -> Ints:
    """(n, WIDTH) the columns for rows (n, len(band.FIELDS)) whose parts are declared in `heading` (SLOTS, 4). `ears`,
    if given, remember the rows, so that listening can go on later."""
    heard = np.zeros((len(encoded_rows), WIDTH), np.int64)
    _listen(encoded_rows, band.kinds(heading), LENGTHS, ears or Ears(*(np.zeros(n, np.int64) for n in SIZES)), heard)
    return heard


def _compiled(function: Any) -> Any:
    return njit(cache=True, nogil=True)(function)


@_compiled
def _class(ticks: int) -> int:
    if ticks <= 96:
        return max(0, ticks)
    return min(120, 96 + (ticks - 90) // 12)


@_compiled
def hear_nothing(ears: Any) -> None:
    """Forget everything."""
    ears.last[:], ears.when[:], ears.over[:] = START, -1, 0
    ears.facts[SOUND], ears.facts[NOW_CHORD], ears.facts[CHANGED], ears.facts[BEFORE] = 0, NO_CHORD, -1, SLOTS


@_compiled
def hear_begin(ears: Any, now: int, together: bool) -> None:
    """Write into `heard` all that is known of a row at tick `now` before its part is chosen; `together`: the row
    belongs to the same onset as the one before."""
    ends, pitches, slots, out, facts = ears.ends, ears.pitches, ears.slots, ears.heard, ears.facts
    state, before = out[SLOTS_HEARD:HELD_HEARD], facts[BEFORE]
    if not together:
        state[:] = SILENT
    elif before < SLOTS:
        state[before] = STRUCK
    out[:SLOTS_HEARD] = 0
    kept, low, high = 0, 128, -1
    for k in range(facts[SOUND]):
        if ends[k] == now and state[slots[k]] == SILENT:
            state[slots[k]] = ENDED
        if ends[k] > now:
            ends[kept], pitches[kept], slots[kept] = ends[k], pitches[k], slots[k]
            kept += 1
    facts[SOUND] = kept
    for k in range(kept):
        out[CLASSES_HEARD + pitches[k] % 12] = 1
        low, high = min(low, pitches[k]), max(high, pitches[k])
        if state[slots[k]] != STRUCK:
            state[slots[k]] = SOUNDING
    for slot in range(SLOTS):
        out[HELD_HEARD + slot], out[LEFT_HEARD + slot] = ears.last[slot], _class(ears.over[slot] - now)
    out[LOW], out[TOP], out[VOICES] = low, (high if high >= 0 else 128), min(kept, MOST)
    out[CHORD], out[AGE] = facts[NOW_CHORD], NEVER if facts[CHANGED] < 0 else _class(now - facts[CHANGED])


@_compiled
def hear_part(ears: Any, now: int, part: int) -> None:
    """Write into `heard` what the part of a row at tick `now` did last."""
    ears.heard[LAST] = ears.last[part]
    ears.heard[GAP] = NEVER if ears.when[part] < 0 else _class(now - ears.when[part])


@_compiled
def hear_note(ears: Any, now: int, part: int, value: int, ticks: int, harmony: bool) -> None:
    """Remember a row with its value and its length in `ticks`, and write into `heard` when the next note ends."""
    ends, facts = ears.ends, ears.facts
    ears.last[part], ears.when[part], ears.over[part], facts[BEFORE] = value, now, now + ticks, part
    if harmony:
        facts[NOW_CHORD], facts[CHANGED] = value, now
    elif value < FIRST_DRUM and ticks > 0 and facts[SOUND] < ROOM:
        ends[facts[SOUND]], ears.pitches[facts[SOUND]], ears.slots[facts[SOUND]] = now + ticks, value, part
        facts[SOUND] += 1
    until = 0
    for k in range(facts[SOUND]):
        until = ends[k] - now if until == 0 else min(until, ends[k] - now)
    ears.heard[UNTIL] = _class(until)


@_compiled
def _listen(rows: Any, kinds: Any, lengths: Any, ears: Any, heard: Any) -> None:
    hear_nothing(ears)
    for i in range(len(rows)):
        now, part = rows[i, TICK], rows[i, PART]
        hear_begin(ears, now, rows[i, STEP] == 0 and i > 0)
        hear_part(ears, now, part)
        harmony = part < SLOTS and kinds[part] == 2
        hear_note(ears, now, part, rows[i, VALUE], lengths[rows[i, DURATION]], harmony)
        heard[i] = ears.heard
