"""Full scores → batches to train on: crops from a mix of sets, transposed, with parts joined or left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from generation.learn.full_score import Piece, transposed
from generation.model import band, hearing, tokens
from generation.model.band import FIRST_DRUM, PART, SLOTS, STEP, TICK, VALUE
from generation.model.tokens import Ints

KEYBOARDS = (0, 1, 2)  # families of General MIDI: pianos, mallets, organs
BEFORE = 64  # rows before a crop from which the notes that sound at its beginning are found
SHAPE = 32  # batch lengths are multiples of it, so that code compiled for a shape is used again
POOL = 16  # batches that are put together at once, so that each has crops of similar length
FORGET = {"style": 0.3, "metre": 0.12, "tonic": 0.3, "tempo": 0.3}  # share of crops in which a condition is unknown


@dataclass(frozen=True)
class Augment:
    """keys: the most semitones by which a crop is transposed; moved: share of crops that are; joined: share in which
    both hands at a keyboard are one part, as in many files; dropped: share of crops that lose parts."""

    keys: int = 6
    moved: float = 0.3
    joined: float = 0.3
    dropped: float = 0.25


@dataclass(frozen=True, eq=False)
class Example:
    """An encoded piece, how much its rows weigh in the mix, and the range of its pitches."""

    piece: Piece
    weight: float
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Batch:
    """rows, following (B, T, len(FIELDS)); heard, heard_next (B, T, hearing.WIDTH); heading (B, SLOTS, 4);
    conditions (B, C); countdown (B, T); valid (B, T): whether a row follows to learn from."""

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


Crop = tuple[Ints, Ints, Ints, Ints, Ints]  # rows with the one that follows, heard, heading, conditions, countdown


def example(piece: Piece, weight: float = 1.0) -> Example:
    value = piece.encoded.rows[1:, VALUE]
    pitch = value[value < FIRST_DRUM]
    return Example(piece, weight, int(pitch.min(initial=127)), int(pitch.max(initial=0)))


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
    while True:
        picked = rng.choice(len(examples), max(1, POOL * rows // min(length, int(size @ chance) + 1)), p=chance)
        crops = sorted((_crop(examples[i], length, augment, rng) for i in picked), key=lambda crop: len(crop[0]))
        groups: list[list[Crop]] = [[]]
        for crop in reversed(crops):
            if groups[-1] and (len(groups[-1]) + 1) * len(groups[-1][0][0]) > rows:
                groups.append([])
            groups[-1].append(crop)
        for i in rng.permutation(len(groups)):
            yield collate(groups[i])


def _crop(source: Example, length: int, augment: Augment, rng: np.random.Generator) -> Crop:
    """A crop of a piece, perhaps in another key, perhaps without some of its parts."""
    encoded, conditions = source.piece.encoded, source.piece.conditions.copy()
    every = len(encoded.rows)
    start = int(rng.integers(0, every - length // 2)) if every > length and rng.random() > length / every else 0
    begin, stop = max(0, start - BEFORE), start + length + 1
    rows, heading = encoded.rows[begin:stop].astype(np.int64), encoded.heading
    first = start - begin
    if rng.random() < augment.moved:
        by = int(rng.integers(-augment.keys, augment.keys + 1))
        if source.low + by >= 12 and source.high + by <= 115:
            rows, conditions = transposed(rows, conditions, by)
    if rng.random() < augment.joined:
        rows, heading, first = _joined(rows, heading, first)
    if rng.random() < augment.dropped:
        rows, heading, first = _fewer(rows, heading, first, rng)
    for i, share in enumerate(FORGET.values()):
        if rng.random() < share:
            conditions[i] = 0
    known = rng.random() < 0.5
    return _heard(rows, heading, conditions, encoded.end if known else -1, first, stop > every)


def _joined(rows: Ints, heading: Ints, first: int) -> tuple[Ints, Ints, int]:
    """Rows, heading and index of the first row, with the first two parts of one family of keyboards joined."""
    for family in KEYBOARDS:
        hands = np.flatnonzero((heading[:, 0] > 0) & (heading[:, 1] == family))
        if len(hands) > 1:
            break
    else:
        return rows, heading, first
    upper, lower = hands[:2]
    start = rows[first, TICK]
    rows, heading = rows.copy(), heading.copy()
    rows[rows[:, PART] == lower, PART] = upper
    heading[lower] = 0
    begins = int(rows[0, PART] == SLOTS)  # the row before the first stays there
    order = np.lexsort((-rows[begins:, VALUE], rows[begins:, PART], rows[begins:, TICK])) + begins
    rows = np.concatenate([rows[:begins], rows[order]])
    twice = (np.diff(rows[:, [TICK, PART, VALUE]], axis=0, prepend=-1) == 0).all(1)
    rows = rows[~twice]
    return _stepped(rows), heading, int(np.searchsorted(rows[:, TICK], start)) if first else 0


def _fewer(rows: Ints, heading: Ints, first: int, rng: np.random.Generator) -> tuple[Ints, Ints, int]:
    """Rows, heading and index of the first row, without some of the parts; at least one stays."""
    slots = np.unique(rows[rows[:, PART] < SLOTS, PART])
    if len(slots) < 2:
        return rows, heading, first
    gone = rng.permutation(slots)[: rng.integers(1, len(slots))]
    keep = ~np.isin(rows[:, PART], gone)
    rows, first = _stepped(rows[keep]), int(keep[:first].sum())
    heading = heading.copy()
    heading[gone] = 0
    return rows, heading, min(first, len(rows) - 1)


def _stepped(rows: Ints) -> Ints:
    """The rows (n, len(FIELDS)) with their steps computed again from their ticks."""
    rows = rows.copy()
    rows[1:, STEP] = tokens.length_class(np.diff(rows[:, TICK]))
    return rows


def _heard(rows: Ints, heading: Ints, conditions: Ints, end: int, first: int, whole: bool) -> Crop:
    """The crop from row `first` on. `end`: tick at which the piece ends, −1 if unknown; `whole`: the crop has it."""
    heard = hearing.listen(rows, heading)[first:]
    rows = rows[first:]
    countdown = np.full(len(rows), tokens.UNKNOWN_COUNTDOWN)
    if end >= 0:
        countdown = tokens.countdown_class(np.maximum(end - rows[:, TICK], 0) / tokens.TICKS)
    if whole:  # the model also learns that nothing follows the last row
        last = rows[-1:].copy()
        last[:, STEP] = band.END
        rows, heard = np.concatenate([rows, last]), np.concatenate([heard, heard[-1:]])
        countdown = np.concatenate([countdown, countdown[-1:]])
    return rows, heard, heading, conditions, countdown


def whole(piece: Piece) -> Crop:
    """A whole piece as one crop, unchanged, the time to its end unknown."""
    encoded = piece.encoded
    return _heard(encoded.rows.astype(np.int64), encoded.heading, piece.conditions, -1, 0, piece.complete)


def collate(crops: Sequence[Crop]) -> Batch:
    """Pad crops to one length."""
    size = max(len(rows) for rows, *_ in crops) - 1
    size += -size % SHAPE
    b = len(crops)
    rows = np.tile(band.start_row(), (b, size + 1, 1))
    heard = np.zeros((b, size + 1, hearing.WIDTH), np.int64)
    countdown = np.full((b, size + 1), tokens.UNKNOWN_COUNTDOWN)
    valid = np.zeros((b, size), bool)
    for i, (crop, sounds, _, _, left) in enumerate(crops):
        n = len(crop)
        rows[i, :n], heard[i, :n], countdown[i, :n], valid[i, : n - 1] = crop, sounds, left, True
    heading = torch.from_numpy(np.stack([heading for _, _, heading, _, _ in crops]))
    conditions = torch.from_numpy(np.stack([conditions for _, _, _, conditions, _ in crops]))
    every, known = torch.from_numpy(rows), torch.from_numpy(heard)
    return Batch(
        every[:, :-1],
        every[:, 1:],
        known[:, :-1],
        known[:, 1:],
        heading,
        conditions,
        torch.from_numpy(countdown[:, :-1]),
        torch.from_numpy(valid),
    )
