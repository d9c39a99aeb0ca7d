"""Melody: the one type that everything speaks, and its limits."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import Clock, Tempo
from generation.music.key import Key
from generation.request import UNSAID, Refusal, Words

MAX_NOTES = 20_000
MAX_SECONDS = 900.0
CHORD_SECONDS = 0.03  # notes that begin within this time of each other are struck together
LEGATO_SECONDS = 0.12  # so far may a note reach into the next one and still be its neighbour in one line


@dataclass(frozen=True, eq=False)
class Written:
    """How the last notes of a melody stand in its score, where that is known.

    late      (n,) quarters by which a note is played after its written onset
    duration  (n,) quarters for which it is written
    """

    late: NDArray[np.float64]
    duration: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Melody:
    """One voice. All times are in quarter notes, real numbers, never quantised.

    onset     (n,) float, strictly increasing, ≥ 0; what lies off the grid is expression
    duration  (n,) float, > 0; may reach a little into the next note (legato)
    pitch     (n,) int, MIDI 0 … 127
    velocity  (n,) int, 1 … 127
    tempo     at least one, the first at onset 0, sorted; says what a quarter is in seconds
    metre     (beats, unit) such as (6, 8), or None where nobody said
    key       Key, or None where nobody said
    downbeat  quarters from 0 to the first bar line: the length of the pickup, 0 without one
    written   of the last notes, those that we made up ourselves
    """

    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.int64]
    tempo: tuple[Tempo, ...] = Clock().marks
    metre: tuple[int, int] | None = None
    key: Key | None = None
    downbeat: float = 0.0
    title: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    written: Written | None = None

    def __post_init__(self) -> None:
        for name, kind in (
            ("onset", np.float64),
            ("duration", np.float64),
            ("pitch", np.int64),
            ("velocity", np.int64),
        ):
            array = np.array(getattr(self, name), dtype=kind)  # a copy: nobody else may write to it
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        n = len(self.onset)
        if not n == len(self.duration) == len(self.pitch) == len(self.velocity):
            raise ValueError("onset, duration, pitch and velocity differ in length")
        if self.written is not None and not len(self.written.late) == len(self.written.duration) <= n:
            raise ValueError("more notes are written than there are")
        if n > MAX_NOTES:
            raise Refusal(
                "This melody has {notes} notes; the limit is {limit}. Send a shorter piece.", notes=n, limit=MAX_NOTES
            )
        if n and not (np.isfinite(self.onset).all() and np.isfinite(self.duration).all()):
            raise ValueError("onset and duration must be finite")
        if n and (self.onset[0] < 0 or (np.diff(self.onset) <= 0).any() or (self.duration <= 0).any()):
            raise ValueError("onsets must increase and durations be positive")
        if n and not (self.pitch.min() >= 0 and self.pitch.max() <= 127):
            raise ValueError("pitch must lie in 0 … 127")
        if n and not (self.velocity.min() >= 1 and self.velocity.max() <= 127):
            raise ValueError("velocity must lie in 1 … 127")
        if (
            not self.tempo
            or self.tempo[0].onset != 0
            or any(not 4 <= t.quarters_per_minute <= 1000 for t in self.tempo)
        ):
            raise Refusal("The tempo must lie between 4 and 1,000 quarter notes a minute.")
        if any(later.onset <= earlier.onset for earlier, later in zip(self.tempo, self.tempo[1:], strict=False)):
            raise ValueError("tempo marks must be sorted and distinct")
        if n and self.seconds > MAX_SECONDS:
            raise Refusal(
                "This melody lasts {seconds} s; the limit is {limit} s. Send a shorter piece.",
                seconds=round(self.seconds),
                limit=round(MAX_SECONDS),
            )

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def end(self) -> float:
        """Quarters from 0 to the end of the last sounding note; 0 for no notes."""
        return float((self.onset + self.duration).max()) if len(self) else 0.0

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
        """What a quarter is in seconds."""
        return Clock(self.tempo)

    def seconds_at(self, quarter: float) -> float:
        """The moment of `quarter` in seconds, by the tempo map."""
        return self.clock.second(quarter)


@dataclass(frozen=True, eq=False)
class Part:
    """One track of a file as it was, chords and all: for the sound of the original, not for the model.

    Arrays as in `Melody`, except that onsets need only be sorted. `program` is General MIDI's, 0 … 127;
    `pedal` holds (quarter, value 0 … 127) of the sustain pedal.
    """

    onset: NDArray[np.float64]
    duration: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.int64]
    program: int = 0
    name: str = ""
    pedal: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Reading:
    """What was found in a file.

    melody    the voice that the model continues
    source    a musician's words for where it came from, such as “the top voice of track 2 (Violin)”;
              empty when the file holds one voice only
    original  every pitched part as it was; empty when the melody is all there is
    program   General MIDI program of the melody's part, None where nobody said
    remarks   what was mended or left out in reading, in half a sentence each
    """

    melody: Melody
    source: Words = UNSAID
    original: tuple[Part, ...] = ()
    program: int | None = None
    remarks: tuple[Words, ...] = ()
