"""The network that says how well each chord fits under each beat of a tune, with its shipped weights; see `harmony`."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch

from generation.model import checkpoint
from generation.model.band import QUALITIES
from generation.model.harmony import TABLE, Reals
from generation.model.networks.harmony_conv import HarmonyConv, Sizes
from generation.model.tune_beats import STYLES
from generation.request import Refusal

WEIGHTS = TABLE.with_suffix(".safetensors")
ENCODING = {"version": 1, "qualities": list(QUALITIES), "styles": list(STYLES)}


def save(network: HarmonyConv, card: Mapping[str, object], path: Path) -> None:
    """Write the weights to `path`, and a card beside them."""
    about = {"model": "harmony_conv", "sizes": asdict(network.sizes), "encoding": ENCODING, **card}
    checkpoint.write(path, network, about, torch.float16)


@cache
def shipped() -> HarmonyConv:
    """The shipped network. Raises `Refusal` if its files cannot be read or do not fit."""
    weights, card = checkpoint.read(WEIGHTS)
    if card.get("encoding") != ENCODING:
        raise Refusal(
            "The checkpoint {file} was trained on another encoding of notes. Train it again.", file=WEIGHTS.name
        )
    found = HarmonyConv(Sizes(**card["sizes"]))
    found.load_state_dict(weights)
    return found.eval()


@torch.inference_mode()
def heard_by(network: HarmonyConv, beats: Reals) -> tuple[Reals, Reals]:
    """Of a tune's beats as `tune_beats` gives them, (beats, inputs): logs of each chord's probability (beats, CHORDS),
    and the probability of a change (beats,)."""
    chords, change = network(torch.from_numpy(beats.T[None]).float())
    return chords[0].T.double().numpy(), torch.sigmoid(change[0]).double().numpy()
