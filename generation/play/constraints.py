"""What a musician would never play, as small functions on the logits (B, classes) of all takes at once.

Each changes the logits of one field in place; `CONSTRAINTS` says which. They come after the temperature, so that they
hold as firmly in a wild take as in a tame one.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model.tokens import LENGTHS, START, TICKS

LONGEST_RUN = 6  # notes of one pitch in a row, unless the input has more
LONGEST_TRILL = 10  # notes of two pitches in turn
PASSAGE, ECHO = 12, 4.0  # notes that make a passage, and nats that each return after the first costs it
REMEMBERED = 1024  # notes
OFF_GRID = 6.0  # nats that it costs to step beside thirty-seconds and sextuplets,
USUAL = 0.05  # unless so many of the input's notes, and three at least, lie there
LEFTOVER = TICKS // 4  # a shorter step to the closing note would stumble
FOREIGN, HOME = 8.0, 2.5  # nats against closing on a tone outside the tonic's triad, and for the tonic
FIFTH = 7


FAR = 2**40  # a tick that never comes


@dataclass(eq=False)
class Lines:
    """Where each take stands. All tensors have the takes as their first dimension; times are in ticks.

    tick, pitch, before  of the last note; pitch of the one before it; START where there is none
    new                  how many notes are new
    run, trill           notes in a row of one pitch; that repeat the pitch of the last but one
    longest_run          allowed
    bar                  a whole note where unknown
    least, most          that the next step may be
    last, goal           where the closing note begins and where the music ends; FAR while unknown; last is FAR for a
                         take that does not close
    closes               whether it comes to a close at all
    register             (B, pitches) 0 or −inf; durations (B, durations) likewise
    grid                 (B, TICKS) what is added for a step to each place within a quarter
    rest                 (B, pitches) what is added at the closing note
    recent               (B, PASSAGE) pitch and step of the last notes, newest last, −1 before; passage: what
                         `passage` makes of them
    passages, after      (B, N) the passage at each of the last N notes, and the pitch that came next; a ring, whose
                         next `place` (B,) to write is that of the newest note
    """

    tick: Tensor
    pitch: Tensor
    before: Tensor
    new: Tensor
    run: Tensor
    trill: Tensor
    longest_run: Tensor
    bar: Tensor
    least: Tensor
    most: Tensor
    last: Tensor
    goal: Tensor
    closes: Tensor
    register: Tensor
    grid: Tensor
    durations: Tensor
    rest: Tensor
    recent: Tensor
    passage: Tensor
    place: Tensor
    passages: Tensor
    after: Tensor

    def first(self, takes: int) -> Self:
        """The same memory, of the first `takes` alone."""
        return type(self)(**{field.name: getattr(self, field.name)[:takes] for field in fields(self)})

    def add(self, step: Tensor, tick: Tensor, pitch: Tensor, sounding: Tensor) -> None:
        """A note more in every take; `step` is a class, `sounding` its written ticks."""
        self.run.add_(1).masked_fill_(pitch != self.pitch, 1)
        self.trill.add_(1).masked_fill_((pitch != self.before) | (self.before == START), 0)
        self.before.copy_(self.pitch)
        self.pitch.copy_(pitch)
        self.tick.copy_(tick)
        self.new.add_(1)
        self.least.fill_(1)
        torch.add(sounding.clamp(min=TICKS), self.bar, out=self.most)
        place = self.place[:, None]
        self.passages.scatter_(1, place, self.passage[:, None])
        self.after.scatter_(1, place, pitch[:, None])
        self.place.add_(1).remainder_(REMEMBERED)
        self.recent.copy_(torch.cat([self.recent[:, 1:], torch.add(step, pitch, alpha=512)[:, None]], 1))
        self.passage.copy_(passage(self.recent))


def passage(recent: Tensor) -> Tensor:
    """(B,) one number for the last notes (B, PASSAGE), by which they are told from others."""
    return recent.mv(_powers(recent.device))


def powers() -> NDArray[np.int64]:
    """(PASSAGE,) by what `passage` multiplies each note."""
    powers = [pow(0x9E3779B97F4A7C15, PASSAGE - i, 2**64) for i in range(PASSAGE)]
    return np.array(powers, np.uint64).view(np.int64)


@cache
def _powers(device: torch.device) -> Tensor:
    return torch.from_numpy(powers()).to(device)


def stay_in_range(logits: Tensor, lines: Lines) -> None:
    """No pitch outside the register."""
    logits.add_(lines.register)


def keep_moving(logits: Tensor, lines: Lines) -> None:
    """One note at a time, and no rest longer than a bar. The first new note does not cut the input's last one short;
    on a blank page it may come at once."""
    lengths = ticks_of_steps(logits.device)
    logits.masked_fill_((lengths < lines.least[:, None]) | (lengths > lines.most[:, None]), -torch.inf)


def grid(ticks: NDArray[np.int64]) -> NDArray[np.float32]:
    """(TICKS,) what it costs to step to each place within a quarter, for a take that goes on from notes at `ticks`."""
    place = np.arange(TICKS)
    heard = np.bincount(ticks % TICKS, minlength=TICKS)
    plain = (place % (TICKS // 8) == 0) | (place % (TICKS // 6) == 0) | (heard >= max(3, USUAL * len(ticks)))
    return np.where(plain, 0, -OFF_GRID).astype(np.float32)


def keep_the_grid(logits: Tensor, lines: Lines) -> None:
    """A take that has slipped beside the beat would stay there: no player does, so each such step costs something."""
    places = (lines.tick[:, None] + ticks_of_steps(logits.device)) % TICKS
    logits.add_(lines.grid.gather(1, places))


def arrive(logits: Tensor, lines: Lines) -> None:
    """Steps lead to the place of the closing note, neither past it nor so close that it would stumble."""
    left = (lines.last - lines.tick)[:, None] - ticks_of_steps(logits.device)
    logits.masked_fill_((left < LEFTOVER) & (left != 0), -torch.inf)


def come_to_rest(logits: Tensor, lines: Lines, tick: Tensor) -> None:
    """The closing note, at `tick`, is of the tonic's triad, the tonic above all."""
    logits.add_(lines.rest * (tick >= lines.last)[:, None])


def no_endless_note(logits: Tensor, lines: Lines) -> None:
    """A note lasts a bar at most, or as long as the longest of the input."""
    logits.add_(lines.durations)


def no_stuck_note(logits: Tensor, lines: Lines) -> None:
    """After a long run of one pitch comes another one, and two pitches in turn come to an end."""
    stuck = lines.pitch.masked_fill(lines.run < lines.longest_run, START)[:, None]
    trilled = lines.before.masked_fill(lines.trill < LONGEST_TRILL - 2, START)[:, None]
    pitches = _pitches(logits.device)
    logits.masked_fill_((pitches == stuck) | (pitches == trilled), -torch.inf)


def no_endless_echo(logits: Tensor, lines: Lines) -> None:
    """A passage may come back once, as the parts of a tune do; each time more it is wished for less."""
    again = (lines.passages == lines.passage[:, None]).to(logits.dtype)
    times = torch.zeros_like(logits).scatter_add_(1, lines.after, again)
    logits.sub_((times - 1).clamp_(min=0).mul_(ECHO))


Constraint = Callable[[Tensor, Lines], None]
CONSTRAINTS: dict[str, tuple[Constraint, ...]] = {
    "step": (keep_the_grid, keep_moving, arrive),
    "pitch": (stay_in_range, no_stuck_note, no_endless_echo),
    "duration": (no_endless_note,),
}


@cache
def _pitches(device: torch.device) -> Tensor:
    return torch.arange(START, device=device)[None]


@cache
def ticks_of_steps(device: torch.device) -> Tensor:
    """(1, classes): how many ticks each class of step or duration is."""
    return torch.from_numpy(LENGTHS).to(device)[None]
