"""Memorised passages of all parts: those in the lines of the training scores, by which a take that copies is found.

Six million passages set one bit each among `BITS`, so that the list is small and no music can be read from it. By
chance, two in five passages that occur nowhere in the scores hit a bit that is set, but hardly ever many in a row: so
only runs count.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.model import band
from generation.model.band import FIRST_DRUM, PART, SLOTS, TICK, VALUE
from generation.model.hashes import Hashes, mixed
from generation.model.memorised import PASSAGE, notes_of, read, write
from generation.model.tokens import Ints, length_class

FIGURE = 4  # notes: a passage that only repeats a figure of so many notes, or fewer, is common property
BITS = 11_900_000
Mask = NDArray[np.bool_]
Line = tuple[Ints, Ints]  # ticks and pitches (n,) of notes one after another


@dataclass(frozen=True, eq=False)
class MemorisedLines:
    """The passages of the training scores.

    bits    (BITS / 8,) one for each passage
    limits  style → the longest run, in notes, that is not yet a copy
    """

    bits: NDArray[np.uint8]
    limits: dict[str, int]

    def knows(self, found: Hashes) -> Mask:
        """(n,) whether the bit of each passage (n,) is set."""
        place = (found % np.uint64(BITS)).astype(np.int64)
        return np.asarray(self.bits[place >> 3] >> (7 - (place & 7)).astype(np.uint8) & 1, bool)


def lines(rows: Ints, heading: Ints) -> list[Line]:
    """The lines of music in rows (n, len(band.FIELDS)) with parts as declared in `heading` (SLOTS, 4): the top notes of
    each part that plays tones and, if there are several such parts, the top notes of all together."""
    rows = rows[(rows[:, PART] < SLOTS) & (rows[:, VALUE] < FIRST_DRUM)]
    rows = rows[band.kinds(heading)[rows[:, PART]] == 0]
    slots = np.unique(rows[:, PART])
    each = [rows[rows[:, PART] == slot] for slot in slots]
    return [_top(part) for part in ([*each, rows] if len(slots) > 1 else each)]


def _top(rows: Ints) -> Line:
    """The highest note at each tick."""
    rows = rows[np.lexsort((-rows[:, VALUE], rows[:, TICK]))]
    rows = rows[np.diff(rows[:, TICK], prepend=-1) > 0]
    return rows[:, TICK], rows[:, VALUE]


def passages(line: Line) -> tuple[Hashes, Mask]:
    """(max(0, notes − PASSAGE + 1),) a hash of each passage's intervals and steps, the same in any key; and whether the
    passage is more than a repeated figure."""
    tick, pitch = line
    if len(tick) < PASSAGE:
        return np.zeros(0, np.uint64), np.zeros(0, bool)
    moves = ((np.diff(pitch) + 128) * 512 + length_class(np.diff(tick))).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(moves, PASSAGE - 1)
    hashes = mixed(windows.T, np.zeros(len(windows), np.uint64))
    figures = [(windows[:, by:] == windows[:, :-by]).all(1) for by in range(1, FIGURE + 1)]
    return hashes, ~np.logical_or.reduce(figures)


def longest_run(line: Line, memorised: MemorisedLines, since: int = 0) -> int:
    """How many notes the longest run of memorised passages has that reaches to the tick `since` or beyond; 0 for none.

    Passages that also occur before `since` do not count: repeating a musician's own theme is no copy.
    """
    found, own = passages(line)
    given = max(0, int(np.searchsorted(line[0], since)) - PASSAGE + 1)
    hit = memorised.knows(found) & own & ~np.isin(found, found[:given])
    return notes_of(hit)


def copies(rows: Ints, heading: Ints, memorised: MemorisedLines, style: str, since: int = 0) -> int:
    """By how many notes the longest run in any line exceeds the limit of the style; 0 if nothing is a copy. `rows`
    (n, len(band.FIELDS)) are given before the tick `since` and new from there on."""
    limit = memorised.limits.get(style, max(memorised.limits.values(), default=PASSAGE))
    return max(0, *(longest_run(line, memorised, since) - limit for line in lines(rows, heading)), 0)


def remember(every: list[Hashes]) -> NDArray[np.uint8]:
    """(BITS / 8,) the bits for all these passages."""
    bits = np.zeros(BITS, bool)
    for found in every:
        bits[(found % np.uint64(BITS)).astype(np.int64)] = True
    return np.packbits(bits)


def save(memorised: MemorisedLines, path: Path) -> None:
    """Write the bits and the limits to one file."""
    write(path, "bits", memorised.bits, memorised.limits)


def load(path: Path) -> MemorisedLines:
    """Read what `save` wrote. Raises `Refusal` if it cannot be read."""
    return MemorisedLines(*read(path, "bits", (BITS // 8,)))
