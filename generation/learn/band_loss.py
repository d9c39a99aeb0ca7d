"""The loss of a network for several parts: the nats of each field."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.learn.band_batches import Batch, collate, whole
from generation.model import band
from generation.model.band import FIELDS, SLOTS
from generation.model.encode_band import Piece
from generation.model.networks.band_lstm import BandLSTM, State

CONTENT = ("step", "part", "value", "duration")
EXPRESSION = ("velocity", "deviation", "articulation")
HEADS = CONTENT + EXPRESSION
TOGETHER = 16  # pieces in one batch
CHUNK = 512  # rows at once


def loss(model: BandLSTM, batch: Batch, state: State | None = None) -> tuple[dict[str, tuple[Tensor, Tensor]], State]:
    """head → (nats (N,) of each row that teaches it, index (N,) of that row's sequence); and the state after the batch.

    Every row teaches step, part and value, and the end teaches step; tones teach duration, and parts that were played
    teach expression.
    """
    outputs, state = model(batch.rows, batch.heard, batch.heading, batch.conditions, batch.countdown, state)
    sequence = torch.arange(len(batch.valid))[:, None].expand_as(batch.valid).to(outputs.device)[batch.valid]
    x, row, heard = outputs[batch.valid], batch.following[batch.valid], batch.heard_next[batch.valid]
    found = {"step": (_nats(model.step_head(x), row[:, band.STEP]), sequence)}
    follows = row[:, band.STEP] != band.END
    x, row, heard, sequence = x[follows], row[follows], heard[follows], sequence[follows]
    parts = model.parts(batch.heading)
    about = batch.heading[sequence, row[:, band.PART].clamp(max=SLOTS - 1)]
    said, x = model.part_head(x, row, heard, parts, sequence)
    found["part"] = _nats(said, row[:, band.PART]), sequence
    kind = torch.where(about[:, 0] == band.DRUMS + 1, 1, torch.where(about[:, 0] == band.HARMONY + 1, 2, 0))
    said, x = model.value_head(x, row, heard, parts, sequence, kind)
    found["value"] = _nats(said, row[:, band.VALUE]), sequence
    said, x = model.duration_head(x, row, heard)
    tone = kind == 0
    found["duration"] = _nats(said[tone], row[tone, band.DURATION]), sequence[tone]
    timed, shaded = about[:, 2] > 0, about[:, 3] > 0
    played = timed | shaded
    x, row, timed, shaded, sequence = x[played], row[played], timed[played], shaded[played], sequence[played]
    said, x = model.velocity_head(x, row)
    found["velocity"] = _nats(said[shaded], row[shaded, band.VELOCITY]), sequence[shaded]
    said, x = model.deviation_head(x, row)
    found["deviation"] = _nats(said[timed], row[timed, band.DEVIATION]), sequence[timed]
    said = model.articulation_head(x, row)
    found["articulation"] = _nats(said[timed], row[timed, band.ARTICULATION]), sequence[timed]
    return found, state


def _nats(said: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(said.float(), target, reduction="none")


@torch.inference_mode()
def surprise(model: BandLSTM, pieces: Sequence[Piece], *others: BandLSTM) -> list[dict[str, float]]:
    """For each piece, the nats of each head summed over all its rows and its end, and the number of its `rows`.

    With `others`, the nats of a mixture: each class has the mean of the probabilities that the networks give it.
    """
    models = [each.eval() for each in (model, *others)]
    totals = [dict.fromkeys((*HEADS, "rows"), 0.0) for _ in pieces]
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i].encoded.rows))
    device = next(model.parameters()).device
    for start in range(0, len(order), TOGETHER):
        picked = order[start : start + TOGETHER]
        batch = collate([whole(pieces[i]) for i in picked]).to(device)
        states: list[State | None] = [None] * len(models)
        for at in range(0, batch.valid.shape[1], CHUNK):
            part = _part(batch, slice(at, at + CHUNK))
            said = [loss(each, part, state) for each, state in zip(models, states, strict=True)]
            states = [state for _, state in said]
            for head, (_, sequence) in said[0][0].items():
                nats = math.log(len(said)) - torch.stack([-found[head][0] for found, _ in said]).logsumexp(0)
                sums = torch.zeros(len(picked), device=device).index_add_(0, sequence, nats)
                for i, value in zip(picked, sums.tolist(), strict=True):
                    totals[i][head] += value
        for i in picked:
            totals[i]["rows"] = len(pieces[i].encoded.rows) - 1
    return totals


def _part(batch: Batch, rows: slice) -> Batch:
    """Some of the rows of every sequence."""
    cut = {name: each[:, rows] for name, each in vars(batch).items() if name not in ("heading", "conditions")}
    return Batch(**cut, heading=batch.heading, conditions=batch.conditions)


assert FIELDS[: len(HEADS)] == HEADS
