"""Where a take ends: on a tone of rest, at a bar line, near the length asked for."""

import numpy as np

from generation.tokens import DURATION, LENGTHS, PITCH, TICK, TICKS, Ints, length_class

# What counts for a closing note, in nats beside the model's own opinion.
ON_TONIC, ON_TRIAD, ON_BAR, ON_BEAT = 4.0, 1.5, 1.5, 0.7
TOO_EARLY_OR_LATE = 1.5  # at the edge of the tolerance


def closing_note(
    rows: Ints, ends: np.ndarray, conditions: Ints, tonic: int, goal: int, tolerance: int
) -> tuple[int, int]:
    """How many of the new `rows` (n, F) to keep, and the class of the last one's duration.

    ends       (n,) the model's log probability that the piece is over after each
    tonic      pitch class of rest; goal, tolerance: ticks
    """
    bar, downbeat = int(conditions[4]) or 4 * TICKS, int(conditions[5])
    tick, degree = rows[:, TICK], (rows[:, PITCH] - tonic) % 12
    finish = np.array([_finish(int(t), int(d), bar, downbeat) for t, d in zip(tick, rows[:, DURATION], strict=True)])
    late = np.abs(finish - goal) / tolerance
    worth = np.maximum(ends, -12) - TOO_EARLY_OR_LATE * late**2
    worth += ON_TONIC * (degree == 0) + ON_TRIAD * np.isin(degree, (3, 4, 7))
    worth += ON_BAR * ((tick - downbeat) % bar == 0) + ON_BEAT * ((tick - downbeat) % TICKS == 0)
    worth[late > 1] -= 100 * late[late > 1]
    last = int(worth.argmax())
    return last + 1, int(length_class(np.array([finish[last] - tick[last]]))[0])


def _finish(tick: int, duration: int, bar: int, downbeat: int) -> int:
    """The tick at which a closing note begun at `tick` ends: the next bar line, if it then has time to settle."""
    written = int(LENGTHS[duration])
    line = tick + bar - (tick - downbeat) % bar
    settled = line if line - tick >= min(TICKS * 3 // 2, bar) else max(tick + written, tick + TICKS * 3 // 2)
    return min(settled, tick + 4 * TICKS)
