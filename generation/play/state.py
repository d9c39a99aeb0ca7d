"""The state of a take, as rules and loops use it."""

from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.model.tokens import CLASSES, PITCH, STEP, TICKS, Ints

PASSAGE = 12  # notes of a passage
REMEMBERED = 1024  # the last notes that are remembered, each with the passage before it
FAR = 2**40  # a tick that never comes


class State(NamedTuple):
    """Whole numbers; times are in ticks. For one take, a field is a number or a row of numbers. For all takes at once,
    it is a view of a table (takes, WIDTH) with the takes as its first dimension.

    tick, pitch, before  tick and pitch of the last note; pitch of the note before it, START if there is none
    onset                of the next note, once its step is known
    new, heard           number of new notes; number of all notes
    run, trill           length of the present run of one pitch; of the present run of two pitches in turn
    longest_run          how long a run of one pitch may be
    least, most          shortest and longest next step
    longest_rest         a bar, or a whole note if the bar is unknown
    bar, downbeat        length of a bar, 0 if unknown; tick at which a bar begins
    wished               length of the new music that was asked for
    last, goal           tick at which the closing note begins, FAR for a take that does not close; tick at which the
                         music ends; both FAR while unknown
    closes               whether the take comes to a close, 0 or 1
    lowest, highest      range of pitches
    longest_note         how long a note may be
    returns              how often a passage may come back
    tonic, third         pitch class of the tonic; semitones from it to the third of its triad
    passage              hash of the last notes, see `passage`
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
    returns: Any
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
    """The fields of a table (takes, WIDTH), which may be a tensor or an array, as views."""
    rows = [table[:, getattr(AT, name) : getattr(AT, name) + size] for name, size in ROWS.items()]
    return State(*(table[:, column] for column in range(NUMBERS)), *rows)


def note_down(state: State, step: Tensor, pitch: Tensor, sounding: Tensor) -> None:
    """Add to every take a note at its `onset`: the class of its step (B,), its pitch (B,), and its written length
    `sounding` (B,) in ticks."""
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
    """(B,) a hash of the last notes (B, PASSAGE)."""
    return (recent * _powers(recent.device)).sum(1)


def followed(now: Tensor, passages: Tensor, after: Tensor) -> Tensor:
    """(B, pitches) how often each pitch followed the passage `now` (B,), given `State.passages` and `State.after`,
    (B, REMEMBERED) each."""
    none = torch.zeros(len(now), CLASSES["pitch"], dtype=torch.int64, device=now.device)
    return none.scatter_add_(1, after, (passages == now[:, None]).long())


def recalled(notes: Ints) -> tuple[Tensor, Tensor, Tensor]:
    """What a take remembers of given notes (N, fields): pitch and step of the last ones (PASSAGE,); the passages before
    each of the last REMEMBERED notes, and the one after them all (≤ REMEMBERED + 1,); and the pitches of those notes
    (≤ REMEMBERED,)."""
    codes = np.concatenate([np.full(PASSAGE, -1), notes[:, PITCH] * 512 + notes[:, STEP]])
    recent = torch.from_numpy(np.lib.stride_tricks.sliding_window_view(codes, PASSAGE).copy())
    return recent[-1], passage(recent)[-REMEMBERED - 1 :], torch.from_numpy(notes[-REMEMBERED:, PITCH])


def ring(newest: Tensor, heard: int) -> Tensor:
    """A ring (REMEMBERED,) that holds the `newest` (≤ REMEMBERED,) of `heard` numbers, each at its place."""
    return F.pad(newest, (0, REMEMBERED - len(newest))).roll(heard - len(newest))


def powers() -> NDArray[np.int64]:
    """(PASSAGE,) the factors by which `passage` multiplies the notes."""
    powers = [pow(0x9E3779B97F4A7C15, PASSAGE - i, 2**64) for i in range(PASSAGE)]
    return np.array(powers, np.uint64).view(np.int64)


@cache
def _powers(device: torch.device) -> Tensor:
    return torch.from_numpy(powers()).to(device)
