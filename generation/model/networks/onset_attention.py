"""A layer of an LSTM that looks back at onsets: like the layers of `attentive_lstm`, with one key for each onset.

The key of an onset is the state before it, its value all that begins there, so that a state similar to an earlier one
finds what followed then. The rows of an onset see only earlier onsets, never their own.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.model.networks.attentive_lstm import dropout, rates, rotated


class LayerState(NamedTuple):
    """A layer's state between two calls: hidden state and cell of the LSTM, and its output for the last row; of the
    open onset, which may get more rows, the state before it, the tick of that state and the sum of its rows so far; and
    the keys and values of earlier onsets, of which each sequence has `used` columns."""

    hidden: Tensor  # (1, B, W)
    cell: Tensor  # (1, B, W)
    last: Tensor  # (B, 1, W) the LSTM's output for the row before the next
    tick: Tensor  # (B, 1) that row's tick
    open_key: Tensor  # (B, 1, W)
    open_tick: Tensor  # (B, 1)
    open_sum: Tensor  # (B, 1, W)
    keys: Tensor  # (B, heads, O, W / heads)
    values: Tensor  # (B, heads, O, W / heads)
    used: Tensor  # (B,)


class Layer(nn.Module):
    """An LSTM, then attention over onsets, each added to its input."""

    def __init__(self, width: int, heads: int, window: int, rate_of_dropout: float) -> None:
        super().__init__()
        depth = width // heads
        self.heads, self.window, self.dropout = heads, window, rate_of_dropout
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.norm, self.norm_after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(2 * width, width), nn.Linear(width, width)
        # A key and a value that are always there, for a query that finds nothing useful in the past or has no past.
        self.nothing = nn.Parameter(torch.zeros(2, heads, 1, depth))
        self.rate: Tensor
        self.register_buffer("rate", rates(depth), persistent=False)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(
        self, x: Tensor, notes: Tensor, tick: Tensor, begins: Tensor, state: LayerState | None
    ) -> tuple[Tensor, LayerState]:
        """x, notes (B, T, W), tick, begins (B, T) → (B, T, W), and the state after the last row. `notes` are the
        embedded rows; `begins` says whether a row is the first of its onset."""
        cells = None if state is None else (state.hidden, state.cell)
        h, (hidden, cell) = self.lstm(self.norm(x), cells)
        x = x + dropout(h, self.dropout, self.training)
        state = self._blank(h, tick, hidden, cell) if state is None else state
        # Number of each row's onset; 0 is the one that the previous call left unfinished.
        number = begins.long().cumsum(1)
        onsets = int(number.max()) + 1
        before = torch.cat([state.last.to(h.dtype), h[:, :-1]], 1)
        before_tick = torch.cat([state.tick, tick[:, :-1]], 1)
        place = torch.arange(tick.shape[1], device=tick.device).expand_as(tick)
        # (B, onsets): the row that begins each of them, and the output for the row that ends it
        first = tick.new_zeros(tick.shape[0], onsets).scatter_reduce(1, number, place, "amin", include_self=False)
        final = tick.new_full((tick.shape[0], onsets), -1).scatter_reduce(1, number, place, "amax")
        key_of = rows_at(before, first)
        key_of[:, :1] = state.open_key.to(h.dtype)
        key_tick = before_tick.gather(1, first)
        key_tick[:, :1] = state.open_tick
        held = torch.zeros(h.shape[0], onsets, h.shape[2], device=h.device, dtype=notes.dtype)
        held = held.scatter_add(1, number[..., None].expand_as(notes), notes)
        held = torch.cat([held[:, :1] + state.open_sum.to(notes.dtype), held[:, 1:]], 1)
        after = rows_at(torch.cat([state.last.to(h.dtype), h], 1), final + 1)
        keys = rotated(self._split(self.key(key_of)), key_tick, self.rate)
        values = self._split(self.value(torch.cat([held.to(h.dtype), after], -1)))
        query = rotated(self._split(self.query(h)), tick, self.rate)
        read = self._read(query, keys, values, number, state)
        x = self.norm_after(x + dropout(self.out(read), self.dropout, self.training))
        current = number[:, -1:]
        keys, values, count = self._keep(keys, values, current[:, 0], state)
        return x, LayerState(
            hidden,
            cell,
            h[:, -1:],
            tick[:, -1:],
            rows_at(key_of, current),
            key_tick.gather(1, current),
            rows_at(held, current),
            keys,
            values,
            count,
        )

    def _blank(self, h: Tensor, tick: Tensor, hidden: Tensor, cell: Tensor) -> LayerState:
        nothing, zero = h.new_zeros(h.shape[0], 1, h.shape[2]), tick.new_zeros(tick.shape[0], 1)
        none = h.new_zeros(h.shape[0], self.heads, 0, h.shape[2] // self.heads)
        return LayerState(hidden, cell, nothing, zero, nothing, zero, nothing, none, none, zero[:, 0])

    def _read(self, query: Tensor, keys: Tensor, values: Tensor, number: Tensor, state: LayerState) -> Tensor:
        """(B, T, W) what each query reads from the last `window` onsets before its own."""
        past = torch.arange(state.keys.shape[2], device=number.device)
        here = torch.arange(keys.shape[2], device=number.device)
        seen = number[..., None] - here  # (B, T, onsets): how many onsets ago
        new = (seen > 0) & (seen <= self.window)
        ago = number[..., None] + state.used[:, None, None] - past
        old = (past < state.used[:, None])[:, None] & (ago <= self.window)
        mask = torch.cat([torch.ones_like(new[..., :1]), old, new], -1)[:, None]
        key, value = (part.to(keys.dtype).expand(keys.shape[0], -1, -1, -1) for part in self.nothing)
        keys, values = torch.cat([key, state.keys, keys], 2), torch.cat([value, state.values, values], 2)
        return F.scaled_dot_product_attention(query, keys, values, mask).transpose(1, 2).flatten(2)

    def _keep(self, keys: Tensor, values: Tensor, closed: Tensor, state: LayerState) -> tuple[Tensor, Tensor, Tensor]:
        """The keys and values (B, heads, O, D) of the last `window` finished onsets, left-aligned, and their number
        (B,). `closed` (B,): how many of the new onsets are finished."""
        old, new = state.keys.shape[2], keys.shape[2]
        count = state.used + closed
        columns = min(self.window, int(count.max()))
        start = (count - columns).clamp(min=0)
        wanted = start[:, None] + torch.arange(columns, device=count.device)
        index = torch.where(wanted < state.used[:, None], wanted, old + wanted - state.used[:, None])
        index = index.clamp(max=old + new - 1)[:, None, :, None].expand(-1, self.heads, -1, keys.shape[3])
        keep = (
            torch.cat([past, now], 2).gather(2, index) for past, now in ((state.keys, keys), (state.values, values))
        )
        return *keep, count.clamp(max=columns)  # type: ignore[return-value]


def rows_at(x: Tensor, index: Tensor) -> Tensor:
    """The rows (B, N, W) of x (B, T, W) at index (B, N)."""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[2]))
