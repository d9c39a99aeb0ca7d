"""The limits that an input sets for each of its parts, such as the range, and the place where new music begins."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from generation.model import band
from generation.model.band import DURATION, FIRST_DRUM, NO_CHORD, PART, SLOTS, TICK, VALUE, VALUES
from generation.model.tokens import LENGTHS, TICKS, Ints

FIFTH = 7  # semitones beyond the input's range
NARROWEST = 19  # semitones: every part's range is at least as wide
RANGE = {"lead": (55, 84), "bass": (28, 55), "pad": (48, 79)}  # of a fresh piece
MIDDLE = (40, 76)  # range of a fresh piece's other parts
OCTAVE = 12  # semitones: every voice may leap as far
LEGATO = 5  # ticks by which a note may overlap the next of its voice; shorter ones sound together at a quick grace note
ONE_VOICE = 0.04  # a part counts as a single voice as long as no larger share of its notes sounds with another
SEEN = 0.98  # quantile, over a part's onsets, of how many of its notes sound: so many it may play at once, and one more
FRESH = 300  # per cent: how eager each part of a fresh piece is
MEMORY = 2  # bars over which rows are counted to compare a part's pace with its usual one
SECTION = 16  # bars at the end of the input that show what is usual
# Rows a quarter in a fresh piece, by role.
RATE = {"harmony": 0.4, "lead": 1.3, "second": 1.2, "chords": 2.5, "bass": 1.1, "pad": 0.6, "other": 1.0, "drums": 4.0}
REST = 8 * TICKS  # ticks that any part may rest
OVERHANG = TICKS // 3  # ticks by which a note may cross a bar line and still count as ending there


@dataclass(frozen=True, eq=False)
class Limits:
    """What a take may do.

    kind … length  (SLOTS,) for each slot, as in `State`
    together       the most rows that begin at one onset
    run            the longest run of onsets that each repeat the one before
    step           the longest step, in ticks
    """

    kind: Ints
    low: Ints
    high: Ints
    single: Ints
    most: Ints
    free: Ints
    longest: Ints
    leap: Ints
    eager: Ints
    usual: Ints
    rest: Ints
    length: Ints
    together: int
    run: int
    step: int


def limits(rows: Ints, heading: Ints, bar: int, first: int = 0) -> Limits:
    """The limits that the rows (n, len(FIELDS)) of an input set, without its start row. Bars last `bar` ticks; one of
    them begins at tick `first`."""
    kind = np.where(heading[:, 0] > 0, band.kinds(heading), -1)
    low, high = np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    single, most, free, longest, eager, usual, rest, length = (np.zeros(SLOTS, np.int64) for _ in range(8))
    leap = np.full(SLOTS, OCTAVE)
    recent = rows[rows[:, TICK] >= rows[-1, TICK] - SECTION * bar] if len(rows) else rows
    span = min(SECTION * bar, int(np.ptp(recent[:, TICK])) + bar) if len(rows) else TICKS
    longest[:] = max(bar, TICKS)
    for slot in np.flatnonzero(kind >= 0):
        here = rows[rows[:, PART] == slot]
        tick, value = here[:, TICK], here[:, VALUE]
        end = tick + LENGTHS[here[:, DURATION]]
        role = band.ROLES[heading[slot, 0] - 1]
        if kind[slot]:
            low[slot], high[slot] = (FIRST_DRUM, NO_CHORD - 1) if kind[slot] == 1 else (NO_CHORD, VALUES - 1)
            most[slot] = len(band.KIT)
        elif not len(here):
            low[slot], high[slot] = RANGE.get(role, MIDDLE)
            single[slot], most[slot] = role in ("lead", "bass", "second"), 4
        else:
            low[slot], high[slot] = _range(value)
            at_once = _at_once(tick, end)
            single[slot] = np.mean(_at_once(tick, np.maximum(end - LEGATO, tick + 1)) > 1) <= ONE_VOICE
            most[slot] = int(np.quantile(at_once, SEEN)) + 1
            leap[slot] = max(OCTAVE, int(np.abs(np.diff(value)).max(initial=0)))
            longest[slot] = min(LENGTHS[-1], max(bar, TICKS, int((end - tick).max())))
            length[slot] = round(1000 * float((end - tick)[tick >= tick[-1] - SECTION * bar].mean()))
        played = float((recent[:, PART] == slot).sum()) if len(rows) else RATE[role]
        usual[slot] = round(1000 * played / span * MEMORY * bar)
        if len(here):
            free[slot] = tick.max() + 1 if kind[slot] else _let_go(end, bar, first)
            eager[slot] = round(100 * _bars_played(tick, end, rows, bar))
            rest[slot] = max(REST, int(np.diff(tick, prepend=first, append=rows[-1, TICK]).max()))
        else:  # in a fresh piece, every part wants to play
            eager[slot] = 0 if len(rows) else FRESH
    onset, begun = np.unique(rows[:, TICK], return_counts=True)
    together = max(int(begun.max(initial=1)) + 2, int((kind >= 0).sum()) + 2)
    step = int(np.diff(onset).max(initial=0))
    return Limits(
        kind,
        low,
        high,
        single,
        most,
        free,
        longest,
        leap,
        eager,
        usual,
        rest,
        length,
        together,
        _longest_run(rows),
        max(bar, min(step, 2 * bar)),
    )


def beginning(rows: Ints, free: Ints, kind: Ints, bar: int, first: int) -> tuple[int, int]:
    """The earliest and the latest tick at which new music may begin after rows (n, len(FIELDS)): once all notes have
    ended, but no later than the next bar line, unless every part still holds a note there. `free` and `kind` (SLOTS,)
    are as in `State`; bars last `bar` ticks, and one of them begins at tick `first`."""
    last = int(rows[-1, TICK])
    line = first + ((last - first) // bar + 1) * bar
    tones = free[kind == 0]
    ended = max(int(tones.max(initial=0)), last + 1)
    players = free[(kind == 0) | (kind == 1)]
    soonest = int(players.min()) if len(tones) else last + 1
    if soonest > line:
        soonest += -soonest % TICKS
    begin = max(min(ended, line), soonest, last + 1)
    return begin, max(line, begin)


def clash_share(rows: Ints) -> float:
    """The share of semitones, tritones and major sevenths among all pairs of tones that sound together in rows
    (n, len(FIELDS)), counted wherever a note begins on a beat."""
    tone = rows[(rows[:, VALUE] < FIRST_DRUM) & (rows[:, DURATION] > 0)]
    start, pitch = tone[:, TICK], tone[:, VALUE]
    end = start + LENGTHS[tone[:, DURATION]]
    clashes = pairs = 0
    for tick in np.unique(start[start % TICKS == 0]):
        sounding = pitch[(start <= tick) & (end > tick)]
        between = np.abs(sounding[:, None] - sounding)[np.triu_indices(len(sounding), 1)] % 12
        clashes += int(np.isin(between, (1, 6, 11)).sum())
        pairs += len(between)
    return clashes / max(pairs, 1)


def _range(value: Ints) -> tuple[int, int]:
    """The lowest and the highest pitch that a part may play: a fifth beyond those (n,) of the input."""
    low, high = int(value.min()), int(value.max())
    room = max(FIFTH, (NARROWEST - (high - low)) // 2)
    return max(0, low - room), min(FIRST_DRUM - 1, high + room)


def _at_once(tick: Ints, end: Ints) -> Ints:
    """(onsets,) how many notes of a part sound at each of its onsets. Its notes begin at `tick` and stop at `end`, both
    (n,)."""
    onset = np.unique(tick)
    return np.searchsorted(np.sort(tick), onset, side="right") - np.searchsorted(np.sort(end), onset, side="right")


def _let_go(end: Ints, bar: int, first: int) -> int:
    """The tick at which the last of a part's notes, ending at `end` (n,), stops; a bar line that it hardly crosses
    counts instead."""
    last = int(end.max())
    over = (last - first) % bar
    return last - over if over <= OVERHANG else last


def _bars_played(tick: Ints, end: Ints, rows: Ints, bar: int) -> float:
    """The share of an input's bars in which a part plays, given where its notes begin and end (n,), in ticks."""
    bars = rows[-1, TICK] // bar + 1
    playing = np.zeros(int(bars) + 1)
    np.add.at(playing, np.minimum(tick // bar, bars), 1)
    np.add.at(playing, np.minimum(np.maximum(end - 1, tick) // bar + 1, bars), -1)
    return float(np.mean(playing[:-1].cumsum() > 0))


def _longest_run(rows: Ints) -> int:
    """The most onsets in a row that each repeat the one before, in all parts and pitches."""
    starts = np.flatnonzero(np.diff(rows[:, TICK], prepend=-1))
    onsets = [part[:, [PART, VALUE]].tobytes() for part in np.split(rows, starts[1:])]
    longest = run = 0
    for before, now in pairwise(onsets):
        run = run + 1 if now == before else 0
        longest = max(longest, run)
    return longest
