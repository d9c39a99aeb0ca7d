"""What a musician would never play, as small functions on logits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.tokens import DURATION, LENGTHS, PITCH, START, STEP, TICKS, Ints

Logits = NDArray[np.float64]

LONGEST_RUN = 6  # notes of one pitch in a row, unless the input has more
LONGEST_TRILL = 10  # notes of two pitches in turn
PASSAGE, ECHO = 12, 3.0  # notes that make a passage, and nats that each return after the first costs it


@dataclass(eq=False)
class Line:
    """A take as it grows.

    rows      (n, len(FIELDS)), the start row or the input first
    register  lowest and highest pitch, moved like the rows
    bar       ticks a bar, a whole note where unknown
    start     how many of the rows were given
    """

    rows: Ints
    register: tuple[int, int]
    bar: int
    start: int

    def __post_init__(self) -> None:
        given = LENGTHS[self.rows[: self.start, DURATION]]
        self.longest_note = min(max(self.bar, int(given.max(initial=TICKS))), max(self.bar, 4 * TICKS))
        self.longest_run = max(LONGEST_RUN, _longest_run(self.rows[:, PITCH]))

    def add(self, row: Ints) -> None:
        self.rows = np.concatenate([self.rows, row[None]])


def stay_in_range(field: str, logits: Logits, line: Line) -> None:
    """No pitch outside the register."""
    if field == "pitch":
        low, high = line.register
        logits[:low] = logits[high + 1 :] = -np.inf


def one_note_at_a_time(field: str, logits: Logits, line: Line) -> None:
    """A step must be a step; only the very first note may begin at once."""
    if field == "step" and line.rows[-1, PITCH] != START:
        logits[0] = -np.inf


def join_the_input(field: str, logits: Logits, line: Line) -> None:
    """The first new note neither cuts the input's last one short nor lets a bar of silence pass after it."""
    if field == "step" and len(line.rows) == line.start and line.rows[-1, PITCH] != START:
        sounding = LENGTHS[line.rows[-1, DURATION]]
        logits[min(sounding, LENGTHS[-1]) > LENGTHS] = -np.inf
        logits[sounding + line.bar < LENGTHS] = -np.inf


def no_long_silence(field: str, logits: Logits, line: Line) -> None:
    """Within the new music a rest is at most a bar."""
    if field == "step" and len(line.rows) > line.start:
        longest = max(LENGTHS[line.rows[-1, DURATION]], TICKS) + line.bar
        logits[min(longest, LENGTHS[-1]) < LENGTHS] = -np.inf


def no_endless_note(field: str, logits: Logits, line: Line) -> None:
    """Within the new music a note lasts a bar at most, or as long as the longest of the input."""
    if field == "duration":
        logits[line.longest_note < LENGTHS] = -np.inf
        logits[0] = -np.inf


def no_stuck_note(field: str, logits: Logits, line: Line) -> None:
    """After a long run of one pitch comes another one."""
    pitch = line.rows[-line.longest_run :, PITCH]
    if field == "pitch" and len(pitch) == line.longest_run and (pitch == pitch[0]).all() and pitch[0] != START:
        logits[pitch[0]] = -np.inf


def no_endless_trill(field: str, logits: Logits, line: Line) -> None:
    """Two pitches in turn come to an end."""
    pitch = line.rows[-LONGEST_TRILL:, PITCH]
    if field == "pitch" and len(pitch) == LONGEST_TRILL and (pitch[2:] == pitch[:-2]).all() and START not in pitch:
        logits[pitch[-2]] = -np.inf


def no_endless_echo(field: str, logits: Logits, line: Line) -> None:
    """A passage may come back once, as the parts of a tune do; each time more it is wished for less."""
    if field != "pitch" or len(line.rows) <= PASSAGE + 1:
        return
    notes = line.rows[:, PITCH] * 512 + line.rows[:, STEP]
    windows = np.lib.stride_tricks.sliding_window_view(notes[:-1], PASSAGE)
    again = np.flatnonzero((windows == notes[-PASSAGE:]).all(1)) + PASSAGE  # what followed each time
    times = np.bincount(line.rows[again, PITCH], minlength=len(logits))[: len(logits)]
    logits -= ECHO * np.maximum(times - 1, 0)


CONSTRAINTS: tuple[Callable[[str, Logits, Line], None], ...] = (
    stay_in_range,
    one_note_at_a_time,
    join_the_input,
    no_long_silence,
    no_endless_note,
    no_stuck_note,
    no_endless_trill,
    no_endless_echo,
)


def _longest_run(pitch: Ints) -> int:
    """Notes in the longest run of one pitch."""
    changes = np.flatnonzero(np.diff(pitch) != 0)
    return int(np.diff(changes, prepend=-1, append=len(pitch) - 1).max()) if len(pitch) else 0
