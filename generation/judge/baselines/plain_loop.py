"""The plain loop: the simplest sampler, against which the real one is measured; both draw from the same distribution.

For every note the model's `forward` reads one row of each take and passes its state on, the heads are asked one after
the other, each take's state is computed from the list of its notes, and `torch.multinomial` draws from the sorted
nucleus.
It shares with the real sampler only the model, the rules and the parameters of a take.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model import tokens
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.model.tokens import CLASSES, DURATION, FIELDS, INTERVAL, LENGTHS, PITCH, START, STEP, TICK, TICKS, Ints
from generation.play.batch import Line, sampling_parameters
from generation.play.constraints import CONSTRAINTS, VALUES
from generation.play.decode_step import FILLS, ROUNDING
from generation.play.state import FAR, PASSAGE, REMEMBERED, State


@torch.inference_mode()
def play_plainly(
    model: AttentiveLSTM,
    lines: Sequence[Line],
    notes: int,
    choose: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> list[Ints]:
    """Rows of each take, all of one length at the start, after so many new notes. `choose` draws one class of each row
    of logits (B, classes), given each row's share of the nucleus (B, 1)."""
    choose = choose or draw
    takes = [line.start for line in lines]
    conditions = torch.from_numpy(np.stack([line.conditions for line in lines]))
    wishes = {head: [sampling_parameters(head, line.temperature, line.top_p) for line in lines] for head in CLASSES}
    warm = {head: torch.tensor(wish).T[:, :, None] for head, wish in wishes.items()}
    plans = [_plan(line, line.begin) for line in lines]
    rows = torch.from_numpy(np.stack(takes))
    x, state = model(rows, conditions, _countdown(rows, [goal for _, goal in plans]))
    for new in range(notes):
        said: dict[str, Tensor] = {}
        row, now = rows[:, -1].clone(), x[:, -1]
        for head in CLASSES:
            if head == "step":
                logits = model.step_head(now)
            elif head == "pitch":
                logits, now = model.pitch_head(now, said["step"], row[:, TICK], conditions)
            elif head == "articulation":
                logits = model.articulation_head(now, said["deviation"])
            else:
                before = {"duration": "pitch", "velocity": "duration", "deviation": "velocity"}[head]
                logits, now = getattr(model, f"{head}_head")(now, said[before])
            temperature, top_p = warm[head]
            logits = logits / temperature
            for take, line in enumerate(lines):
                at = state_of(line, takes[take], new, plans[take], int(row[take, TICK]))
                for rule in CONSTRAINTS.get(head, ()):
                    logits[take] -= torch.from_numpy(np.asarray(rule(VALUES[head], at)))
            said[head] = choose(logits, top_p)
            row[:, FIELDS.index(head)] = said[head]
            if head == "step":
                row[:, TICK] += torch.from_numpy(LENGTHS)[said[head]]
        interval = (row[:, PITCH] - rows[:, -1, PITCH]).clamp(-24, 24) + 24
        row[:, INTERVAL] = torch.where(rows[:, -1, PITCH] == START, tokens.NO_INTERVAL, interval)
        row[:, [tokens.TIMED, tokens.SHADED]] = 1
        if not new:
            plans = [_plan(line, int(row[take, TICK])) for take, line in enumerate(lines)]
        rows = row[:, None]
        takes = [np.concatenate([take, one.numpy()]) for take, one in zip(takes, rows, strict=True)]
        x, state = model(rows, conditions, _countdown(rows, [goal for _, goal in plans]), state)
    return takes


def draw(logits: Tensor, top_p: Tensor) -> Tensor:
    """(B,) a class of each row of (B, classes), out of the smallest set with `top_p` (B, 1) of the probability."""
    chance, order = logits.softmax(1).sort(1, descending=True)
    chance[chance.cumsum(1) - chance >= top_p] = 0
    drawn: Tensor = order.gather(1, torch.multinomial(chance, 1))[:, 0]
    return drawn


def state_of(line: Line, rows: Ints, new: int, plan: tuple[int, int], onset: int) -> State:
    """The state of a take after its `rows` (n, len(FIELDS)), of which `new` are new: `plan` says where its closing note
    begins and where it ends, `onset` where the coming note begins."""
    pitch, opening = rows[:, PITCH], not new
    bar, sounding = int(line.conditions[4]), int(LENGTHS[rows[-1, DURATION]])
    least, most = 1, (bar or 4 * TICKS) + max(sounding, TICKS)
    if opening:
        least, most = line.least, line.most
    last, goal = (FAR, FAR) if opening else (FAR if line.open_end else plan[0], plan[1])
    return State(
        tick=rows[-1, TICK], pitch=pitch[-1], before=pitch[-2] if len(pitch) > 1 else START, onset=onset, new=new,
        heard=(pitch != START).sum(), run=_last(pitch == pitch[-1]),
        trill=_last((pitch[2:] == pitch[:-2]) & (pitch[:-2] != START)), longest_run=line.longest_run, least=least,
        most=most, longest_rest=bar or 4 * TICKS, bar=bar, downbeat=line.conditions[5], wished=line.wished, last=last,
        goal=goal, closes=not line.open_end, lowest=line.register[0], highest=line.register[1],
        longest_note=line.longest_note, tonic=line.tonic, third=line.third, returns=line.returns, unusual=line.unusual,
        followed=_followed(rows[pitch != START][-REMEMBERED - PASSAGE :]),
        passage=None, recent=None, passages=None, after=None,  # with these the real sampler finds which notes followed
    )  # fmt: skip


def _followed(notes: Ints) -> Ints:
    """(pitches,) how often each pitch followed the last PASSAGE notes."""
    if len(notes) <= PASSAGE:
        return np.zeros(CLASSES["pitch"], np.int64)
    passages = np.lib.stride_tricks.sliding_window_view(notes[:, [PITCH, STEP]], PASSAGE, axis=0)
    again = (passages[:-1] == passages[-1]).all((1, 2))
    return np.bincount(notes[PASSAGE:, PITCH][again], minlength=CLASSES["pitch"])


def _last(true: NDArray[np.bool_]) -> int:
    """The length of the run of true values at the end of an array (n,)."""
    count = 0
    while count < len(true) and true[-1 - count]:
        count += 1
    return count


def _plan(line: Line, tick: int) -> tuple[int, int]:
    """Ticks at which the closing note begins and at which the music ends, if it begins at `tick`."""
    bar, downbeat, goal = int(line.conditions[4]), int(line.conditions[5]), tick + line.wished
    beat = downbeat + round((goal - downbeat) / TICKS) * TICKS
    mark = downbeat + round((goal - downbeat) / bar) * bar if bar else None
    end = beat if mark is None or abs(mark - goal) > ROUNDING * line.wished else mark
    whole, third = bar or 2 * TICKS, max(1, (end - tick) // FILLS // TICKS) * TICKS
    return end - (whole if whole * FILLS <= end - tick else min(third, whole)), end


def _countdown(rows: Tensor, goals: Sequence[int]) -> Tensor:
    left = (torch.tensor(goals)[:, None] - rows[..., TICK]).clamp(min=0)
    return torch.from_numpy(tokens.countdown_class(left.numpy() / TICKS))
