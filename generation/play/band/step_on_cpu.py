"""One step of all takes on a CPU: matrix products, and compiled loops between them."""

from collections.abc import Callable

import numpy as np
import torch

from generation.model.band import CLASSES, DURATION, FIRST_DRUM, PART, SLOTS, STEP, VALUE
from generation.model.networks.band_lstm import BandLSTM
from generation.model.tokens import COUNTDOWN, LENGTHS
from generation.play.band.decode_step import HEADS, NO_TOUCH, WARM
from generation.play.band.fused import BandFused
from generation.play.band.rules import BAND_VALUES
from generation.play.band.slots import BandSlots
from generation.play.band.state import AT
from generation.play.loops import band as rows
from generation.play.loops import band_hearing, choice, given, hearing
from generation.play.loops.compiled import Reals, Whole, add
from generation.play.step_on_cpu import array, arrays

LEAPS = 2 * FIRST_DRUM - 1  # classes of the step from a part's last pitch
EDGES = COUNTDOWN.astype(np.int64)
FLAT = np.array([NO_TOUCH.get(head, 0) for head in range(len(HEADS))])[:, None]
Watch = Callable[[int, Reals], None]


class StepOnCPU:
    """The decode step of B takes: views of their slots and of the weights for the loops, and buffers."""

    def __init__(self, model: BandLSTM, fused: BandFused, slots: BandSlots) -> None:
        self.fused, self.slots, self.tables = fused, slots, arrays(fused)
        self.layers = [(array(layer.norm), array(layer.norm_after)) for layer in fused.layers]
        takes, width = slots.x.shape
        self.allowed = model.allowed.numpy()
        self.small, columns = width // 4, fused.step.shape[1]
        self.heeded = model.sizes.held  # slots of which the network is told what they hold
        half = width // 2

        def reals(*shape: int) -> Reals:
            return np.zeros((takes, *shape), np.float32)

        self.where, self.notes, self.stream = reals(columns), reals(columns - width), reals(width)
        self.x = [slots.x, *(reals(size) for size in (width, width, width, half, half, half))]
        self.logits = [reals(CLASSES[head]) for head in HEADS]
        self.fits, self.leaps = reals(SLOTS), reals(CLASSES["value"])
        self.angles = np.empty((2, takes, len(fused.turn)), np.float32)
        self.both, self.read = reals(2 * width), reals(width)
        self.said, self.kind = np.empty((len(HEADS), takes), np.int64), np.empty(takes, np.int64)

    @torch.inference_mode()
    def step(self, watch: Watch | None = None) -> Whole:
        """The next row of each take (B, heads + 1): the classes of all heads, then the tick. `watch` as in
        `decode_step`."""
        own, tables, said, x, table = self.slots, self.tables, self.said, self.x, self.slots.table
        head = self.fused.head
        said[:] = FLAT
        out = head[STEP].array(x[0])
        self._choose(STEP, out, watch)
        rows.begin(said[STEP], BAND_VALUES["step"], table)
        onset = table[:, AT.onset].copy()
        hearing.stand(onset, table[:, AT.mark], own.waves, tables.bars, tables.phases, self.where)
        band_hearing.surround(
            table,
            tables.step,
            tables.chord,
            tables.age,
            tables.low,
            tables.top,
            tables.voices,
            tables.sounds,
            tables.beside,
            tables.left,
            self.where,
        )
        band_hearing.after_step(x[0], out, CLASSES["step"], self.where, x[1])
        out = head[PART].array(x[1])
        band_hearing.fit(out, own.parts, tables.doing, table, self.fits)
        self._choose(PART, self.fits, watch)
        rows.name(said[PART], table, self.kind)
        given.recognise(table)
        band_hearing.after_part(x[1], out, self.small, own.part_given, tables.next_last, tables.next_gap, table, x[2])
        out = head[VALUE].array(x[2])
        band_hearing.leap(out, self.allowed, self.kind, self.heeded, table, self.leaps)
        self._choose(VALUE, self.leaps, watch)
        logits = CLASSES["value"] + LEAPS + self.heeded * band_hearing.INTERVALS
        band_hearing.add_on(x[2], out, logits, tables.next_value, said[VALUE], True, x[3])
        self._lasts_and_touch(watch)
        rows.note_down(said, LENGTHS, table)
        given.pass_by(own.given, table)
        self._hear(onset)
        return np.concatenate([said, onset[None]]).T

    def _choose(self, head: int, out: Reals, watch: Watch | None) -> None:
        own, logits = self.slots, self.logits[head]
        WARM[head](out, own.temperature, head, BAND_VALUES[HEADS[head]], own.table, logits)
        if watch is not None:
            watch(head, logits)
        choice.draw(logits, own.tail, own.uniforms, own.table[:, AT.new], head, self.said[head])
        given.impose(head, own.given, own.table, self.said[head])

    def _lasts_and_touch(self, watch: Watch | None) -> None:
        """Choose duration and expression. Drums have no duration, and harmony has neither."""
        said, x, head, tables = self.said, self.x, self.fused.head, self.tables
        given = (tables.next_duration, tables.next_velocity, tables.next_deviation)
        tone, harmony = self.kind == rows.TONE, self.kind == rows.HARMONY
        for i in range(DURATION, len(HEADS)):
            out, logits = head[i].array(x[i]), CLASSES[HEADS[i]]
            if i == DURATION:
                band_hearing.end_together(out, logits, self.heeded, self.slots.table)
                logits += 3 * self.heeded
            self._choose(i, out, watch)
            said[i] = np.where(tone if i == DURATION else ~harmony, said[i], FLAT[i])
            if i < len(HEADS) - 1:
                band_hearing.add_on(x[i], out, logits, given[i - DURATION], said[i], i > DURATION, x[i + 1])

    def _hear(self, onset: Whole) -> None:
        """Pass the rows that were just chosen, at `onset` (B,), through the network."""
        own, tables, stream, fused = self.slots, self.tables, self.stream, self.fused
        band_hearing.enter(
            self.said, own.table, self.where, own.constant, own.part_note, tables.value, tables.duration,
            tables.velocity, tables.deviation, tables.articulation, tables.last, tables.until, tables.countdown, EDGES,
            self.notes, stream,
        )  # fmt: skip
        begins = (self.said[STEP] > 0).astype(np.int64)
        sines, cosines = self.angles
        for i, layer in enumerate(fused.layers):
            norm, norm_after = self.layers[i]
            if begins.any():
                hearing.angles(own.tick, tables.turn, sines, cosines)
                band_hearing.close(
                    begins, layer.close.array(own.hidden[i]), sines, cosines, own.closed, own.next_key[i], own.held[i],
                    own.keys[i], own.key_unit[i], own.values[i], own.value_unit[i],
                )  # fmt: skip
            band_hearing.hold(i, self.notes, own.held[i])
            hearing.norm(stream, norm[0], norm[1], self.both)
            hearing.keep(own.hidden[i], self.both)
            hearing.remember(layer.lstm.array(self.both), own.cell[i], own.hidden[i], stream)
            hearing.angles(onset, tables.turn, sines, cosines)
            band_hearing.look(
                layer.query.array(own.hidden[i]), sines, cosines, own.closed + begins, own.keys[i], own.key_unit[i],
                own.values[i], own.value_unit[i], self.read,
            )  # fmt: skip
            add(stream, layer.out.array(self.read))
            hearing.norm(stream, norm_after[0], norm_after[1], stream)
        own.closed += begins
        own.tick[:] = onset
        own.x[:] = stream
