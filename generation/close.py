"""Where a take ends: on a tone of rest, at a bar line, near the length asked for."""

import numpy as np
from numpy.typing import NDArray

from generation.tokens import DURATION, LENGTHS, PITCH, TICK, TICKS, Ints, length_class

# What counts for a closing note, in nats beside the model's own opinion.
ON_TONIC, ON_TRIAD, ON_BAR, ON_BEAT = 4.0, 1.5, 1.5, 0.7
TOO_EARLY_OR_LATE = 1.5  # at the edge of the tolerance
UNNATURAL = 2.0  # cut or stretched to come out in time


def closing_note(
    rows: Ints, ends: NDArray[np.float64], conditions: Ints, tonic: int, goal: int, tolerance: int
) -> tuple[int, int]:
    """How many of the new `rows` (n, F) to keep, and the class of the last one's duration.

    ends       (n,) the model's log probability that the piece is over after each
    tonic      pitch class of rest, moved like the rows
    goal       tick at which the music shall end, give or take `tolerance` ticks
    """
    bar, downbeat = int(conditions[4]) or 4 * TICKS, int(conditions[5])
    tick, degree = rows[:, TICK], (rows[:, PITCH] - tonic) % 12
    settled = tick + np.maximum(LENGTHS[rows[:, DURATION]], min(TICKS * 3 // 2, bar))
    line = tick + bar - (tick - downbeat) % bar
    natural = np.where(line - tick >= min(TICKS * 3 // 2, bar), line, settled)
    finish = np.clip(natural, np.maximum(goal - tolerance, tick + TICKS // 2), goal + tolerance)
    finish = np.clip(finish, tick + TICKS // 2, tick + max(4 * TICKS, bar))
    late = np.abs(finish - goal) / tolerance
    worth = np.maximum(ends, -12) - TOO_EARLY_OR_LATE * late**2 - UNNATURAL * (finish != natural)
    worth += ON_TONIC * (degree == 0) + ON_TRIAD * np.isin(degree, (3, 4, 7))
    worth += ON_BAR * ((tick - downbeat) % bar == 0) + ON_BEAT * ((tick - downbeat) % TICKS == 0)
    worth[late > 1] -= 100 * late[late > 1]
    last = int(worth.argmax())
    return last + 1, int(length_class(np.array([finish[last] - tick[last]]))[0])
