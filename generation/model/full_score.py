"""A full score as the model takes it: all parts on one clock, each with a role and the family of its instrument."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.model.band import NO_FAMILY
from generation.model.tokens import Ints
from generation.music.key import Key

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class PartOf:
    """One part: its role out of `band.ROLES`, the family of its General MIDI program, and whether its timing and its
    dynamics were played."""

    role: str
    family: int = NO_FAMILY
    timing: bool = False
    dynamics: bool = False


@dataclass(frozen=True, eq=False)
class FullScore:
    """A score of n notes.

    onset, duration  (n,) quarters
    pitch, velocity  (n,) as in MIDI
    part             (n,) index into `parts`
    bars             (quarter of a bar line, quarters a bar) wherever a metre begins or changes; empty if unknown
    chords           (quarter, value as from `band.chord_value`) wherever the harmony changes; empty if unknown
    tempo            quarter notes a minute; 0 if unknown
    late             (n,) quarters by which notes were played after their onsets, which then are as written; None if
                     the onsets are as played
    loose            whether durations are as played, not as written
    """

    onset: Reals
    duration: Reals
    pitch: Ints
    velocity: Ints
    part: Ints
    parts: tuple[PartOf, ...]
    metre: tuple[int, int] | None = None
    bars: tuple[tuple[float, float], ...] = ()
    key: Key | None = None
    tempo: float = 0.0
    chords: tuple[tuple[float, int], ...] = ()
    late: Reals | None = None
    loose: bool = False
