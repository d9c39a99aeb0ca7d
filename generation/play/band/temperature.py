"""How freely each field of a row is chosen: temperature and nucleus."""

import numpy as np
from numpy.typing import NDArray

from generation.model.band import FIRST_DRUM, VALUE
from generation.model.tokens import Ints
from generation.play.band.decode_step import HEADS
from generation.play.batch import sampling_parameters

# Field → factors of the temperature and of 1 − top_p: a band repeats its rhythms and varies its notes.
FREEDOM = {"step": (0.88, 1.0), "part": (0.8, 1.0), "value": (1.0, 0.5), "duration": (0.88, 1.0)}
# The notes' factor rises by CHROMATIC times the share of the input that lies outside its scale, by FREER at most.
CHROMATIC, FREER = 2.0, 0.11
SCALE = (0, 2, 4, 5, 7, 9, 11)


def freedom(temperature: float, top_p: float, given: Ints) -> NDArray[np.float32]:
    """(2, heads) the temperature of each head, and the tail of its distribution that is cut off, for a take that goes
    on after the rows `given` (n, len(FIELDS)); a fresh piece has none. Notes are chosen more freely after chromatic
    music."""
    found = np.empty((2, len(HEADS)), np.float32)
    for i, head in enumerate(HEADS):
        if head not in FREEDOM or not len(given):  # a fresh piece that repeats its rhythm would get stuck in it
            heat, share = sampling_parameters(head, temperature, top_p)
            found[:, i] = heat, 1 - share
            continue
        heat, tail = FREEDOM[head]
        if head == "value":
            heat += min(FREER, CHROMATIC * outside(given))
        found[:, i] = temperature * heat, (1 - top_p) * tail
    return found


def outside(rows: Ints) -> float:
    """The share of the tones of rows (n, len(FIELDS)) outside the major scale that holds most of them; 0 without
    tones."""
    tones = rows[rows[:, VALUE] < FIRST_DRUM, VALUE]
    if not len(tones):
        return 0.0
    classes = np.bincount(tones % 12, minlength=12)
    return 1 - max(int(np.roll(classes, -tonic)[[*SCALE]].sum()) for tonic in range(12)) / len(tones)
