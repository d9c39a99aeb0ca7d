"""Lyrics: how well syllables and notes fit each other, each counted once."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Times = TypeVar("Times", NDArray[np.int64], NDArray[np.float64])

TOGETHER = 0.125  # the furthest that a syllable may stand from its note, in quarters


def fits(said: Times, onset: Times, reach: float) -> float:
    """How well syllables at the times `said` (m,) match notes that begin at `onset` (n,), 0 … 1; both increase
    strictly. Notes before the first syllable and after the last do not count."""
    if not len(said) or not len(onset):
        return 0.0
    within = onset[(onset >= said[0] - reach) & (onset <= said[-1] + reach)]
    return 2 * len(np.unique(matched(said, within, reach))) / (len(said) + len(within))


def matched(said: Times, onset: Times, reach: float) -> NDArray[np.int64]:
    """For each of the times `said` near a note: the note's index in `onset` (n,), which is sorted."""
    if not len(onset):
        return np.zeros(0, np.int64)
    after = np.minimum(np.searchsorted(onset, said), len(onset) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(said - onset[before] < onset[after] - said, before, after)
    return np.asarray(nearest[np.abs(onset[nearest] - said) <= reach], np.int64)
