"""Checkpoints of models for several parts: like those in `checkpoint`, with their own encoding and lists."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from generation.model import band, checkpoint, hearing, tokens
from generation.model.networks.band_lstm import CONDITIONS, BandLSTM, Sizes
from generation.request import STYLES, Refusal

NETWORK = "band_lstm"
# The meaning of the rows, and every list on whose order the weights depend: weights that were trained with another
# encoding cannot be used.
ENCODING = {
    "version": 1,
    "fields": list(band.FIELDS),
    "classes": band.CLASSES,
    "ticks": tokens.TICKS,
    "heard": [*hearing.HEARD, "pitch classes", "slots"],
    "roles": list(band.ROLES),
    "kit": list(band.KIT),
    "qualities": list(band.QUALITIES),
    "conditions": list(CONDITIONS),
    "styles": list(STYLES),
    "metres": [f"{beats}/{unit}" for beats, unit in tokens.METRES],
}


def save(path: Path, model: BandLSTM, card: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    """Write `path` (weights) and `path` with the ending .json (card plus architecture, sizes and encoding)."""
    about = {"model": NETWORK, "sizes": dataclasses.asdict(model.sizes), "encoding": ENCODING, **card}
    checkpoint.write(path, model, about, dtype)


def load(path: Path, device: torch.device | str = "cpu") -> tuple[BandLSTM, dict[str, Any]]:
    """The model, ready to play, and its card. Raises `Refusal` if a file cannot be read or does not fit."""
    weights, card = checkpoint.read(path)
    if card.get("model") != NETWORK or card.get("encoding") != ENCODING:
        raise Refusal("The checkpoint {file} was trained on another encoding of notes. Train it again.", file=path.name)
    model = BandLSTM(Sizes(**card["sizes"]))
    model.load_state_dict(weights)
    return model.to(device).eval(), card
