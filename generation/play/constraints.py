"""What a musician would never play, as rules: what a class costs one take, in nats.

A rule is a function of the class's value (ticks of a step or a duration, a MIDI pitch moved like the rows) and of the
take's `State`. It is written once, with arithmetic, comparisons, `&`, `|` and rows looked up by [ ]: so it holds for
one class, where the loops of a CPU are compiled from it, for an array of all classes, in the loop that the sampler is
judged by, and for a tensor of all classes of all takes, on a GPU. What it says is subtracted from the logits after the
temperature, so that it counts as firmly in a wild take as in a tame one.
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
ECHO = 4.0  # nats that each return of a passage after the first costs it
OFF_GRID = 6.0  # nats that it costs to step beside thirty-seconds and sextuplets,
USUAL = 0.05  # unless so many of the input's notes, and three at least, lie there
LEFTOVER = TICKS // 4  # a shorter step to the closing note would stumble
FOREIGN, HOME = 8.0, 2.5  # nats against closing on a tone outside the tonic's triad, and for the tonic
FIFTH = 7

Rule = Callable[[Any, State], Any]


def keep_the_grid(length: Any, take: State) -> Any:
    """A take that has slipped beside the beat would stay there: no player does, so each such step costs something."""
    return OFF_GRID * take.unusual[(take.tick + length) % TICKS]


def keep_moving(length: Any, take: State) -> Any:
    """One note at a time, and no rest longer than a bar. The first new note does not cut the input's last one short;
    on a blank page it may come at once."""
    return NEVER * ((length < take.least) | (length > take.most))


def arrive(length: Any, take: State) -> Any:
    """Steps lead to the place of the closing note, neither past it nor so close that it would stumble."""
    left = take.last - take.tick - length
    return NEVER * ((left < LEFTOVER) & (left != 0))


def stay_in_range(pitch: Any, take: State) -> Any:
    """No pitch outside the register."""
    return NEVER * ((pitch < take.lowest) | (pitch > take.highest))


def no_stuck_note(pitch: Any, take: State) -> Any:
    """After a long run of one pitch comes another one, and two pitches in turn come to an end."""
    stuck = (pitch == take.pitch) & (take.run >= take.longest_run)
    trilled = (pitch == take.before) & (take.trill >= LONGEST_TRILL - 2)
    return NEVER * (stuck | trilled)


def no_endless_echo(pitch: Any, take: State) -> Any:
    """A passage may come back once, as the parts of a tune do; each time more it is wished for less."""
    more = take.followed[pitch] - 1
    return ECHO * more * (more > 0)


def come_to_rest(pitch: Any, take: State) -> Any:
    """The closing note is of the tonic's triad, the tonic above all."""
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
# What the classes of each head stand for.
VALUES = {name: np.arange(classes) for name, classes in CLASSES.items()} | {"step": LENGTHS, "duration": LENGTHS}


def unusual(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(TICKS,) 1 for each place within a quarter where a take that goes on from notes at `ticks` should begin none."""
    place = np.arange(TICKS)
    heard = np.bincount(ticks % TICKS, minlength=TICKS)
    usual = (place % (TICKS // 8) == 0) | (place % (TICKS // 6) == 0) | (heard >= max(3, USUAL * len(ticks)))
    return np.asarray(~usual, np.int64)


class _Rows:
    """A row of each take, in which all takes look up all classes at once."""

    def __init__(self, rows: Tensor) -> None:
        self._rows = rows

    def __getitem__(self, places: Tensor) -> Tensor:
        """(B, classes) what stands at `places` (B or 1, classes)."""
        return self._rows.gather(1, places.expand(len(self._rows), -1))


def obey(head: str, logits: Tensor, state: State) -> Tensor:
    """Logits (B, classes) of a head after its rules, for the `state` of all takes."""
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
