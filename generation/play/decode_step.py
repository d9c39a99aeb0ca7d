"""One decode step: heads, choice and network give the next note of every take, in one function of tensors.

Nothing here copies a number from the host or waits for the device, so that a GPU can replay it as a graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.model.tokens import CLASSES, COUNTDOWN, START, TICKS
from generation.play.constraints import obey
from generation.play.fused import CYCLE, HEADS, Fused, FusedLayer
from generation.play.slots import MOST, Slots, shortened
from generation.play.state import State, note_down, of_all

ROUNDING = 0.125  # the length may differ from the one asked for by this share, so that the music ends on a bar line
FILLS = 3  # bars of new music from which on the closing note may fill a bar

Choose = Callable[[Tensor, Tensor, Tensor], Tensor]


def nucleus(logits: Tensor, tail: Tensor, uniforms: Tensor) -> Tensor:
    """(B,) a class drawn for each row of `logits` (B, classes), out of the smallest set of classes that holds all but
    `tail` (B, 1) of the probability: nucleus sampling (Holtzman et al., 2020, “The Curious Case of Neural Text
    Degeneration”). `uniforms` (B, 1) are random numbers in 0 ≤ x < 1."""
    chance = logits.softmax(1)
    last = chance.shape[1] - 1
    rising = chance.sort(1).values
    first = torch.searchsorted(rising.cumsum(1), tail, right=True).clamp_(max=last)
    sums = chance.masked_fill_(chance < rising.gather(1, first), 0.0).cumsum(1)
    return torch.searchsorted(sums, uniforms * sums.narrow(1, last, 1), right=True).clamp_(max=last).squeeze(1)


@torch.inference_mode()
def decode_step(fused: Fused, slots: Slots, opening: bool = True, choose: Choose = nucleus) -> Tensor:
    """(B, len(HEADS) + 4) for each take: the next note's classes, interval and tick, and the ticks at which the take
    closes and ends.

    Changes `slots`. `opening` may be false if no take is at its first new note.
    """
    state = of_all(slots.table)
    takes, width = slots.x.shape
    turns = fused.takes[:takes] * MOST + state.new % MOST
    uniforms = slots.uniforms.view(-1, len(HEADS)).index_select(0, turns)
    wishes = torch.cat([slots.temperature, slots.tail, uniforms], 1).T.contiguous().view(3, len(HEADS), takes, 1)
    temperature, tail, uniforms = wishes.unbind()
    said: list[Tensor] = []
    tick, phases, x = state.tick, slots.x, slots.x
    for i, head in enumerate(HEADS):
        logits, more = fused.head[i](x).tensor_split([CLASSES[head]], 1)
        logits = obey(head, logits / temperature[i], state)
        always = fused.flat[i]
        said.append(choose(logits, tail[i], uniforms[i]) if always is None else torch.full_like(tick, always))
        if i == len(fused.given):
            break
        more = more + fused.given[i].index_select(0, said[i])
        if head == "step":
            tick = tick + fused.lengths.index_select(0, said[i])
            state.onset.copy_(tick)
            phases = _phases(fused, slots, state)
            more += phases[:, -width:]
        x = x + F.gelu(more)
    step, pitch, duration = said[:3]
    interval = fused.interval.index_select(0, torch.add(pitch, state.pitch, alpha=START))
    if opening:
        plan(state)
    told = torch.stack([*said, interval, tick, state.last, state.goal], 1)
    notes = F.embedding_bag(told[:, : len(HEADS) + 1] + fused.offsets, fused.note, mode="sum") + phases[:, :-width]
    _read(fused, slots, notes, state)
    note_down(state, step, pitch, fused.lengths.index_select(0, duration))
    return told


def ending(begin: Tensor, wished: Tensor, downbeat: Tensor, bar: Tensor) -> tuple[Tensor, Tensor]:
    """Ticks (B,) at which the closing note begins and at which the music ends, for music that begins at `begin` (B,)
    and should last `wished` (B,) ticks: it ends on a bar line if one is near, else on a beat."""
    beat = downbeat + ((begin + wished - downbeat) / TICKS).round().long() * TICKS
    line = downbeat + ((begin + wished - downbeat) / bar.clamp(min=1)).round().long() * bar
    barred = (bar > 0) & ((line - begin - wished).abs() <= ROUNDING * wished)
    goal = torch.where(barred, line, beat)
    lasts = goal - begin
    short = (lasts // FILLS // TICKS).clamp(min=1) * TICKS
    whole = bar.masked_fill(bar <= 0, 2 * TICKS)
    return goal - torch.where(whole * FILLS <= lasts, whole, torch.minimum(short, whole)), goal


def countdown(ticks: Tensor) -> Tensor:
    """The classes of distances to the end, in ticks, like `tokens.countdown_class`; same shape."""
    return torch.bucketize(ticks // TICKS, _edges(ticks.device), right=True)


@cache
def _edges(device: torch.device) -> Tensor:
    return torch.from_numpy(COUNTDOWN).to(device)


def turn(fused: Fused, tick: Tensor) -> tuple[Tensor, Tensor]:
    """Sines and cosines (B, 1, pairs) of the angles by which the tick (B,) of a note rotates a head's channels, as in
    rotary position embedding (Su et al., 2021, “RoFormer”)."""
    angle = tick[:, None, None] * fused.turn
    return angle.sin(), angle.cos()


def turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """x (B, heads, channels) rotated by the angles of `turn`; same shape."""
    sine, cosine = turn
    pairs = sine.shape[2]
    a, b, rest = x.tensor_split([pairs, 2 * pairs], 2)
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine, rest], 2)


def _phases(fused: Fused, slots: Slots, state: State) -> Tensor:
    since = state.onset - state.downbeat
    bars = torch.addcmul(slots.waves[:, 1], since[:, None], slots.waves[:, 0]).sin_()
    return fused.bars(bars).add_(fused.phases.index_select(0, since % CYCLE))


def plan(state: State) -> None:
    """Fix where the music closes and ends, for takes at their first new note."""
    last, goal = ending(state.onset, state.wished, state.downbeat, state.bar)
    opening = state.new == 0
    state.last.copy_(torch.where(opening & (state.closes > 0), last, state.last))
    state.goal.copy_(torch.where(opening, goal, state.goal))


def _read(fused: Fused, slots: Slots, notes: Tensor, state: State) -> None:
    """Pass the note that was just chosen, notes (B, …), through the network."""
    left = (state.goal - state.onset).clamp(min=0)
    takes, width = slots.x.shape
    x = notes[:, :width] + slots.constant + fused.countdown.index_select(0, countdown(left))
    if fused.window:
        rows = (fused.rows[:takes] + (slots.place % fused.window)[:, None]).view(-1)
        _, heads, _, channels = slots.values[0].shape
        told = notes[:, width:].view(takes, len(fused.layers), heads, channels)
        now = Now(told, turn(fused, state.onset), rows, (fused.places > slots.place[:, None])[:, None])
    for i, layer in enumerate(fused.layers):
        norm = F.layer_norm(x, x.shape[1:], *layer.norm)
        _remember(layer, slots.hidden[i], slots.cell[i], norm)
        x = x + slots.hidden[i]
        if fused.window:
            x = x + _look_back(layer, slots, i, now)
        x = F.layer_norm(x, x.shape[1:], *layer.norm_after)
    slots.x.copy_(x)
    slots.place.add_(1)


def _remember(layer: FusedLayer, hidden: Tensor, cell: Tensor, x: Tensor) -> None:
    """The LSTM's step with input x (B, W). tanh x is computed as 2 σ(2x) − 1, so that one fast σ serves all gates."""
    enter, forget, leave, new = layer.lstm(torch.cat([x, hidden], 1)).sigmoid_().chunk(4, 1)
    cell.mul_(forget).addcmul_(enter, new, value=2).sub_(enter)
    torch.mul((cell * 2).sigmoid_(), leave, out=hidden).mul_(2).sub_(leave)


@dataclass(frozen=True, eq=False)
class Now:
    """What the attention of every layer needs of the note just chosen.

    told    (B, layers, heads, channels) what the note adds to its values
    turn    sines and cosines of the rotation by its musical time
    rows    (B × heads,) index of its key and value in a layer's keys and values, flattened to rows
    beyond  (B, 1, places) whether a place is still empty
    """

    told: Tensor
    turn: tuple[Tensor, Tensor]
    rows: Tensor
    beyond: Tensor


def _look_back(layer: FusedLayer, slots: Slots, i: int, now: Now) -> Tensor:
    """The output of attention (B, W) in layer `i`. Stores the note's key and value, and the next note's key."""
    assert layer.look is not None and layer.out is not None
    keys, values = slots.keys[i], slots.values[i]
    takes, heads, _, channels = values.shape
    look = layer.look(slots.hidden[i]).view(takes, 3 * heads, channels)
    key, key_unit = shortened(slots.next_key[i], keys.dtype)
    value, value_unit = shortened(look[:, 2 * heads :] + now.told[:, i], values.dtype)
    for memory, new in ((keys, key), (values, value)):
        memory.view(-1, channels).index_copy_(0, now.rows, new.view(-1, channels))
    for memory, new in ((slots.key_unit[i], key_unit), (slots.value_unit[i], value_unit)):
        memory.view(-1).index_copy_(0, now.rows, new.view(-1))
    query, key = turned(look[:, : 2 * heads], now.turn).chunk(2, 1)
    slots.next_key[i].copy_(key)
    scores = torch.matmul(query[:, :, None], keys.to(query.dtype).transpose(2, 3))[:, :, 0] * slots.key_unit[i]
    weights = scores.masked_fill(now.beyond, -torch.inf).softmax(2) * slots.value_unit[i]
    return layer.out(torch.matmul(weights[:, :, None], values.to(query.dtype)).view(takes, -1))
