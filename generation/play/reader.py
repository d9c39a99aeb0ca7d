"""A model that reads given notes on a CPU: the network's own code, but its LSTMs compute as a decode step does.

Other layers would gain nothing: they multiply all notes at once, and then 32-bit floats are as fast without AVX-512.
"""

from copy import deepcopy
from itertools import chain
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from generation.model.networks.attentive_lstm import AttentiveLSTM, Layer
from generation.play.fused import gates
from generation.play.loops import hearing
from generation.play.products import product


def reader(model: AttentiveLSTM, kind: str) -> AttentiveLSTM:
    """The model itself for float32, otherwise a copy that shares all weights except those of the LSTMs."""
    if kind == "float32":
        return model
    shared = {id(each): each for each in chain(model.parameters(), model.buffers())}
    copy = deepcopy(model, shared)
    for layer in copy.layers:
        lstm = cast(Layer, layer).lstm
        cast(Layer, layer).lstm = cast(nn.LSTM, _LSTM(lstm, kind))
    return copy


class _LSTM(nn.Module):
    """Replaces `nn.LSTM` (batch first). The inputs are multiplied all at once, the hidden state note by note."""

    def __init__(self, lstm: nn.LSTM, kind: str) -> None:
        super().__init__()
        of_input, of_hidden, bias = gates(lstm)
        self._enter, self._again = product(of_input, bias, kind), product(of_hidden, torch.zeros_like(bias), kind)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x (B, T, W) → hidden states (B, T, W), and the last hidden state and cell, (1, B, W) each."""
        size, length, width = x.shape
        hidden, cell = (torch.zeros(2, size, width) if state is None else torch.cat(state)).numpy()
        entering = self._enter.array(x.transpose(0, 1).flatten(0, 1).numpy()).reshape(length, size, -1)
        every = np.zeros((length, size, width), np.float32)  # the loop adds each hidden state to it
        for now, to in zip(entering, every, strict=True):
            now += self._again.array(hidden)
            hearing.remember(now, cell, hidden, to)
        last = torch.from_numpy(hidden)[None], torch.from_numpy(cell)[None]
        return torch.from_numpy(every).transpose(0, 1).contiguous(), last
