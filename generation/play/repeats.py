"""Repeats: how much of the new music is the input again, at its own place in the bar or displaced."""

import numpy as np
from numpy.typing import NDArray

from generation.model.tokens import TICKS, Ints

SHORTEST = 8  # notes of the shortest passage that counts as repeated; shorter ones are common property
MOST = 0.8  # the share of new notes that may repeat the input; 95 % of true continuations repeat less
LONGEST = 4  # bars that may not come again displaced, as when a strain on the beat returns off the beat


def repeated(given: Ints, new: Ints, bar: int) -> int:
    """How many more notes of the input the new music repeats than it may; 0 if it is music of its own.

    given, new  (n, 2) pitch and tick of each note
    bar         length of a bar in ticks, 0 if unknown
    """
    in_place, displaced = _found(given, new, bar)
    anywhere = in_place.copy()
    for passage, _ in displaced:
        anywhere[passage] = True
    wrong = max((int((~in_place[passage]).sum()) for passage, long in displaced if long), default=0)
    return max(wrong, int(anywhere.sum()) - int(MOST * len(new)), 0)


def before_displaced(given: Ints, new: Ints, bar: int) -> int:
    """How many new notes come before `LONGEST` displaced bars of the input are complete; all, if they never are.
    Arguments as in `repeated`."""
    in_place, displaced = _found(given, new, bar)
    return min((p.stop - 1 for p, long in displaced if long and not in_place[p].all()), default=len(new))


def _found(given: Ints, new: Ints, bar: int) -> tuple[NDArray[np.bool_], list[tuple[slice, bool]]]:
    """(n,) for each new note, whether it belongs to a passage of the input at its own place in the bar; and the
    displaced passages, each with whether it lasts for `LONGEST` bars."""
    bar = bar or 4 * TICKS
    in_place = np.zeros(len(new), bool)
    displaced: list[tuple[slice, bool]] = []
    for passage, shift in _passages(given, new):
        if shift % bar == 0:
            in_place[passage] = True
        else:
            lasts = new[passage.stop - 1, 1] - new[passage.start, 1]  # without its last note
            displaced.append((passage, bool(lasts >= LONGEST * bar - TICKS)))
    return in_place, displaced


def _passages(given: Ints, new: Ints) -> list[tuple[slice, int]]:
    """Passages of at least `SHORTEST` notes that are note for note in both: their place in `new`, and the ticks between
    the two. The first notes of a passage count as a passage too, if they are enough."""
    found = []
    before = np.zeros(len(given) + 1, np.int64)  # [j + 1]: the length of the passage that ends at given note j
    steps = np.diff(given[:, 1], prepend=-1)
    for i, (pitch, tick) in enumerate(new):
        in_time = steps == tick - new[i - 1, 1] if i else np.zeros(len(given), bool)
        before[1:] = np.where(given[:, 0] == pitch, np.where(in_time, before[:-1], 0) + 1, 0)
        for j in np.flatnonzero(before[1:] >= SHORTEST):
            found.append((slice(i + 1 - int(before[j + 1]), i + 1), int(tick - given[j, 1])))
    return found
