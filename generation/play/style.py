"""Find the style of a tune: the one under which its notes and its metre are likeliest."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from generation.model import tokens
from generation.model.networks.attentive_lstm import AttentiveLSTM, LayerState, State
from generation.music.song import Song
from generation.request import STYLES

HEARD = 256  # notes at the end of the tune that count
STRETCH = 64  # notes that are read at a time
BEHIND = 8.0  # nats behind the best style so far, a few thousand to one, at which a style is dropped
CONTENT = ("step", "pitch", "duration")


@torch.inference_mode()
def likeliest_style(
    model: AttentiveLSTM, device: torch.device, melody: Song, metres: Mapping[str, Mapping[str, int]]
) -> str:
    """The name of the likeliest style by Bayes' rule; "auto" for a tune of fewer than four notes, and where
    the model has learned no style.

    metres  style → metre such as "6/8" → tunes of that style and metre among those that the model learned from
    """
    names = [name for name in STYLES if name != "auto" and name in metres]
    if len(melody.line) < 4 or not names:
        return "auto"
    encoded = tokens.encode(melody, key=melody.key)
    rows = torch.from_numpy(encoded.rows[-HEARD - 1 :]).to(device)
    conditions = torch.from_numpy(np.tile(encoded.conditions, (len(names), 1))).to(device)
    conditions[:, 0] = torch.tensor([list(STYLES).index(name) for name in names], device=device)
    surprise, state = -_prior(names, melody, metres), None
    for start in range(0, len(rows) - 1, STRETCH):
        nats, state = _nats(model, rows[start : start + STRETCH + 1], conditions, state)
        surprise = surprise + nats
        left = np.flatnonzero(surprise <= surprise.min() + BEHIND)
        names, surprise, still = [names[i] for i in left], surprise[left], torch.from_numpy(left).to(device)
        if len(names) == 1:
            break
        conditions, state = conditions[still], tuple(_of(layer, still) for layer in state)
    return names[int(surprise.argmin())]


def _nats(
    model: AttentiveLSTM, rows: Tensor, conditions: Tensor, state: State | None
) -> tuple[NDArray[np.float64], State]:
    """The nats (B,) that the content of rows (T + 1, len(FIELDS)) costs after the first row, under conditions
    (B, len(CONDITIONS)); and the state before the last row."""
    every = rows.expand(len(conditions), -1, -1)
    unknown = torch.full_like(every[:, 1:, 0], tokens.UNKNOWN_COUNTDOWN)
    x, state = model(every[:, :-1], conditions, unknown, state)
    following = every[:, 1:].flatten(0, 1)
    nobody = torch.zeros(len(following), dtype=torch.bool, device=rows.device)
    logits = model.logits(x.flatten(0, 1), following, conditions.repeat_interleave(x.shape[1], 0), nobody)
    nats = torch.stack([
        cross_entropy(logits[head], following[:, tokens.FIELDS.index(head)], reduction="none") for head in CONTENT
    ])  # fmt: skip
    return nats.view(len(CONTENT), *x.shape[:2]).sum((0, 2), dtype=torch.float64).cpu().numpy(), state


def _of(state: LayerState, which: Tensor) -> LayerState:
    """A layer's state for some of its sequences."""
    hidden, cell, *others = state
    return LayerState(hidden[:, which], cell[:, which], *(each[which] for each in others))


def _prior(names: Sequence[str], melody: Song, metres: Mapping[str, Mapping[str, int]]) -> NDArray[np.float64]:
    """(names,) for each style, the log of one plus its number of tunes in this metre; 0 for all if the metre is
    unknown."""
    if melody.metre is None:
        return np.zeros(len(names))
    metre = f"{melody.metre[0]}/{melody.metre[1]}"
    return np.log([metres.get(name, {}).get(metre, 0) + 1.0 for name in names])
