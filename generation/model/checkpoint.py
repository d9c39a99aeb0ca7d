"""Checkpoints that describe themselves: weights in safetensors, and beside them a card in JSON."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from generation.model import tokens
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.request import STYLES, Refusal

NETWORK = "attentive_lstm"
# The meaning of the rows; weights that were trained on another encoding cannot be used.
ENCODING = {"version": 1, "fields": list(tokens.FIELDS), "classes": tokens.CLASSES, "ticks": tokens.TICKS}
# Lists on whose order the weights depend: the model knows a style or a metre by its place. Append new ones at the end.
LISTS = {"conditions": [*tokens.CONDITIONS], "styles": [*STYLES], "metres": [f"{a}/{b}" for a, b in tokens.METRES]}


def save(path: Path, model: AttentiveLSTM, card: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    """Write `path` (weights) and `path` with the ending .json (card plus architecture, sizes and encoding)."""
    about = {"model": NETWORK, "sizes": dataclasses.asdict(model.sizes), "encoding": ENCODING, "lists": LISTS, **card}
    write(path, model, about, dtype)


def write(path: Path, model: nn.Module, card: dict[str, Any], dtype: torch.dtype) -> None:
    """Write the weights of any network to `path`, and its card beside them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().to(dtype).contiguous().cpu() for name, tensor in model.state_dict().items()}
    save_file(weights, path)
    path.chmod(0o644)  # safetensors lets only its owner read what it writes
    path.with_suffix(".json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights of any network, in 32-bit floats, and its card. Raises `Refusal` if a file cannot be read."""
    try:
        card = json.loads(path.with_suffix(".json").read_text())
        weights = load_file(path)
    except (OSError, ValueError) as error:
        raise Refusal(
            "The checkpoint {file} cannot be read ({why}). Train one, or restore the file.",
            file=path.name,
            why=str(error),
        ) from error
    return {name: tensor.float() for name, tensor in weights.items()}, card


def load(path: Path, device: torch.device | str = "cpu") -> tuple[AttentiveLSTM, dict[str, Any]]:
    """The model, ready to play, and its card. Raises `Refusal` if a file cannot be read or does not fit."""
    weights, card = read(path)
    if card.get("encoding") != ENCODING:
        raise Refusal("The checkpoint {file} was trained on another encoding of notes. Train it again.", file=path.name)
    for name, ours in LISTS.items():
        theirs = card.get("lists", {}).get(name, [])
        if not theirs or ours[: len(theirs)] != theirs:
            raise Refusal(
                "The checkpoint {file} was trained with these {list}: {theirs}. Encore has: {ours}. "
                "Put them back into that order, or train it again.",
                file=path.name,
                list=name,
                theirs=", ".join(theirs) or "–",
                ours=", ".join(ours),
            )
    if card.get("model") != NETWORK:
        raise Refusal(
            "The checkpoint {file} needs the network “{theirs}”; Encore plays with {ours}.",
            file=path.name,
            theirs=str(card.get("model")),
            ours=NETWORK,
        )
    model = AttentiveLSTM(Sizes(**card["sizes"]))
    model.load_state_dict(weights)
    return model.to(device).eval(), card
