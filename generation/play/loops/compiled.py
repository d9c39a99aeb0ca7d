"""Compile loops and cache them, and the arithmetic that they share."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Reals = NDArray[np.float32]
Whole = NDArray[np.int64]
Kept = NDArray[Any]  # keys and values: 32-bit floats, or 8-bit whole numbers with a unit for each row

ORDER = {"reassoc", "contract", "nsz", "arcp", "afn"}  # sums in any order; infinity stays what it is
HERE = Path(__file__).parent
COMPILED_FROM = sorted(
    [
        *HERE.glob("*.py"),
        HERE.parent / "constraints.py",
        HERE.parent / "state.py",
        HERE.parent / "band" / "limits.py",
        HERE.parent / "band" / "rules.py",
        HERE.parent / "band" / "rules_beside.py",
        HERE.parent / "band" / "state.py",
        *(HERE.parents[1] / "model" / name for name in ("tokens.py", "band.py", "hearing.py")),
    ]
)
SMALLEST = np.float32(-87)  # below it, an exponential counts as 0
TINY = np.float32(1e-30)
ONE, HALF, ZERO = np.float32(1), np.float32(0.5), np.float32(0)


def _folder() -> Path:
    """The folder for compiled loops, named by a hash of all their sources: Numba itself checks only a loop's own file,
    not the constants and functions that it imports."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in COMPILED_FROM)).hexdigest()
    return Path(os.environ.get("NUMBA_CACHE_DIR", HERE / "__pycache__")) / digest[:16]


def _may_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


FOLDER = _folder()
numba.config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]  # made as it is read from the environment
KEPT = _may_write(FOLDER)  # otherwise loops are compiled at every start, which takes some seconds


def compiled(loop: Loop) -> Loop:
    """`loop`, compiled once for each type of its arguments; later processes read it from the disk."""
    return cast(Loop, numba.njit(cache=KEPT, fastmath=ORDER, error_model="numpy")(loop))


def rounded(x: Any, like: Any) -> Any:
    """A 32-bit float in the type of the array `like`: the nearest number, or the even one of two equally near ones."""


def unit(most: Any, like: Any) -> Any:
    """What a step of 1 is worth where numbers up to `most` are stored in an array of the type of `like`."""


@overload(rounded, inline="always")
def _rounded(x: Any, like: Any) -> Any:
    def whole(x: Any, like: Any) -> Any:
        return np.int8(np.rint(x))

    def real(x: Any, like: Any) -> Any:
        return x

    return whole if like.dtype == numba.types.int8 else real


@overload(unit, inline="always")
def _unit(most: Any, like: Any) -> Any:
    def whole(most: Any, like: Any) -> Any:
        return max(most, TINY) / np.float32(127)

    def real(most: Any, like: Any) -> Any:
        return ONE

    return whole if like.dtype == numba.types.int8 else real


@compiled
def exp(x: Any) -> Any:
    """The exponential, with a relative error of 1e-7, in a form that the compiler can vectorise (Cephes' `expf`)."""
    bound = min(max(x, SMALLEST), -SMALLEST)
    twos = np.floor(bound * np.float32(1.44269504) + HALF)
    r = bound - twos * np.float32(0.693359375) + twos * np.float32(2.12194440e-4)
    y = np.float32(1.9875691500e-4)
    y = y * r + np.float32(1.3981999507e-3)
    y = y * r + np.float32(8.3334519073e-3)
    y = y * r + np.float32(4.1665795894e-2)
    y = y * r + np.float32(1.6666665459e-1)
    y = y * r + np.float32(5.0000001201e-1)
    y = y * r * r + r + ONE
    power = y * np.int32((np.int32(twos) + 127) << 23).view(np.float32)
    return power if x >= SMALLEST else ZERO


@compiled
def sigmoid(x: Any) -> Any:
    return ONE / (ONE + exp(-x))


@compiled
def gelu(x: Any) -> Any:
    """x times the normal distribution's share below x, with an error function that is right to 2e-7 (Abramowitz and
    Stegun, 7.1.26)."""
    z = abs(x) * np.float32(0.70710678)
    t = ONE / (ONE + np.float32(0.3275911) * z)
    y = np.float32(1.061405429)
    y = y * t - np.float32(1.453152027)
    y = y * t + np.float32(1.421413741)
    y = y * t - np.float32(0.284496736)
    y = y * t + np.float32(0.254829592)
    tail = HALF * y * t * exp(-z * z)
    return x * (ONE - tail if x >= ZERO else tail)


@compiled
def add(x: Reals, more: Reals) -> None:
    """Add `more` to `x`, both (B, N), in place."""
    for take in range(len(x)):
        for c in range(x.shape[1]):
            x[take, c] += more[take, c]
