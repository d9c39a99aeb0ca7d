"""Small melodies that tests are made of."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from generation.finish.piece import Piece
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import melody_of, with_line
from generation.music.notes import Notes
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import Part, Song


def line_of(
    onset: ArrayLike, duration: ArrayLike, pitch: ArrayLike, velocity: ArrayLike, *facts: Any, **named: Any
) -> Song:
    """A melody of notes that are given field by field; the other facts as in `melody_of`."""
    notes = Notes(np.array(onset), np.array(duration), np.array(pitch), np.array(velocity))
    return melody_of(notes, *facts, **named)


def song_of(melody: Song, program: int | None = None, name: str = "") -> Song:
    """A melody on an instrument."""
    return replace(melody, parts=(replace(melody.parts[0], program=program, name=name),))


def piece_of(melody: Song, given: int = 0, program: int | None = 0, title: str = "", seed: int = 0) -> Piece:
    """A melody, of which the notes from index `given` on are new, as a finished piece of one part."""
    song = replace(song_of(melody, program, "Melody"), title=title)
    return Piece(song, song, going_on(melody, given).since, seed=seed)


def head(melody: Song, notes: int) -> Song:
    """The first notes of a melody."""
    return with_line(melody, melody.line[:notes])


def going_on(whole: Song, given: int) -> Played:
    """A line of which the notes from index `given` on are new."""
    return Played(whole, float(whole.line.onset[given]) if given else 0.0, alone=True)


def reading_of(melody: Song, program: int | None = None, *others: Part) -> Reading:
    """The reading of a file that has a melody and, before it, other parts."""
    song = song_of(melody, program, "Melody")
    return Reading(replace(song, parts=(*others, *song.parts)), melody.line, len(others))


def part_of(notes: Notes | Song, program: int | None = 0, name: str = "", **sound: Any) -> Part:
    """Notes as a part."""
    return Part(notes.line if isinstance(notes, Song) else notes, program, name, **sound)


def scale(notes: int = 32, key: Key | None = None, velocity: int = 80) -> Song:
    """A flat score: eighth notes up and down C major in 4/4."""
    degrees = np.abs((np.arange(notes) + 7) % 14 - 7)
    pitch = np.array([60, 62, 64, 65, 67, 69, 71, 72])[degrees]
    onset = np.arange(notes) * 0.5
    return line_of(onset, np.full(notes, 0.5), pitch, np.full(notes, velocity), (Tempo(0, 100),), (4, 4), key)


def performance(notes: int = 64, seed: int = 3) -> Song:
    """The same, played: late and early by a few hundredths of a quarter, louder and softer, detached."""
    rng = np.random.default_rng(seed)
    flat = scale(notes).line
    onset = np.maximum(flat.onset + rng.normal(0, 0.03, notes), 0)
    onset = np.maximum.accumulate(onset - np.arange(notes) * 0.01) + np.arange(notes) * 0.01
    duration = flat.duration * rng.uniform(0.4, 0.95, notes)
    velocity = 64 + np.round(20 * np.sin(np.arange(notes) / 5)).astype(int) + rng.integers(-5, 6, notes)
    return line_of(onset, duration, flat.pitch, velocity, (Tempo(0, 100),), (4, 4))
