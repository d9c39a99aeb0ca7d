"""What a musician would never play, as small functions on the logits (B, classes) of all takes at once.

Each changes the logits of one field in place; `CONSTRAINTS` says which. They come after the temperature, so that they
hold as firmly in a wild take as in a tame one.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Self

import torch
from torch import Tensor

from generation.tokens import LENGTHS, START, TICKS

LONGEST_RUN = 6  # notes of one pitch in a row, unless the input has more
LONGEST_TRILL = 10  # notes of two pitches in turn
PASSAGE, ECHO = 12, 3.0  # notes that make a passage, and nats that each return after the first costs it
LEFTOVER = TICKS // 4  # a shorter step to the closing note would stumble
FOREIGN, HOME = 8.0, 2.5  # nats against closing on a tone outside the tonic's triad, and for the tonic
TRIAD = (0, 3, 4, 7)


@dataclass(eq=False)
class Lines:
    """Where each take stands. All tensors have the takes as their first dimension; times are in ticks.

    tick, pitch, before  of the last note; pitch of the one before it; START where there is none
    sounding             written length of the last note
    new                  how many notes are new
    run, trill           notes in a row of one pitch; that repeat the pitch of the last but one
    longest_run          allowed
    bar                  a whole note where unknown
    last, goal           where the closing note begins and where the music ends; unknown before the first new note
    closes               whether it comes to a close at all
    register             (B, pitches) 0 or −inf; durations (B, durations) likewise
    rest                 (B, pitches) what is added at the closing note
    notes                (B, N) pitch and step of the last N, newest last, −1 before; echo (B, N): how many notes up to
                         there are the same as the newest ones
    """

    tick: Tensor
    pitch: Tensor
    before: Tensor
    sounding: Tensor
    new: Tensor
    run: Tensor
    trill: Tensor
    longest_run: Tensor
    bar: Tensor
    last: Tensor
    goal: Tensor
    closes: Tensor
    register: Tensor
    durations: Tensor
    rest: Tensor
    notes: Tensor
    echo: Tensor

    def first(self, takes: int) -> Self:
        """The same memory, of the first `takes` alone."""
        return type(self)(**{field.name: getattr(self, field.name)[:takes] for field in fields(self)})

    def add(self, step: Tensor, tick: Tensor, pitch: Tensor, sounding: Tensor) -> None:
        """A note more in every take."""
        self.run.add_(1).masked_fill_(pitch != self.pitch, 1)
        self.trill.add_(1).masked_fill_((pitch != self.before) | (self.before == START), 0)
        self.before.copy_(self.pitch)
        self.pitch.copy_(pitch)
        self.tick.copy_(tick)
        self.sounding.copy_(sounding)
        self.new.add_(1)
        code = (pitch * 512 + step)[:, None]
        same = (self.echo.roll(1, 1) + 1).masked_fill_(self.notes != code, 0)
        same[:, 0] = 0
        self.notes.copy_(torch.cat([self.notes[:, 1:], code], 1))
        self.echo.copy_(torch.cat([same[:, 1:], torch.zeros_like(code)], 1))


def stay_in_range(logits: Tensor, lines: Lines) -> None:
    """No pitch outside the register."""
    logits.add_(lines.register)


def keep_moving(logits: Tensor, lines: Lines) -> None:
    """One note at a time, and no rest longer than a bar. The first new note does not cut the input's last one short;
    on a blank page it may come at once."""
    lengths = ticks_of_steps(logits.device)
    opening = (lines.new == 0)[:, None]
    sounding, bar, blank = lines.sounding[:, None], lines.bar[:, None], (lines.pitch == START)[:, None]
    low = sounding.clamp(1, int(LENGTHS[-1])).masked_fill(~opening, 1).masked_fill(blank, 0)
    high = bar + torch.where(opening, sounding, sounding.clamp(min=TICKS)).masked_fill(blank, 0)
    logits.masked_fill_((lengths < low) | (lengths > torch.maximum(high, low)), -torch.inf)


def arrive(logits: Tensor, lines: Lines) -> None:
    """Steps lead to the place of the closing note, neither past it nor so close that it would stumble."""
    left = (lines.last - lines.tick)[:, None] - ticks_of_steps(logits.device)
    bound = (lines.closes & (lines.new > 0))[:, None]
    logits.masked_fill_(bound & ((left < 0) | ((left > 0) & (left < LEFTOVER))), -torch.inf)


def come_to_rest(logits: Tensor, lines: Lines, tick: Tensor) -> None:
    """The closing note, at `tick`, is of the tonic's triad, the tonic above all."""
    closing = (lines.closes & (lines.new > 0) & (tick >= lines.last))[:, None]
    logits.add_(lines.rest.masked_fill(~closing, 0.0))


def no_endless_note(logits: Tensor, lines: Lines) -> None:
    """A note lasts a bar at most, or as long as the longest of the input."""
    logits.add_(lines.durations)


def no_stuck_note(logits: Tensor, lines: Lines) -> None:
    """After a long run of one pitch comes another one, and two pitches in turn come to an end."""
    stuck = (lines.run >= lines.longest_run) & (lines.pitch != START)
    _forbid(logits, lines.pitch, stuck)
    _forbid(logits, lines.before, lines.trill >= LONGEST_TRILL - 2)


def no_endless_echo(logits: Tensor, lines: Lines) -> None:
    """A passage may come back once, as the parts of a tune do; each time more it is wished for less."""
    again = lines.echo[:, :-1] >= PASSAGE
    times = torch.zeros_like(logits).scatter_add_(1, lines.notes[:, 1:].clamp(min=0) // 512, again.to(logits.dtype))
    logits.sub_(ECHO * (times - 1).clamp(min=0))


CONSTRAINTS: dict[str, tuple[Callable[[Tensor, Lines], None], ...]] = {
    "step": (keep_moving, arrive),
    "pitch": (stay_in_range, no_stuck_note, no_endless_echo),
    "duration": (no_endless_note,),
}


def _forbid(logits: Tensor, pitch: Tensor, where: Tensor) -> None:
    there = pitch.clamp(max=logits.shape[1] - 1)[:, None]
    logits.scatter_add_(1, there, torch.zeros_like(logits[:, :1]).masked_fill_(where[:, None], -torch.inf))


@cache
def ticks_of_steps(device: torch.device) -> Tensor:
    """(1, classes): how many ticks each class of step or duration is."""
    return torch.from_numpy(LENGTHS).to(device)[None]
