"""An LSTM that looks back: each layer is an LSTM followed by one causal attention over the piece so far.

The attention is an induction head (Olsson et al., 2022, “In-context Learning and Induction Heads”): the key of a note
is the state *before* it, so that a state similar to an earlier one finds the note that followed then. Positions are
encoded by rotation (Su et al., 2021, “RoFormer”) in musical time, so that “eight bars ago” is the same direction
everywhere. The fields of a note are predicted one after the other, each given those before it."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.model import tokens
from generation.model.tokens import CLASSES, DURATION, FIELDS, INTERVAL, PITCH, SHADED, START, STEP, TICK, TICKS, TIMED

PERIODS = (0.5, 1, 2, 3, 4, 6, 8, 12, 16)  # quarters
BARS = (1 / 3, 0.5, 1, 2, 4, 8, 16)
PHASES = 2 * (len(PERIODS) + len(BARS))
EXPRESSION = ("velocity", "deviation", "articulation")


@dataclass(frozen=True)
class Sizes:
    """width: channels of every layer; heads: of attention; window: notes that attention sees, 0 for no attention."""

    width: int = 384
    layers: int = 2
    heads: int = 6
    dropout: float = 0.2
    window: int = 512


class LayerState(NamedTuple):
    """A layer's state between two calls: hidden state and cell of the LSTM, its output for the last row and the tick of
    that row, and the keys and values of the last T rows."""

    hidden: Tensor  # (1, B, W)
    cell: Tensor  # (1, B, W)
    before: Tensor  # (B, 1, W)
    tick: Tensor  # (B, 1)
    keys: Tensor  # (B, heads, T, W / heads)
    values: Tensor  # (B, heads, T, W / heads)


State = tuple[LayerState, ...]


def phases(tick: Tensor, conditions: Tensor) -> Tensor:
    """(B, T, PHASES) the metrical positions of ticks (B, T): sines and cosines with periods in quarters and in bars.
    Those in bars are 0 if the bar is unknown in the conditions (B, len(CONDITIONS))."""
    bar, downbeat = conditions[:, None, 4].float(), conditions[:, None, 5].float()
    since = tick.float() - downbeat
    quarters = since[..., None] / (TICKS * torch.tensor(PERIODS, device=tick.device))
    bars = since[..., None] / (bar.clamp(min=1)[..., None] * torch.tensor(BARS, device=tick.device))
    angle = 2 * torch.pi * torch.cat([quarters, bars], -1)
    known = torch.cat([torch.ones_like(quarters), (bar > 0)[..., None].expand_as(bars).float()], -1)
    return torch.cat([angle.sin() * known, angle.cos() * known], -1)


def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """Drop the same channels of x (B, T, W) at every step of a sequence, as Gal and Ghahramani (2016) do for recurrent
    networks."""
    if not training or rate == 0:
        return x
    keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) > rate
    return x * (keep / (1 - rate)).to(x.dtype)


def rates(channels: int) -> Tensor:
    """(channels / 4,) radians a tick by which each pair of an attention head's channels turns: once in half a quarter,
    up to once in 512 quarters."""
    return 2 * torch.pi / (0.5 * 2.0 ** torch.linspace(0, 10, channels // 4)) / TICKS


def rotated(x: Tensor, tick: Tensor, rate: Tensor) -> Tensor:
    """x (B, heads, T, D), the first half of its channels rotated by `rate` (D / 4,) for each tick (B, T)."""
    angle = (tick.float()[..., None] * rate)[:, None]
    sine, cosine = angle.sin().to(x.dtype), angle.cos().to(x.dtype)
    n = len(rate)
    a, b, rest = x[..., :n], x[..., n : 2 * n], x[..., 2 * n :]
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine, rest], -1)


class Layer(nn.Module):
    """An LSTM, then attention, each added to its input."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads, self.window, self.dropout = sizes.heads, sizes.window, sizes.dropout
        self.lstm = nn.LSTM(sizes.width, sizes.width, batch_first=True)
        self.norm, self.norm_after = nn.LayerNorm(sizes.width), nn.LayerNorm(sizes.width)
        if not sizes.window:
            return
        self.query = nn.Linear(sizes.width, sizes.width)
        self.key = nn.Linear(sizes.width, sizes.width)
        self.value = nn.Linear(2 * sizes.width, sizes.width)
        self.out = nn.Linear(sizes.width, sizes.width)
        self.rate: Tensor
        self.register_buffer("rate", rates(sizes.width // sizes.heads), persistent=False)

    def _split(self, x: Tensor) -> Tensor:
        """(B, T, W) → (B, heads, T, W / heads)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, notes: Tensor, tick: Tensor, state: LayerState | None) -> tuple[Tensor, LayerState]:
        """x, notes (B, T, W), tick (B, T) → (B, T, W), and the state after the last row. `notes`, the embedded rows,
        are a part of attention's values."""
        cells = None if state is None else (state.hidden, state.cell)
        h, (hidden, cell) = self.lstm(self.norm(x), cells)
        x = x + dropout(h, self.dropout, self.training)
        if not self.window:
            nothing = h.new_zeros(h.shape[0], self.heads, 0, h.shape[2] // self.heads)
            return self.norm_after(x), LayerState(hidden, cell, h[:, -1:], tick[:, -1:], nothing, nothing)
        past = h.new_zeros(h.shape[0], 1, h.shape[2]) if state is None else state.before
        past_tick = tick.new_zeros(tick.shape[0], 1) if state is None else state.tick
        before = torch.cat([past.to(h.dtype), h[:, :-1]], 1)
        before_tick = torch.cat([past_tick, tick[:, :-1]], 1)
        query = rotated(self._split(self.query(h)), tick, self.rate)
        keys = rotated(self._split(self.key(before)), before_tick, self.rate)
        values = self._split(self.value(torch.cat([notes, h], -1)))
        if state is not None:
            keys, values = torch.cat([state.keys, keys], 2), torch.cat([state.values, values], 2)
        if keys.shape[2] == query.shape[2]:
            mask = None if keys.shape[2] <= self.window else self._mask(query.shape[2], keys.shape[2], x.device)
            read = F.scaled_dot_product_attention(query, keys, values, mask, is_causal=mask is None)
        else:
            mask = self._mask(query.shape[2], keys.shape[2], x.device)
            read = F.scaled_dot_product_attention(query, keys, values, mask)
        read = self.out(read.transpose(1, 2).flatten(2))
        x = self.norm_after(x + dropout(read, self.dropout, self.training))
        keep = slice(-self.window, None)
        return x, LayerState(hidden, cell, h[:, -1:], tick[:, -1:], keys[:, :, keep], values[:, :, keep])

    def _mask(self, queries: int, keys: int, device: torch.device) -> Tensor:
        """(queries, keys) whether a query may see a key, which must be among the last `window` up to its own row."""
        place = torch.arange(keys, device=device)
        now = place[keys - queries :, None]
        return (place <= now) & (place > now - self.window)


class AttentiveLSTM(nn.Module):
    """The network: `forward` turns rows into outputs, and from an output the heads predict the fields of the next
    note."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        w = sizes.width
        small = w // 4
        self.step = nn.Embedding(CLASSES["step"], small)
        self.pitch = nn.Embedding(START + 1, small)
        self.pitch_class = nn.Embedding(13, small)
        self.interval = nn.Embedding(tokens.NO_INTERVAL + 1, small)
        self.duration = nn.Embedding(CLASSES["duration"], small)
        self.expression = nn.ModuleDict({name: nn.Embedding(CLASSES[name], small) for name in EXPRESSION})
        self.flags = nn.Embedding(4, small)
        self.countdown = nn.Embedding(tokens.UNKNOWN_COUNTDOWN + 1, small)
        self.condition = nn.ModuleList([nn.Embedding(size, small) for size in (16, 16, 13, tokens.TEMPI)])
        self.note = nn.Linear(6 * small + PHASES, w)
        self.context = nn.Linear(3 * small, w)
        self.layers = nn.ModuleList([Layer(sizes) for _ in range(sizes.layers)])
        self.to_step = nn.Linear(w, CLASSES["step"])
        self.given_step = nn.Linear(w + small + PHASES, w)
        self.to_pitch = nn.Linear(w, CLASSES["pitch"])
        self.given_pitch = nn.Linear(w + 2 * small, w)
        self.to_duration = nn.Linear(w, CLASSES["duration"])
        self.given_duration = nn.Linear(w + small, w)
        self.to_velocity = nn.Linear(w, CLASSES["velocity"])
        self.given_velocity = nn.Linear(w + small, w)
        self.to_deviation = nn.Linear(w, CLASSES["deviation"])
        self.given_deviation = nn.Linear(w + small, w)
        self.to_articulation = nn.Linear(w, CLASSES["articulation"])

    def forward(
        self, rows: Tensor, conditions: Tensor, countdown: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """rows (B, T, len(FIELDS)), conditions (B, len(CONDITIONS)), countdown (B, T) → outputs (B, T, width), state.

        Rows passed one at a time, each with the state after the one before, give the same outputs as all at once.
        """
        assert rows.shape[-1] == len(FIELDS)
        notes = self._embed(rows, conditions)
        style, metre, tonic, tempo = (embed(conditions[:, i]) for i, embed in enumerate(self.condition))
        piece = torch.cat([style + metre, tonic + tempo], -1)[:, None].expand(-1, rows.shape[1], -1)
        x = notes + self.context(torch.cat([piece, self.countdown(countdown)], -1))
        x = dropout(x, self.sizes.dropout / 2, self.training)
        states = []
        for i, layer in enumerate(self.layers):
            x, after = layer(x, notes, rows[..., TICK], None if state is None else state[i])
            states.append(after)
        return x, tuple(states)

    def _embed(self, rows: Tensor, conditions: Tensor) -> Tensor:
        """(B, T, width) embedded rows (B, T, len(FIELDS))."""
        played = rows[..., TIMED] + 2 * rows[..., SHADED]
        touch = self.flags(played)
        for index, name in enumerate(EXPRESSION, start=tokens.VELOCITY):
            heard = (rows[..., SHADED if name == "velocity" else TIMED])[..., None]
            touch = touch + self.expression[name](rows[..., index]) * heard
        pitch = rows[..., PITCH]
        pitch_class = torch.where(pitch == START, 12, pitch % 12)
        parts = [
            self.step(rows[..., STEP]),
            self.pitch(pitch),
            self.pitch_class(pitch_class),
            self.interval(rows[..., INTERVAL]),
            self.duration(rows[..., DURATION]),
            touch,
            phases(rows[..., TICK], conditions),
        ]
        embedded: Tensor = self.note(torch.cat(parts, -1))
        return embedded

    # The heads, in the order in which a note's fields are predicted. Each takes x (N, width), which the head before it
    # returned, and the fields (N,) predicted so far; it returns logits (N, classes) and x for the next head.

    def step_head(self, x: Tensor) -> Tensor:
        logits: Tensor = self.to_step(x)
        return logits

    def pitch_head(self, x: Tensor, step: Tensor, tick: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor]:
        where = phases(tick[:, None], conditions)[:, 0]
        x = x + F.gelu(self.given_step(torch.cat([x, self.step(step), where], -1)))
        return self.to_pitch(x), x

    def duration_head(self, x: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        x = x + F.gelu(self.given_pitch(torch.cat([x, self.pitch(pitch), self.pitch_class(pitch % 12)], -1)))
        return self.to_duration(x), x

    def velocity_head(self, x: Tensor, duration: Tensor) -> tuple[Tensor, Tensor]:
        x = x + F.gelu(self.given_duration(torch.cat([x, self.duration(duration)], -1)))
        return self.to_velocity(x), x

    def deviation_head(self, x: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
        x = x + F.gelu(self.given_velocity(torch.cat([x, self.expression["velocity"](velocity)], -1)))
        return self.to_deviation(x), x

    def articulation_head(self, x: Tensor, deviation: Tensor) -> Tensor:
        x = x + F.gelu(self.given_deviation(torch.cat([x, self.expression["deviation"](deviation)], -1)))
        logits: Tensor = self.to_articulation(x)
        return logits

    def logits(
        self, x: Tensor, following: Tensor, conditions: Tensor, expressive: Tensor | None = None
    ) -> dict[str, Tensor]:
        """(N, classes) the logits of each head, given outputs x (N, width), the rows that follow them (N, len(FIELDS))
        and conditions (N, len(CONDITIONS)). Heads of expression predict only the rows where `expressive` (N,) is
        set."""
        step = self.step_head(x)
        pitch, x = self.pitch_head(x, following[:, STEP], following[:, TICK], conditions)
        duration, x = self.duration_head(x, following[:, PITCH])
        if expressive is not None:
            x, following = x[expressive], following[expressive]
        velocity, x = self.velocity_head(x, following[:, DURATION])
        deviation, x = self.deviation_head(x, following[:, tokens.VELOCITY])
        articulation = self.articulation_head(x, following[:, tokens.DEVIATION])
        content = {"step": step, "pitch": pitch, "duration": duration}
        return content | {"velocity": velocity, "deviation": deviation, "articulation": articulation}
