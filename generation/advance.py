"""A note more for every take: heads, choice and network in one function of tensors, with no word from the host.

Nothing here copies a number from the host or waits for the device, so that a GPU can replay it as a graph.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.constraints import CONSTRAINTS, come_to_rest, ticks_of_steps
from generation.fused import CYCLE, HEADS, Fused, FusedLayer
from generation.models.attentive_lstm import EXPRESSION
from generation.slots import MOST, Slots
from generation.tokens import CLASSES, COUNTDOWN, NO_INTERVAL, START, TICKS

ROUNDING = 0.12  # of the wished length, to end on a bar line
FILLS = 3  # the closing note may fill a bar if the new music is so many bars long
EXPRESSION_TEMPERATURE, EXPRESSION_TOP_P = 1.0, 0.99  # a wild melody is still played with care, a tame one with life


@torch.inference_mode()
def advance(fused: Fused, slots: Slots, window: int) -> Tensor:
    """(B, len(HEADS) + 3): the next note's classes and tick, and where its take closes and ends.

    Changes `slots`. Looks at the first `window` places of the keys; nothing may have been heard beyond.
    """
    lines, takes = slots.lines, torch.arange(len(slots.x), device=slots.x.device)
    luck = slots.luck[takes, lines.new % MOST]
    width = slots.x.shape[1]
    said: list[Tensor] = []
    tick, phases, x = lines.tick, slots.x, slots.x
    for i, head in enumerate(HEADS):
        product = torch.addmm(fused.head_bias[i], x, fused.head[i])
        more = product[:, CLASSES[head] :]
        logits = product[:, : CLASSES[head]] / (
            EXPRESSION_TEMPERATURE if head in EXPRESSION else slots.temperature[:, None]
        )
        for constraint in CONSTRAINTS.get(head, ()):
            constraint(logits, lines)
        if head == "pitch":
            come_to_rest(logits, lines, tick)
        top_p = EXPRESSION_TOP_P if head in EXPRESSION else slots.top_p[:, None]
        always = fused.flat[i]
        said.append(nucleus(logits, top_p, luck[:, i]) if always is None else torch.full_like(tick, always))
        if head == "step":
            tick = tick + ticks_of_steps(tick.device)[0, said[0]]
            phases = _phases(fused, slots, tick)
            more = more + phases[:, width:]
        if i < len(fused.given):
            x = x + F.gelu(more + fused.given[i][said[i]])
    step, pitch, duration = said[:3]
    interval = ((pitch - lines.pitch).clamp(-24, 24) + 24).masked_fill(lines.pitch == START, NO_INTERVAL)
    _plan(slots, tick)
    classes = torch.stack([step, pitch, interval, *said[2:]], 1)
    notes = F.embedding_bag(classes + fused.offsets, fused.note, mode="sum") + phases[:, :width]
    _read(fused, slots, notes, tick, takes, window)
    lines.add(step, tick, pitch, ticks_of_steps(tick.device)[0, duration])
    return torch.stack([*said, tick, lines.last, lines.goal], 1)


def nucleus(logits: Tensor, top_p: Tensor | float, luck: Tensor) -> Tensor:
    """(B,) one class of each row of (B, classes), out of the smallest set that holds `top_p` of the probability
    (Holtzman et al., 2020, “The Curious Case of Neural Text Degeneration”); `luck` (B,) in 0 ≤ x < 1."""
    likely, order = torch.sort(logits, dim=1, descending=True, stable=True)
    chance = likely.softmax(1)
    sums = chance.cumsum(1)
    inside = (sums - chance < top_p).sum(1, keepdim=True) - 1
    place = (sums <= luck[:, None] * sums.gather(1, inside)).sum(1, keepdim=True)
    chosen: Tensor = order.gather(1, torch.minimum(place, inside))[:, 0]
    return chosen


def ending(begin: Tensor, wished: Tensor, downbeat: Tensor, bar: Tensor) -> tuple[Tensor, Tensor]:
    """(B,) ticks at which the closing note begins and the music ends that begins at `begin` and shall last `wished`:
    on a bar line where there is one near, else on a beat."""
    beat = downbeat + ((begin + wished - downbeat) / TICKS).round().long() * TICKS
    line = downbeat + ((begin + wished - downbeat) / bar.clamp(min=1)).round().long() * bar
    barred = (bar > 0) & ((line - begin - wished).abs() <= ROUNDING * wished)
    goal = torch.where(barred, line, beat)
    lasts = goal - begin
    short = (lasts // FILLS // TICKS).clamp(min=1) * TICKS
    whole = bar.masked_fill(bar <= 0, 2 * TICKS)
    return goal - torch.where(whole * FILLS <= lasts, whole, torch.minimum(short, whole)), goal


def countdown(ticks: Tensor) -> Tensor:
    """The class of a distance to the end; as `tokens.countdown_class`."""
    return torch.bucketize(ticks // TICKS, _edges(ticks.device), right=True)


@cache
def _edges(device: torch.device) -> Tensor:
    return torch.from_numpy(COUNTDOWN).to(device)


def angles(fused: Fused, tick: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """What turns heads (…, channels) by the musical time of `tick` (B,): factors of a channel and of its partner."""
    angle = tick[:, None] * fused.turn
    sine, cosine = angle.sin(), angle.cos()
    still = (len(tick), channels - 2 * angle.shape[1])
    ones, zeros = cosine.new_ones(still), sine.new_zeros(still)
    return torch.cat([cosine, cosine, ones], 1)[:, None], torch.cat([-sine, sine, zeros], 1)[:, None]


def turned(fused: Fused, x: Tensor, own: Tensor, partner: Tensor) -> Tensor:
    """Heads (B, heads, channels) turned by `angles`."""
    return torch.addcmul(x * own, x[..., fused.swap], partner)


def _phases(fused: Fused, slots: Slots, tick: Tensor) -> Tensor:
    since = tick - slots.downbeat
    angle = (since / slots.bar.clamp(min=1))[:, None] * fused.rate
    bars = torch.cat([angle.sin(), angle.cos()], 1) * (slots.bar > 0)[:, None]
    return torch.addmm(fused.phases[since % CYCLE], bars, fused.bars)


def _plan(slots: Slots, tick: Tensor) -> None:
    """With the first new note it is settled where the music ends."""
    lines = slots.lines
    last, goal = ending(tick, slots.wished, slots.downbeat, slots.bar)
    opening = lines.new == 0
    lines.last.copy_(torch.where(opening, last, lines.last))
    lines.goal.copy_(torch.where(opening, goal, lines.goal))


def _read(fused: Fused, slots: Slots, notes: Tensor, tick: Tensor, takes: Tensor, window: int) -> None:
    """The network hears the note just chosen."""
    left = (slots.lines.goal - tick).clamp(min=0)
    x = notes + slots.constant + fused.countdown[countdown(left)]
    if fused.values is not None:
        told = (notes @ fused.values).view(len(takes), len(fused.layers), *slots.next_key[0].shape[1:])
        own, partner = angles(fused, tick, told.shape[-1])
        place = slots.place % slots.heard.shape[1]
        slots.heard.scatter_(1, place[:, None], True)
    for i, layer in enumerate(fused.layers):
        norm = F.layer_norm(x, x.shape[1:], *layer.norm)
        hidden, cell = torch.lstm_cell(norm, (slots.hidden[i], slots.cell[i]), *layer.lstm)
        slots.hidden[i].copy_(hidden)
        slots.cell[i].copy_(cell)
        x = x + hidden
        if fused.values is not None:
            x = x + _look_back(fused, layer, slots, i, hidden, told[:, i], own, partner, takes, place, window)
        x = F.layer_norm(x, x.shape[1:], *layer.norm_after)
    slots.x.copy_(x)
    slots.place.add_(1)


def _look_back(
    fused: Fused,
    layer: FusedLayer,
    slots: Slots,
    i: int,
    hidden: Tensor,
    told: Tensor,
    own: Tensor,
    partner: Tensor,
    takes: Tensor,
    place: Tensor,
    window: int,
) -> Tensor:
    """What the attention of layer `i` reads; keeps the note's key and value, and the next one's key."""
    assert (
        layer.look is not None and layer.look_bias is not None and layer.out is not None and layer.out_bias is not None
    )
    look = torch.addmm(layer.look_bias, hidden, layer.look).view(len(takes), 3, *told.shape[1:])
    slots.keys[i][takes, place] = slots.next_key[i]
    slots.values[i][takes, place] = look[:, 2] + told
    query, key = turned(fused, look[:, :2], own[:, None], partner[:, None]).unbind(1)
    slots.next_key[i].copy_(key)
    keys, values = (kept[i][:, :window].transpose(1, 2) for kept in (slots.keys, slots.values))
    heard = slots.heard[:, None, None, :window]
    read = F.scaled_dot_product_attention(query[:, :, None], keys, values, heard)
    return torch.addmm(layer.out_bias, read.flatten(1), layer.out)
