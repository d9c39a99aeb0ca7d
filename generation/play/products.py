"""Products of a step with weights that stay: in 8 bits or exactly on a CPU, and as torch does it elsewhere.

In 8 bits each row of weights, and each row that is multiplied, has its own unit: its largest number is 127. The sums
are whole numbers, the same in any order and company and on any processor. So oneDNN may add up where it does so exactly
and fast, and our own loops do it elsewhere.
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

MUCH = 3_000_000  # numbers to multiply, from which on oneDNN is faster than our loops, where it is exact
ZERO = 128  # of what oneDNN multiplies: it takes no signs


class Product(Protocol):
    """x (B, in) → x @ weight.T + bias (B, out), in 32-bit floats. A row's product is the same, bit by bit, however many
    rows there are: this is what lets a take be the same alone and in company."""

    weight: Tensor

    def __call__(self, x: Tensor) -> Tensor: ...

    def array(self, x: Reals) -> Reals:
        """The same for NumPy, on a CPU; there may be columns beyond `out`, that mean nothing."""


def product(weight: Tensor, bias: Tensor, kind: str) -> Product:
    """With weights (out, in), in a kind of `arithmetic.KINDS`."""
    return Short(weight, bias) if kind == "int8" else Exact(weight, bias)


class Exact:
    """Nothing is rounded but the sums."""

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
    """Weights and what they multiply in 8 bits. `weight` (out, in) is padded with zeros for our loops."""

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
    """Weights of 8 bits as oneDNN likes them, with units of 1 and zeros at 0."""
    packed = torch.ops.onednn.qlinear_prepack(weight, [16, weight.shape[1]])
    return packed, torch.ones(len(weight)), torch.zeros(len(weight), dtype=torch.int64)


def _added_up(rows: NDArray[np.uint8], packed: Packed) -> Reals:
    """(B, out) exact sums of products, of rows around ZERO."""
    sums: Tensor = torch.ops.onednn.qlinear_pointwise(
        torch.from_numpy(rows), 1.0, ZERO, *packed, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return sums.numpy()


@cache
def _library_is_exact() -> bool:
    """Whether oneDNN adds up exactly on this processor, which it says nowhere: on those that multiply 8 bits by way of
    16, it does not. Tried with the largest sums that there are."""
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
