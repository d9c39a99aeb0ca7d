"""Loaded models, for one voice and for several parts, and which of them plays which style."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from generation.model import band_checkpoint, checkpoint, memorised, memorised_lines
from generation.model.memorised import Memorised
from generation.model.memorised_lines import MemorisedLines
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.model.networks.band_lstm import BandLSTM
from generation.request import own_checkpoints

CHECKPOINT = Path(__file__).parents[2] / "assets" / "encore.safetensors"
BAND_CHECKPOINT = CHECKPOINT.with_name("encore-band.safetensors")


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that is ready to play, the card of its checkpoint, and the passages that it may not repeat."""

    model: AttentiveLSTM
    card: dict[str, Any]
    device: torch.device
    memorised: Memorised | None = None


@dataclass(frozen=True, eq=False)
class LoadedBand:
    """A model for several parts that is ready to play, the card of its checkpoint, and the lines that it may not
    repeat."""

    model: BandLSTM
    card: dict[str, Any]
    device: torch.device
    memorised: MemorisedLines | None = None


Loaded = TypeVar("Loaded", LoadedModel, LoadedBand)


def load_model(path: Path | None = None, device: str | None = None) -> LoadedModel:
    """Load the shipped checkpoint, or the one at `path`, onto `device`; by default onto a GPU if there is one. Raises
    `Refusal` if it cannot be used."""
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model, card = checkpoint.load(path or CHECKPOINT, where)
    passages = memorised.beside(path or CHECKPOINT)
    return LoadedModel(model, card, where, memorised.load(passages) if passages.exists() else None)


def load_band(path: Path | None = None, device: str | None = None) -> LoadedBand:
    """Like `load_model`, for several parts."""
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model, card = band_checkpoint.load(path or BAND_CHECKPOINT, where)
    lines = memorised.beside(path or BAND_CHECKPOINT)
    return LoadedBand(model, card, where, memorised_lines.load(lines) if lines.exists() else None)


Ready = dict[Path, tuple[int, LoadedModel]]
ReadyBands = dict[Path, tuple[int, LoadedBand]]


def model_for(style: str, ready: Ready) -> LoadedModel:
    """The model for a style: the checkpoint of that name in ENCORE_MODELS, or else the shipped one. `ready` caches
    models by path, each with its file's time of change in ns; a file that has changed is loaded again."""
    own = own_checkpoints().get(style, CHECKPOINT)
    return _newest(CHECKPOINT if is_band(own) else own, ready, load_model)


def band_for(style: str, ready: ReadyBands) -> LoadedBand:
    """Like `model_for`, for several parts."""
    own = own_checkpoints().get(style, BAND_CHECKPOINT)
    return _newest(own if is_band(own) else BAND_CHECKPOINT, ready, load_band)


def is_band(path: Path) -> bool:
    """Whether a checkpoint says that it is a model for several parts."""
    try:
        return bool(json.loads(path.with_suffix(".json").read_text()).get("model") == band_checkpoint.NETWORK)
    except (OSError, ValueError, AttributeError):
        return False


def _newest(path: Path, ready: dict[Path, tuple[int, Loaded]], load: Callable[[Path], Loaded]) -> Loaded:
    changed = path.stat().st_mtime_ns if path.exists() else 0
    if path not in ready or ready[path][0] != changed:
        ready[path] = changed, load(path)
    return ready[path][1]
