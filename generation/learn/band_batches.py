"""Full scores → batches to train on: crops from a mix of sets, transposed, with parts joined or left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from generation.learn.augment import Augment, Cut, Example, augmented, drummers
from generation.model import band, hearing, tokens
from generation.model.band import ARTICULATION, STEP, TICK, VELOCITY
from generation.model.encode_band import Piece
from generation.model.tokens import Ints

BEFORE = 64  # rows before a crop from which the notes that sound at its beginning are found
SHAPE = 32  # batch lengths are multiples of it, so that code compiled for a shape is used again
POOL = 16  # batches that are made together, so that each has crops of similar length
FORGET = {"style": 0.3, "metre": 0.12, "tonic": 0.3, "tempo": 0.3}  # share of crops in which a condition is hidden


@dataclass(frozen=True, eq=False)
class Batch:
    """rows, following (B, T, len(FIELDS)), touch and timing perhaps hidden in `rows`; heard, heard_next
    (B, T, hearing.WIDTH); heading (B, SLOTS, 4); conditions (B, C); countdown (B, T); valid (B, T): whether a row
    follows to learn from."""

    rows: Tensor
    following: Tensor
    heard: Tensor
    heard_next: Tensor
    heading: Tensor
    conditions: Tensor
    countdown: Tensor
    valid: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(**{name: tensor.to(device, non_blocking=True) for name, tensor in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Crop:
    """A sequence as in `Batch`, its rows with the one that follows; touch and timing of the first `flat` rows are
    hidden."""

    rows: Ints
    heard: Ints
    heading: Ints
    conditions: Ints
    countdown: Ints
    flat: int = 0


def stream(
    examples: Sequence[Example],
    length: int,
    rows: int,
    augment: Augment,
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """Endless batches of about `rows` rows, in crops of at most `length`; an example is drawn by its weight × rows."""
    size = np.array([len(each.piece.encoded.rows) for each in examples], float)
    chance = size * [each.weight for each in examples]
    chance /= chance.sum()
    played = drummers(examples)
    while True:
        picked = rng.choice(len(examples), max(1, POOL * rows // min(length, int(size @ chance) + 1)), p=chance)
        crops = [_crop(examples[i], length, played, augment, rng) for i in picked]
        crops = [crop for crop in crops if len(crop.rows) > 1]  # where one part is left alone, nothing may follow
        crops.sort(key=lambda crop: len(crop.rows))
        groups: list[list[Crop]] = [[]]
        for crop in reversed(crops):
            if groups[-1] and (len(groups[-1]) + 1) * len(groups[-1][0].rows) > rows:
                groups.append([])
            groups[-1].append(crop)
        for i in rng.permutation(len(groups)):
            yield collate(groups[i])


def _crop(source: Example, length: int, played: Sequence[Ints], augment: Augment, rng: np.random.Generator) -> Crop:
    """A crop of a piece, changed at random."""
    encoded = source.piece.encoded
    every = len(encoded.rows)
    start = int(rng.integers(0, every - length // 2)) if every > length and rng.random() > length / every else 0
    begin, stop = max(0, start - BEFORE), start + length + 1
    rows = encoded.rows[begin:stop].astype(np.int64)
    cut = Cut(rows, encoded.heading, source.piece.conditions.copy(), start - begin)
    cut = augmented(cut, source, played, augment, rng)
    whole = stop > every and len(cut.rows) - cut.first <= length + 1
    cut = replace(cut, rows=cut.rows[: cut.first + length + 1])
    for i, share in enumerate(FORGET.values()):
        if rng.random() < share * augment.blind:
            cut.conditions[i] = 0
    end = encoded.end if rng.random() < augment.told else -1
    crop = _heard(cut, end, whole)
    return replace(crop, flat=int(rng.integers(0, len(crop.rows) + 1))) if rng.random() < augment.flat else crop


def _heard(cut: Cut, end: int, whole: bool) -> Crop:
    """The crop from row `first` of a cut on. `end`: tick at which the piece ends, −1 if unknown; `whole`: the crop has
    it."""
    heard = hearing.listen(cut.rows, cut.heading)[cut.first :]
    rows = cut.rows[cut.first :]
    countdown = np.full(len(rows), tokens.UNKNOWN_COUNTDOWN)
    if end >= 0:
        countdown = tokens.countdown_class(np.maximum(end - rows[:, TICK], 0) / tokens.TICKS)
    if whole:  # the model also learns that nothing follows the last row
        last = rows[-1:].copy()
        last[:, STEP] = band.END
        rows, heard = np.concatenate([rows, last]), np.concatenate([heard, heard[-1:]])
        countdown = np.concatenate([countdown, countdown[-1:]])
    return Crop(rows, heard, cut.heading, cut.conditions, countdown)


def whole(piece: Piece) -> Crop:
    """A whole piece as one crop, unchanged, the time to its end unknown."""
    encoded = piece.encoded
    return _heard(Cut(encoded.rows.astype(np.int64), encoded.heading, piece.conditions, 0), -1, piece.complete)


def collate(crops: Sequence[Crop]) -> Batch:
    """Pad crops to one length."""
    size = max(len(crop.rows) for crop in crops) - 1
    size += -size % SHAPE
    b = len(crops)
    rows = np.tile(band.start_row(), (b, size + 1, 1))
    heard = np.zeros((b, size + 1, hearing.WIDTH), np.int64)
    countdown = np.full((b, size + 1), tokens.UNKNOWN_COUNTDOWN)
    valid = np.zeros((b, size), bool)
    for i, crop in enumerate(crops):
        n = len(crop.rows)
        rows[i, :n], heard[i, :n], countdown[i, :n], valid[i, : n - 1] = crop.rows, crop.heard, crop.countdown, True
    following = torch.from_numpy(rows[:, 1:].copy())
    for i, crop in enumerate(crops):
        rows[i, : crop.flat, VELOCITY : ARTICULATION + 1] = band.start_row()[VELOCITY : ARTICULATION + 1]
    known = torch.from_numpy(heard)
    return Batch(
        torch.from_numpy(rows[:, :-1]),
        following,
        known[:, :-1],
        known[:, 1:],
        torch.from_numpy(np.stack([crop.heading for crop in crops])),
        torch.from_numpy(np.stack([crop.conditions for crop in crops])),
        torch.from_numpy(countdown[:, :-1]),
        torch.from_numpy(valid),
    )
