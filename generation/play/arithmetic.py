"""In which arithmetic a step multiplies: the fastest that the processor can, or what ENCORE_ARITHMETIC says."""

import os
from functools import cache

import torch

from generation.request import Refusal

SETTING = "ENCORE_ARITHMETIC"
KINDS = {"bf16": torch.bfloat16, "float32": torch.float32}
TAKES = 64  # at once, at most
HINT = 16  # rows for which oneDNN lays weights out; made for a single row, 32-bit kernels round it differently


def arithmetic(device: torch.device) -> str:
    """One of `KINDS` for a device: what ENCORE_ARITHMETIC says; by itself bf16 where the processor multiplies it
    natively, else float32. `Refusal` where the setting names what there is not, or what the device cannot do."""
    asked = os.environ.get(SETTING) or "auto"
    if asked not in ("auto", *KINDS):
        raise Refusal("{setting} is “{asked}”. Set it to one of: {kinds}.", setting=SETTING, asked=asked[:40],
                      kinds=", ".join(("auto", *KINDS)))  # fmt: skip
    if asked != "auto":
        if why := missing(asked, device):
            raise Refusal("{setting} is {asked}, which is not available here: {why}. Set it to auto.",
                          setting=SETTING, asked=asked, why=why)  # fmt: skip
        return asked
    return "bf16" if device.type == "cpu" and _native() and not missing("bf16", device) else "float32"


def missing(kind: str, device: torch.device) -> str:
    """Why a device cannot multiply in a kind of arithmetic, in words; empty where it can."""
    if kind == "float32" or device.type == "meta":
        return ""
    return _missing_bf16() if device.type == "cpu" else "it is for processors; a GPU multiplies in float32"


def pack(weight: torch.Tensor) -> torch.Tensor | None:
    """Weights as oneDNN likes them, on a CPU; None where it is not to be had. `RuntimeError` if it cannot."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, HINT)
    return packed


def multiply(x: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """x (B, in) → (B, out), by packed weights."""
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")
    return product


def _native() -> bool:
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


@cache
def _missing_bf16() -> str:
    """By trying it: the flags of a processor do not tell what a library makes of them."""
    rows, bias = torch.linspace(-3, 3, TAKES * 768).sin().view(TAKES, 768).bfloat16(), torch.zeros(1536).bfloat16()
    try:
        packed = pack(torch.linspace(-9, 9, 1536 * 768).sin().view(1536, 768).bfloat16())
    except RuntimeError as error:
        return str(error).splitlines()[0]
    if packed is None:
        return "this build of torch comes without oneDNN"
    whole = multiply(rows, packed, bias)
    if not all(torch.equal(multiply(rows[:few], packed, bias), whole[:few]) for few in range(1, TAKES)):
        return "the processor rounds a take's numbers otherwise in company, and a seed would give other notes"
    return ""
