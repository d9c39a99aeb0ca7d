"""Melody: the one voice that the model hears and plays, and its limits."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import Clock, Tempo
from generation.music.key import Key
from generation.music.line import check_line
from generation.music.notes import Notes, Written


@dataclass(frozen=True, eq=False)
class Melody(Notes):
    """One voice: notes whose onsets increase strictly, and facts about them. A note may overlap the next one a little
    (legato). Raises as `check_line` does.

    tempo     at least one mark, sorted, the first at onset 0
    metre     (beats, unit) such as (6, 8), as at the end of the melody; None if unknown
    key       the key at the end of the melody; None if unknown
    downbeat  quarters from 0 to a bar line of that metre: the length of the pickup, 0 without one
    written   how a score writes the new notes at its end, which the model made up
    """

    tempo: tuple[Tempo, ...] = Clock().marks
    metre: tuple[int, int] | None = None
    key: Key | None = None
    downbeat: float = 0.0
    title: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    written: Written | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_line(self, self.clock)
        if self.written is not None and not len(self.written.late) == len(self.written.duration) <= len(self):
            raise ValueError("more notes are written than there are")

    def __getitem__(self, which: "slice | NDArray[np.bool_] | NDArray[np.int64]") -> Self:
        return Notes.__getitem__(replace(self, written=None), which)

    def then(self, others: Notes) -> Self:
        """The notes followed by `others`, with their `written` if they have one; all else stays."""
        both = Notes.then(replace(self, written=None), others)
        return replace(both, written=others.written) if isinstance(others, Melody) else both

    @property
    def seconds(self) -> float:
        """Seconds from 0 to the end of the last sounding note."""
        return self.seconds_at(self.end)

    @property
    def bar(self) -> float | None:
        """Quarters a bar, or None without a metre."""
        return self.metre[0] * 4 / self.metre[1] if self.metre else None

    @cached_property
    def clock(self) -> Clock:
        """The tempo map."""
        return Clock(self.tempo)

    def seconds_at(self, quarter: float) -> float:
        """A quarter in seconds from quarter 0."""
        return self.clock.second(quarter)
