"""The arithmetic of a decode step: the fastest that the device supports, or the one named by ENCORE_ARITHMETIC."""

import os
import platform

import torch

from generation.request import Refusal

SETTING = "ENCORE_ARITHMETIC"
KINDS = ("int8", "float32")
TAKES = 64  # takes that are played at once, at most


def arithmetic(device: torch.device) -> str:
    """One of `KINDS` for a device: the one named by ENCORE_ARITHMETIC, else int8 on a CPU and float32 on a GPU. Raises
    `Refusal` if the setting names no kind, or one that the device does not support."""
    asked = os.environ.get(SETTING) or "auto"
    if asked not in ("auto", *KINDS):
        raise Refusal("{setting} is “{asked}”. Set it to one of: {kinds}.", setting=SETTING, asked=asked[:40],
                      kinds=", ".join(("auto", *KINDS)))  # fmt: skip
    if asked == "auto":
        return next(kind for kind in KINDS if not missing(kind, device))
    if why := missing(asked, device):
        raise Refusal("{setting} is {asked}, which is not available here: {why}. Set it to auto.",
                      setting=SETTING, asked=asked, why=why)  # fmt: skip
    return asked


def missing(kind: str, device: torch.device) -> str:
    """The reason why a device does not support a kind of arithmetic, in words; "" if it does."""
    return "a GPU plays in float32" if kind == "int8" and device.type != "cpu" else ""


def made_by(kind: str, device: torch.device) -> str:
    """The arithmetic and the kind of processor or GPU, in words: besides the seed, these decide the notes, since each
    rounds in its own way."""
    on = torch.backends.cpu.get_cpu_capability() if device.type == "cpu" else torch.cuda.get_device_name(device)
    return f"{kind}, {platform.machine()} {on}" if device.type == "cpu" else f"{kind}, {on}"
