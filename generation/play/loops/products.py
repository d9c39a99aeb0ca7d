"""The products of a step: weights (O, K) times rows (B, K), row by row, so that no result depends on other rows."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from generation.play.loops.compiled import KEPT, TINY, ZERO, Reals, compiled
from generation.play.loops.sums import OUTPUTS, sums_of

# Rounding is strict here: whether LLVM inlines one loop into another depends on which was cached first, and with other
# liberties each way would round differently, so that the same seed would not always give the same notes.
strictly = numba.njit(cache=KEPT, fastmath={"nnan", "nsz"}, error_model="numpy")
Short = NDArray[np.int8]
MOST = np.float32(127)  # the largest 8-bit number
_of_one, _of_two = sums_of(1), sums_of(2)


@strictly
def shorten(x: Reals, zero: int, rows: NDArray[Any], units: Reals) -> None:
    """Write the rows of `x` (B, in) as whole numbers, `zero` ± 127, into the first columns of `rows`, and into `units`
    (B,) what a step of 1 is worth in each."""
    for row in range(len(x)):
        most, source, to = TINY, x[row], rows[row]
        for c in range(len(source)):
            most = max(most, abs(source[c]))
        units[row], scale = most / MOST, MOST / most
        for c in range(len(source)):
            to[c] = np.int16(np.rint(source[c] * scale)) + zero


@strictly
def add_up(rows: NDArray[np.int16], weight: Short, out: Reals) -> None:
    """Write into `out` (B, O) the exact products of `rows` (B, K) and `weight` (O, K)."""
    pairs = len(rows) // 2 * 2
    for output in range(0, len(weight), OUTPUTS):
        for row in range(0, pairs, 2):
            sums = _of_two(rows, row, weight, output)
            for i in range(OUTPUTS):
                out[row, output + i], out[row + 1, output + i] = sums[i], sums[OUTPUTS + i]
        if pairs < len(rows):
            last = _of_one(rows, pairs, weight, output)
            for i in range(OUTPUTS):
                out[pairs, output + i] = last[i]


@strictly
def unfold(sums: Reals, units: Reals, worth: Reals, bias: Reals) -> None:
    """Scale whole sums (B, O) back and add `bias` (O,), in place; a step of 1 is worth `units` (B,) in the rows and
    `worth` (O,) in the weights."""
    for row in range(len(sums)):
        for o in range(sums.shape[1]):
            sums[row, o] = sums[row, o] * (units[row] * worth[o]) + bias[o]


@strictly
def multiply(x: Reals, weight: Short, worth: Reals, bias: Reals, out: Reals) -> None:
    """Write into `out` (B, O) the products of `x` (B, in) and 8-bit weights (O, K), whose steps of 1 are worth `worth`
    (O,), plus `bias` (O,)."""
    rows, units = np.zeros((len(x), weight.shape[1]), np.int16), np.empty(len(x), np.float32)
    shorten(x, 0, rows, units)
    add_up(rows, weight, out)
    unfold(out, units, worth, bias)


@compiled
def multiply_exactly(x: Reals, weight: Reals, bias: Reals, out: Reals) -> None:
    """The same for weights (O, in) in 32-bit floats."""
    for o in range(len(weight)):
        by = weight[o]
        for row in range(len(x)):
            total, source = ZERO, x[row]
            for c in range(len(by)):
                total += source[c] * by[c]
            out[row, o] = total + bias[o]
