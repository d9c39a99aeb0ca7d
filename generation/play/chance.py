"""The random numbers of a take: for each purpose a stream of their own, which the seed decides."""

import numpy as np
from numpy.typing import NDArray


def random_stream(seed: int, name: str, number: int = 0) -> np.random.Generator:
    """A generator of random numbers for one purpose: for each name and number, a seed gives independent ones."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number, *name.encode())))


def uniforms(seed: int, name: str, attempt: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """(rows, fields) by which each field of each row of an attempt is drawn, 0 … 1."""
    return random_stream(seed, name, attempt).random(shape, np.float32)
