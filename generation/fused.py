"""A model's weights, rearranged to play one note at a time: fewer and larger products, and sums looked up.

A linear layer over embeddings side by side is a sum of one row a field, so tables of those rows take its place; what
is multiplied with the same vector is multiplied at once. The numbers that come out are the model's own.
"""

from dataclasses import dataclass
from math import lcm
from typing import cast

import torch
from torch import Tensor, nn

from generation.models.attentive_lstm import BARS, PERIODS, AttentiveLSTM, Layer
from generation.tokens import CLASSES, FLAT, START, TICKS

CYCLE = lcm(*(int(2 * period) for period in PERIODS)) * TICKS // 2  # ticks after which all phases of quarters return
AFTER = ("given_step", "given_pitch", "given_duration", "given_velocity", "given_deviation")
HEADS = tuple(CLASSES)
Cells = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class FusedLayer:
    """Weights of a layer, (in, out); `look` gives query, the next note's key, and the state's part of the value."""

    norm: tuple[Tensor, Tensor]
    lstm: Cells
    look: Tensor | None
    look_bias: Tensor | None
    out: Tensor | None
    out_bias: Tensor | None
    norm_after: tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Fused:
    """Tables have a row for every class and the width of the model as columns.

    note         step, pitch, pitch class, interval, duration and expression, one below the other from `offsets`
    phases       by tick of a cycle: what a note adds to the stream, then what its place adds to the pitch head's input
    bars         (phases of bars, 2 × width); rate: a bar's share of a turn by phase
    head[i]      (width, classes + width): a head's logits and its part of the input of the next
    given[i]     by class of head i: the rest of the input of the next
    values       (width, layers × width): what a note is for each layer's values
    flat         by head: the class that it always says, where the model has not learned to play; None where it has
    turn         radians a tick, by pair of channels of the rotation; swap: for every channel of a head its partner
    """

    note: Tensor
    offsets: Tensor
    phases: Tensor
    bars: Tensor
    rate: Tensor
    countdown: Tensor
    head: tuple[Tensor, ...]
    head_bias: tuple[Tensor, ...]
    given: tuple[Tensor, ...]
    layers: tuple[FusedLayer, ...]
    values: Tensor | None
    flat: tuple[int | None, ...]
    turn: Tensor
    swap: Tensor


@torch.inference_mode()
def fuse(model: AttentiveLSTM, timing: bool = True, dynamics: bool = True) -> Fused:
    """The weights of a model on its device, in 32-bit floats. It plays flat what it has not learned: timing (deviation
    and articulation) or dynamics (velocity)."""
    w, small = model.sizes.width, model.sizes.width // 4

    def columns(weight: Tensor, start: int, size: int) -> Tensor:
        return weight[:, start : start + size].T

    pitches = torch.arange(START + 1, device=model.pitch.weight.device)
    weight = model.note.weight
    sources = [model.step, model.pitch, model.pitch_class, model.interval, model.duration]
    tables = [source.weight @ columns(weight, i * small, small) for i, source in enumerate(sources)]
    touch = columns(weight, 5 * small, small)
    learned = {"velocity": dynamics, "deviation": timing, "articulation": timing}
    for name, expression in model.expression.items():
        tables.append(cast(nn.Embedding, expression).weight @ touch * learned[name])
    constant = model.flags.weight[timing + 2 * dynamics] @ touch + model.note.bias
    tables[1] = tables[1] + tables[2][torch.where(pitches == START, 12, pitches % 12)] + constant
    del tables[2]
    sizes = torch.tensor([0, *(len(table) for table in tables[:-1])])

    given_step = model.given_step.weight
    both = torch.cat([weight[:, 6 * small :].T, given_step[:, w + small :].T], 1)  # (phases, 2 w)
    ticks = torch.arange(CYCLE, device=weight.device)[:, None]
    angle = 2 * torch.pi * ticks / (TICKS * torch.tensor(PERIODS, device=weight.device))
    n, m = len(PERIODS), len(BARS)
    quarters = torch.cat([both[:n], both[n + m : 2 * n + m]])
    bars = torch.cat([both[n : n + m], both[2 * n + m :]])

    heads = [model.to_step, model.to_pitch, model.to_duration, model.to_velocity, model.to_deviation]
    after = [getattr(model, name) for name in AFTER]
    played = [cast(nn.Embedding, model.expression[name]) for name in ("velocity", "deviation")]
    said = [model.step, None, model.duration, *played]
    given = []
    for linear, embedding in zip(after, said, strict=True):
        if embedding is None:  # a pitch and its class
            table = model.pitch.weight[:START] @ columns(linear.weight, w, small)
            given.append(
                table + (model.pitch_class.weight @ columns(linear.weight, w + small, small))[pitches[:-1] % 12]
            )
        else:
            given.append(embedding.weight @ columns(linear.weight, w, small))
    head = [torch.cat([to.weight.T, columns(linear.weight, 0, w)], 1) for to, linear in zip(heads, after, strict=True)]
    bias = [torch.cat([to.bias, linear.bias]) for to, linear in zip(heads, after, strict=True)]
    attentive = model.sizes.window > 0
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    return Fused(
        note=torch.cat(tables),
        offsets=sizes.cumsum(0).to(weight.device),
        phases=torch.cat([angle.sin(), angle.cos()], 1) @ quarters,
        bars=bars,
        rate=2 * torch.pi / torch.tensor(BARS, device=weight.device),
        countdown=model.countdown.weight @ columns(model.context.weight, 2 * small, small),
        head=(*(each.contiguous() for each in head), model.to_articulation.weight.T.contiguous()),
        head_bias=(*bias, model.to_articulation.bias),
        given=tuple(given),
        layers=tuple(_layer(layer) for layer in layers),
        values=torch.cat([layer.value.weight[:, :w].T for layer in layers], 1).contiguous() if attentive else None,
        flat=tuple(None if learned.get(head, True) else FLAT[head] for head in HEADS),
        turn=layers[0].rate if attentive else torch.zeros(0),
        swap=_swap(w // model.sizes.heads, len(layers[0].rate) if attentive else 0).to(weight.device),
    )


def _swap(channels: int, pairs: int) -> Tensor:
    place = torch.arange(channels)
    return torch.cat([place[pairs : 2 * pairs], place[:pairs], place[2 * pairs :]])


def _layer(layer: Layer) -> FusedLayer:
    norms = [(norm.weight, norm.bias) for norm in (layer.norm, layer.norm_after)]
    lstm = layer.lstm
    cells = cast(Cells, (lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0))
    if not layer.window:
        return FusedLayer(norms[0], cells, None, None, None, None, norms[1])
    w = layer.value.weight.shape[0]
    look = torch.cat([layer.query.weight, layer.key.weight, layer.value.weight[:, w:]]).T.contiguous()
    bias = torch.cat([layer.query.bias, layer.key.bias, layer.value.bias])
    return FusedLayer(norms[0], cells, look, bias, layer.out.weight.T.contiguous(), layer.out.bias, norms[1])


@torch.inference_mode()
def constant(model: AttentiveLSTM, conditions: Tensor) -> Tensor:
    """(B, width): what conditions (B, len(CONDITIONS)) add to the stream at every note, the countdown aside."""
    style, metre, tonic, tempo = (embed(conditions[:, i]) for i, embed in enumerate(model.condition))
    piece = torch.cat([style + metre, tonic + tempo], -1)
    added: Tensor = piece @ model.context.weight[:, : piece.shape[1]].T + model.context.bias
    return added


def bytes_a_note(fused: Fused) -> int:
    """Bytes of weights that a step must read at least once: every matrix, and of tables next to nothing."""
    matrices = [*fused.head, fused.bars, *([fused.values] if fused.values is not None else [])]
    for layer in fused.layers:
        matrices += [*layer.lstm[:2], *(tensor for tensor in (layer.look, layer.out) if tensor is not None)]
    return sum(matrix.numel() * matrix.element_size() for matrix in matrices)
