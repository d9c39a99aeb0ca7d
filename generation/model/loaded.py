"""A loaded model: ready to play, one for every style."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from generation.model import checkpoint, memorised
from generation.model.memorised import Memorised
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.request import own_checkpoints

CHECKPOINT = Path(__file__).parents[2] / "assets" / "encore.safetensors"


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that is ready to play, the card of its checkpoint, and the passages that it may not repeat."""

    model: AttentiveLSTM
    card: dict[str, Any]
    device: torch.device
    memorised: Memorised | None = None


def load_model(path: Path | None = None, device: str | None = None) -> LoadedModel:
    """Load the shipped checkpoint, or the one at `path`, on `device`, else on a GPU if there is one. Raises `Refusal`
    if it cannot be used."""
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model, card = checkpoint.load(path or CHECKPOINT, where)
    passages = memorised.beside(path or CHECKPOINT)
    return LoadedModel(model, card, where, memorised.load(passages) if passages.exists() else None)


def model_for(style: str, ready: dict[Path, tuple[int, LoadedModel]]) -> LoadedModel:
    """The model for a style: the checkpoint of that name in ENCORE_MODELS, else the shipped one. `ready` caches
    (time of change in ns, model) by path; a file that has changed is loaded again."""
    path = own_checkpoints().get(style, CHECKPOINT)
    changed = path.stat().st_mtime_ns if path.exists() else 0
    if path not in ready or ready[path][0] != changed:
        ready[path] = changed, load_model(path)
    return ready[path][1]
