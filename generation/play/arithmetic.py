"""In which arithmetic a step multiplies: the fastest that the device can, or what ENCORE_ARITHMETIC says."""

import os
import platform

import torch

from generation.request import Refusal

SETTING = "ENCORE_ARITHMETIC"
KINDS = ("int8", "float32")
TAKES = 64  # at once, at most


def arithmetic(device: torch.device) -> str:
    """One of `KINDS` for a device: what ENCORE_ARITHMETIC says; by itself int8 on a CPU, else float32. `Refusal` where
    the setting names what there is not, or what the device cannot do."""
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
    """Why a device cannot multiply in a kind of arithmetic, in words; empty where it can."""
    return "a GPU plays in float32" if kind == "int8" and device.type != "cpu" else ""


def made_by(kind: str, device: torch.device) -> str:
    """What else than the seed decides which notes are played: the kind of arithmetic, and the kind of processor or the
    GPU, each of which rounds in its own way."""
    on = torch.backends.cpu.get_cpu_capability() if device.type == "cpu" else torch.cuda.get_device_name(device)
    return f"{kind}, {platform.machine()} {on}" if device.type == "cpu" else f"{kind}, {on}"
