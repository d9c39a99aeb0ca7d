"""The limits that an input sets for each of its parts, such as its range, and where new music begins."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from generation.model import band
from generation.model.band import DURATION, FIRST_DRUM, NO_CHORD, PART, SLOTS, TICK, VALUE, VALUES
from generation.model.tokens import LENGTHS, TICKS, Ints

FIFTH = 7  # semitones beyond the input's range
NARROWEST = 19  # semitones that a part has at least
RANGE = {"lead": (55, 84), "bass": (28, 55), "pad": (48, 79)}  # of a fresh piece
MIDDLE = (40, 76)  # of its other parts
LEGATO = 4  # ticks by which a note may reach into the next of its voice
ONE_VOICE = 0.04  # the share of a part's notes that may sound with another if it still counts as playing one at a time
SEEN = 0.98  # the quantile of the numbers of notes at its onsets that counts as a part's most notes at once
FRESH = 300  # per cent: how eager each part of a fresh piece is
MEMORY, SECTION = 2, 16  # bars over which the number of rows is remembered; of the input by which it is usual
# Rows a quarter in a fresh piece, by role.
RATE = {"harmony": 0.4, "lead": 1.3, "second": 1.2, "chords": 2.5, "bass": 1.1, "pad": 0.6, "other": 1.0, "drums": 4.0}
REST = 8 * TICKS  # any part may rest so long
OVERHANG = TICKS // 3  # ticks by which a note may reach over a bar line and still count as ending there


@dataclass(frozen=True, eq=False)
class Limits:
    """kind … length (SLOTS,) as in `State`; `together` is the most rows that
    begin at once, `run` the longest run of onsets that are alike, `step` the longest step."""

    kind: Ints
    low: Ints
    high: Ints
    single: Ints
    most: Ints
    free: Ints
    longest: Ints
    eager: Ints
    usual: Ints
    rest: Ints
    length: Ints
    together: int
    run: int
    step: int


def limits(rows: Ints, heading: Ints, bar: int, first: int = 0) -> Limits:
    """Limits by the rows (n, len(FIELDS)) of an input, start row excluded; `bar` in ticks, one of them from tick
    `first` on."""
    kind = np.where(heading[:, 0] > 0, band.kinds(heading), -1)
    low, high = np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    single, most, free, longest, eager, usual, rest, length = (np.zeros(SLOTS, np.int64) for _ in range(8))
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
            longest[slot] = min(LENGTHS[-1], max(bar, TICKS, int((end - tick).max())))
            length[slot] = round(1000 * float((end - tick)[tick >= tick[-1] - SECTION * bar].mean()))
        played = float((recent[:, PART] == slot).sum()) if len(rows) else RATE[role]
        usual[slot] = round(1000 * played / span * MEMORY * bar)
        if len(here):
            free[slot] = tick.max() + 1 if kind[slot] else _let_go(end, bar, first)
            eager[slot] = round(100 * _bars_played(tick, end, rows, bar))
            rest[slot] = max(REST, int(np.diff(tick, prepend=first, append=rows[-1, TICK]).max()))
        else:  # in a fresh piece all want to play
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
        eager,
        usual,
        rest,
        length,
        together,
        _longest_run(rows),
        max(bar, min(step, 2 * bar)),
    )


def beginning(rows: Ints, free: Ints, kind: Ints, bar: int, first: int) -> tuple[int, int]:
    """The earliest and the latest tick at which new music begins after rows (n, len(FIELDS)): on the next bar line, or
    before it, once all notes have ended; later, only where no part has let go by then."""
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
    """The share of semitones, tritones and major sevenths among pairs of pitch classes that sound together where notes
    begin on a beat."""
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
    """Lowest and highest pitch: the input's, and a fifth beyond."""
    low, high = int(value.min()), int(value.max())
    room = max(FIFTH, (NARROWEST - (high - low)) // 2)
    return max(0, low - room), min(FIRST_DRUM - 1, high + room)


def _at_once(tick: Ints, end: Ints) -> Ints:
    """(onsets,) how many notes of a part sound at each of its onsets."""
    onset = np.unique(tick)
    return np.searchsorted(np.sort(tick), onset, side="right") - np.searchsorted(np.sort(end), onset, side="right")


def _let_go(end: Ints, bar: int, first: int) -> int:
    """The tick at which the last notes of a part have ended: a bar line, if they reach over it by little."""
    last = int(end.max())
    over = (last - first) % bar
    return last - over if over <= OVERHANG else last


def _bars_played(tick: Ints, end: Ints, rows: Ints, bar: int) -> float:
    """The share of an input's bars in which a part plays."""
    bars = rows[-1, TICK] // bar + 1
    playing = np.zeros(int(bars) + 1)
    np.add.at(playing, np.minimum(tick // bar, bars), 1)
    np.add.at(playing, np.minimum(np.maximum(end - 1, tick) // bar + 1, bars), -1)
    return float(np.mean(playing[:-1].cumsum() > 0))


def _longest_run(rows: Ints) -> int:
    """The most onsets in a row that are like the one before."""
    starts = np.flatnonzero(np.diff(rows[:, TICK], prepend=-1))
    onsets = [part[:, [PART, VALUE]].tobytes() for part in np.split(rows, starts[1:])]
    longest = run = 0
    for before, now in pairwise(onsets):
        run = run + 1 if now == before else 0
        longest = max(longest, run)
    return longest
