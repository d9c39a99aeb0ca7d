"""Notes: onset, duration, pitch and velocity in parallel arrays, the type that all rooms share."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

SAME = 1e-6  # quarters between moments that are the same
COLUMNS = {"onset": np.float64, "duration": np.float64, "pitch": np.int64, "velocity": np.int64}


@dataclass(frozen=True, eq=False)
class Written:
    """How a score writes the last n of some notes.

    late      (n,) quarters by which each is played after its written onset
    duration  (n,) its written duration, in quarters
    """

    late: NDArray[np.float64]
    duration: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Notes:
    """Notes in order. Times are in quarter notes: real numbers, never quantised, since deviation from the grid is
    expression. Raises ValueError if the arrays are not as follows.

    onset     (n,) float, ≥ 0, sorted
    duration  (n,) float, > 0
    pitch     (n,) int, MIDI 0 … 127
    velocity  (n,) int, 1 … 127
    """

    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name, kind in COLUMNS.items():
            array = np.array(getattr(self, name), dtype=kind)  # a copy: nobody else may write to it
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        n = len(self.onset)
        if not n == len(self.duration) == len(self.pitch) == len(self.velocity):
            raise ValueError("onset, duration, pitch and velocity differ in length")
        if not n:
            return
        if not (np.isfinite(self.onset).all() and np.isfinite(self.duration).all()):
            raise ValueError("onset and duration must be finite")
        if self.onset[0] < 0 or (np.diff(self.onset) < 0).any() or (self.duration <= 0).any():
            raise ValueError("onsets must be sorted and durations positive")
        if not (self.pitch.min() >= 0 and self.pitch.max() <= 127):
            raise ValueError("pitch must lie in 0 … 127")
        if not (self.velocity.min() >= 1 and self.velocity.max() <= 127):
            raise ValueError("velocity must lie in 1 … 127")

    def __len__(self) -> int:
        return len(self.onset)

    def __getitem__(self, which: "slice | NDArray[np.bool_] | NDArray[np.int64]") -> Self:
        """Some of the notes: a slice, a mask, or indices in order; all else stays."""
        return replace(self, **{name: getattr(self, name)[which] for name in COLUMNS})

    @property
    def ends(self) -> NDArray[np.float64]:
        """(n,) quarters at which each note ends."""
        return np.asarray(self.onset + self.duration, np.float64)

    @property
    def end(self) -> float:
        """Quarters from 0 to the end of the last sounding note; 0 for no notes."""
        return float(self.ends.max()) if len(self) else 0.0

    def first(self, quarter: float) -> int:
        """The index of the first note at or after a quarter; their number if there is none."""
        return int(np.searchsorted(self.onset, quarter - SAME))

    def later(self, quarters: float) -> Self:
        """The same notes moved by some quarters, earlier if negative; none begins before quarter 0."""
        return replace(self, onset=np.maximum(self.onset + quarters, 0.0))

    def then(self, others: "Notes") -> Self:
        """The notes followed by `others`; all else stays."""
        return replace(
            self,
            **{name: np.concatenate([getattr(self, name), getattr(others, name)]) for name in COLUMNS},
        )
