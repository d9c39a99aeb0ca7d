"""Sampling rules against notes that a musician would never play: the cost in nats of each class for a take.

A rule is a function of the class's value (ticks of a step or a duration, or a MIDI pitch transposed like the rows) and
of the take's `State`. It is written once, using only arithmetic, comparisons, `&`, `|` and rows indexed by [ ], and so
works for a single class, in the loops that are compiled from it for a CPU; for an array of all classes, in the loop
against which the sampler is tested; and for a tensor of all classes of all takes, on a GPU. The cost is subtracted from
the logits after the temperature, so that it weighs the same at every temperature.
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
LONGEST_RUN = 6  # notes of one pitch in a row, unless the input has more
LONGEST_TRILL = 10  # notes of two pitches in turn
ECHO = 4.0  # nats, the cost of each return of a passage after the first
OFF_GRID = 6.0  # nats, the cost of a note off the grid of thirty-seconds and sextuplets,
USUAL = 0.05  # unless this share of the input's notes, and at least three, are at that place
LEFTOVER = TICKS // 4  # the shortest step to the closing note; a shorter one would sound like a stumble
FOREIGN, HOME = 8.0, 2.5  # nats: cost of closing on a tone outside the tonic's triad, bonus for the tonic
FIFTH = 7

Rule = Callable[[Any, State], Any]


def keep_the_grid(length: Any, take: State) -> Any:
    """Each note off the grid has a cost, since a take that has slipped off the beat would stay there."""
    return OFF_GRID * take.unusual[(take.tick + length) % TICKS]


def keep_moving(length: Any, take: State) -> Any:
    """One note at a time, and no rest longer than a bar. The first new note must not cut the input's last one short; in
    a fresh piece it may come at once."""
    return NEVER * ((length < take.least) | (length > take.most))


def arrive(length: Any, take: State) -> Any:
    """Steps must lead to the closing note, neither past it nor too close before it."""
    left = take.last - take.tick - length
    return NEVER * ((left < LEFTOVER) & (left != 0))


def stay_in_range(pitch: Any, take: State) -> Any:
    """No pitch outside the register."""
    return NEVER * ((pitch < take.lowest) | (pitch > take.highest))


def no_stuck_note(pitch: Any, take: State) -> Any:
    """Long runs of one pitch, and of two pitches in turn, must end."""
    stuck = (pitch == take.pitch) & (take.run >= take.longest_run)
    trilled = (pitch == take.before) & (take.trill >= LONGEST_TRILL - 2)
    return NEVER * (stuck | trilled)


def no_endless_echo(pitch: Any, take: State) -> Any:
    """A passage may come back once, as the parts of a tune do; each further return costs more. After an attempt that
    was mostly the input again, the first return costs as well."""
    more = (take.followed[pitch] - take.returns) * (take.followed[pitch] > 0)
    return ECHO * more * (more > 0)


def come_to_rest(pitch: Any, take: State) -> Any:
    """The closing note should belong to the tonic's triad, and best be the tonic."""
    degree = (pitch - take.tonic) % 12
    foreign = (degree != 0) & (degree != take.third) & (degree != FIFTH)
    return (FOREIGN * foreign - HOME * (degree == 0)) * (take.onset >= take.last)


def no_endless_note(length: Any, take: State) -> Any:
    """A note lasts a bar at most, or as long as the longest of the input."""
    return NEVER * ((length < 1) | (length > take.longest_note))


CONSTRAINTS: dict[str, tuple[Rule, ...]] = {
    "step": (keep_the_grid, keep_moving, arrive),
    "pitch": (stay_in_range, no_stuck_note, no_endless_echo, come_to_rest),
    "duration": (no_endless_note,),
}
# Head → the values that its classes stand for.
VALUES = {name: np.arange(classes) for name, classes in CLASSES.items()} | {"step": LENGTHS, "duration": LENGTHS}


def unusual(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(TICKS,) 1 for each place in a quarter where no note should begin after given notes at ticks (n,)."""
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
    """Logits (B, classes) of a head less the cost of its rules, for the `state` of all takes."""
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
