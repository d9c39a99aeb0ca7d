"""Tunes → batches to train on: crops with augmentation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from generation.learn.corpus import Tune
from generation.model import tokens
from generation.model.tokens import (
    ARTICULATION,
    DEVIATION,
    FLAT,
    PITCH,
    SHADED,
    START,
    TICK,
    TIMED,
    VELOCITY,
    Encoded,
    Ints,
)


@dataclass(frozen=True, eq=False)
class Example:
    """An encoded tune. `timing` and `dynamics` say whether it can teach deviation and articulation, and velocity."""

    encoded: Encoded
    timing: bool
    dynamics: bool
    dataset: str


@dataclass(frozen=True, eq=False)
class Batch:
    """rows, following (B, T, F); conditions (B, C); countdown, valid (B, T); timing, dynamics (B,)."""

    rows: Tensor
    following: Tensor
    conditions: Tensor
    countdown: Tensor
    valid: Tensor
    timing: Tensor
    dynamics: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(**{name: tensor.to(device, non_blocking=True) for name, tensor in vars(self).items()})


def example(tune: Tune, style: str | None = None) -> Example:
    encoded = tokens.encode(
        tune.melody, tune.style if style is None else style, timed=tune.played_timing, shaded=tune.played_dynamics
    )
    return Example(encoded, tune.played_timing, tune.played_dynamics, tune.dataset)


def crops(examples: Sequence[Example], length: int, rng: np.random.Generator) -> list[tuple[Example, int]]:
    """Every tune once, long ones as several overlapping crops: (example, first row)."""
    starts: list[tuple[Example, int]] = []
    for tune in examples:
        rows = len(tune.encoded.rows)
        starts.append((tune, 0))
        for _ in range(int(np.ceil(rows / length)) - 1):
            starts.append((tune, int(rng.integers(1, rows - length // 2))))
    return starts


def batches(
    examples: Sequence[Example], length: int, notes: int, rng: np.random.Generator, augment: bool = True
) -> Iterator[Batch]:
    """One epoch in random order: batches of about `notes` rows, each of crops of similar length, at most `length`.
    Without `augment`, every row once, unchanged and in order."""
    if augment:
        todo = [(tune, start) for tune, start in crops(examples, length, rng)]
    else:
        todo = [(t, s) for t in examples for s in range(0, max(1, len(t.encoded.rows) - 1), length)]
    size = np.array([min(length, len(tune.encoded.rows) - start) for tune, start in todo])
    order = np.argsort(size + (rng.uniform(0, 16, len(size)) if augment else 0), kind="stable")
    groups: list[list[int]] = [[]]
    for i in order[::-1]:
        if groups[-1] and (len(groups[-1]) + 1) * size[groups[-1][0]] > notes:
            groups.append([])
        groups[-1].append(int(i))
    if augment:
        rng.shuffle(groups)
    players = [tune for tune in examples if tune.timing and tune.dynamics]
    for group in groups:
        picked = [(_augment(todo[i][0], players, rng) if augment else todo[i][0], todo[i][1]) for i in group]
        yield collate(picked, length, rng if augment else None)


def collate(picked: Sequence[tuple[Example, int]], length: int, rng: np.random.Generator | None) -> Batch:
    """Pad crops (example, first row) to one length. With `rng`, drop conditions at random, so that the model can do
    without them."""
    size = min(length, max(len(tune.encoded.rows) - start for tune, start in picked))
    b = len(picked)
    rows = np.tile(tokens.start_row(), (b, size, 1))
    following = np.zeros((b, size, len(tokens.FIELDS)), dtype=np.int64)
    countdown = np.full((b, size), tokens.UNKNOWN_COUNTDOWN)
    valid = np.zeros((b, size), dtype=bool)
    conditions = np.stack([tune.encoded.conditions for tune, _ in picked])
    for i, (tune, start) in enumerate(picked):
        every = tune.encoded.rows
        crop, after = every[start : start + size], every[start + 1 : start + size + 1]
        rows[i, : len(crop)], following[i, : len(after)] = crop, after
        valid[i, : len(after)] = True
        if rng is not None:
            for fields, share in (([0], 0.3), ([1, 4, 5], 0.12), ([2], 0.3), ([3], 0.3)):
                if rng.random() < share:
                    conditions[i, fields] = 0
            if rng.random() < 0.5:
                left = (tune.encoded.end - crop[:, TICK]) / tokens.TICKS
                countdown[i, : len(crop)] = tokens.countdown_class(np.maximum(left, 0))
    arrays = (rows, following, conditions, countdown, valid)
    teach = [torch.tensor([getattr(tune, name) for tune, _ in picked]) for name in ("timing", "dynamics")]
    return Batch(*(torch.from_numpy(array) for array in arrays), *teach)


def _augment(tune: Example, players: Sequence[Example], rng: np.random.Generator) -> Example:
    """The tune, sometimes transposed, sometimes with its expression hidden at first, sometimes with that of another."""
    rows, conditions = tune.encoded.rows.copy(), tune.encoded.conditions.copy()
    if rng.random() < 0.3:
        _transpose(rows, conditions, int(rng.choice([-5, 5, -7, 7, *range(-6, 7)])))
    if (tune.timing or tune.dynamics) and rng.random() < 0.3:  # a flat score that turns into a performance
        flatten(rows[: rng.integers(1, len(rows) + 1)])
    if (
        players and not (tune.timing and tune.dynamics) and rng.random() < 0.4
    ):  # so that content does not depend on the playing
        _borrow(rows, players[int(rng.integers(len(players)))].encoded.rows, tune, rng)
    return replace(tune, encoded=replace(tune.encoded, rows=rows, conditions=conditions))


def _borrow(rows: Ints, touch: Ints, tune: Example, rng: np.random.Generator) -> None:
    """Give rows that were not played the expression of another tune, from the first or a later note on, in place."""
    start = 1 if rng.random() < 0.5 else int(rng.integers(1, len(rows) + 1))
    for fields, flag, played in (([VELOCITY], SHADED, tune.dynamics), ([DEVIATION, ARTICULATION], TIMED, tune.timing)):
        if not played:
            rows[start:, fields] = np.resize(touch[1:, fields], (len(rows) - start, len(fields)))
            rows[start:, flag] = 1


def flatten(rows: Ints) -> None:
    """Remove the expression from rows (n, len(FIELDS)), in place."""
    rows[:, [VELOCITY, DEVIATION, ARTICULATION]] = [FLAT["velocity"], FLAT["deviation"], FLAT["articulation"]]
    rows[:, [TIMED, SHADED]] = 0


def _transpose(rows: Ints, conditions: Ints, by: int) -> None:
    note = rows[rows[:, PITCH] != START]
    if len(note) and note[:, PITCH].min() + by >= 0 and note[:, PITCH].max() + by <= 127:
        rows[:, PITCH] += np.where(rows[:, PITCH] != START, by, 0)
        if conditions[2]:
            conditions[2] = (conditions[2] - 1 + by) % 12 + 1
