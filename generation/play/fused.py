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
    """The weights of one layer.

    norm, norm_after  weights and biases of the two layer norms
    lstm  from the normed input and the hidden state, side by side: input, forget and output gates, and twice the
          candidate for the cell
    look  from the hidden state: query, the next note's key, and the state's part of the value; None without attention
    out   from the values that attention has read; None without attention
    """

    norm: tuple[Tensor, Tensor]
    lstm: Product
    look: Product | None
    out: Product | None
    norm_after: tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Fused:
    """The weights of an `AttentiveLSTM`. Tables have a row for every class.

    note         for the classes of each head and of the interval, one field below the other: what the class adds to
                 the network's input (width), then to each layer's values (layers × width)
    offsets      (fields,) the row of `note` at which each field begins
    interval     (pitches × pitches,) from the pitch before and a pitch to the class of the interval
    lengths      (classes,) ticks
    phases       by tick of a cycle: what the metrical position adds to the same columns, and to the pitch head's input
    bars         from the phases within the bar, see `waves`: the same columns
    countdown    by class: what it adds to the network's input
    head         for each head, from its input: its logits, and a part of the next head's input
    given        for each head but the last, by class: the rest of the next head's input
    flat         for each head: the one class that it plays if the model has not learned the field, otherwise None
    turn         (D / 2,) radians that each pair of an attention head's channels, i and i + D / 2, turns in a tick
    takes        (TAKES,) 0, 1, 2, …
    rows         (TAKES, attention heads) where each begins in (TAKES × attention heads × window) keys or values
    window       how many notes a note sees, itself included
    places       (window,) 0, 1, 2, …
    kind, kept   the arithmetic of the products; the type in which keys and values are kept
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
    """Rearrange the weights of a model, on its device. Unless the model has learned `timing` (deviation and
    articulation) and `dynamics` (velocity), these are played flat. `kind` is the arithmetic, by default the fastest of
    the device; keys and values are kept in 8 bits unless it is float32."""
    w, small, window = model.sizes.width, model.sizes.width // 4, model.sizes.window
    device = model.pitch.weight.device
    kind = kind or arithmetic(device)
    learned = {"velocity": dynamics, "deviation": timing, "articulation": timing}
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    by_layer = [layer.value.weight[:, :w] for layer in layers] if window else []
    values = torch.cat([model.note.weight.new_zeros(0, w), *by_layer]).T
    tables = _note_tables(model, timing, dynamics)
    note = torch.cat(tables)
    phases, bars = _positions(model, values)
    head, given = _heads(model, kind)
    pitches = torch.arange(START + 1, device=device)
    interval = (pitches[:START] - pitches[:, None]).clamp(-24, 24) + 24
    interval[START] = NO_INTERVAL
    takes = torch.arange(TAKES, device=device)
    return Fused(
        note=torch.cat([note, note @ values], 1),
        offsets=torch.tensor([0, *(len(table) for table in tables[:-1])]).cumsum(0).to(device),
        interval=interval.flatten(),
        lengths=torch.from_numpy(LENGTHS).to(device),
        phases=phases,
        bars=product(bars.T, model.note.weight.new_zeros(bars.shape[1]), "float32"),
        countdown=model.countdown.weight @ _columns(model.context.weight, 2 * small, small),
        head=head,
        given=given,
        layers=tuple(_layer(layer, kind) for layer in layers),
        flat=tuple(None if learned.get(name, True) else FLAT[name] for name in HEADS),
        turn=layers[0].rate if window else torch.zeros(0, device=device),
        takes=takes,
        rows=(takes[:, None] * model.sizes.heads + takes[: model.sizes.heads]) * window,
        window=window,
        places=torch.arange(window, device=device),
        kind=kind,
        kept=torch.float32 if kind == "float32" else torch.int8,
    )


def _columns(weight: Tensor, start: int, size: int) -> Tensor:
    return weight[:, start : start + size].T


def _note_tables(model: AttentiveLSTM, timing: bool, dynamics: bool) -> list[Tensor]:
    """For each head's field, and for the interval, what its classes add to the network's input: (classes, width)."""
    small, weight = model.sizes.width // 4, model.note.weight
    pitches = torch.arange(START + 1, device=weight.device)
    sources = [model.step, model.pitch, model.pitch_class, model.interval, model.duration]
    step, pitch, pitch_class, interval, duration = (
        source.weight @ _columns(weight, i * small, small) for i, source in enumerate(sources)
    )
    touch = _columns(weight, 5 * small, small)
    learned = {"velocity": dynamics, "deviation": timing, "articulation": timing}
    expression = [
        cast(nn.Embedding, embedding).weight @ touch * learned[name] for name, embedding in model.expression.items()
    ]
    # Every note has a pitch, so its table also carries the note's pitch class and all constant terms.
    constant = model.flags.weight[timing + 2 * dynamics] @ touch + model.note.bias
    pitch = pitch + pitch_class[torch.where(pitches == START, 12, pitches % 12)] + constant
    return [step, pitch, duration, *expression, interval]


def _positions(model: AttentiveLSTM, values: Tensor) -> tuple[Tensor, Tensor]:
    """`Fused.phases`, and the same for the phases of bars (2 × len(BARS), columns). `values` (width, layers × width)
    maps the network's input to each layer's values."""
    w, small = model.sizes.width, model.sizes.width // 4
    place = model.note.weight[:, 6 * small :].T
    both = torch.cat([place, place @ values, model.given_step.weight[:, w + small :].T], 1)
    ticks = torch.arange(CYCLE, device=place.device)[:, None]
    angle = 2 * torch.pi * ticks / (TICKS * torch.tensor(PERIODS, device=place.device))
    n, m = len(PERIODS), len(BARS)  # the columns are sines of quarters and of bars, then cosines of both
    quarters = torch.cat([both[:n], both[n + m : 2 * n + m]])
    bars = torch.cat([both[n : n + m], both[2 * n + m :]])
    return torch.cat([angle.sin(), angle.cos()], 1) @ quarters, bars


def _heads(model: AttentiveLSTM, kind: str) -> tuple[tuple[Product, ...], tuple[Tensor, ...]]:
    """`Fused.head` and `Fused.given`."""
    w, small = model.sizes.width, model.sizes.width // 4
    heads = [model.to_step, model.to_pitch, model.to_duration, model.to_velocity, model.to_deviation]
    after = [getattr(model, name) for name in AFTER]
    head = [
        product(torch.cat([to.weight, linear.weight[:, :w]]), torch.cat([to.bias, linear.bias]), kind)
        for to, linear in zip(heads, after, strict=True)
    ]
    velocity, deviation = (cast(nn.Embedding, model.expression[name]) for name in ("velocity", "deviation"))
    said = (model.step.weight, model.pitch.weight[:START], model.duration.weight, velocity.weight, deviation.weight)
    given = [table @ _columns(linear.weight, w, small) for table, linear in zip(said, after, strict=True)]
    classes = model.pitch_class.weight @ _columns(after[1].weight, w + small, small)
    given[1] = given[1] + classes[torch.arange(START, device=classes.device) % 12]
    last = product(model.to_articulation.weight, model.to_articulation.bias, kind)
    return (*head, last), tuple(given)


def gates(lstm: nn.LSTM) -> tuple[Tensor, Tensor, Tensor]:
    """An LSTM's weights (4 W, W) for its input and for its hidden state, and their bias (4 W,), in the order of
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
    """(B, width) what conditions (B, len(CONDITIONS)) add to every note's input, apart from the countdown."""
    style, metre, tonic, tempo = (embed(conditions[:, i]) for i, embed in enumerate(model.condition))
    piece = torch.cat([style + metre, tonic + tempo], -1)
    added: Tensor = piece @ model.context.weight[:, : piece.shape[1]].T + model.context.bias
    return added


def waves(bar: int) -> Tensor:
    """(2, 2 × len(BARS)) radians a tick, and radians at tick 0, of waves for music in bars of `bar` ticks: their sines
    are the sines of the phases within a bar, then the cosines. All are 0 if `bar` is 0, for unknown."""
    rate = 2 * pi / (bar * torch.tensor(BARS)) if bar else torch.zeros(len(BARS))
    start = torch.full((len(BARS),), pi / 2 if bar else 0.0)
    return torch.stack([torch.cat([rate, rate]), torch.cat([torch.zeros(len(BARS)), start])])


def weights(fused: Fused) -> list[Tensor]:
    """The matrices that every step reads in full; of the tables it reads only single rows."""
    products: list[Product | None] = [*fused.head, fused.bars]
    for layer in fused.layers:
        products += [layer.lstm, layer.look, layer.out]
    return [product.weight for product in products if product is not None]
