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
    compare, weigh = (scores_by_bags, means_by_bags) if keys.device.type == "cpu" else (scores, means)
    weights = (compare(query.to(keys.dtype), keys, reach) + unheard[:, :, :reach]).softmax(2)
    return weigh(weights, values).flatten(1)


def scores(query: Tensor, keys: Tensor, reach: int) -> Tensor:
    """(B, heads, reach): the products of a query (B, heads, channels) with the first keys."""
    blocks = torch.matmul(query[:, :, None, None], keys[:, :, : reach // BLOCK])
    return blocks.view(*query.shape[:2], reach)


def means(weights: Tensor, values: Tensor) -> Tensor:
    """(B, heads, channels): the sum of the first values times their weights (B, heads, reach)."""
    return torch.matmul(weights[:, :, None], values[:, :, : weights.shape[2]])[:, :, 0]


def scores_by_bags(query: Tensor, keys: Tensor, reach: int) -> Tensor:
    takes, heads, blocks, channels, _ = keys.shape
    rows = _rows(takes * heads, blocks * channels, reach // BLOCK * channels, channels)
    asked = query[:, :, None].expand(-1, -1, reach // BLOCK, -1)
    return _sums(keys.view(-1, BLOCK), rows, asked).view(takes, heads, reach)


def means_by_bags(weights: Tensor, values: Tensor) -> Tensor:
    takes, heads, places, channels = values.shape
    reach = weights.shape[2]
    return _sums(values.view(-1, channels), _rows(takes * heads, places, reach, reach), weights).view(takes, heads, -1)


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
