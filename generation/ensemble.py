"""Takes that are played together, note by note: one joins at any step, and leaves when it has come to its end.

Each take has a slot of constant size, whatever the length of its input: the LSTM's state, the last `window` keys and
values, and what the constraints need. All takes share each step, which reads the weights once.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation import tokens
from generation.advance import advance, angles, countdown, ending, turned
from generation.constraints import FOREIGN, HOME, TRIAD
from generation.fused import Fused, constant, fuse
from generation.models.attentive_lstm import AttentiveLSTM
from generation.slots import MOST, Slots, memory
from generation.tokens import DURATION, LENGTHS, PITCH, START, STEP, TICK, TICKS, Ints

SLOTS = 64  # takes at once, at most
FEW = 4  # to begin with
BLOCK = 64  # notes by which the attention's reach grows


@dataclass(eq=False)
class Part:
    """A take as it grows. `start` and `rows` are encoded notes: what it goes on from, and what is new.

    conditions  (len(CONDITIONS),); wished: ticks of new music; begin: the tick from which it is counted beforehand
    register    lowest and highest pitch; longest_note, longest_run: what the input has, or is usual
    tonic       pitch class of rest; all three moved like the rows
    luck        (MOST, heads) uniform random numbers, its own
    """

    start: Ints
    conditions: Ints
    wished: int
    begin: int
    register: tuple[int, int]
    longest_note: int
    longest_run: int
    tonic: int
    temperature: float
    top_p: float
    open_end: bool
    luck: NDArray[np.float32]
    rows: list[list[int]] = field(default_factory=list)
    goal: int = 0
    over: bool = False

    @property
    def heard(self) -> int:
        """Notes that the model has heard."""
        return len(self.start) + len(self.rows)

    @property
    def share(self) -> float:
        """How much of it is there, 0 … 1."""
        if not self.rows or self.over:
            return float(self.over)
        return min(1.0, max(0.0, 1 - (self.goal - self.rows[-1][-1]) / max(1, self.wished)))


class Ensemble:
    """Slots for takes of one model."""

    def __init__(self, model: AttentiveLSTM, device: torch.device, timing: bool = True, dynamics: bool = True) -> None:
        self.model, self.device = model, device
        self.fused = fuse(model, timing, dynamics)
        self.parts: list[Part] = []
        self._slots = memory(model, FEW if device.type == "cpu" else SLOTS, device)
        self._now = self._slots.first(0)
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}

    @property
    def full(self) -> bool:
        return len(self.parts) >= SLOTS

    @torch.inference_mode()
    def join(self, part: Part) -> None:
        """Hear what a take goes on from; it plays from the next step on."""
        slot = len(self.parts)
        if slot == len(self._slots.x):
            larger = memory(self.model, min(SLOTS, slot * 4), self.device)
            for new, old in zip(larger.tensors(), self._slots.tensors(), strict=True):
                new[:slot] = old
            self._slots = larger
        twin = next((i for i, other in enumerate(self.parts) if other.start is part.start and not other.rows), None)
        at = self._slots.first(slot + 1)
        if twin is not None:  # takes of one melody are heard once
            for tensor in at.tensors():
                tensor[slot] = tensor[twin]
        else:
            self._hear(at, slot, part)
        self._wish(at, slot, part)
        self.parts.append(part)
        self._now = at

    @torch.inference_mode()
    def step(self) -> list[Part]:
        """A note more for all; those takes that have come to their end leave and are returned."""
        takes = len(self.parts)
        said = self._advance(takes).tolist()
        for part, row in zip(self.parts, said, strict=True):
            _told(part, row)
        ended = [part for part in self.parts if part.over]
        for part in ended:
            self.leave(part)
        return ended

    @torch.inference_mode()
    def leave(self, part: Part) -> None:
        """A take is no longer wanted; the last one takes its slot."""
        slot, last = self.parts.index(part), len(self.parts) - 1
        if slot != last:
            for tensor in self._now.tensors():
                tensor[slot] = tensor[last]
            self.parts[slot] = self.parts[last]
        self.parts.pop()
        self._now = self._slots.first(last)

    def _advance(self, takes: int) -> Tensor:
        """What `advance` tells of the next notes, on the CPU."""
        if self.device.type != "cuda":
            heard = max(part.heard for part in self.parts)
            return advance(self.fused, self._now, min(self._now.heard.shape[1], BLOCK * (heard // BLOCK + 1)))
        size = next(size for size in (1, 4, 16, SLOTS) if size >= takes)
        if size not in self._graphs:
            self._graphs[size] = _capture(self.fused, self._slots.first(size))
        graph, said = self._graphs[size]
        graph.replay()
        return said[:takes].cpu()

    def _hear(self, slots: Slots, slot: int, part: Part) -> None:
        """Read the notes given, all at once, with the model as it was trained."""
        rows = torch.from_numpy(part.start).to(self.device)[None]
        conditions = torch.from_numpy(part.conditions).to(self.device)[None]
        _, goal = ending(
            *(torch.tensor([x]) for x in (part.begin, part.wished, part.conditions[5], part.conditions[4]))
        )
        left = (goal.to(self.device) - rows[..., TICK]).clamp(min=0)
        x, state = self.model(rows, conditions, countdown(left))
        slots.x[slot], slots.constant[slot] = x[0, -1], constant(self.model, conditions)[0]
        notes, window = rows.shape[1], slots.heard.shape[1]
        slots.place[slot], slots.heard[slot] = notes, False
        for i, layer in enumerate(state):
            slots.hidden[i][slot], slots.cell[i][slot] = layer.hidden[0, 0], layer.cell[0, 0]
            weights = self.fused.layers[i]
            if weights.look is None or weights.look_bias is None:
                continue
            to = torch.arange(max(0, notes - window), notes, device=self.device) % window
            slots.heard[slot, to] = True
            slots.keys[i][slot, to] = layer.keys[0].transpose(0, 1)
            slots.values[i][slot, to] = layer.values[0].transpose(0, 1)
            look = torch.addmm(weights.look_bias, layer.before[0], weights.look)
            key = look.view(1, 3, *slots.next_key[i].shape[1:])[:, 1]
            slots.next_key[i][slot] = turned(self.fused, key, *angles(self.fused, layer.tick[0], key.shape[-1]))[0]

    def _wish(self, slots: Slots, slot: int, part: Part) -> None:
        """What is asked of a take, and where it stands."""
        lines, pitch = slots.lines, part.start[:, PITCH]
        bar = int(part.conditions[4])
        known = {
            "tick": part.start[-1, TICK],
            "pitch": pitch[-1],
            "before": pitch[-2] if len(pitch) > 1 else START,
            "sounding": LENGTHS[part.start[-1, DURATION]],
            "new": 0,
            "run": _last(pitch[1:] == pitch[:-1]) + 1,
            "trill": _last((pitch[2:] == pitch[:-2]) & (pitch[:-2] != START)),
            "longest_run": part.longest_run,
            "bar": bar or 4 * TICKS,
            "closes": not part.open_end,
        }
        for name, value in known.items():
            getattr(lines, name)[slot] = value.item() if isinstance(value, np.generic) else value
        for tensor, wish in ((slots.wished, part.wished), (slots.downbeat, int(part.conditions[5])), (slots.bar, bar)):
            tensor[slot] = wish
        slots.temperature[slot], slots.top_p[slot] = part.temperature, part.top_p
        pitches, lengths, degree = np.arange(128), LENGTHS, (np.arange(128) - part.tonic) % 12
        low, high = part.register
        for to, values in (
            (lines.register, np.where((pitches < low) | (pitches > high), -np.inf, 0.0)),
            (lines.durations, np.where((lengths < 1) | (lengths > part.longest_note), -np.inf, 0.0)),
            (lines.rest, HOME * (degree == 0) - FOREIGN * ~np.isin(degree, TRIAD)),
            (slots.luck, part.luck),
        ):
            to[slot] = torch.from_numpy(values)
        codes = np.full(lines.notes.shape[1], -1)
        notes = (part.start[:, PITCH] * 512 + part.start[:, STEP])[pitch != START][-len(codes) :]
        codes[len(codes) - len(notes) :] = notes
        lines.notes[slot], lines.echo[slot] = torch.from_numpy(codes), torch.from_numpy(_echo(codes))


def _told(part: Part, said: list[int]) -> None:
    """Write down the next note of a take, and see whether it was the last."""
    *row, tick, last, part.goal = said
    if part.open_end and tick >= part.goal and part.rows:
        part.over = True
        return
    part.rows.append([*row, tick])
    part.over = len(part.rows) >= MOST or tick >= (part.goal if part.open_end else last)
    if part.over and not part.open_end:  # the closing note lasts to the end
        part.rows[-1][DURATION] = int(tokens.length_class(np.array([part.goal - tick]))[0])
        part.rows[-1][tokens.ARTICULATION] = tokens.FLAT["articulation"]


def _last(true: NDArray[np.bool_]) -> int:
    """How many at the end are true in a row."""
    false = np.flatnonzero(~true)
    return len(true) - 1 - int(false[-1]) if len(false) else len(true)


def _echo(codes: Ints, longest: int = 64) -> Ints:
    """For each place how many notes up to it are the same as the newest ones, up to `longest`; 0 for the newest."""
    size = len(codes)
    echo, alike = np.zeros(size, np.int64), np.ones(size, bool)
    for back in range(min(longest, size)):
        earlier = np.concatenate([np.full(back, -2), codes[: size - back]])  # the note `back` places before each
        alike &= (earlier == codes[size - 1 - back]) & (earlier >= 0)
        alike[-1] = False
        if not alike.any():
            break
        echo += alike
    return echo


def _capture(fused: Fused, slots: Slots) -> tuple["torch.cuda.CUDAGraph", Tensor]:
    """A step for these slots as one CUDA graph. Trying it out must leave no trace in the slots."""
    before = [tensor.clone() for tensor in slots.tensors()]
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            advance(fused, slots, slots.heard.shape[1])
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        said = advance(fused, slots, slots.heard.shape[1])
    for tensor, old in zip(slots.tensors(), before, strict=True):
        tensor.copy_(old)
    return graph, said
