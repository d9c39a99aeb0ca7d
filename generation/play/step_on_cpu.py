"""`decode_step` on a CPU: matrix products, and compiled loops between them."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from generation.model.tokens import CLASSES, COUNTDOWN, LENGTHS, START
from generation.play.constraints import CONSTRAINTS, VALUES
from generation.play.decode_step import Choose, plan
from generation.play.fused import HEADS, Fused
from generation.play.loops import choice, hearing, rules
from generation.play.loops.compiled import Whole, add
from generation.play.slots import MOST, Slots
from generation.play.state import of_all, powers

STEP, PITCH = 0, 1  # places in HEADS
TOLD_TICK = len(HEADS) + 1  # row of the tick in the result: after the classes and the interval, before last and goal
EDGES, POWERS = COUNTDOWN.astype(np.int64), powers()


class StepOnCPU:
    """The decode step for some slots: views of slots and weights for the loops, and buffers for one step."""

    def __init__(self, fused: Fused, slots: Slots) -> None:
        self.fused, self.slots = fused, slots
        self.own, self.table = arrays(slots), arrays(fused)
        self.state = of_all(self.own.table)
        self.warm = [rules.warm_under(CONSTRAINTS.get(head, ())) for head in HEADS]
        self.bars = np.ascontiguousarray(fused.bars.weight.numpy().T)
        self.norms = [array(layer.norm) + array(layer.norm_after) for layer in fused.layers]
        takes, width = slots.x.shape
        self.told = np.empty((len(HEADS) + 4, takes), np.int64)
        self.x = [array(slots.x), *np.empty((len(HEADS) - 1, takes, width), np.float32)]
        self.stream = np.empty((takes, width), np.float32)
        self.where, self.nowhere = np.empty((takes, fused.phases.shape[1]), np.float32), np.zeros_like(self.stream)
        self.values = np.empty((takes, fused.note.shape[1] - width), np.float32)
        self.logits = [np.empty((takes, CLASSES[head]), np.float32) for head in HEADS]
        self.angles = np.empty((2, takes, len(fused.turn)), np.float32)
        self.both, self.read = np.empty((takes, 2 * width), np.float32), np.empty((takes, width), np.float32)

    @torch.inference_mode()
    def __call__(self, opening: bool = True, choose: Choose | None = None) -> Whole:
        """As `decode_step`; without `choose`, classes are drawn as by `nucleus`."""
        state, own, table, told = self.state, self.own, self.table, self.told
        for i, (head, product) in enumerate(zip(HEADS, self.fused.head, strict=True)):
            out, logits, where = product.array(self.x[i]), self.logits[i], self.nowhere
            self.warm[i](out, own.temperature, i, VALUES[head], own.table, logits)
            if (always := self.fused.flat[i]) is not None:
                told[i] = always
            elif choose is None:
                choice.draw(logits, own.tail, own.uniforms, state.new, i, told[i])
            else:
                uniforms = own.uniforms[np.arange(len(out)), state.new % MOST, i, None]
                told[i] = choose(*map(torch.from_numpy, (logits, own.tail[:, i, None].copy(), uniforms)))
            if i == STEP:
                np.add(state.tick, LENGTHS[told[STEP]], out=told[TOLD_TICK])
                state.onset[:] = told[TOLD_TICK]
                where = self.where
                hearing.stand(told[TOLD_TICK], state.downbeat, own.waves, self.bars, table.phases, where)
            if i < len(table.given):
                choice.go_on(out, logits.shape[1], table.given[i], told[i], where, self.x[i], self.x[i + 1])
        tick = told[TOLD_TICK]
        if opening:
            plan(of_all(self.slots.table))
        told[len(HEADS)] = table.interval[state.pitch * START + told[PITCH]]
        told[-2], told[-1] = state.last, state.goal
        self._listen(tick)
        rules.note_down(told, LENGTHS, POWERS, own.table)
        return told.T.copy()

    def _listen(self, tick: Whole) -> None:
        """Pass the note that was just chosen, at `tick` (B,), through the network."""
        own, table, stream, fused = self.own, self.table, self.stream, self.fused
        hearing.hear(
            self.told, table.offsets, table.note, self.where, own.constant, table.countdown, EDGES, tick,
            self.state.goal, stream, self.values,
        )  # fmt: skip
        sines, cosines = self.angles
        if fused.window:
            hearing.angles(tick, table.turn, sines, cosines)
        for i, layer in enumerate(fused.layers):
            weight, bias, weight_after, bias_after = self.norms[i]
            hearing.norm(stream, weight, bias, self.both)
            hearing.keep(own.hidden[i], self.both)
            hearing.remember(layer.lstm.array(self.both), own.cell[i], own.hidden[i], stream)
            if layer.look is not None and layer.out is not None:
                hearing.attend(
                    layer.look.array(own.hidden[i]), self.values, i, sines, cosines, own.place, own.next_key[i],
                    own.keys[i], own.key_unit[i], own.values[i], own.value_unit[i], self.read,
                )  # fmt: skip
                add(stream, layer.out.array(self.read))
            hearing.norm(stream, weight_after, bias_after, stream)
        own.x[:] = stream
        own.place += 1


def arrays(of: Any) -> SimpleNamespace:
    """The fields of a dataclass, tensors as NumPy views."""
    return SimpleNamespace(**{each.name: array(getattr(of, each.name)) for each in fields(of)})


def array(of: Any) -> Any:
    """A tensor, or the tensors in a list or tuple, as NumPy views; anything else unchanged."""
    if isinstance(of, list | tuple):
        return type(of)(array(each) for each in of)
    return of.numpy() if isinstance(of, torch.Tensor) else of
