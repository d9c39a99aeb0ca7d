"""Piece: what is to be written down and made to sound, the same for every output format."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from generation.finish.paper.notate import Score, notate
from generation.music.melody import Melody, Part

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Piece:
    """A finished piece of music.

    melody     what is notated; its tempo is the clock of all parts
    first_new  index in `melody` of the first new note
    parts      what sounds: the input's parts as they were, and last, if there is any, the new part
    home       index of the part that the new one goes on with, in its own track; None if there is no new part
               or no input before it
    mp3_bytes  what its MP3 may weigh; 0 for as much as it likes
    """

    melody: Melody
    first_new: int
    parts: tuple[Part, ...]
    home: int | None = None
    title: str = ""
    seed: int = 0
    mp3_bytes: int = 0

    @property
    def given(self) -> int:
        """How many of the parts are the input's."""
        return 0 if self.home is None else len(self.parts) - 1

    @cached_property
    def score(self) -> Score:
        """The melody on paper, for all that write or draw it."""
        return notate(self.melody, self.first_new)


def part_of(melody: Melody, notes: slice, program: int, name: str, later: float = 0.0) -> Part:
    """Some notes of a melody as a part, moved by `later` quarters."""
    return Part(
        melody.onset[notes] + later, melody.duration[notes], melody.pitch[notes], melody.velocity[notes], program, name
    )


def let_go(part: Part) -> Floats:
    """(n,) quarters at which each note is let go: a key that is struck again is let go by then."""
    end = part.onset + part.duration
    struck: dict[int, tuple[float, float]] = {}  # pitch → its next onset, and the next after that onset
    for i in reversed(range(len(end))):
        pitch, onset = int(part.pitch[i]), float(part.onset[i])
        following, later = struck.get(pitch, (np.inf, np.inf))
        if following > onset:
            struck[pitch] = (onset, following)
            end[i] = min(end[i], following)
        else:  # a unison of two voices
            end[i] = min(end[i], later)
    return end
