"""Vary crops of full scores beyond what was written: other keys, fewer parts, another band, a drummer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.model import band, tokens
from generation.model.band import BAR, DURATION, FIRST_DRUM, PART, ROLES, SINCE, SLOTS, STEP, TICK, VALUE
from generation.model.encode_band import Piece
from generation.model.tokens import TICKS, Ints

KEYBOARDS = (0, 1, 2)  # families of General MIDI: pianos, mallets, organs
BASSES = 4  # another family
# Who else may play what a pianist plays in a pop song, by role: families of General MIDI.
PLAYERS = {"lead": (0, 3, 5, 6, 7, 8, 9, 10), "second": (0, 3, 5, 6, 8, 10), "chords": (0, 2, 3, 6, 11)}
LOWEST, HIGHEST = 12, 115  # pitches within which a crop is transposed
HIGHEST_BASS = 52
TONIC = 2  # index of the tonic in the conditions
COMMON = 4 * TICKS  # ticks of a bar of 4/4
LEAST_DRUMMED = 4  # bars that a drummer needs to be borrowed
FROM_THE_START = 0.7  # share of borrowed drummers who play from the start of the crop


@dataclass(frozen=True)
class Augment:
    """The shares of crops that are changed, in this order.

    keys     the most semitones by which a crop is transposed; moved: share of crops that are transposed
    joined   both hands at a keyboard become one part, as in many files
    bass     the lowest notes of a keyboard are given to a bass
    drummer  a piece in 4/4 without drums borrows a drummer from another
    players  a pianist's notes in a song are given to other instruments
    unnamed  chords that were only heard, not written, are removed
    dropped  some parts are removed
    flat     touch and timing are hidden from the beginning up to some row: so the model learns to perform flat input
    told     the time to the end is told
    blind    how often facts about the piece are hidden, relative to `band_batches.FORGET`
    """

    keys: int = 6
    moved: float = 0.3
    joined: float = 0.3
    bass: float = 0.3
    drummer: float = 0.3
    players: float = 0.3
    unnamed: float = 0.5
    dropped: float = 0.25
    flat: float = 0.25
    told: float = 0.5
    blind: float = 1.0


@dataclass(frozen=True, eq=False)
class Example:
    """An encoded piece, the weight of its rows in the mix, the range of its pitches, and whether its chords were only
    heard in its notes."""

    piece: Piece
    weight: float
    low: int
    high: int
    guessed: bool = False


@dataclass(frozen=True, eq=False)
class Cut:
    """A part of a piece: rows (n, len(FIELDS)), of which those before index `first` are only heard; heading (SLOTS, 4);
    conditions (C,)."""

    rows: Ints
    heading: Ints
    conditions: Ints
    first: int


def example(piece: Piece, weight: float = 1.0, guessed: bool = False) -> Example:
    value = piece.encoded.rows[1:, VALUE]
    pitch = value[value < FIRST_DRUM]
    return Example(piece, weight, int(pitch.min(initial=127)), int(pitch.max(initial=0)), guessed)


def drummers(examples: Sequence[Example]) -> list[Ints]:
    """The strokes (n, len(FIELDS)) of every example of drums alone, in whole bars of 4/4 from its beginning."""
    found = []
    for each in examples:
        rows, heading = each.piece.encoded.rows[1:], each.piece.encoded.heading
        bars = int(rows[-1, TICK]) // COMMON
        alone = (heading[:, 0] > 0).sum() == 1 and (heading[:, 0] == band.DRUMS + 1).any()
        if alone and (rows[:, BAR] == COMMON).all() and bars >= LEAST_DRUMMED:
            found.append(rows[rows[:, TICK] < bars * COMMON].astype(np.int64))
    return found


def augmented(cut: Cut, source: Example, played: Sequence[Ints], augment: Augment, rng: np.random.Generator) -> Cut:
    """A cut of `source`, changed at random. `played`: as from `drummers`."""
    lucky = {name: rng.random() < share for name, share in vars(augment).items() if name != "keys"}
    if lucky["moved"]:
        by = int(rng.integers(-augment.keys, augment.keys + 1))
        if source.low + by >= LOWEST and source.high + by <= HIGHEST:
            rows, conditions = transposed(cut.rows, cut.conditions, by)
            cut = replace(cut, rows=rows, conditions=conditions)
    if lucky["joined"]:
        cut = _joined(cut)
    if lucky["bass"]:
        cut = _with_bass(cut)
    if lucky["drummer"] and played:
        cut = _with_drummer(cut, played[int(rng.integers(len(played)))], rng)
    if lucky["players"]:
        cut = _by_others(cut, rng)
    if lucky["unnamed"] and source.guessed:
        cut = _unnamed(cut)
    return _fewer(cut, rng) if lucky["dropped"] else cut


def transposed(rows: Ints, conditions: Ints, by: int) -> tuple[Ints, Ints]:
    """Rows (n, len(FIELDS)) moved up `by` semitones, and conditions (C,) whose tonic moves with them."""
    moved = conditions.copy()
    moved[TONIC] = (conditions[TONIC] - 1 + by) % 12 + 1 if conditions[TONIC] else 0
    return band.transpose(rows, by), moved


def _joined(cut: Cut) -> Cut:
    """With the first two parts of one family of keyboards joined."""
    for family in KEYBOARDS:
        hands = np.flatnonzero((cut.heading[:, 0] > 0) & (cut.heading[:, 1] == family))
        if len(hands) > 1:
            break
    else:
        return cut
    upper, lower = hands[:2]
    rows, heading = cut.rows.copy(), cut.heading.copy()
    rows[rows[:, PART] == lower, PART] = upper
    heading[lower] = 0
    return _in_order(replace(cut, heading=heading), rows)


def _with_bass(cut: Cut) -> Cut:
    """With the lowest notes of the lowest part given to a bass, if that part is a keyboard's."""
    used = np.flatnonzero(cut.heading[:, 0])
    slot = int(used[-1]) if len(used) else SLOTS
    role, family = cut.heading[min(slot, SLOTS - 1), :2]
    if slot + 1 >= SLOTS or role != ROLES.index("chords") + 1 or family not in KEYBOARDS:
        return cut
    rows, heading = cut.rows.copy(), cut.heading.copy()
    mine = np.flatnonzero(rows[:, PART] == slot)
    lowest = np.append(np.diff(rows[mine, TICK]) > 0, True) & (rows[mine, VALUE] <= HIGHEST_BASS)
    ends, held = -1, 128
    for i in mine[lowest]:  # a note above one that still sounds belongs to the chord
        tick, pitch = rows[i, TICK], rows[i, VALUE]
        if tick < ends and pitch > held:
            continue
        ends, held = tick + tokens.LENGTHS[rows[i, DURATION]], pitch
        rows[i, PART] = slot + 1
    heading[slot + 1] = heading[slot]
    heading[slot + 1, :2] = ROLES.index("bass") + 1, BASSES
    return replace(cut, rows=rows, heading=heading)


def _with_drummer(cut: Cut, strokes: Ints, rng: np.random.Generator) -> Cut:
    """With a drummer's `strokes` from one of their bars on, entering at one of the bars of the cut."""
    used = np.flatnonzero(cut.heading[:, 0])
    begins = int(cut.rows[0, PART] == SLOTS)
    notes = cut.rows[begins:]
    if not len(used) or used[-1] + 1 >= SLOTS or not len(notes) or (notes[:, BAR] != COMMON).any():
        return cut
    if (cut.heading[:, 0] == band.DRUMS + 1).any():
        return cut
    line = int(notes[0, TICK] - notes[0, SINCE])
    start, stop = int(notes[0, TICK]), int(notes[-1, TICK])
    enters = line + (start - line) // COMMON * COMMON
    if rng.random() > FROM_THE_START:
        enters += int(rng.integers(0, max(1, (stop - enters) // COMMON))) * COMMON
    span = (int(strokes[-1, TICK]) // COMMON + 1) * COMMON
    tick = (strokes[:, TICK] - int(rng.integers(0, span // COMMON)) * COMMON) % span
    again = np.arange(max(1, -(-(stop - enters + 1) // span)))
    place = (enters + tick + again[:, None] * span).ravel()
    added = np.tile(strokes, (len(again), 1))
    added[:, PART], added[:, TICK], added[:, SINCE] = used[-1] + 1, place, place - line
    heading = cut.heading.copy()
    heading[used[-1] + 1] = band.DRUMS + 1, band.NO_FAMILY, 1, 1
    inside = (place >= start) & (place <= stop)
    return _in_order(replace(cut, heading=heading), np.concatenate([cut.rows, added[inside]]))


def _by_others(cut: Cut, rng: np.random.Generator) -> Cut:
    """A song for keyboards, recognised by its chord symbols, played by other instruments."""
    heading = cut.heading
    tones = (heading[:, 0] > 0) & (heading[:, 0] != band.HARMONY + 1) & (heading[:, 0] != band.DRUMS + 1)
    keyed = tones & (heading[:, 1] == KEYBOARDS[0])
    if heading[0, 0] != band.HARMONY + 1 or not (keyed | (heading[:, 1] == BASSES))[tones].all():
        return cut
    heading = heading.copy()
    for slot in np.flatnonzero(keyed):
        heading[slot, 1] = rng.choice(PLAYERS.get(ROLES[heading[slot, 0] - 1], (KEYBOARDS[0],)))
    return replace(cut, heading=heading)


def _unnamed(cut: Cut) -> Cut:
    """Without harmony; the other parts move up by one slot, as if there had never been any."""
    keep = (cut.rows[:, PART] != 0) | (cut.heading[0, 0] != band.HARMONY + 1)
    if keep.all():
        return cut
    rows, first = _stepped(cut.rows[keep]), int(keep[: cut.first].sum())
    rows[rows[:, PART] < SLOTS, PART] -= 1
    heading = np.concatenate([cut.heading[1:], np.zeros_like(cut.heading[:1])])
    return replace(cut, rows=rows, heading=heading, first=min(first, len(rows) - 1))


def _fewer(cut: Cut, rng: np.random.Generator) -> Cut:
    """Without some of the parts; at least one stays."""
    rows, first = cut.rows, cut.first
    slots = np.unique(rows[rows[:, PART] < SLOTS, PART])
    if len(slots) < 2:
        return cut
    gone = rng.permutation(slots)[: rng.integers(1, len(slots))]
    keep = ~np.isin(rows[:, PART], gone)
    rows, first = _stepped(rows[keep]), int(keep[:first].sum())
    heading = cut.heading.copy()
    heading[gone] = 0
    return replace(cut, rows=rows, heading=heading, first=min(first, len(rows) - 1))


def _in_order(cut: Cut, rows: Ints) -> Cut:
    """The cut with other rows (n, len(FIELDS)), sorted; `first` stays at its tick."""
    start = cut.rows[cut.first, TICK]
    begins = int(rows[0, PART] == SLOTS)  # the row before the first stays there
    order = np.lexsort((-rows[begins:, VALUE], rows[begins:, PART], rows[begins:, TICK])) + begins
    rows = np.concatenate([rows[:begins], rows[order]])
    twice = (np.diff(rows[:, [TICK, PART, VALUE]], axis=0, prepend=-1) == 0).all(1)
    rows = _stepped(rows[~twice])
    return replace(cut, rows=rows, first=int(np.searchsorted(rows[:, TICK], start)) if cut.first else 0)


def _stepped(rows: Ints) -> Ints:
    """The rows (n, len(FIELDS)) with their steps computed again from their ticks."""
    rows = rows.copy()
    rows[1:, STEP] = tokens.length_class(np.diff(rows[:, TICK]))
    return rows
