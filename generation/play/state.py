"""Where a take stands, each thing by its name: what rules and loops know of it."""

from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model.tokens import CLASSES, TICKS

PASSAGE = 12  # notes that make a passage
REMEMBERED = 1024  # notes, by the passages before them
FAR = 2**40  # a tick that never comes


class State(NamedTuple):
    """Whole numbers, times in ticks. Of one take, a field is a number or a row of them. Of all takes at once, the takes
    are its first dimension, and it is a view of a table (takes, WIDTH).

    tick, pitch, before  of the last note; pitch of the one before it; START where there is none
    onset                of the coming note, as soon as its step is known
    new, heard           how many notes are new; how many there are
    run, trill           notes in a row of one pitch; that repeat the pitch of the last but one
    longest_run          allowed
    least, most          that the next step may be; longest_rest: a bar, or a whole note where it is unknown
    bar, downbeat        a bar, 0 where unknown; where one begins
    wished               how long the new music shall last
    last, goal           where the closing note begins and where the music ends; FAR while unknown; last is FAR for a
                         take that does not close
    closes               whether it comes to a close at all, 0 or 1
    lowest, highest      pitches allowed; longest_note: duration allowed
    tonic, third         pitch class of rest; semitones from it to the third of its triad
    passage              what `passage` makes of the last notes
    unusual (TICKS)      1 for each place within a quarter where no note should begin
    recent (PASSAGE)     pitch and step of the last notes, newest last, −1 before the first
    followed (pitches)   how often each pitch came after the passage that has just been played
    passages, after      (REMEMBERED) the passage before each of the last notes, and the note's pitch; a ring, the next
                         place of which is `heard` % REMEMBERED
    """

    tick: Any
    pitch: Any
    before: Any
    onset: Any
    new: Any
    heard: Any
    run: Any
    trill: Any
    longest_run: Any
    least: Any
    most: Any
    longest_rest: Any
    bar: Any
    downbeat: Any
    wished: Any
    last: Any
    goal: Any
    closes: Any
    lowest: Any
    highest: Any
    longest_note: Any
    tonic: Any
    third: Any
    passage: Any
    unusual: Any
    recent: Any
    followed: Any
    passages: Any
    after: Any


ROWS = {"unusual": TICKS, "recent": PASSAGE, "followed": CLASSES["pitch"], "passages": REMEMBERED, "after": REMEMBERED}
NUMBERS = len(State._fields) - len(ROWS)
*_starts, WIDTH = accumulate((ROWS.get(name, 1) for name in State._fields), initial=0)
AT = State(*_starts)  # the first column of each field in a table


def of_all(table: Any) -> State:
    """The fields of a table (takes, WIDTH), a tensor or an array, as views."""
    rows = [table[:, getattr(AT, name) : getattr(AT, name) + size] for name, size in ROWS.items()]
    return State(*(table[:, column] for column in range(NUMBERS)), *rows)


def note_down(state: State, step: Tensor, pitch: Tensor, sounding: Tensor) -> None:
    """A note more in every take, at `onset`; `step` (B,) is a class, `sounding` (B,) its written ticks."""
    state.run.add_(1).masked_fill_(pitch != state.pitch, 1)
    state.trill.add_(1).masked_fill_(pitch != state.before, 0)
    state.before.copy_(state.pitch)
    state.pitch.copy_(pitch)
    state.tick.copy_(state.onset)
    state.least.fill_(1)
    state.most.copy_(sounding.clamp(min=TICKS) + state.longest_rest)
    place = (state.heard % REMEMBERED)[:, None]
    state.passages.scatter_(1, place, state.passage[:, None])
    state.after.scatter_(1, place, pitch[:, None])
    state.new.add_(1)
    state.heard.add_(1)
    state.recent.copy_(torch.cat([state.recent[:, 1:], torch.add(step, pitch, alpha=512)[:, None]], 1))
    state.passage.copy_(passage(state.recent))
    state.followed.copy_(followed(state.passage, state.passages, state.after))


def passage(recent: Tensor) -> Tensor:
    """(B,) one number for the last notes (B, PASSAGE), by which they are told from others."""
    return (recent * _powers(recent.device)).sum(1)


def followed(now: Tensor, passages: Tensor, after: Tensor) -> Tensor:
    """(B, pitches): how often each pitch came after the passage `now` (B,)."""
    none = torch.zeros(len(now), CLASSES["pitch"], dtype=torch.int64, device=now.device)
    return none.scatter_add_(1, after, (passages == now[:, None]).long())


def powers() -> NDArray[np.int64]:
    """(PASSAGE,) by what `passage` multiplies each note."""
    powers = [pow(0x9E3779B97F4A7C15, PASSAGE - i, 2**64) for i in range(PASSAGE)]
    return np.array(powers, np.uint64).view(np.int64)


@cache
def _powers(device: torch.device) -> Tensor:
    return torch.from_numpy(powers()).to(device)
