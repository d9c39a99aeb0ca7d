"""A hash of several numbers: FNV-1a (Fowler, Noll, Vo) in 64 bits, whose high half is folded in after each number."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
PRIME, HALF = np.uint64(0x100000001B3), np.uint64(29)


def mixed(columns: Iterable[Hashes], begun: Hashes) -> Hashes:
    """(n,) a hash of each row of numbers, given column by column (n,); `begun` (n,) tells apart hashes of different
    kinds."""
    for column in columns:
        begun = (begun ^ column) * PRIME
        begun ^= begun >> HALF
    return begun
