"""One step of one take by the network as it was trained. It is the reference for `step_on_cpu`, and plays on a GPU."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.model import band, tokens
from generation.model.band import CLASSES, DURATION, PART, STEP, VALUE
from generation.model.networks.band_lstm import BandLSTM, State
from generation.model.tokens import FLAT, LENGTHS, TICKS, Ints
from generation.play.band.rules import BAND_RULES, BAND_VALUES
from generation.play.band.state import AT, state_of
from generation.play.loops import band as loops
from generation.play.loops import choice, given, rules
from generation.play.loops.compiled import Reals

HEADS = tuple(CLASSES)
NO_TOUCH = {VALUE + 2 + i: FLAT[name] for i, name in enumerate(("velocity", "deviation", "articulation"))}
WARM = [rules.warm_under(BAND_RULES.get(head, ()), loops.band_state) for head in HEADS]


@dataclass(eq=False)
class Line:
    """One take as the network sees it.

    table                   (1, WIDTH) its state, see `State`
    temperature, tail       (1, heads); tail is 1 − top_p
    uniforms                (1, rows, heads) its random numbers, 0 … 1
    x, memory               the network's output for the last row (1, width), and the network's state
    given                   (1, rows, heads + 3) rows to be taken as they are, see `loops.given`
    heading, conditions, parts  arguments of `BandLSTM.forward` and of its heads
    """

    table: Ints
    temperature: NDArray[np.float32]
    tail: NDArray[np.float32]
    uniforms: NDArray[np.float32]
    x: Tensor
    memory: State
    heading: Tensor
    conditions: Tensor
    parts: Tensor
    given: Ints


@torch.inference_mode()
def begun(
    model: BandLSTM, rows: Ints, heard: Ints, heading: Ints, conditions: Ints, goal: int
) -> tuple[Tensor, State, Tensor, Tensor, Tensor]:
    """Pass the rows of an input (n, len(FIELDS)) through the network at once. Returns `x`, `memory`, `heading`,
    `conditions` and `parts` of a `Line`; `heard` as from `hearing.listen`, `goal` in ticks."""
    device = model.slot.weight.device
    every = [torch.from_numpy(each).to(device)[None] for each in (rows, heard, heading, conditions)]
    left = np.maximum(goal - rows[:, band.TICK], 0) / TICKS
    countdown = torch.from_numpy(tokens.countdown_class(left)).to(device)[None]
    x, memory = model(*every, countdown)
    return x[:, -1], memory, every[2], every[3], model.parts(every[2])


@torch.inference_mode()
def decode_step(model: BandLSTM, line: Line, watch: Callable[[int, Reals], None] | None = None) -> list[int]:
    """The next row of a line: the classes of all heads, then the tick. If its step class is `band.END`, nothing
    follows. `watch` is called with each head and its logits (1, classes) after temperature and rules."""
    said = np.zeros((len(HEADS), 1), np.int64)
    at, kind = state_of(line.table[0]), np.zeros(1, np.int64)
    device, only = line.x.device, torch.zeros(1, dtype=torch.long, device=line.x.device)

    def choose(head: int, logits: Tensor) -> None:
        out, warmed = logits.float().cpu().numpy(), np.empty(logits.shape, np.float32)
        WARM[head](out, line.temperature, head, BAND_VALUES[HEADS[head]], line.table, warmed)
        if watch is not None:
            watch(head, warmed)
        choice.draw(warmed, line.tail, line.uniforms, line.table[:, AT.new], head, said[head])
        given.impose(head, line.given, line.table, said[head])
        at.row[head] = said[head, 0]

    def known() -> tuple[Tensor, Tensor]:
        return torch.from_numpy(at.row.copy()).to(device)[None], torch.from_numpy(at.heard.copy()).to(device)[None]

    choose(STEP, model.step_head(line.x))
    loops.begin(said[STEP], BAND_VALUES["step"], line.table)
    if said[STEP, 0] == band.END:
        return [*said[:, 0].tolist(), int(line.table[0, AT.onset])]
    logits, x = model.part_head(line.x, *known(), line.parts, only)
    choose(PART, logits)
    loops.name(said[PART], line.table, kind)
    given.recognise(line.table)
    logits, x = model.value_head(x, *known(), line.parts, only, torch.from_numpy(kind).to(device))
    choose(VALUE, logits)
    logits, x = model.duration_head(x, *known())
    at.row[DURATION] = 0
    if kind[0] == loops.TONE:
        choose(DURATION, logits)
    for head, flat in NO_TOUCH.items():
        at.row[head] = said[head] = flat
        if kind[0] == loops.HARMONY:
            continue
        if head == band.ARTICULATION:
            logits = model.articulation_head(x, known()[0])
        else:
            predict = model.velocity_head if head == band.VELOCITY else model.deviation_head
            logits, x = predict(x, known()[0])
        choose(head, logits)
    loops.note_down(said, LENGTHS, line.table)
    given.pass_by(line.given, line.table)
    row, heard = known()
    left = max(0, int(line.table[0, AT.goal] - line.table[0, AT.onset])) / TICKS
    countdown = torch.from_numpy(tokens.countdown_class(np.array([[left]]))).to(device)
    out, line.memory = model(row[:, None], heard[:, None], line.heading, line.conditions, countdown, line.memory)
    line.x = out[:, -1]
    return [*said[:, 0].tolist(), int(line.table[0, AT.onset])]
