"""The memory of takes that are played together: a slot of constant size for each, whatever the length of its input."""

from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor

from generation.model.networks.attentive_lstm import BARS, AttentiveLSTM
from generation.model.tokens import CLASSES
from generation.play.state import WIDTH

MOST = 4096  # notes of a take, at most; after that its random numbers would repeat


@dataclass(eq=False)
class Slots:
    """The memory of B takes. There is a tensor for each layer where this says so; “heads” alone are attention heads.

    table         (B, WIDTH) the state of each take, see `State`
    x             (B, width) the network's output for the last note
    constant      (B, width) what the conditions add to every input, see `fused.constant`
    hidden, cell  for each layer (B, width), the LSTM's state
    next_key      for each layer (B, heads, D), the key of the next note
    keys, values  for each layer (B, heads, window, D), rings of past notes
    key_unit, value_unit  for each layer (B, heads, window), see `shortened`
    place         (B,) how many notes the take has so far
    waves         (B, 2, …) see `fused.waves`
    temperature   (B, heads of a note)
    tail          (B, heads of a note) 1 − top_p
    uniforms      (B, MOST, heads of a note) random numbers, 0 … 1
    """

    table: Tensor
    x: Tensor
    constant: Tensor
    hidden: list[Tensor]
    cell: list[Tensor]
    next_key: list[Tensor]
    keys: list[Tensor]
    key_unit: list[Tensor]
    values: list[Tensor]
    value_unit: list[Tensor]
    place: Tensor
    waves: Tensor
    temperature: Tensor
    tail: Tensor
    uniforms: Tensor

    def tensors(self) -> list[Tensor]:
        """All tensors, in a fixed order."""
        every: list[Tensor] = []
        for each in fields(self):
            value = getattr(self, each.name)
            every += value if isinstance(value, list) else [value]
        return every

    def first(self, takes: int) -> Self:
        """Views of the first `takes` slots."""
        parts: dict[str, object] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            parts[each.name] = [one[:takes] for one in value] if isinstance(value, list) else value[:takes]
        return type(self)(**parts)  # type: ignore[arg-type]


def memory(model: AttentiveLSTM, takes: int, device: torch.device, kept: torch.dtype = torch.float32) -> Slots:
    """Empty slots for `takes` takes; keys and values are stored as `kept`."""
    sizes = model.sizes
    heads, channels = sizes.heads, sizes.width // sizes.heads

    def whole(*shape: int) -> Tensor:
        return torch.zeros(takes, *shape, dtype=torch.int64, device=device)

    def real(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.zeros(takes, *shape, dtype=dtype, device=device)

    def layers(*shape: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
        return [real(*shape, dtype=dtype) for _ in range(sizes.layers)]

    return Slots(
        table=whole(WIDTH),
        x=real(sizes.width),
        constant=real(sizes.width),
        hidden=layers(sizes.width),
        cell=layers(sizes.width),
        next_key=layers(heads, channels),
        keys=layers(heads, sizes.window, channels, dtype=kept),
        key_unit=layers(heads, sizes.window),
        values=layers(heads, sizes.window, channels, dtype=kept),
        value_unit=layers(heads, sizes.window),
        place=whole(),
        waves=real(2, 2 * len(BARS)),
        temperature=real(len(CLASSES)) + 1,
        tail=real(len(CLASSES)),
        uniforms=real(MOST, len(CLASSES)),
    )


def shortened(x: Tensor, kept: torch.dtype) -> tuple[Tensor, Tensor]:
    """Vectors (…, channels) in the type `kept`, and for each of them (…) the value of a step of 1: in 8 bits, 1/127 of
    its largest number."""
    if kept != torch.int8:
        return x.to(kept), x.new_ones(x.shape[:-1])
    unit = x.abs().amax(-1).clamp(min=1e-30) / 127
    return (x / unit[..., None]).round().to(kept), unit
