"""Small melodies that tests are made of."""

from dataclasses import replace
from typing import Any

import numpy as np

from generation.finish.piece import Piece
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.reading import Reading, song_of
from generation.music.song import Part


def piece_of(melody: Melody, first_new: int = 0, program: int | None = 0, title: str = "", seed: int = 0) -> Piece:
    """A melody as a finished piece of one part."""
    song = replace(song_of(melody, program, "Melody"), title=title)
    return Piece(song, melody, first_new, seed=seed)


def reading_of(melody: Melody, program: int | None = None, *others: Part) -> Reading:
    """The reading of a file that has a melody and, before it, other parts."""
    song = song_of(melody, program, "Melody")
    return Reading(replace(song, parts=(*others, *song.parts)), melody, len(others))


def part_of(notes: Notes, program: int | None = 0, name: str = "", **sound: Any) -> Part:
    """Notes as a part."""
    return Part(Notes(notes.onset, notes.duration, notes.pitch, notes.velocity), program, name, **sound)


def scale(notes: int = 32, key: Key | None = None, velocity: int = 80) -> Melody:
    """A flat score: eighth notes up and down C major in 4/4."""
    degrees = np.abs((np.arange(notes) + 7) % 14 - 7)
    pitch = np.array([60, 62, 64, 65, 67, 69, 71, 72])[degrees]
    onset = np.arange(notes) * 0.5
    return Melody(onset, np.full(notes, 0.5), pitch, np.full(notes, velocity), (Tempo(0, 100),), (4, 4), key)


def performance(notes: int = 64, seed: int = 3) -> Melody:
    """The same, played: late and early by a few hundredths of a quarter, louder and softer, detached."""
    rng = np.random.default_rng(seed)
    flat = scale(notes)
    onset = np.maximum(flat.onset + rng.normal(0, 0.03, notes), 0)
    onset = np.maximum.accumulate(onset - np.arange(notes) * 0.01) + np.arange(notes) * 0.01
    duration = flat.duration * rng.uniform(0.4, 0.95, notes)
    velocity = 64 + np.round(20 * np.sin(np.arange(notes) / 5)).astype(int) + rng.integers(-5, 6, notes)
    return Melody(onset, duration, flat.pitch, velocity, (Tempo(0, 100),), (4, 4))
