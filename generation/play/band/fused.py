"""The weights of a network of several parts, rearranged to play one row at a time, as `generation.play.fused` does."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from generation.model import hearing
from generation.model.band import CLASSES, FIRST_DRUM, SLOTS, START
from generation.model.networks.attentive_lstm import BARS, EXPRESSION, PERIODS, PHASES
from generation.model.networks.band_lstm import HELD, BandLSTM
from generation.model.networks.onset_attention import Layer
from generation.model.tokens import TICKS
from generation.play.arithmetic import arithmetic
from generation.play.fused import CYCLE, gates
from generation.play.products import Product, product

STATE = 12  # the first row for the state of a slot, after those for pitch classes, in `BandFused.sounds`


@dataclass(frozen=True, eq=False)
class BandLayer:
    """The weights of one layer.

    norm, norm_after  weights and biases of the two layer norms
    lstm              as in `play.fused.FusedLayer`
    query, out        of attention
    close             from the last row of an onset: the key of the next onset, and the row's own part of the value
    nothing           (2, attention heads, D) the key and the value that stand before all onsets
    """

    norm: tuple[Tensor, Tensor]
    lstm: Product
    query: Product
    close: Product
    out: Product
    norm_after: tuple[Tensor, Tensor]
    nothing: Tensor


@dataclass(frozen=True, eq=False)
class BandFused:
    """The weights of a `BandLSTM`, multiplied out into tables with a row for every class.

    Known before the part is chosen. Columns: what the class adds to the network's input (width), to each layer's values
    (layers × width), and to the input of the part head (width):

    step, chord, age, low, top, voices  by class
    sounds     by pitch class; then by slot and state, compared with silence
    beside     (slots, values + START, columns) by slot and the value it holds; no slots if the network is not told
    left       (slots, classes, columns) by slot and the time until what it holds ends
    phases     by tick of a cycle
    bars       by wave, see `play.fused.waves`

    Known later; the same columns without the last:

    value, duration, velocity, deviation, articulation, last, until  by class

    The rest:

    countdown  by class: what it adds to the network's input (width)
    head       for each head, from its input: its logits, and a part of the next head's input
    next_last, next_gap, next_value, …  by class: what it adds to the next head's input
    doing      (STATES, small) how well a part in each state fits
    turn       (D / 2,) radians that each pair of an attention head's channels turns in a tick
    kind, kept the arithmetic of the products; the type in which keys and values are kept
    """

    step: Tensor
    chord: Tensor
    age: Tensor
    low: Tensor
    top: Tensor
    voices: Tensor
    sounds: Tensor
    beside: Tensor
    left: Tensor
    phases: Tensor
    bars: Tensor
    value: Tensor
    duration: Tensor
    velocity: Tensor
    deviation: Tensor
    articulation: Tensor
    last: Tensor
    until: Tensor
    countdown: Tensor
    head: tuple[Product, ...]
    next_last: Tensor
    next_gap: Tensor
    next_value: Tensor
    next_duration: Tensor
    next_velocity: Tensor
    next_deviation: Tensor
    doing: Tensor
    layers: tuple[BandLayer, ...]
    turn: Tensor
    kind: str
    kept: torch.dtype


@torch.inference_mode()
def fuse_band(model: BandLSTM, kind: str | None = None) -> BandFused:
    """Rearrange the weights of a model on a CPU. `kind` is the arithmetic, by default the fastest of the device; keys
    and values are kept in 8 bits unless it is float32."""
    kind = kind or arithmetic(model.step.weight.device)
    layers = [cast(Layer, layer) for layer in model.layers]
    beside, left = _beside(model)
    return BandFused(
        **_surroundings(model),
        beside=beside,
        left=left,
        **_of_row(model),
        countdown=model.countdown.weight @ model.context.weight[:, model.sizes.width // 4 :].T,
        head=_heads(model, kind),
        **_next(model),
        doing=model.doing.weight.clone(),
        layers=tuple(_layer(layer, kind) for layer in layers),
        turn=layers[0].rate,
        kind=kind,
        kept=torch.float32 if kind == "float32" else torch.int8,
    )


def _spread(model: BandLSTM, x: Tensor) -> Tensor:
    """(…, (1 + layers) × width) additions to the network's input (…, width), then to each layer's values."""
    values = [cast(Layer, layer).value.weight[:, : model.sizes.width].T for layer in model.layers]
    return torch.cat([x, x @ torch.cat(values, 1)], -1)


def _of_field(model: BandLSTM, table: Tensor, field: int) -> Tensor:
    """(classes, (1 + layers) × width) what each class of a field of the row adds."""
    small = model.sizes.width // 4
    return _spread(model, table @ model.note.weight[:, field * small : (field + 1) * small].T)


def _classes(table: nn.Embedding) -> Tensor:
    """The rows of a table of pitch classes for all values and `START`."""
    pitches = torch.arange(START + 1)
    return table.weight[torch.where(pitches < FIRST_DRUM, pitches % 12, 12)]


def _touch(model: BandLSTM, name: str) -> Tensor:
    return cast(nn.Embedding, model.expression[name]).weight


def _surroundings(model: BandLSTM) -> dict[str, Tensor]:
    """The tables of what is known before the part is chosen."""
    w, small = model.sizes.width, model.sizes.width // 4
    note, given = model.note.weight, model.given_step.weight

    def both(table: Tensor) -> Tensor:
        """What each class of a field of `hearing` adds to the row, and to the part head's input."""
        return torch.cat([_of_field(model, table, 6), table @ given[:, w + small : w + 2 * small].T], 1)

    ages, edges = ([cast(nn.Embedding, each).weight for each in tables] for tables in (model.ages, model.edges))
    sounds = torch.cat([_spread(model, model.sounds.weight.T), given[:, w + 2 * small + PHASES :].T], 1)
    silent = sounds[STATE :: hearing.STATES]
    states = sounds[STATE:].view(SLOTS, hearing.STATES, -1) - silent[:, None]
    # Every row has a step, so its table also carries all constant terms.
    constant = torch.cat([_spread(model, model.note.bias + model.sounds.bias), model.given_step.bias]) + silent.sum(0)
    if model.sizes.held:
        constant = constant + torch.cat([_spread(model, model.beside.bias), model.beside_next.bias])
    step = torch.cat([_of_field(model, model.step.weight, 0), model.step.weight @ given[:, w : w + small].T], 1)
    waves = torch.cat([_spread(model, note[:, 7 * small :].T), given[:, w + 2 * small : w + 2 * small + PHASES].T], 1)
    angle = 2 * torch.pi * torch.arange(CYCLE)[:, None] / (TICKS * torch.tensor(PERIODS))
    n, m = len(PERIODS), len(BARS)
    return {
        "step": step + constant,
        "chord": both(model.value.weight),
        "age": both(ages[1]),
        "low": both(edges[0]),
        "top": both(edges[1]),
        "voices": both(model.voices.weight),
        "sounds": torch.cat([sounds[:STATE], states.flatten(0, 1)]),
        "phases": torch.cat([angle.sin(), angle.cos()], 1) @ torch.cat([waves[:n], waves[n + m : 2 * n + m]]),
        "bars": torch.cat([waves[n : n + m], waves[2 * n + m :]]),
    }


def _beside(model: BandLSTM) -> tuple[Tensor, Tensor]:
    """What each value that a slot holds adds, and each class of the time that is left of it; no slots if the network
    is not told."""
    w, slots = model.sizes.width, model.sizes.held
    if not slots:
        nothing = torch.zeros(0, 1, (2 + len(model.layers)) * w)
        return nothing, nothing
    of_row, of_part = (layer.weight.T.view(slots, 2, HELD, w) for layer in (model.beside, model.beside_next))
    adds = torch.cat([_spread(model, of_row), of_part], -1)  # (slots, what and how long, HELD, columns)
    return (model.held.weight + _classes(model.held_class)) @ adds[:, 0], model.left.weight @ adds[:, 1]


def _of_row(model: BandLSTM) -> dict[str, Tensor]:
    """The tables of what is known once the row is complete."""
    return {
        "value": _of_field(model, model.value.weight + _classes(model.pitch_class), 1),
        "duration": _of_field(model, model.duration.weight, 3),
        "velocity": _of_field(model, _touch(model, "velocity"), 4),
        "deviation": _of_field(model, _touch(model, "deviation"), 4),
        "articulation": _of_field(model, _touch(model, "articulation"), 4),
        "last": _of_field(model, model.value.weight, 5),
        "until": _of_field(model, cast(nn.Embedding, model.ages[2]).weight, 6),
    }


def _heads(model: BandLSTM, kind: str) -> tuple[Product, ...]:
    """The products of the heads, in their order."""
    w = model.sizes.width
    half, told = w // 2, bool(model.sizes.held)

    def joined(*to: nn.Linear, after: nn.Linear, read: int, bias: Tensor | None = None) -> Product:
        """Logits, and the part of the next head's input that is read from this one's, the first `read` columns."""
        weight = torch.cat([*(layer.weight for layer in to), after.weight[:, :read]])
        return product(weight, torch.cat([*(layer.bias for layer in to), after.bias if bias is None else bias]), kind)

    values = (model.to_value, model.to_interval, *([model.to_held] if told else []))
    return (
        # The bias of the second part stands in `step`.
        joined(model.to_step, after=model.given_step, read=w, bias=torch.zeros(w)),
        joined(model.to_part, after=model.given_part, read=w),
        joined(*values, after=model.given_value, read=w),
        joined(model.to_duration, *([model.to_ends] if told else []), after=model.given_duration, read=w),
        joined(model.to_velocity, after=model.given_velocity, read=half),
        joined(model.to_deviation, after=model.given_deviation, read=half),
        product(model.to_articulation.weight, model.to_articulation.bias, kind),
    )


def _next(model: BandLSTM) -> dict[str, Tensor]:
    """The tables of what a field adds to the input of the head after it."""
    w, small = model.sizes.width, model.sizes.width // 4
    half, after_part = w // 2, model.given_part.weight
    value = torch.cat([model.value.weight, _classes(model.pitch_class)], 1)
    return {
        "next_last": model.value.weight @ after_part[:, w + small : w + 2 * small].T,
        "next_gap": cast(nn.Embedding, model.ages[0]).weight @ after_part[:, w + 2 * small :].T,
        "next_value": value @ model.given_value.weight[:, w:].T,
        "next_duration": model.duration.weight @ model.given_duration.weight[:, w:].T,
        "next_velocity": _touch(model, "velocity") @ model.given_velocity.weight[:, half:].T,
        "next_deviation": _touch(model, "deviation") @ model.given_deviation.weight[:, half:].T,
    }


def _layer(layer: Layer, kind: str) -> BandLayer:
    w = layer.norm.weight.shape[0]
    of_input, of_hidden, bias = gates(layer.lstm)
    scale = (w // layer.heads) ** -0.5
    closing_bias = torch.cat([layer.key.bias, layer.value.bias])
    return BandLayer(
        (layer.norm.weight.detach(), layer.norm.bias.detach()),
        product(torch.cat([of_input, of_hidden], 1), bias, kind),
        product(layer.query.weight * scale, layer.query.bias * scale, kind),
        product(torch.cat([layer.key.weight, layer.value.weight[:, w:]]), closing_bias, kind),
        product(layer.out.weight, layer.out.bias, kind),
        (layer.norm_after.weight.detach(), layer.norm_after.bias.detach()),
        layer.nothing.detach()[:, :, 0],
    )


@torch.inference_mode()
def of_piece(model: BandLSTM, heading: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What is the same in all rows of a piece with this heading (SLOTS, 4) and these conditions (C,): what the piece
    adds to the network's input (width,); the embeddings of its parts (SLOTS, small); what each part, the start row's
    last, adds to the note and to the values (SLOTS + 1, (1 + layers) × width), and to the value head's input
    (SLOTS + 1, width)."""
    w, small = model.sizes.width, model.sizes.width // 4
    parts = model.parts(heading[None])[0]
    style, metre, tonic, tempo = (embed(conditions[i]) for i, embed in enumerate(model.condition))
    constant = (style + metre + tonic + tempo) @ model.context.weight[:, :small].T + model.context.bias
    constant = constant + torch.nn.functional.gelu(model.heading(parts[:SLOTS])).sum(0)
    values = torch.cat([cast(Layer, layer).value.weight[:, :w] for layer in model.layers]).T
    note = parts @ model.note.weight[:, 2 * small : 3 * small].T
    return (
        constant,
        parts[:SLOTS],
        torch.cat([note, note @ values], 1),
        parts @ model.given_part.weight[:, w : w + small].T,
    )


def band_weights(fused: BandFused) -> list[Tensor]:
    """The matrices that every step reads in full."""
    products = [*fused.head]
    for layer in fused.layers:
        products += [layer.lstm, layer.query, layer.close, layer.out]
    return [product.weight for product in products]


assert len(CLASSES) == 4 + len(EXPRESSION)
