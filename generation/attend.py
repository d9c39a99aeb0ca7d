"""What the attention of a layer keeps of each take, and the sums over it.

With one query a take there is next to nothing to multiply, and all to read. Values lie place by place, keys channel by
channel in blocks of places, so that both sums are sums of whole rows, each with its factor: an embedding bag, which on
a CPU reads three times as fast as the product of many small matrices.
"""

from functools import cache, lru_cache

import torch
from torch import Tensor

BLOCK = 32  # places of which a channel's keys lie side by side


def room(heads: int, window: int, channels: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes of keys (heads, blocks, channels, BLOCK) and of values (heads, places, channels) of a take."""
    return (heads, places(window) // BLOCK, channels, BLOCK), (heads, places(window), channels)


def places(window: int) -> int:
    """For so many notes, in whole blocks."""
    return -(-window // BLOCK) * BLOCK


def fill(keys: Tensor, values: Tensor, given: tuple[Tensor, Tensor], at: Tensor) -> None:
    """Keep the keys and values given, each (heads, N, channels), at places (N,) of one take."""
    keys[:, at // BLOCK, :, at % BLOCK] = given[0].to(keys.dtype).transpose(0, 1)
    values[:, at] = given[1].to(values.dtype)


def where_keys_lie(rows: Tensor, channels: int) -> Tensor:
    """(N × channels,): where in the keys of all takes the channels lie of those whose values are `rows` (N,) of all
    values one below the other."""
    beside = rows % BLOCK
    first = (rows - beside) * channels + beside
    return (first[:, None] + _channels(channels, rows.device)).view(-1)


def attend(query: Tensor, keys: Tensor, values: Tensor, unheard: Tensor, reach: int) -> Tensor:
    """(B, heads × channels): the mean of the first `reach` values, weighed by the softmax of the products of their keys
    with the query (B, heads, channels), after `unheard` (B, 1, places) is added. `reach` is a multiple of BLOCK."""
    takes, heads, places, channels = values.shape
    asked = query.to(keys.dtype)[:, :, None].expand(-1, -1, reach // BLOCK, -1)
    if keys.device.type == "cpu":
        rows = _rows(takes * heads, places // BLOCK * channels, reach // BLOCK * channels, channels)
        scores = _sums(keys.view(-1, BLOCK), rows, asked)
    else:
        scores = torch.matmul(asked[..., None, :], keys[:, :, : reach // BLOCK])
    weights = (scores.view(takes, heads, reach) + unheard[:, :, :reach]).softmax(2)
    if values.device.type == "cpu":
        read = _sums(values.view(-1, channels), _rows(takes * heads, places, reach, reach), weights)
    else:
        read = torch.matmul(weights[:, :, None], values[:, :, :reach])
    return read.view(takes, -1)


def _sums(table: Tensor, rows: tuple[Tensor, Tensor], factors: Tensor) -> Tensor:
    """(bags, width of the table): of each bag of rows, the sum of the rows times their factors."""
    total: Tensor = torch.embedding_bag(table, *rows, False, 0, False, factors.reshape(-1))[0]
    return total


@cache
def _channels(channels: int, device: torch.device) -> Tensor:
    return torch.arange(channels, device=device) * BLOCK


@lru_cache(16)
def _rows(groups: int, stride: int, taken: int, bag: int) -> tuple[Tensor, Tensor]:
    """The first `taken` rows of groups of `stride`, and where bags of so many of them begin."""
    rows = torch.arange(groups, dtype=torch.int32)[:, None] * stride + torch.arange(taken, dtype=torch.int32)
    return rows.view(-1), torch.arange(0, groups * taken, bag, dtype=torch.int32)
