"""`advance` on a CPU: products, and compiled loops for all that lies between."""

from collections.abc import Callable
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from generation.model.tokens import CLASSES, COUNTDOWN, LENGTHS, START
from generation.play import constraints
from generation.play.advance import Choose, plan
from generation.play.constraints import CONSTRAINTS, Constraint, powers
from generation.play.fused import HEADS, Fused
from generation.play.loops import choice, hearing, rules
from generation.play.loops.compiled import Reals, Whole, add
from generation.play.slots import MOST, Slots

STEP, PITCH = 0, 1  # places in HEADS
TOLD_TICK = len(HEADS) + 1  # row of what is told: first the classes and the interval, then tick, last and goal
EDGES, POWERS = COUNTDOWN.astype(np.int64), powers()

# Compiled twins of constraints, for the logits of an `AdvanceOnCPU`; what has none is obeyed in torch, as it is written
LOOPS: dict[Constraint, Callable[[Reals, Any], None]] = {
    constraints.keep_the_grid: lambda logits, at: rules.keep_the_grid(logits, LENGTHS, at.lines.tick, at.lines.grid),
    constraints.keep_moving: lambda logits, at: rules.keep_moving(logits, LENGTHS, at.lines.least, at.lines.most),
    constraints.arrive: lambda logits, at: rules.arrive(logits, LENGTHS, at.lines.tick, at.lines.last),
    constraints.stay_in_range: lambda logits, at: add(logits, at.lines.register),
    constraints.no_stuck_note: lambda logits, at: rules.no_stuck_note(
        logits, at.lines.pitch, at.lines.before, at.lines.run, at.lines.trill, at.lines.longest_run
    ),
    constraints.no_endless_echo: lambda logits, at: rules.no_endless_echo(
        logits, at.lines.passage, at.lines.passages, at.lines.after, at.own.place
    ),
    constraints.no_endless_note: lambda logits, at: add(logits, at.lines.durations),
}


class AdvanceOnCPU:
    """The takes of some slots, and the weights, laid out for the loops: views of both, and room for a step."""

    def __init__(self, fused: Fused, slots: Slots) -> None:
        self.fused, self.slots = fused, slots
        self.lines, self.own, self.table = arrays(slots.lines), arrays(slots), arrays(fused)
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
        """As `advance`; without `choose` the classes are drawn as `nucleus` does."""
        lines, own, table, told = self.lines, self.own, self.table, self.told
        for i, (head, product) in enumerate(zip(HEADS, self.fused.head, strict=True)):
            out, logits, where = product.array(self.x[i]), self.logits[i], self.nowhere
            choice.warm(out, own.temperature, i, logits)
            self._obey(head, logits)
            if (always := self.fused.flat[i]) is not None:
                told[i] = always
            elif choose is None:
                choice.draw(logits, own.tail, own.luck, lines.new, i, told[i])
            else:
                luck = own.luck[np.arange(len(out)), lines.new % MOST, i, None]
                told[i] = choose(*map(torch.from_numpy, (logits, own.tail[:, i, None].copy(), luck)))
            if i == STEP:
                np.add(lines.tick, LENGTHS[told[STEP]], out=told[TOLD_TICK])
                where = self.where
                hearing.stand(told[TOLD_TICK], own.downbeat, own.waves, self.bars, table.phases, where)
            if i < len(table.given):
                choice.go_on(out, logits.shape[1], table.given[i], told[i], where, self.x[i], self.x[i + 1])
        tick = told[TOLD_TICK]
        if opening:
            plan(self.slots, torch.from_numpy(tick))
        told[len(HEADS)] = table.interval[lines.pitch * START + told[PITCH]]
        told[-2], told[-1] = lines.last, lines.goal
        self._listen(tick)
        choice.write_down(
            told, LENGTHS, lines.bar, lines.pitch, lines.before, lines.new, lines.run, lines.trill, lines.least,
            lines.most, lines.place, lines.recent, POWERS, lines.passage, lines.passages, lines.after,
        )  # fmt: skip
        lines.tick[:] = tick
        return told.T.copy()

    def _obey(self, head: str, logits: Reals) -> None:
        for constraint in CONSTRAINTS.get(head, ()):
            if constraint in LOOPS:
                LOOPS[constraint](logits, self)
            else:
                constraint(torch.from_numpy(logits), self.slots.lines)
        if head == "pitch":
            rules.come_to_rest(logits, self.lines.rest, self.told[TOLD_TICK], self.lines.last)

    def _listen(self, tick: Whole) -> None:
        """The network hears the note just chosen."""
        own, table, stream, fused = self.own, self.table, self.stream, self.fused
        hearing.hear(
            self.told, table.offsets, table.note, self.where, own.constant, table.countdown, EDGES, tick,
            self.lines.goal, stream, self.values,
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
    """The fields of a dataclass, the same numbers for NumPy."""
    return SimpleNamespace(**{each.name: array(getattr(of, each.name)) for each in fields(of)})


def array(of: Any) -> Any:
    """The same numbers for NumPy. What is no tensor stays as it is."""
    if isinstance(of, list | tuple):
        return type(of)(array(each) for each in of)
    return of.numpy() if isinstance(of, torch.Tensor) else of
