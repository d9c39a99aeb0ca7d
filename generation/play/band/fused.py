"""The weights of a network of several parts, rearranged to play one row at a time, as `generation.play.fused` does."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from generation.model import hearing
from generation.model.band import CLASSES, SLOTS, START
from generation.model.networks.attentive_lstm import BARS, EXPRESSION, PERIODS, PHASES
from generation.model.networks.band_lstm import BandLSTM
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
    w, small = model.sizes.width, model.sizes.width // 4
    kind = kind or arithmetic(model.step.weight.device)
    layers = [cast(Layer, layer) for layer in model.layers]
    values = torch.cat([layer.value.weight[:, :w] for layer in layers]).T
    note, given = model.note.weight, model.given_step.weight

    def spread(x: Tensor) -> Tensor:
        """(n, (1 + layers) × width) additions to the network's input (n, width), then to each layer's values."""
        return torch.cat([x, x @ values], 1)

    def of_note(table: Tensor, field: int) -> Tensor:
        """(classes, (1 + layers) × width) what each class of a field of the note adds."""
        return spread(table @ note[:, field * small : (field + 1) * small].T)

    def ages(embedding: nn.Module) -> Tensor:
        """(classes, (2 + layers) × width) what each class of a field of `hearing` adds, the part head included."""
        table = cast(nn.Embedding, embedding).weight
        return torch.cat([of_note(table, 6), table @ given[:, w + small : w + 2 * small].T], 1)

    def touch(name: str) -> Tensor:
        return cast(nn.Embedding, model.expression[name]).weight

    pitches = torch.arange(START + 1)
    classes = model.pitch_class.weight[torch.where(pitches < 128, pitches % 12, 12)]
    heard = model.sounds.weight.T  # (12 + SLOTS × STATES, width)
    sounds = torch.cat([spread(heard), given[:, w + 2 * small + PHASES :].T], 1)
    silent = sounds[STATE :: hearing.STATES]
    states = sounds[STATE:].view(SLOTS, hearing.STATES, -1) - silent[:, None]
    # Every row has a step, so its table also carries all constant terms.
    constant = torch.cat([spread((model.note.bias + model.sounds.bias)[None]), model.given_step.bias[None]], 1)
    step = torch.cat([of_note(model.step.weight, 0), model.step.weight @ given[:, w : w + small].T], 1)
    both = torch.cat([spread(note[:, 7 * small :].T), given[:, w + 2 * small : w + 2 * small + PHASES].T], 1)
    ticks = torch.arange(CYCLE)[:, None]
    angle = 2 * torch.pi * ticks / (TICKS * torch.tensor(PERIODS))
    n, m = len(PERIODS), len(BARS)
    to_value = torch.cat([model.to_value.weight, model.to_interval.weight, model.given_value.weight[:, :w]])
    value_bias = torch.cat([model.to_value.bias, model.to_interval.bias, model.given_value.bias])
    half = w // 2

    def joined(to: nn.Linear, after: nn.Linear, read: int) -> Product:
        return product(torch.cat([to.weight, after.weight[:, :read]]), torch.cat([to.bias, after.bias]), kind)

    after_part = model.given_part.weight
    blank = model.given_step.bias.new_zeros(w)
    head = (
        product(torch.cat([model.to_step.weight, given[:, :w]]), torch.cat([model.to_step.bias, blank]), kind),
        joined(model.to_part, model.given_part, w),
        product(to_value, value_bias, kind),
        joined(model.to_duration, model.given_duration, w),
        joined(model.to_velocity, model.given_velocity, half),
        joined(model.to_deviation, model.given_deviation, half),
        product(model.to_articulation.weight, model.to_articulation.bias, kind),
    )
    return BandFused(
        step=step + constant + silent.sum(0),
        chord=ages(model.value),
        age=ages(model.ages[1]),
        low=ages(model.edges[0]),
        top=ages(model.edges[1]),
        voices=ages(model.voices),
        sounds=torch.cat([sounds[:STATE], states.flatten(0, 1)]),
        phases=torch.cat([angle.sin(), angle.cos()], 1) @ torch.cat([both[:n], both[n + m : 2 * n + m]]),
        bars=torch.cat([both[n : n + m], both[2 * n + m :]]),
        value=of_note(model.value.weight + classes, 1),
        duration=of_note(model.duration.weight, 3),
        velocity=of_note(touch("velocity"), 4),
        deviation=of_note(touch("deviation"), 4),
        articulation=of_note(touch("articulation"), 4),
        last=of_note(model.value.weight, 5),
        until=of_note(cast(nn.Embedding, model.ages[2]).weight, 6),
        countdown=model.countdown.weight @ model.context.weight[:, small:].T,
        head=head,
        next_last=model.value.weight @ after_part[:, w + small : w + 2 * small].T,
        next_gap=cast(nn.Embedding, model.ages[0]).weight @ after_part[:, w + 2 * small :].T,
        next_value=torch.cat([model.value.weight, classes], 1) @ model.given_value.weight[:, w:].T,
        next_duration=model.duration.weight @ model.given_duration.weight[:, w:].T,
        next_velocity=touch("velocity") @ model.given_velocity.weight[:, half:].T,
        next_deviation=touch("deviation") @ model.given_deviation.weight[:, half:].T,
        doing=model.doing.weight.clone(),
        layers=tuple(_layer(layer, kind) for layer in layers),
        turn=layers[0].rate,
        kind=kind,
        kept=torch.float32 if kind == "float32" else torch.int8,
    )


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
