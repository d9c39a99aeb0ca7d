"""The sampler that one writes first: what the real one is measured against, and must draw from the same distribution.

For every note the model's `forward` reads one row of each take and hands its state on, the heads are asked one after
the other, each take's rules look at the list of its notes, and `torch.multinomial` draws from the sorted nucleus.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model import tokens
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.model.tokens import CLASSES, DURATION, FIELDS, INTERVAL, LENGTHS, PITCH, START, STEP, TICK, TICKS, Ints
from generation.play.advance import ending
from generation.play.constraints import ECHO, FIFTH, FOREIGN, HOME, LEFTOVER, LONGEST_TRILL, PASSAGE, REMEMBERED
from generation.play.ensemble import Part, warmth

Reals = NDArray[np.float32]


@torch.inference_mode()
def play_plainly(
    model: AttentiveLSTM,
    parts: Sequence[Part],
    notes: int,
    choose: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> list[Ints]:
    """Rows of each take, all of one length at the start, after so many new notes. `choose` draws one class of each row
    of logits (B, classes), given each row's share of the nucleus (B, 1)."""
    choose = choose or draw
    takes = [part.start for part in parts]
    conditions = torch.from_numpy(np.stack([part.conditions for part in parts]))
    wishes = {head: [warmth(head, part.temperature, part.top_p) for part in parts] for head in CLASSES}
    warm = {head: torch.tensor(wish).T[:, :, None] for head, wish in wishes.items()}
    plans = [_plan(part, part.begin) for part in parts]
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
            for take, part in enumerate(parts):
                obey(head, logits[take].numpy(), part, takes[take], new, plans[take][0], int(row[take, TICK]))
            said[head] = choose(logits, top_p)
            row[:, FIELDS.index(head)] = said[head]
            if head == "step":
                row[:, TICK] += torch.from_numpy(LENGTHS)[said[head]]
        interval = (row[:, PITCH] - rows[:, -1, PITCH]).clamp(-24, 24) + 24
        row[:, INTERVAL] = torch.where(rows[:, -1, PITCH] == START, tokens.NO_INTERVAL, interval)
        row[:, [tokens.TIMED, tokens.SHADED]] = 1
        if not new:
            plans = [_plan(part, int(row[take, TICK])) for take, part in enumerate(parts)]
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


def obey(head: str, logits: Reals, part: Part, rows: Ints, new: int, last: int, tick: int) -> None:
    """What `constraints` says, for the logits (classes,) of one take with all its `rows`, of which so many are new;
    `last` is where its closing note begins, `tick` where the coming note does."""
    lengths, pitch, closes = LENGTHS, rows[:, PITCH], new > 0 and not part.open_end
    if head == "step":
        bar, sounding = int(part.conditions[4]) or 4 * TICKS, int(LENGTHS[rows[-1, DURATION]])
        logits += part.grid[(rows[-1, TICK] + lengths) % TICKS]
        low, high = 1, bar + max(sounding, TICKS)
        if not new:
            low, high = (0, bar) if pitch[-1] == START else (min(max(sounding, 1), LENGTHS[-1]), bar + sounding)
        logits[(lengths < low) | (lengths > max(high, low))] = -np.inf
        if closes:
            left = last - rows[-1, TICK] - lengths
            logits[(left < 0) | ((left > 0) & (left < LEFTOVER))] = -np.inf
    elif head == "pitch":
        low, high = part.register
        logits[:low] = logits[high + 1 :] = -np.inf
        if pitch[-1] != START and _last(pitch == pitch[-1]) >= part.longest_run:
            logits[pitch[-1]] = -np.inf
        if _last((pitch[2:] == pitch[:-2]) & (pitch[:-2] != START)) >= LONGEST_TRILL - 2:
            logits[pitch[-2]] = -np.inf
        heard = rows[pitch != START][-REMEMBERED - PASSAGE :]
        if len(heard) > PASSAGE:
            passages = np.lib.stride_tricks.sliding_window_view(heard[:, [PITCH, STEP]], PASSAGE, axis=0)
            again = (passages[:-1] == passages[-1]).all((1, 2))
            times = np.bincount(heard[PASSAGE:, PITCH][again], minlength=len(logits))
            logits -= ECHO * np.maximum(times - 1, 0)
        if closes and tick >= last:
            degree = (np.arange(len(logits)) - part.tonic) % 12
            logits += HOME * (degree == 0) - FOREIGN * ~np.isin(degree, (0, part.third, FIFTH))
    elif head == "duration":
        logits[(lengths < 1) | (lengths > part.longest_note)] = -np.inf


def _last(true: NDArray[np.bool_]) -> int:
    """How many at the end are true in a row."""
    count = 0
    while count < len(true) and true[-1 - count]:
        count += 1
    return count


def _plan(part: Part, tick: int) -> tuple[int, int]:
    """Ticks at which the closing note begins and the music ends."""
    last, goal = ending(*(torch.tensor([x]) for x in (tick, part.wished, part.conditions[5], part.conditions[4])))
    return int(last), int(goal)


def _countdown(rows: Tensor, goals: Sequence[int]) -> Tensor:
    left = (torch.tensor(goals)[:, None] - rows[..., TICK]).clamp(min=0)
    return torch.from_numpy(tokens.countdown_class(left.numpy() / TICKS))
