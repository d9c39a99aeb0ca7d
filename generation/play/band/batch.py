"""Takes of several parts that are played together, one row of each in a step; they may join or leave between steps."""

import torch

from generation.model.networks.band_lstm import BandLSTM
from generation.play.arithmetic import TAKES, made_by
from generation.play.band.decode_step import Line, decode_step
from generation.play.band.fused import fuse_band
from generation.play.band.slots import band_memory, move_in
from generation.play.band.step_on_cpu import StepOnCPU

FEW = 2  # slots at the start


class BandBatch:
    """Takes of one model. On a CPU its weights are rearranged, and all takes are played at once; elsewhere, the
    network plays them as it is, one after another."""

    def __init__(self, model: BandLSTM, arithmetic: str | None = None) -> None:
        self.model = model
        self.lines: list[Line] = []
        fast = model.step.weight.device.type == "cpu"
        self._fused = fuse_band(model, arithmetic) if fast else None
        self._slots = band_memory(model, self._fused, FEW) if self._fused else None
        self._step: StepOnCPU | None = None

    @property
    def made_by(self) -> str:
        """The arithmetic and the processor, in words for the user."""
        kind = self._fused.kind if self._fused else "float32"
        return made_by(kind, self.model.step.weight.device)

    @property
    def full(self) -> bool:
        return len(self.lines) >= TAKES

    def join(self, line: Line, tick: int) -> None:
        """Add a line, whose last row is at `tick`; it plays from the next step on."""
        if self._fused and self._slots:
            slot, self._step = len(self.lines), None
            if slot == len(self._slots.x):
                larger = band_memory(self.model, self._fused, min(TAKES, 4 * slot))
                for new, old in zip(larger.arrays(), self._slots.arrays(), strict=True):
                    new[:slot] = old
                self._slots = larger
            move_in(self._slots, slot, self.model, self._fused, line, tick)
        self.lines.append(line)

    def leave(self, line: Line) -> None:
        """Remove a line; the last line moves to its slot."""
        slot, last = self.lines.index(line), len(self.lines) - 1
        if self._slots and slot != last:
            for array in self._slots.arrays():
                array[slot] = array[last]
        self.lines[slot] = self.lines[last]
        self.lines.pop()
        self._step = None

    @torch.inference_mode()
    def step(self) -> list[list[int]]:
        """The next row of each line: the classes of all heads, then the tick. If its step class is `band.END`, the
        line is over and should leave."""
        if not self._fused or not self._slots:
            return [decode_step(self.model, line) for line in self.lines]
        if self._step is None:
            self._step = StepOnCPU(self.model, self._fused, self._slots.first(len(self.lines)))
        told: list[list[int]] = self._step.step().tolist()
        return told
