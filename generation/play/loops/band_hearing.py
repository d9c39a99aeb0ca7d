"""The network for several parts, one row at a time: sums of the rows of tables, and attention over onsets.

Arguments are named as in `play.band.fused` and `play.band.slots`; B takes, width W.
"""

import numpy as np

from generation.model.band import DURATION, FIRST_DRUM, PART, STEP, VALUE
from generation.model.hearing import (
    AGE,
    CHORD,
    CLASSES_HEARD,
    GAP,
    HELD_HEARD,
    LAST,
    LEFT_HEARD,
    LOW,
    SILENT,
    SLOTS_HEARD,
    STATES,
    TOP,
    UNTIL,
    VOICES,
)  # fmt: skip
from generation.model.networks.band_lstm import OCTAVES
from generation.model.tokens import TICKS
from generation.play.band.state import AT
from generation.play.loops.compiled import ZERO, Kept, Reals, Whole, compiled, gelu
from generation.play.loops.hearing import lay_down, mix, turn, weigh

SLOTS, FIRST_STATE = 16, 12
INTERVALS = 2 * OCTAVES + 1  # from a held pitch that count
BELOW = FIRST_DRUM - 1  # the class of an interval of 0


@compiled
def add_row(to: Reals, row: Reals) -> None:
    for c in range(len(to)):
        to[c] += row[c]


@compiled
def surround(
    table: Whole,
    step: Reals,
    chord: Reals,
    age: Reals,
    low: Reals,
    top: Reals,
    voices: Reals,
    sounds: Reals,
    beside: Reals,
    left: Reals,
    where: Reals,
) -> None:
    """Add to `where` (B, columns), which holds what a row's metrical position adds, what its step, the sounding notes
    and the notes that the first slots hold add."""
    for take in range(len(table)):
        heard, to = table[take, AT.heard :], where[take]
        add_row(to, step[table[take, AT.row + STEP]])
        add_row(to, chord[heard[CHORD]])
        add_row(to, age[heard[AGE]])
        add_row(to, low[heard[LOW]])
        add_row(to, top[heard[TOP]])
        add_row(to, voices[heard[VOICES]])
        for c in range(12):
            if heard[CLASSES_HEARD + c]:
                add_row(to, sounds[c])
        for slot in range(SLOTS):
            state = heard[SLOTS_HEARD + slot]
            if state != SILENT:
                add_row(to, sounds[FIRST_STATE + slot * STATES + state])
        for slot in range(len(beside)):
            add_row(to, beside[slot, heard[HELD_HEARD + slot]])
            add_row(to, left[slot, heard[LEFT_HEARD + slot]])


@compiled
def after_step(x: Reals, out: Reals, classes: int, where: Reals, after: Reals) -> None:
    """Write the part head's input into `after` (B, W): from the step head's product `out`, whose first `classes`
    columns are logits, and the last columns of `where`."""
    width = x.shape[1]
    for take in range(len(x)):
        more, place = out[take, classes:], where[take, where.shape[1] - width :]
        for c in range(width):
            after[take, c] = x[take, c] + gelu(more[c] + place[c])


@compiled
def fit(out: Reals, parts: Reals, doing: Reals, table: Whole, logits: Reals) -> None:
    """Write into `logits` (B, SLOTS) how well each part fits the query in the first columns of `out`."""
    small = parts.shape[2]
    scale = np.float32(1) / np.sqrt(np.float32(small))
    for take in range(len(logits)):
        query = out[take, :small]
        for slot in range(SLOTS):
            part, state, total = parts[take, slot], doing[table[take, AT.heard + SLOTS_HEARD + slot]], ZERO
            for c in range(small):
                total += query[c] * (part[c] + state[c])
            logits[take, slot] = total * scale if table[take, AT.kind + slot] >= 0 else -np.float32(np.inf)


@compiled
def after_part(
    x: Reals, out: Reals, small: int, given: Reals, last: Reals, gap: Reals, table: Whole, after: Reals
) -> None:
    """Write the value head's input into `after` (B, W)."""
    width = x.shape[1]
    for take in range(len(x)):
        more, heard = out[take, small:], table[take, AT.heard :]
        part, before, since = given[take, table[take, AT.row + PART]], last[heard[LAST]], gap[heard[GAP]]
        for c in range(width):
            after[take, c] = x[take, c] + gelu(more[c] + part[c] + before[c] + since[c])


@compiled
def leap(out: Reals, allowed: Reals, kind: Whole, slots: int, table: Whole, logits: Reals) -> None:
    """Write the logits of values (B, VALUES): the sum of those by value, those by interval from the part's last pitch,
    and those by interval from each pitch that one of the first `slots` holds, restricted to the values of the part's
    kind. `out` (B, …): the value head's product, in this order."""
    classes = logits.shape[1]
    for take in range(len(logits)):
        said, by, heard, may = logits[take], out[take, classes:], table[take, AT.heard :], allowed[kind[take]]
        last = heard[LAST]
        for c in range(classes):
            said[c] = out[take, c] + may[c]
        if last < FIRST_DRUM:
            near = by[BELOW - last :]
            for c in range(FIRST_DRUM):
                said[c] += near[c]
        for slot in range(slots):
            value = heard[HELD_HEARD + slot]
            if heard[LEFT_HEARD + slot] > 0 and value < FIRST_DRUM:
                near = by[2 * FIRST_DRUM - 1 + slot * INTERVALS :]
                for c in range(FIRST_DRUM):
                    said[c] += near[min(max(c - value, -OCTAVES), OCTAVES) + OCTAVES]


@compiled
def end_together(out: Reals, classes: int, slots: int, table: Whole) -> None:
    """Add to the logits of durations, the first `classes` columns of the duration head's product `out`, what its next
    columns say of each note that one of the first `slots` holds: how well a note ends before, with or after it."""
    for take in range(len(out)):
        for slot in range(slots):
            left = table[take, AT.heard + LEFT_HEARD + slot]
            if left > 0:
                before, together, after = out[take, classes + 3 * slot : classes + 3 * slot + 3]
                for c in range(classes):
                    out[take, c] += before if c < left else together if c == left else after


@compiled
def add_on(x: Reals, out: Reals, classes: int, given: Reals, said: Whole, keep: bool, after: Reals) -> None:
    """Write the next head's input into `after` (B, …), for the classes `said` (B,); `keep`: add it to `x`, this head's
    input."""
    width = after.shape[1]
    for take in range(len(after)):
        more, row = out[take, classes:], given[said[take]]
        for c in range(width):
            after[take, c] = gelu(more[c] + row[c])
        if keep:
            for c in range(width):
                after[take, c] += x[take, c]


@compiled
def enter(
    said: Whole, table: Whole, where: Reals, constant: Reals, part_note: Reals, value: Reals, duration: Reals,
    velocity: Reals, deviation: Reals, articulation: Reals, last: Reals, until: Reals, countdown: Reals, edges: Whole,
    notes: Reals, x: Reals,
) -> None:  # fmt: skip
    """Write the network's input for a complete row into `x` (B, W), and into `notes` (B, (1 + layers) × W) the embedded
    row and what it adds to each layer's values. `said` (heads, B) are the row's classes."""
    columns, width = notes.shape[1], x.shape[1]
    for take in range(len(x)):
        to, heard = notes[take], table[take, AT.heard :]
        left = max(table[take, AT.goal] - table[take, AT.onset], 0) // TICKS
        row = 0
        while row < len(edges) and edges[row] <= left:
            row += 1
        for c in range(columns):
            to[c] = where[take, c]
        add_row(to, part_note[take, table[take, AT.row + PART]])
        add_row(to, value[said[VALUE, take]])
        add_row(to, duration[said[DURATION, take]])
        add_row(to, velocity[said[VALUE + 2, take]])
        add_row(to, deviation[said[VALUE + 3, take]])
        add_row(to, articulation[said[VALUE + 4, take]])
        add_row(to, last[heard[LAST]])
        add_row(to, until[heard[UNTIL]])
        ends, stream = countdown[row], x[take]
        for c in range(width):
            stream[c] = to[c] + constant[take, c] + ends[c]


@compiled
def close(
    begins: Whole, looked: Reals, sines: Reals, cosines: Reals, closed: Whole, next_key: Reals, held: Reals,
    keys: Kept, key_unit: Reals, values: Kept, value_unit: Reals,
) -> None:  # fmt: skip
    """Where a row begins an onset, as `begins` (B,) says: store the key and the value of the onset before, and make the
    new onset's key. `looked` (B, 2 W) is the product `close` of the last hidden state; sines and cosines (B, pairs)
    belong to the last row's tick."""
    heads, seen, channels = keys.shape[1:]
    width, x = heads * channels, np.empty(channels, np.float32)
    for take in range(len(looked)):
        if begins[take] == 0:
            continue
        here = 1 + closed[take] % (seen - 1)
        for head in range(heads):
            start = head * channels
            own, rows = looked[take, width + start :], held[take, start:]
            for c in range(channels):
                x[c] = own[c] + rows[c]
            value_unit[take, head, here] = lay_down(x, values[take, head, here])
            following = next_key[take, head]
            key_unit[take, head, here] = lay_down(following, keys[take, head, here])
            turn(looked[take, start : start + channels], sines[take], cosines[take], following)
        for c in range(width):
            held[take, c] = 0


@compiled
def look(
    query: Reals, sines: Reals, cosines: Reals, closed: Whole, keys: Kept, key_unit: Reals, values: Kept,
    value_unit: Reals, read: Reals,
) -> None:  # fmt: skip
    """Write into `read` (B, W) the mean of the finished onsets' values, weighted by the softmax of their keys' products
    with `query` (B, W), which is already scaled."""
    heads, seen, channels = keys.shape[1:]
    memory, x = np.empty(seen, np.float32), np.empty(channels, np.float32)
    for take in range(len(query)):
        weights = memory[: 1 + min(closed[take], seen - 1)]
        for head in range(heads):
            start = head * channels
            turn(query[take, start : start + channels], sines[take], cosines[take], x)
            total = weigh(x, keys[take, head], key_unit[take, head], weights)
            for place in range(len(weights)):
                weights[place] *= value_unit[take, head, place] / total
            mix(weights, values[take, head], x)
            to = read[take, start:]
            for c in range(channels):
                to[c] = x[c]


@compiled
def hold(layer: int, notes: Reals, held: Reals) -> None:
    """Add to `held` (B, W) what the row adds to the value of its onset in a layer."""
    width = held.shape[1]
    for take in range(len(notes)):
        add_row(held[take], notes[take, (1 + layer) * width :])
