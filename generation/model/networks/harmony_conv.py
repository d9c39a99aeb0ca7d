"""The network for chords: a tune, beat by beat → how likely each chord and each change of chords is under it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

NEAR, FAR, STRIDE = 9, 7, 2  # beats that the first layer sees at once; places that the second sees, and their distance


@dataclass(frozen=True)
class Sizes:
    """inputs: numbers that describe a beat; chords: to choose from; dropout: in training."""

    inputs: int
    chords: int
    width: int = 96
    dropout: float = 0.25


class HarmonyConv(nn.Module):
    """Two convolutions that see ten beats to either side, since harmony leads to the beats that follow."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.near = nn.Conv1d(sizes.inputs, sizes.width, NEAR, padding=NEAR // 2)
        self.far = nn.Conv1d(sizes.width, sizes.width, FAR, padding=FAR // 2 * STRIDE, dilation=STRIDE)
        self.out = nn.Conv1d(2 * sizes.width, sizes.chords + 1, 1)
        self.drop = nn.Dropout(sizes.dropout)

    def forward(self, beats: Tensor) -> tuple[Tensor, Tensor]:
        """Beats (tunes, inputs, beats) → logs of the chords' probabilities (tunes, chords, beats), and the log-odds
        (tunes, beats) that a beat begins another chord than the one before it."""
        near = torch.relu(self.near(beats))
        far = torch.relu(self.far(self.drop(near)))
        out = self.out(self.drop(torch.cat([near, far], 1)))
        return torch.log_softmax(out[:, :-1], 1), out[:, -1]
