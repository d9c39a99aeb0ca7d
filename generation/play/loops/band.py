"""Keep the states of takes of several parts up to date while their next rows are chosen, field by field.

`table` (B, WIDTH) holds the states, see `State`; `said` (B,) the classes of the field just chosen.
"""

import numpy as np

from generation.model.band import (
    BAR,
    DURATION,
    FIELDS,
    FIRST_DRUM,
    PART,
    SINCE,
    SLOTS,
    STEP,
    TICK,
    VALUE,
)  # fmt: skip
from generation.model.hearing import SOUND, Ears, hear_begin, hear_note, hear_part
from generation.play.band.limits import MEMORY
from generation.play.band.rules import MOSTLY, NEAR
from generation.play.band.state import AT, NUMBERS, OVER, WIDTH, State
from generation.play.loops.compiled import Whole, compiled
from generation.play.loops.rules import as_tuple

NOTHING = 2**20  # a value above all others
FACTOR = 0x5851F42D4C957F2D  # of the hashes of onsets; any odd number without a pattern would do
ROW = 1000  # a row in `State.recent`
MUCH = 1.5  # factors of e by which rows may count as too many or too few
LATELY = 12  # notes that the mean length of late goes back
NEARLY_ALWAYS = 80  # per cent of the bars: such a part soon comes back from a rest
RETURN = 1.0  # nats for each bar that it has rested, after the first
OVERDUE = 4.0  # nats, times b + b² for any part that has rested for b bars more than its longest rest less a bar
TONE, HARMONY = 0, 2  # indices in `band.KINDS`
ALONG = 2  # in `State.habit`: moves with the lead


@compiled
def band_state(row: Whole) -> State:
    """`state.state_of` for compiled loops."""
    numbers = as_tuple(row[:NUMBERS], NUMBERS)
    views = (
        row[AT.unusual : AT.pattern], row[AT.pattern : AT.drums],
        row[AT.drums : AT.strokes],
        row[AT.strokes : AT.fills], row[AT.fills : AT.kind], row[AT.kind : AT.low], row[AT.low : AT.high],
        row[AT.high : AT.single], row[AT.single : AT.most], row[AT.most : AT.given], row[AT.given : AT.free],
        row[AT.free : AT.longest], row[AT.longest : AT.leap], row[AT.leap : AT.under], row[AT.under : AT.habit],
        row[AT.habit : AT.walks], row[AT.walks : AT.due], row[AT.due : AT.late], row[AT.late : AT.obey],
        row[AT.obey : AT.eager], row[AT.eager : AT.usual], row[AT.usual : AT.recent],
        row[AT.recent : AT.balance], row[AT.balance : AT.rest], row[AT.rest : AT.drawn], row[AT.drawn : AT.length],
        row[AT.length : AT.lately], row[AT.lately : AT.sounding], row[AT.sounding : AT.held],
        row[AT.held : AT.wanted], row[AT.wanted : AT.first], row[AT.first : AT.ringing],
        row[AT.ringing : AT.rubs], row[AT.rubs : AT.row], row[AT.row : AT.ends], row[AT.ends : AT.pitches],
        row[AT.pitches : AT.slots], row[AT.slots : AT.sung], row[AT.sung : AT.when], row[AT.when : AT.over],
        row[AT.over : AT.facts],
        row[AT.facts : AT.heard], row[AT.heard : WIDTH],
    )  # fmt: skip
    return State(*(numbers + views))


@compiled
def ears(at: State) -> Ears:
    return Ears(at.ends, at.pitches, at.slots, at.sung, at.when, at.over, at.facts, at.heard)


@compiled
def begin(said: Whole, values: Whole, table: Whole) -> None:
    """After the step, whose classes have `values` in ticks: note the row's onset, the notes that sound there and, at
    the close, the parts that have yet to play."""
    for take in range(len(table)):
        row, ticks = table[take], values[said[take]]
        at = band_state(row)
        ticks = 0 if ticks == OVER else ticks
        onset, together = at.tick + ticks, ticks == 0 and at.here > 0
        row[AT.onset] = onset
        at.row[STEP], at.row[TICK], at.row[SINCE], at.row[BAR] = said[take], onset, onset - at.mark, at.bar
        if not together:
            row[AT.same] = at.same + 1 if at.code == at.code_before else 0
            row[AT.code_before], row[AT.code], row[AT.here] = at.code, 0, 0
            row[AT.before_part], row[AT.before_value] = -1, NOTHING
            fading = np.exp(-ticks / (MEMORY * at.line))
            for slot in range(SLOTS):
                at.recent[slot] = int(at.recent[slot] * fading)
                at.balance[slot] = _excess(at.recent[slot], at.usual[slot])
            _want(row, onset)
        hear_begin(ears(at), onset, together)
        at.sounding[:], at.held[:] = 0, 0
        for k in range(at.facts[SOUND]):
            at.sounding[at.slots[k]] += 1
            if at.ends[k] >= at.goal - NEAR:
                at.held[at.slots[k]] = 1
        if onset >= at.last and at.tick < at.last:
            _call(row, onset)
        if not together:
            _draw(row, onset)


@compiled
def _draw(row: Whole, onset: int) -> None:
    """At a new onset: note how likely their rests make the parts to come back."""
    at = band_state(row)
    for slot in range(SLOTS):
        since, drawn = onset - at.when[slot], 0.0
        if at.sounding[slot] == 0 and at.eager[slot] > NEARLY_ALWAYS and since >= 2 * at.line:
            drawn += RETURN * (since // at.line - 1) * at.eager[slot] / 100
        if at.sounding[slot] == 0 and at.rest[slot] > 0:
            bars = max(0, since - at.rest[slot] + at.line) / at.line
            drawn += OVERDUE * (bars + bars * bars)
        at.drawn[slot] = int(1000 * drawn)


@compiled
def _want(row: Whole, onset: int) -> None:
    """At a new onset: mark the parts whose patterns play there."""
    at = band_state(row)
    mask = at.pattern[(onset - at.mark) % at.line] if at.held_to > 0 else 0
    wanted = 0
    for slot in range(SLOTS):
        at.due[slot], at.late[slot] = (mask >> slot) & 1 if at.free[slot] <= onset else 0, wanted
        wanted += at.due[slot]


@compiled
def _count(row: Whole, part: int) -> None:
    """After a row of a part: count again the parts whose patterns want them at this onset."""
    at, wanted = band_state(row), 0
    at.due[part] = 0
    for slot in range(SLOTS):
        if part == at.leading and at.habit[slot] == ALONG and at.given[slot] == 0:
            at.due[slot] = 1
        at.late[slot] = wanted
        wanted += at.due[slot]


@compiled
def _excess(recent: int, usual: int) -> int:
    """1000 × log(recent ÷ usual rows), within bounds; 0 if no rows are usual."""
    if usual == 0:
        return 0
    return int(1000 * min(MUCH, max(-MUCH, np.log((recent + ROW) / (usual + ROW)))))


@compiled
def _call(row: Whole, onset: int) -> None:
    """At the close: mark the parts that have to play, which are those of the last two bars and of most of the input."""
    at, missing = band_state(row), 0
    row[AT.lowest], row[AT.next_missing] = SLOTS, SLOTS
    for slot in range(SLOTS):
        plays = at.kind[slot] >= 0 and at.kind[slot] != HARMONY and at.given[slot] == 0 and at.when[slot] >= 0
        near = onset - at.when[slot] <= 2 * at.line or at.eager[slot] > MOSTLY
        at.wanted[slot] = plays and near and at.held[slot] == 0 and at.free[slot] <= onset
        if at.wanted[slot] > 0:
            row[AT.next_missing] = min(row[AT.next_missing], slot)
            missing += 1
            if at.kind[slot] == TONE:
                row[AT.lowest] = slot
    row[AT.missing] = missing


@compiled
def name(said: Whole, table: Whole, kind: Whole) -> None:
    """After the part: note what it did last, what it holds, how low it may go and what the others sound. Writes its
    index in `band.KINDS` into `kind` (B,)."""
    for take in range(len(table)):
        row, part = table[take], said[take]
        at = band_state(row)
        row[AT.part], at.row[PART], kind[take] = part, part, max(at.kind[part], 0)
        hear_part(ears(at), at.onset, part)
        at.ringing[:], at.rubs[:] = 0, 0
        for k in range(at.facts[SOUND]):
            if at.slots[k] == part:
                at.ringing[at.pitches[k]] = 1
            if at.slots[k] != part or at.single[part] == 0:
                at.rubs[at.pitches[k] % 12] += 1
        row[AT.floor] = at.low[part]
        while at.kind[part] == TONE and row[AT.floor] < at.high[part] and at.ringing[row[AT.floor]] > 0:
            row[AT.floor] += 1


@compiled
def note_down(said: Whole, lengths: Whole, table: Whole) -> None:
    """After all fields, said (heads, B): add the row to those that were heard; `lengths` are the ticks of durations."""
    for take in range(len(table)):
        row = table[take]
        at = band_state(row)
        part, value, ticks = at.part, said[VALUE, take], lengths[said[DURATION, take]]
        for field in range(len(said)):
            at.row[field] = said[field, take]
        if at.single[part] > 0:
            for k in range(at.facts[SOUND]):
                if at.slots[k] == part:
                    at.ends[k] = at.onset
        hear_note(ears(at), at.onset, part, value, ticks, at.kind[part] == HARMONY)
        if at.before_part != part:
            at.first[part] = value
        row[AT.before_part], row[AT.before_value] = part, value
        row[AT.code] = (at.code + value * SLOTS + part + 1) * FACTOR
        at.recent[part] += ROW
        if at.length[part] > 0:
            at.lately[part] += (1000 * ticks - at.lately[part]) // LATELY
        recent = usual = 0
        for slot in range(SLOTS):
            if at.usual[slot] > 0:
                recent, usual = recent + at.recent[slot], usual + at.usual[slot]
        row[AT.pace] = _excess(recent, usual)
        row[AT.tick], row[AT.here], row[AT.count], row[AT.new] = at.onset, at.here + 1, at.count + 1, at.new + 1
        if at.kind[part] != HARMONY:
            row[AT.entered] = 1
        if at.wanted[part] > 0:
            at.wanted[part] = 0
            row[AT.missing], row[AT.next_missing] = at.missing - 1, SLOTS
            for slot in range(SLOTS - 1, -1, -1):
                if at.wanted[slot] > 0:
                    row[AT.next_missing] = slot
        _count(row, part)
        at.drawn[part], row[AT.missed] = 0, 0
        for slot in range(part + 1, SLOTS):
            if at.kind[slot] >= 0 and at.given[slot] == 0 and at.free[slot] <= at.onset:
                row[AT.missed] = max(row[AT.missed], at.drawn[slot])
        row[AT.follows] = _follows(band_state(row))


@compiled
def _follows(at: State) -> bool:
    """Whether another row may follow at the onset of the last row."""
    for slot in range(at.part, SLOTS):
        if at.kind[slot] < 0 or at.free[slot] > at.onset:
            continue
        if slot == at.part and (at.kind[slot] == HARMONY or at.single[slot] > 0 or at.before_value <= at.floor):
            continue
        if at.single[slot] > 0 and at.held[slot] > 0:
            continue
        if at.single[slot] > 0 or at.sounding[slot] + (slot == at.part) < at.most[slot]:
            return True
    return False


assert len(FIELDS) == BAR + 1 and FIRST_DRUM == 128
assert np.iinfo(np.int64).max > FACTOR
