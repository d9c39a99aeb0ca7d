"""Takes that are played together, note by note: a take may join at any step, and leaves when it is complete.

Each take has a slot of constant size, whatever the length of its input: the LSTM's state, the last `window` keys and
values, and the state of the constraints. All takes share each step, which reads the weights once.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model import tokens
from generation.model.networks.attentive_lstm import EXPRESSION, AttentiveLSTM
from generation.model.tokens import DURATION, PITCH, START, TICK, TICKS, Ints
from generation.play.arithmetic import TAKES, made_by
from generation.play.constraints import LEFTOVER
from generation.play.decode_step import countdown, decode_step, ending, turn, turned
from generation.play.fused import HEADS, Fused, constant, fuse, waves
from generation.play.reader import reader
from generation.play.slots import MOST, Slots, memory, shortened
from generation.play.state import FAR, State, followed, recalled, ring
from generation.play.step_on_cpu import StepOnCPU

FEW = 4  # slots at the start, on a CPU
HIGHEST = 1 - 2**-22  # the largest random number: multiplied by a sum and rounded, it still gives less than the sum
BREATH = 0.3  # the nucleus cuts off this share of 1 − top_p from rhythm, all of it from pitch


def sampling_parameters(head: str, temperature: float, top_p: float) -> tuple[float, float]:
    """Temperature and top_p for a head. Those of expression are the same for all takes, so that a wild melody is still
    played well and a tame one with life. Rhythm has a larger nucleus than pitch, which would cut off rests, since they
    are rare."""
    if head in EXPRESSION:
        return 1.0, 0.99
    return temperature, 1 - BREATH * (1 - top_p) if head in ("step", "duration") else top_p


@dataclass(eq=False)
class Line:
    """A take while it grows. Pitches are transposed like the rows.

    start        (n, len(FIELDS)) the encoded notes to continue
    conditions   (len(CONDITIONS),)
    wished       ticks of new music that were asked for
    begin, least, most  ticks: where the new music is expected to begin; the range allowed for the first step
    register     lowest and highest pitch allowed
    unusual      as in `constraints`, for the input's notes
    longest_note, longest_run, tonic, third, returns  as in `State`
    uniforms     (MOST, heads) its random numbers
    rows         the new notes so far: classes of all heads, then tick
    goal         tick at which the music ends
    """

    start: Ints
    conditions: Ints
    wished: int
    begin: int
    least: int
    most: int
    register: tuple[int, int]
    unusual: NDArray[np.int64]
    longest_note: int
    longest_run: int
    tonic: int
    third: int
    temperature: float
    top_p: float
    open_end: bool
    uniforms: NDArray[np.float32]
    returns: int = 1
    rows: list[list[int]] = field(default_factory=list)
    goal: int = 0
    over: bool = False

    @property
    def heard(self) -> int:
        """Notes that the model has heard."""
        return len(self.start) + len(self.rows)

    @property
    def share(self) -> float:
        """The share of the take that is complete, 0 … 1."""
        if not self.rows or self.over:
            return float(self.over)
        return min(1.0, max(0.0, 1 - (self.goal - self.rows[-1][-1]) / max(1, self.wished)))


class Batch:
    """Slots for takes of one model."""

    def __init__(
        self,
        model: AttentiveLSTM,
        device: torch.device,
        timing: bool = True,
        dynamics: bool = True,
        arithmetic: str | None = None,
    ) -> None:
        self.model, self.device = model, device
        self.fused = fuse(model, timing, dynamics, arithmetic)
        self.reader = reader(model, self.fused.kind)
        self.lines: list[Line] = []
        self._slots = memory(model, FEW if device.type == "cpu" else TAKES, device, self.fused.kept)
        self._now = self._slots.first(0)
        self._on_cpu: StepOnCPU | None = None
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}

    @property
    def made_by(self) -> str:
        """The arithmetic and the processor, in words for the user."""
        return made_by(self.fused.kind, self.device)

    @property
    def full(self) -> bool:
        return len(self.lines) >= TAKES

    @torch.inference_mode()
    def join(self, line: Line) -> None:
        """Add a take and read the notes that it continues; it plays from the next step on."""
        slot = len(self.lines)
        if slot == len(self._slots.x):
            larger = memory(self.model, min(TAKES, slot * 4), self.device, self.fused.kept)
            for new, old in zip(larger.tensors(), self._slots.tensors(), strict=True):
                new[:slot] = old
            self._slots = larger
        twin = next((i for i, other in enumerate(self.lines) if other.start is line.start and not other.rows), None)
        at = self._slots.first(slot + 1)
        if twin is not None:  # the input of several takes is read once
            for tensor in at.tensors():
                tensor[slot] = tensor[twin]
        else:
            self._hear(at, slot, line)
        self._wish(at, slot, line)
        self.lines.append(line)
        self._now = at

    @torch.inference_mode()
    def step(self) -> list[Line]:
        """Play one note of every take. Takes that are complete leave and are returned."""
        takes = len(self.lines)
        for line, row in zip(self.lines, self._decode(takes), strict=True):
            _told(line, row)
        ended = [line for line in self.lines if line.over]
        for line in ended:
            self.leave(line)
        return ended

    @torch.inference_mode()
    def leave(self, line: Line) -> None:
        """Remove a take; the last take moves to its slot."""
        slot, last = self.lines.index(line), len(self.lines) - 1
        if slot != last:
            for tensor in self._now.tensors():
                tensor[slot] = tensor[last]
            self.lines[slot] = self.lines[last]
        self.lines.pop()
        self._now = self._slots.first(last)

    def _decode(self, takes: int) -> list[list[int]]:
        """The rows of `decode_step`'s result, for the first `takes` slots."""
        if self.device.type != "cuda":
            if self._on_cpu is None or self._on_cpu.slots is not self._now:
                self._on_cpu = StepOnCPU(self.fused, self._now)
            told: list[list[int]] = self._on_cpu(opening=not all(line.rows for line in self.lines)).tolist()
            return told
        size = next(size for size in (1, 4, 16, TAKES) if size >= takes)
        if size not in self._graphs:
            self._graphs[size] = _capture(self.fused, self._slots.first(size))
        graph, said = self._graphs[size]
        graph.replay()
        return said[:takes].tolist()

    def _hear(self, slots: Slots, slot: int, line: Line) -> None:
        """Prefill: read the given notes all at once."""
        rows, conditions = (torch.from_numpy(x).to(self.device)[None] for x in (line.start, line.conditions))
        planned = line.begin, line.wished, line.conditions[5], line.conditions[4]
        _, goal = ending(*(torch.tensor([x]) for x in planned))
        left = (goal.to(self.device) - rows[..., TICK]).clamp(min=0)
        x, state = self.reader(rows, conditions, countdown(left))
        slots.x[slot], slots.constant[slot] = x[0, -1], constant(self.model, conditions)[0]
        notes, window = rows.shape[1], self.model.sizes.window
        slots.place[slot] = notes
        for i, layer in enumerate(state):
            slots.hidden[i][slot], slots.cell[i][slot] = layer.hidden[0, 0], layer.cell[0, 0]
            look = self.fused.layers[i].look
            if look is None:
                continue
            to = torch.arange(max(0, notes - window), notes, device=self.device) % window
            slots.keys[i][slot, :, to], slots.key_unit[i][slot, :, to] = shortened(layer.keys[0], self.fused.kept)
            slots.values[i][slot, :, to], slots.value_unit[i][slot, :, to] = shortened(layer.values[0], self.fused.kept)
            heads, channels = slots.next_key[i].shape[1:]
            key = look(layer.before[0]).view(1, 3 * heads, channels)[:, heads : 2 * heads]
            slots.next_key[i][slot] = turned(key, turn(self.fused, layer.tick[0]))[0]

    def _wish(self, slots: Slots, slot: int, line: Line) -> None:
        """Write a take's state, sampling parameters and random numbers into its slot."""
        pitch, notes = line.start[:, PITCH], line.start[line.start[:, PITCH] != START]
        bar = int(line.conditions[4])
        recent, passages, after = recalled(notes)
        known = State(
            tick=line.start[-1, TICK],
            pitch=pitch[-1],
            before=pitch[-2] if len(pitch) > 1 else START,
            onset=line.start[-1, TICK],
            new=0,
            heard=len(notes),
            run=_last(pitch[1:] == pitch[:-1]) + 1,
            trill=_last((pitch[2:] == pitch[:-2]) & (pitch[:-2] != START)),
            longest_run=line.longest_run,
            least=line.least,
            most=line.most,
            longest_rest=bar or 4 * TICKS,
            bar=bar,
            downbeat=line.conditions[5],
            wished=line.wished,
            last=FAR,
            goal=FAR,
            closes=not line.open_end,
            lowest=line.register[0],
            highest=line.register[1],
            longest_note=line.longest_note,
            tonic=line.tonic,
            third=line.third,
            returns=line.returns,
            passage=passages[-1],
            unusual=line.unusual,
            recent=recent,
            followed=followed(passages[-1:], passages[None, :-1], after[None])[0],
            passages=ring(passages[:-1], len(notes)),
            after=ring(after, len(notes)),
        )
        flat = np.concatenate([np.atleast_1d(np.asarray(field, np.int64)) for field in known])
        slots.table[slot] = torch.from_numpy(flat)
        for i, head in enumerate(HEADS):
            slots.temperature[slot, i], top_p = sampling_parameters(head, line.temperature, line.top_p)
            slots.tail[slot, i] = 1 - top_p
        slots.uniforms[slot] = torch.from_numpy(np.minimum(line.uniforms, HIGHEST))
        slots.waves[slot] = waves(bar)


def _told(line: Line, said: list[int]) -> None:
    """Add the next note to a take, and record whether it was the last."""
    *row, _, tick, last, line.goal = said
    if line.open_end and tick >= line.goal and line.rows:
        line.over = True
        _cut(line)
        return
    line.rows.append([*row, tick])
    line.over = len(line.rows) >= MOST or tick >= (line.goal if line.open_end else last)
    if line.over and not line.open_end:  # the closing note lasts to the end
        line.rows[-1][DURATION] = _to_the_end(line)
        line.rows[-1][tokens.ARTICULATION] = tokens.FLAT["articulation"]


def _cut(line: Line) -> None:
    """Cut a take off when its time is up: shorten its last note, or leave it out if it has only just begun."""
    if line.goal - line.rows[-1][-1] < LEFTOVER and len(line.rows) > 1:
        line.rows.pop()
    line.rows[-1][DURATION] = min(line.rows[-1][DURATION], _to_the_end(line))


def _to_the_end(line: Line) -> int:
    """The class of a duration from the last note's onset until the time is up."""
    return int(tokens.length_class(np.array([line.goal - line.rows[-1][-1]]))[0])


def _last(true: NDArray[np.bool_]) -> int:
    """The length of the run of true values at the end of an array (n,)."""
    false = np.flatnonzero(~true)
    return len(true) - 1 - int(false[-1]) if len(false) else len(true)


def _capture(fused: Fused, slots: Slots) -> tuple["torch.cuda.CUDAGraph", Tensor]:
    """A step for these slots as one CUDA graph, with its output (B, …). The slots are restored after the trial runs."""
    before = [tensor.clone() for tensor in slots.tensors()]
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            decode_step(fused, slots)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        said = decode_step(fused, slots)
    for tensor, old in zip(slots.tensors(), before, strict=True):
        tensor.copy_(old)
    return graph, said
