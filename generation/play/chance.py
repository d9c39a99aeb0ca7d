"""The random numbers of a take: for each purpose a stream of their own, which the seed decides."""

import numpy as np
from numpy.typing import NDArray

from generation.model.tokens import CLASSES


def random_stream(seed: int, name: str, number: int = 0) -> np.random.Generator:
    """A generator of random numbers for one purpose: for each name and number, a seed gives independent ones."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number, *name.encode())))


def uniforms(seed: int, attempt: int, notes: int) -> NDArray[np.float32]:
    """(notes, len(CLASSES)) by which each field of each note of an attempt is drawn, 0 … 1."""
    return random_stream(seed, "notes", attempt).random((notes, len(CLASSES)), np.float32)
