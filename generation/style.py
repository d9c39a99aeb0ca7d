"""Whose manner a tune is in: the style under which the model foresees it best."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from generation import tokens
from generation.melody import Melody
from generation.models.attentive_lstm import AttentiveLSTM
from generation.request import STYLES

HEARD = 256  # notes at the end of the tune that are listened to
CONTENT = ("step", "pitch", "duration")


@torch.inference_mode()
def likeliest_style(model: AttentiveLSTM, device: torch.device, melody: Melody) -> str:
    """The name of the style with the fewest nats for the tune's content; "auto" for a tune of fewer than four notes."""
    names = [name for name in STYLES if name != "auto"]
    if len(melody) < 4:
        return "auto"
    encoded = tokens.encode(melody, key=melody.key)
    rows = torch.from_numpy(encoded.rows[-HEARD - 1 :]).to(device).expand(len(names), -1, -1)
    conditions = torch.from_numpy(np.tile(encoded.conditions, (len(names), 1))).to(device)
    conditions[:, 0] = torch.tensor([list(STYLES).index(name) for name in names], device=device)
    unknown = torch.full((len(names), rows.shape[1] - 1), tokens.UNKNOWN_COUNTDOWN, device=device)
    x, _ = model(rows[:, :-1], conditions, unknown)
    following = rows[:, 1:].flatten(0, 1)
    nobody = torch.zeros(len(following), dtype=torch.bool, device=device)
    logits = model.logits(x.flatten(0, 1), following, conditions.repeat_interleave(x.shape[1], 0), nobody)
    nats = sum(
        cross_entropy(logits[head].float(), following[:, tokens.FIELDS.index(head)], reduction="none")
        for head in CONTENT
    )
    assert isinstance(nats, torch.Tensor)
    return names[int(nats.view(len(names), -1).sum(1).argmin())]
