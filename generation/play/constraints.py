"""Sampling rules against notes that a musician would never play: the cost of each class for a take, in nats.

A rule is a function of a class's value (ticks of a step or a duration, or a MIDI pitch transposed like the rows) and
of the take's `State`. Because it uses only arithmetic, comparisons, `&`, `|` and rows indexed by [ ], one text serves
all three samplers: loops compiled from it for a CPU pass a single class, the plain loop against which the sampler is
tested passes an array of all classes, and a GPU passes a tensor of all classes of all takes. The cost is subtracted
from the logits after the temperature, so that it weighs the same at every temperature.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model.tokens import CLASSES, LENGTHS, TICKS
from generation.play.state import NUMBERS, State

NEVER = 1e9  # nats
LONGEST_RUN = 6  # notes of one pitch in a row, unless the input has a longer run
LONGEST_TRILL = 10  # notes of two pitches in turn
ECHO = 4.0  # nats: the cost of each return of a passage after the first
OFF_GRID = 6.0  # nats: the cost of a note off the grid of thirty-seconds and sextuplets,
USUAL = 0.05  # unless at least this share of the input's notes, and at least three notes, stand at that place
LEFTOVER = TICKS // 4  # the shortest step to the closing note; a shorter one would sound like a stumble
FOREIGN, HOME = 8.0, 2.5  # nats: the cost of closing on a tone outside the tonic's triad; the bonus for the tonic
FIFTH = 7

Rule = Callable[[Any, State], Any]


def keep_the_grid(length: Any, take: State) -> Any:
    """Each note off the grid has a cost, since a take that has slipped off the grid tends to stay off."""
    return OFF_GRID * take.unusual[(take.tick + length) % TICKS]


def keep_moving(length: Any, take: State) -> Any:
    """One note at a time, and no rest longer than a bar. The first new note does not cut off the input's last note; in
    a fresh piece it may come at once."""
    return NEVER * ((length < take.least) | (length > take.most))


def arrive(length: Any, take: State) -> Any:
    """Steps lead exactly to the closing note, and not to a place just before it."""
    left = take.last - take.tick - length
    return NEVER * ((left < LEFTOVER) & (left != 0))


def stay_in_range(pitch: Any, take: State) -> Any:
    """No pitch outside the register."""
    return NEVER * ((pitch < take.lowest) | (pitch > take.highest))


def no_stuck_note(pitch: Any, take: State) -> Any:
    """Long runs of one pitch, or of two pitches in turn, come to an end."""
    stuck = (pitch == take.pitch) & (take.run >= take.longest_run)
    trilled = (pitch == take.before) & (take.trill >= LONGEST_TRILL - 2)
    return NEVER * (stuck | trilled)


def no_endless_echo(pitch: Any, take: State) -> Any:
    """A passage may come back once, as the strains of a tune do; each further return costs more. After an attempt that
    mostly repeated the input, the first return has a cost too."""
    more = (take.followed[pitch] - take.returns) * (take.followed[pitch] > 0)
    return ECHO * more * (more > 0)


def come_to_rest(pitch: Any, take: State) -> Any:
    """The closing note belongs to the tonic's triad, and preferably is the tonic."""
    degree = (pitch - take.tonic) % 12
    foreign = (degree != 0) & (degree != take.third) & (degree != FIFTH)
    return (FOREIGN * foreign - HOME * (degree == 0)) * (take.onset >= take.last)


def no_endless_note(length: Any, take: State) -> Any:
    """No note lasts longer than a bar, or than the longest note of the input."""
    return NEVER * ((length < 1) | (length > take.longest_note))


CONSTRAINTS: dict[str, tuple[Rule, ...]] = {
    "step": (keep_the_grid, keep_moving, arrive),
    "pitch": (stay_in_range, no_stuck_note, no_endless_echo, come_to_rest),
    "duration": (no_endless_note,),
}
# Head → the value of each of its classes; steps and durations in ticks.
VALUES = {name: np.arange(classes) for name, classes in CLASSES.items()} | {"step": LENGTHS, "duration": LENGTHS}


def unusual(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(TICKS,) 1 for each place within a quarter where no new note should begin, after given notes at ticks (n,)."""
    place = np.arange(TICKS)
    heard = np.bincount(ticks % TICKS, minlength=TICKS)
    usual = (place % (TICKS // 8) == 0) | (place % (TICKS // 6) == 0) | (heard >= max(3, USUAL * len(ticks)))
    return np.asarray(~usual, np.int64)


class _Rows:
    """Rows (B, n), one for each take, that can be indexed by the values of all classes at once."""

    def __init__(self, rows: Tensor) -> None:
        self._rows = rows

    def __getitem__(self, places: Tensor) -> Tensor:
        """(B, classes) the numbers at `places` (B or 1, classes) of each row."""
        return self._rows.gather(1, places.expand(len(self._rows), -1))


def obey(head: str, logits: Tensor, state: State) -> Tensor:
    """The logits (B, classes) of a head, less the cost of its rules in the `state` of all takes."""
    rules = CONSTRAINTS.get(head, ())
    if not rules:
        return logits
    at = State(*(number[:, None] for number in state[:NUMBERS]), *(_Rows(rows) for rows in state[NUMBERS:]))
    for rule in rules:
        logits = logits - rule(_values(head, logits.device), at)
    return logits


@cache
def _values(head: str, device: torch.device) -> Tensor:
    return torch.from_numpy(VALUES[head]).to(device)[None]
