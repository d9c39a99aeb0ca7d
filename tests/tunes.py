"""Small melodies that tests are made of."""

import numpy as np

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import Melody


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
