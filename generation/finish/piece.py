"""A piece: the finished music from which every output format is made."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from generation.finish.paper.notate import Score, notate
from generation.finish.paper.signs import signs_of
from generation.finish.paper.transposed import CONCERT, Interval, as_read
from generation.music.clock import Floats
from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.song import Song


@dataclass(frozen=True, eq=False)
class Piece:
    """A finished piece of music.

    song       everything that sounds: the input's parts as they were, then the new parts if there is an input
    melody     the voice that is notated, on the song's clock
    first_new  index in `melody` of the first new note
    homes      for each new part, the index of the part that it continues, in the same MIDI track; empty without an
               input before it
    mp3_bytes  the largest size of the MP3; 0 for no limit
    take       its number among several takes, from 1; 0 if it is the only one
    """

    song: Song
    melody: Melody
    first_new: int = 0
    homes: tuple[int, ...] = ()
    seed: int = 0
    mp3_bytes: int = 0
    take: int = 0

    @property
    def given(self) -> int:
        """How many of the parts are the input's; 0 without an input."""
        return len(self.song.parts) - len(self.homes) if self.homes else 0

    @property
    def title(self) -> str:
        return self.song.title

    @cached_property
    def score(self) -> Score:
        """The melody as a score, made once for all formats that write or draw it."""
        song = self.song
        words = song.parts[self.homes[0]].words if self.homes else ()
        signs = signs_of(song, float(self.melody.onset[0]))
        return notate(self.melody, self.first_new, song.metres, song.keys, song.pickup, signs, words)

    @property
    def sounds(self) -> Interval:
        """How much higher the lead sounds than it is written; see `Part`."""
        return next((part.sounds for part in self.song.parts if part.role == "lead"), CONCERT)

    @cached_property
    def sheet(self) -> Score:
        """The score as the player of a transposing instrument reads it."""
        return as_read(self.score, self.sounds)


def let_go(notes: Notes, then: Notes | None = None) -> Floats:
    """(n,) quarters at which each note is released: at its end or, if that comes first, when its pitch is struck again,
    perhaps by `then`, the notes that follow on the same keys."""
    end = notes.ends
    struck: dict[int, tuple[float, float]] = {}  # pitch → its next onset, and the next after that onset
    if then is not None:
        first = zip(then.pitch[::-1].tolist(), then.onset[::-1].tolist(), strict=True)
        struck = {pitch: (onset, np.inf) for pitch, onset in first}
    for i in reversed(range(len(end))):
        pitch, onset = int(notes.pitch[i]), float(notes.onset[i])
        following, later = struck.get(pitch, (np.inf, np.inf))
        if following > onset:
            struck[pitch] = (onset, following)
            end[i] = min(end[i], following)
        else:  # a unison of two voices
            end[i] = min(end[i], later)
    return end
