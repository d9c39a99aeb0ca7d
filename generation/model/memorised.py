"""What a model has learned by heart: passages of its tunes as hashes, and how long a run of them is no copy.

The tunes themselves need not be at hand, and no melody can be had back from 32 bits a passage.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.model import tokens
from generation.model.tokens import LENGTHS, PITCH, STEP
from generation.music.melody import Melody
from generation.request import Refusal

PASSAGE = 12  # notes of a passage: shorter ones are everybody's
Hashes = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Memorised:
    """hashes of all passages learned from, sorted; style → longest run (notes) that is no copy."""

    hashes: Hashes
    limits: dict[str, int]


def passages(melody: Melody) -> Hashes:
    """(max(0, notes − PASSAGE + 1),) a hash of each passage: intervals and written inter-onsets, in whatever key."""
    rows = tokens.encode(melody, timed=False, shaded=False).rows[1:]
    if len(rows) < PASSAGE:
        return np.zeros(0, np.uint32)
    moves = (np.diff(rows[:, PITCH]) + 128) * 4096 + LENGTHS[rows[1:, STEP]]
    windows = np.lib.stride_tricks.sliding_window_view(moves.astype(np.uint64), PASSAGE - 1)
    mixed = np.zeros(len(windows), np.uint64)
    for column in windows.T:  # FNV-1a (Fowler, Noll, Vo) over the moves, its high half folded in
        mixed = (mixed ^ column) * np.uint64(0x100000001B3)
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def longest_run(melody: Melody, memorised: Memorised, first_new: int = 0) -> int:
    """Notes in the longest run of memorised passages that has a note from index `first_new` on, 0 if there is none.

    What the given notes before hold themselves is not counted: to repeat a musician's own theme is form, not theft.
    """
    found = passages(melody)
    given = found[: max(0, first_new - PASSAGE + 1)]
    place = np.minimum(np.searchsorted(memorised.hashes, found), max(0, len(memorised.hashes) - 1))
    hit = (
        (memorised.hashes[place] == found) & ~np.isin(found, given)
        if len(memorised.hashes)
        else np.zeros(len(found), bool)
    )
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hit, [False]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths.max()) + PASSAGE - 1 if len(lengths) else 0


def copies(melody: Melody, memorised: Memorised, style: str, first_new: int) -> int:
    """By how many notes a take's longest run passes the limit of its style; 0 if it is no copy."""
    limit = memorised.limits.get(style, max(memorised.limits.values(), default=0))
    return max(0, longest_run(melody, memorised, first_new) - limit)


def save(memorised: Memorised, path: Path) -> None:
    """The sorted hashes as differences, which compress to half."""
    steps = np.diff(memorised.hashes.astype(np.int64), prepend=0).astype(np.uint32)
    limits = np.frombuffer(json.dumps(memorised.limits).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, steps=steps, limits=limits)


def load(path: Path) -> Memorised:
    """`Refusal` if it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            hashes = np.cumsum(file["steps"].astype(np.uint64)).astype(np.uint32)
            return Memorised(hashes, json.loads(file["limits"].tobytes()))
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(
            "The list of memorised passages {file} cannot be read ({why}). Restore the file.",
            file=path.name,
            why=str(error),
        ) from error


def beside(checkpoint: Path) -> Path:
    """Where the passages of a checkpoint lie."""
    return checkpoint.with_suffix(".memorised.npz")
