"""A model's weights, rearranged to play one note at a time: fewer and larger products, and tables of sums.

A linear layer over concatenated embeddings is a sum of one row for each field, so tables of those rows replace it;
matrices that are multiplied by the same vector are joined. The results are the model's own, except for the rounding to
8 bits on a CPU.
"""

from dataclasses import dataclass
from math import lcm, pi
from typing import cast

import torch
from torch import Tensor, nn

from generation.model.networks.attentive_lstm import BARS, PERIODS, AttentiveLSTM, Layer
from generation.model.tokens import CLASSES, FLAT, LENGTHS, NO_INTERVAL, START, TICKS
from generation.play.arithmetic import TAKES, arithmetic
from generation.play.products import Product, product

CYCLE = lcm(*(int(2 * period) for period in PERIODS)) * TICKS // 2  # ticks after which all phases of quarters return
AFTER = ("given_step", "given_pitch", "given_duration", "given_velocity", "given_deviation")
HEADS = tuple(CLASSES)


@dataclass(frozen=True, eq=False)
class FusedLayer:
    """Products of a layer.

    lstm  of the normed input beside the hidden state: gates to enter, forget, leave, and twice the new
    look  of the hidden state: query, the next note's key, and the state's part of the value
    out   of what was read
    """

    norm: tuple[Tensor, Tensor]
    lstm: Product
    look: Product | None
    out: Product | None
    norm_after: tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Fused:
    """Tables have a row for every class and the width of the model as columns.

    note         of the fields of HEADS and the interval, one below the other from `offsets`; a pitch with its class.
                 Beside them what the note is for each layer's values, as in the two tables that follow
    interval     (pitch before × pitch) → class of the interval
    phases       by tick of a cycle: what the place of a note adds to it, then to the pitch head's input
    bars         the same of the phases of bars, from `waves`
    head[i]      a head's logits and its part of the input of the next
    given[i]     by class of head i: the rest of the input of the next
    flat         by head: the class that it always chooses if the model has not learned to play; None if it has
    turn         radians a tick, by pair of a head's channels: one of the first and one of the next so many
    takes, rows  (TAKES,) 0 …; (TAKES, heads) index in (TAKES × heads × window) at which each head of a take begins
    window       notes that a note sees, itself included; places: (window,) 0 …
    kind         of arithmetic; kept: the type of keys and values
    """

    note: Tensor
    offsets: Tensor
    interval: Tensor
    lengths: Tensor
    phases: Tensor
    bars: Product
    countdown: Tensor
    head: tuple[Product, ...]
    given: tuple[Tensor, ...]
    layers: tuple[FusedLayer, ...]
    flat: tuple[int | None, ...]
    turn: Tensor
    takes: Tensor
    rows: Tensor
    window: int
    places: Tensor
    kind: str
    kept: torch.dtype


@torch.inference_mode()
def fuse(model: AttentiveLSTM, timing: bool = True, dynamics: bool = True, kind: str | None = None) -> Fused:
    """The weights of a model, on its device. `timing` (deviation and articulation), `dynamics` (velocity): whether it
    has learned them; otherwise they are played flat. `kind` of arithmetic, by default the device's: except in float32,
    keys and values are kept in 8 bits."""
    w, small = model.sizes.width, model.sizes.width // 4
    kind = kind or arithmetic(model.pitch.weight.device)
    kept = torch.float32 if kind == "float32" else torch.int8

    def columns(weight: Tensor, start: int, size: int) -> Tensor:
        return weight[:, start : start + size].T

    weight = model.note.weight
    device = weight.device
    pitches = torch.arange(START + 1, device=device)
    sources = [model.step, model.pitch, model.pitch_class, model.interval, model.duration]
    tables = [source.weight @ columns(weight, i * small, small) for i, source in enumerate(sources)]
    touch = columns(weight, 5 * small, small)
    learned = {"velocity": dynamics, "deviation": timing, "articulation": timing}
    for name, expression in model.expression.items():
        tables.append(cast(nn.Embedding, expression).weight @ touch * learned[name])
    constant = model.flags.weight[timing + 2 * dynamics] @ touch + model.note.bias
    tables[1] = tables[1] + tables[2][torch.where(pitches == START, 12, pitches % 12)] + constant
    del tables[2]  # the class, that leaves step, pitch, interval, duration and expression
    tables.append(tables.pop(2))  # the interval
    sizes = torch.tensor([0, *(len(table) for table in tables[:-1])])
    interval = (pitches[:START] - pitches[:, None]).clamp(-24, 24) + 24
    interval[START] = NO_INTERVAL

    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    told = [layer.value.weight[:, :w] for layer in layers] if model.sizes.window else []
    values = torch.cat([weight.new_zeros(0, w), *told]).T
    note, place = torch.cat(tables), weight[:, 6 * small :].T
    both = torch.cat([place, place @ values, model.given_step.weight[:, w + small :].T], 1)
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
    head = [
        product(torch.cat([to.weight, linear.weight[:, :w]]), torch.cat([to.bias, linear.bias]), kind)
        for to, linear in zip(heads, after, strict=True)
    ]
    turn = layers[0].rate if model.sizes.window else torch.zeros(0, device=device)
    takes = torch.arange(TAKES, device=device)
    return Fused(
        note=torch.cat([note, note @ values], 1),
        offsets=sizes.cumsum(0).to(device),
        interval=interval.flatten(),
        lengths=torch.from_numpy(LENGTHS).to(device),
        phases=torch.cat([angle.sin(), angle.cos()], 1) @ quarters,
        bars=product(bars.T, weight.new_zeros(bars.shape[1]), "float32"),
        countdown=model.countdown.weight @ columns(model.context.weight, 2 * small, small),
        head=(*head, product(model.to_articulation.weight, model.to_articulation.bias, kind)),
        given=tuple(given),
        layers=tuple(_layer(layer, kind) for layer in layers),
        flat=tuple(None if learned.get(head, True) else FLAT[head] for head in HEADS),
        turn=turn,
        takes=takes,
        rows=(takes[:, None] * model.sizes.heads + takes[: model.sizes.heads]) * model.sizes.window,
        window=model.sizes.window,
        places=torch.arange(model.sizes.window, device=device),
        kind=kind,
        kept=kept,
    )


def gates(lstm: nn.LSTM) -> tuple[Tensor, Tensor, Tensor]:
    """The weights (4 W, W) of an LSTM's input and of its hidden state, and their bias (4 W,), in the order of
    `FusedLayer.lstm`."""
    of_input, of_hidden, bias, more = (
        cast(Tensor, each) for each in (lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0)
    )
    device, w = of_input.device, lstm.hidden_size
    order = torch.arange(4 * w, device=device).view(4, w)[[0, 1, 3, 2]].flatten()
    twice = torch.ones(4, device=device).index_fill(0, torch.tensor(3, device=device), 2.0).repeat_interleave(w)
    return of_input[order] * twice[:, None], of_hidden[order] * twice[:, None], (bias + more)[order] * twice


def _layer(layer: Layer, kind: str) -> FusedLayer:
    norms = [(norm.weight.detach(), norm.bias.detach()) for norm in (layer.norm, layer.norm_after)]
    of_input, of_hidden, bias = gates(layer.lstm)
    w, cells = layer.lstm.hidden_size, product(torch.cat([of_input, of_hidden], 1), bias, kind)
    if not layer.window:
        return FusedLayer(norms[0], cells, None, None, norms[1])
    scale = (w // layer.heads) ** -0.5  # of the attention's scores
    look = product(
        torch.cat([layer.query.weight * scale, layer.key.weight, layer.value.weight[:, w:]]),
        torch.cat([layer.query.bias * scale, layer.key.bias, layer.value.bias]),
        kind,
    )
    return FusedLayer(norms[0], cells, look, product(layer.out.weight, layer.out.bias, kind), norms[1])


@torch.inference_mode()
def constant(model: AttentiveLSTM, conditions: Tensor) -> Tensor:
    """(B, width) the contribution of conditions (B, len(CONDITIONS)) to every note's input, the countdown excepted."""
    style, metre, tonic, tempo = (embed(conditions[:, i]) for i, embed in enumerate(model.condition))
    piece = torch.cat([style + metre, tonic + tempo], -1)
    added: Tensor = piece @ model.context.weight[:, : piece.shape[1]].T + model.context.bias
    return added


def waves(bar: int) -> Tensor:
    """(2, 2 × len(BARS)): for music in bars of so many ticks, 0 if unknown, the radians a tick and at no tick of sines
    that are the sine and cosine of every phase of a bar, or nothing."""
    rate = 2 * pi / (bar * torch.tensor(BARS)) if bar else torch.zeros(len(BARS))
    start = torch.full((len(BARS),), pi / 2 if bar else 0.0)
    return torch.stack([torch.cat([rate, rate]), torch.cat([torch.zeros(len(BARS)), start])])


def weights(fused: Fused) -> list[Tensor]:
    """The matrices that a step must read in full, each once; of the tables it reads only single rows."""
    products: list[Product | None] = [*fused.head, fused.bars]
    for layer in fused.layers:
        products += [layer.lstm, layer.look, layer.out]
    return [product.weight for product in products if product is not None]
