"""Clock: the one tempo map; it converts between quarter notes and seconds."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generation.request import Refusal

Floats = NDArray[np.float64]

DEFAULT_TEMPO = 120.0
SLOWEST, FASTEST = 4, 1_000  # quarters a minute


@dataclass(frozen=True)
class Tempo:
    """The tempo from `onset` (in quarters) on."""

    onset: float
    quarters_per_minute: float


@dataclass(frozen=True)
class Clock:
    """Tempo marks, at least one, sorted, the first at quarter 0. Raises `Refusal` for a tempo out of range."""

    marks: tuple[Tempo, ...] = (Tempo(0.0, DEFAULT_TEMPO),)

    def __post_init__(self) -> None:
        if (
            not self.marks
            or self.marks[0].onset != 0
            or any(not SLOWEST <= mark.quarters_per_minute <= FASTEST for mark in self.marks)
        ):
            raise Refusal("The tempo must lie between 4 and 1,000 quarter notes a minute.")
        if any(later.onset <= earlier.onset for earlier, later in pairwise(self.marks)):
            raise ValueError("tempo marks must be sorted and distinct")

    def seconds(self, quarters: ArrayLike) -> Floats:
        """Quarters → seconds from quarter 0; same shape."""
        at = np.asarray(quarters, np.float64)
        onset, pace, second = self._map
        i = np.maximum(np.searchsorted(onset, at, side="right") - 1, 0)
        return np.asarray(second[i] + (at - onset[i]) * pace[i], np.float64)

    def quarters(self, seconds: ArrayLike) -> Floats:
        """Seconds from quarter 0 → quarters, the inverse of `seconds`; same shape."""
        at = np.asarray(seconds, np.float64)
        onset, pace, second = self._map
        i = np.maximum(np.searchsorted(second, at, side="right") - 1, 0)
        return np.asarray(onset[i] + (at - second[i]) / pace[i], np.float64)

    def second(self, quarter: float) -> float:
        """One quarter in seconds from quarter 0."""
        return float(self.seconds(quarter))

    def since(self, quarter: float) -> tuple[Tempo, ...]:
        """The marks that hold from a quarter on, with their onsets counted from there."""
        begun = [mark for mark in self.marks if mark.onset <= quarter][-1:] or [self.marks[0]]
        later = [
            Tempo(mark.onset - quarter, mark.quarters_per_minute) for mark in self.marks[1:] if mark.onset > quarter
        ]
        return (Tempo(0.0, begun[0].quarters_per_minute), *later)

    @cached_property
    def _map(self) -> tuple[Floats, Floats, Floats]:
        """(marks,) each: onset in quarters, seconds a quarter from there on, and the onset in seconds."""
        onset = np.array([mark.onset for mark in self.marks], np.float64)
        pace = np.array([60 / mark.quarters_per_minute for mark in self.marks], np.float64)
        return onset, pace, np.concatenate([[0.0], np.cumsum(np.diff(onset) * pace[:-1])])
