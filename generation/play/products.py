"""Products of vectors with constant weights: in 8 bits or exactly on a CPU, by torch elsewhere.

In 8 bits, each row of weights and each row of inputs is scaled so that its largest number is 127. The sums are whole
numbers, so they are the same in any order, in any batch and on any processor. oneDNN computes them where it is exact
and faster, loops of our own elsewhere.
"""

from functools import cache
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 — its usual name

from generation.play.loops import products
from generation.play.loops.compiled import Reals
from generation.play.loops.sums import LANES, OUTPUTS, padded

MUCH = 3_000_000  # multiplications from which on oneDNN is faster than our loops, where it is exact
ZERO = 128  # the zero point of oneDNN's inputs, which have no signs


class Product(Protocol):
    """x (B, in) → x @ weight.T + bias (B, out), in 32-bit floats. A row's product is the same, bit for bit, however
    many rows there are; therefore a take is the same alone and in company."""

    weight: Tensor

    def __call__(self, x: Tensor) -> Tensor: ...

    def array(self, x: Reals) -> Reals:
        """The same for NumPy arrays, on a CPU; columns beyond `out` are meaningless."""


def product(weight: Tensor, bias: Tensor, kind: str) -> Product:
    """The product with `weight` (out, in) and `bias` (out,); `kind` is one of `arithmetic.KINDS`."""
    return Short(weight, bias) if kind == "int8" else Exact(weight, bias)


class Exact:
    """A product in 32-bit floats throughout."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self.weight, self.bias = weight.detach().contiguous(), bias.detach().contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":
            return F.linear(x, self.weight, self.bias)
        return torch.from_numpy(self.array(x.contiguous().numpy()))

    def array(self, x: Reals) -> Reals:
        out = np.empty((len(x), len(self.weight)), np.float32)
        products.multiply_exactly(x, self.weight.numpy(), self.bias.numpy(), out)
        return out


class Short:
    """A product with both factors in 8 bits. `weight` (out, in) is padded with zeros for our loops."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._out, self._in = weight.shape
        worth = weight.detach().abs().amax(1).clamp(min=1e-30) / 127
        short = (weight.detach() / worth[:, None]).round().to(torch.int8)
        more = padded(self._out, OUTPUTS) - self._out
        self.weight = F.pad(short, (0, padded(self._in, LANES) - self._in, 0, more)).contiguous()
        self._short, self._worth, self._bias = (
            each.numpy() for each in (self.weight, F.pad(worth, (0, more)), F.pad(bias.detach(), (0, more)))
        )
        self._packed = _packed(self.weight) if _library_is_exact() else None

    def __call__(self, x: Tensor) -> Tensor:
        return torch.from_numpy(self.array(x.contiguous().numpy())[:, : self._out])

    def array(self, x: Reals) -> Reals:
        if self._packed is None or len(x) * self._short.size < MUCH:
            out = np.empty((len(x), len(self._short)), np.float32)
            products.multiply(x, self._short, self._worth, self._bias, out)
            return out
        rows, units = np.full((len(x), self._short.shape[1]), ZERO, np.uint8), np.empty(len(x), np.float32)
        products.shorten(x, ZERO, rows, units)
        out = _added_up(rows, self._packed)
        products.unfold(out, units, self._worth, self._bias)
        return out


Packed = tuple[Tensor, Tensor, Tensor]


def _packed(weight: Tensor) -> Packed:
    """8-bit weights (out, in) in oneDNN's layout, with a scale of 1 and zero points at 0."""
    packed = torch.ops.onednn.qlinear_prepack(weight, [16, weight.shape[1]])
    return packed, torch.ones(len(weight)), torch.zeros(len(weight), dtype=torch.int64)


def _added_up(rows: NDArray[np.uint8], packed: Packed) -> Reals:
    """(B, out) the exact products of `rows` (B, in), whose zero is `ZERO`, with packed weights."""
    sums: Tensor = torch.ops.onednn.qlinear_pointwise(
        torch.from_numpy(rows), 1.0, ZERO, *packed, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return sums.numpy()


@cache
def _library_is_exact() -> bool:
    """Whether oneDNN's sums are exact on this processor. It does not say, so the largest possible sums are tried; on
    processors that keep sums of 8-bit products in 16 bits, they overflow."""
    rng = np.random.default_rng(0)
    weight = rng.choice(np.array([-127, 127], np.int8), (64, 768))
    weight[:8] = 127
    rows = rng.choice(np.array([-127, 127], np.int16), (64, 768))
    rows[::3] = 127
    ours = np.empty((len(rows), len(weight)), np.float32)
    products.add_up(rows, weight, ours)
    try:
        packed = _packed(torch.from_numpy(weight))
        return all(
            np.array_equal(_added_up((rows[:few] + ZERO).astype(np.uint8), packed), ours[:few])
            for few in (4, 15, 33, 64)
        )
    except (AttributeError, RuntimeError):  # there is no oneDNN, or not for this processor
        return False
