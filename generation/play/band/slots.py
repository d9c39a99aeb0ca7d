"""The memory of the takes of several parts that a CPU plays together: one slot of constant size for each take."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from generation.model.band import SLOTS
from generation.model.networks.attentive_lstm import BARS, rotated
from generation.model.networks.band_lstm import BandLSTM
from generation.model.networks.onset_attention import Layer
from generation.play.band.decode_step import HEADS, Line
from generation.play.band.fused import BandFused, of_piece
from generation.play.band.state import AT, WIDTH
from generation.play.fused import waves
from generation.play.loops.compiled import Kept, Reals, Whole
from generation.play.slots import shortened

MOST_ROWS = 12_288  # in one take
LAYERED = ("hidden", "cell", "next_key", "held", "keys", "key_unit", "values", "value_unit")


@dataclass(eq=False)
class BandSlots:
    """The memory of B takes. Arrays named in `LAYERED` have the layers first and the takes second; all others have
    the takes first.

    table              (B, WIDTH) the state of each take, see `State`
    x, tick            (B, width), (B,) the network's output for the last row, and that row's tick
    constant, parts, part_note, part_given  (B, …) as `fused.of_piece` returns them
    hidden, cell       (layers, B, width) the LSTMs' state
    next_key           (layers, B, attention heads, D) the key of the present onset
    held               (layers, B, width) what the rows of the present onset add to its value
    keys, values       (layers, B, attention heads, 1 + window, D) `nothing` first, then a ring of past onsets
    key_unit, value_unit  (layers, B, attention heads, 1 + window) what one step of an 8-bit number in them is worth,
                       see `play.slots.shortened`
    closed             (B,) how many onsets are finished
    waves              (B, 2, …) see `play.fused.waves`
    temperature, tail  (B, heads) tail is 1 − top_p
    uniforms           (B, MOST_ROWS, heads) random numbers, 0 … 1
    given              (B, MOST_ROWS, heads + 3) rows to be taken as they are, see `loops.given`
    """

    table: Whole
    x: Reals
    tick: Whole
    constant: Reals
    parts: Reals
    part_note: Reals
    part_given: Reals
    hidden: Reals
    cell: Reals
    next_key: Reals
    held: Reals
    keys: Kept
    key_unit: Reals
    values: Kept
    value_unit: Reals
    closed: Whole
    waves: Reals
    temperature: Reals
    tail: Reals
    uniforms: Reals
    given: Whole

    def arrays(self) -> list[NDArray[Any]]:
        """Views of all arrays with the takes first."""
        return [getattr(self, e.name).swapaxes(0, e.name in LAYERED) for e in fields(self)]

    def first(self, takes: int) -> "BandSlots":
        """Views of the first `takes` slots."""
        return BandSlots(
            **{
                e.name: getattr(self, e.name)[:, :takes] if e.name in LAYERED else getattr(self, e.name)[:takes]
                for e in fields(self)
            }
        )


def band_memory(model: BandLSTM, fused: BandFused, takes: int) -> BandSlots:
    """Empty slots for `takes` takes."""
    sizes = model.sizes
    w, layers, heads, seen = sizes.width, sizes.layers, sizes.heads, sizes.window + 1
    channels, kept = w // heads, np.int8 if fused.kept == torch.int8 else np.float32
    real, whole = np.float32, np.int64
    shapes = {
        "table": ((WIDTH,), whole), "x": ((w,), real), "tick": ((), whole), "constant": ((w,), real),
        "parts": ((SLOTS, w // 4), real), "part_note": ((SLOTS + 1, (1 + layers) * w), real),
        "part_given": ((SLOTS + 1, w), real), "hidden": ((w,), real), "cell": ((w,), real),
        "next_key": ((heads, channels), real), "held": ((w,), real),
        "keys": ((heads, seen, channels), kept), "key_unit": ((heads, seen), real),
        "values": ((heads, seen, channels), kept), "value_unit": ((heads, seen), real),
        "closed": ((), whole), "waves": ((2, 2 * len(BARS)), real), "temperature": ((len(HEADS),), real),
        "tail": ((len(HEADS),), real), "uniforms": ((MOST_ROWS, len(HEADS)), real),
        "given": ((MOST_ROWS, len(HEADS) + 3), whole),
    }  # fmt: skip
    return BandSlots(
        **{
            name: np.zeros((layers, takes, *shape) if name in LAYERED else (takes, *shape), kind)
            for name, (shape, kind) in shapes.items()
        }
    )


@torch.inference_mode()
def move_in(slots: BandSlots, slot: int, model: BandLSTM, fused: BandFused, line: Line, tick: int) -> None:
    """Fill a slot with the memory of a take that has heard its input, the last row of which is at `tick`."""
    slots.table[slot], slots.x[slot], slots.tick[slot] = line.table[0], line.x[0].numpy(), tick
    slots.temperature[slot], slots.tail[slot] = line.temperature[0], line.tail[0]
    slots.uniforms[slot] = line.uniforms[0]
    slots.given[slot, : line.given.shape[1]] = line.given[0]
    slots.waves[slot] = waves(int(line.table[0, AT.bar])).numpy()
    piece = of_piece(model, line.heading[0], line.conditions[0])
    for name, tensor in zip(("constant", "parts", "part_note", "part_given"), piece, strict=True):
        getattr(slots, name)[slot] = tensor.numpy()
    w = model.sizes.width
    for i, state in enumerate(line.memory):
        layer = model.layers[i]
        assert isinstance(layer, Layer)
        slots.hidden[i, slot], slots.cell[i, slot] = state.hidden[0, 0].numpy(), state.cell[0, 0].numpy()
        key = rotated(layer._split(layer.key(state.open_key)), state.open_tick, layer.rate)
        slots.next_key[i, slot] = key[0, :, 0].numpy()
        slots.held[i, slot] = (state.open_sum[0, 0] @ layer.value.weight[:, :w].T).numpy()
        used = int(state.used[0])
        for kept, unit, nothing, past in (
            (slots.keys, slots.key_unit, layer.nothing[0], state.keys),
            (slots.values, slots.value_unit, layer.nothing[1], state.values),
        ):
            every, units = shortened(torch.cat([nothing, past[0, :, :used]], 1), fused.kept)
            kept[i, slot, :, : 1 + used], unit[i, slot, :, : 1 + used] = every.numpy(), units.numpy()
        slots.closed[slot] = used
