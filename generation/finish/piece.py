"""A piece: the finished music from which every output format is made."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from generation.finish.paper.notate import Score, notate
from generation.finish.paper.signs import signs_of
from generation.finish.paper.transposed import CONCERT, Interval, as_read
from generation.music.clock import Floats
from generation.music.notes import Notes
from generation.music.song import Part, Song


@dataclass(frozen=True, eq=False)
class Piece:
    """A finished piece of music.

    song       everything that sounds: the input's parts as they were, then the new parts if there is an input
    paper      what is written: a line or all parts, each with its new notes after the given ones
    since      quarter where the new music begins on paper; 0 if all of it is new
    alone      whether a line is written, rather than a score of all parts
    homes      for each new part, the index of the part that it continues, in the same MIDI track; empty without an
               input before it
    mp3_bytes  the largest size of the MP3; 0 for no limit
    take       its number among several takes, from 1; 0 if it is the only one
    """

    song: Song
    paper: Song
    since: float = 0.0
    alone: bool = True
    homes: tuple[int, ...] = ()
    seed: int = 0
    mp3_bytes: int = 0
    take: int = 0

    @property
    def given(self) -> int:
        """How many of the parts are the input's; 0 without an input."""
        return len(self.song.parts) - len(self.homes) if self.homes else 0

    @property
    def new(self) -> tuple[Part, ...]:
        """The new parts."""
        return self.song.parts[self.given :]

    @property
    def players(self) -> list[list[Part]]:
        """What each player plays, one part after another. The new part of a line has a player of its own."""
        if self.alone or not self.homes:
            return [[part] for part in self.song.parts]
        new = dict(zip(self.homes, self.new, strict=True))
        return [[part, *([new[i]] if i in new else [])] for i, part in enumerate(self.song.parts[: self.given])]

    @property
    def title(self) -> str:
        return self.song.title

    @cached_property
    def melody(self) -> Song:
        """What is written, if it is a line; of several parts, the highest notes of the lead."""
        return self.paper if self.alone else top_line(self.paper)

    @cached_property
    def score(self) -> Score:
        """The melody as a score, made once for all formats that write or draw it."""
        words = self.song.parts[self.homes[0]].words if self.alone and self.homes else ()
        signs = signs_of(self.song, float(self.melody.line.onset[0]))
        return notate(self.melody, self.since, signs, words)

    @property
    def sounds(self) -> Interval:
        """How much higher the lead sounds than it is written; see `Part`."""
        return next((part.sounds for part in self.song.parts if part.role == "lead"), CONCERT)

    @cached_property
    def sheet(self) -> Score:
        """The score as the player of a transposing instrument reads it."""
        return as_read(self.score, self.sounds)


def top_line(song: Song) -> Song:
    """The highest notes of the lead, as a song of one part."""
    lead = next((part for part in song.parts if part.role == "lead" and len(part.notes)), None)
    notes = (lead or max(song.parts, key=lambda part: len(part.notes))).notes
    order = np.lexsort((-notes.pitch, np.round(notes.onset, 2)))
    first = np.diff(np.round(notes.onset, 2)[order], prepend=-1.0) > 0
    some = notes[np.sort(order[first])]
    return replace(song, parts=(Part(some[np.diff(some.onset, prepend=-1.0) > 0]),))


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
