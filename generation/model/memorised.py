"""Memorised passages: those of the training tunes, as hashes, so that a take which copies a tune can be found.

The tunes themselves are not needed, and no melody can be recovered from 32 bits for each passage.
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

PASSAGE = 12  # notes in a passage: shorter ones are common property
Hashes = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Memorised:
    """The passages of the training tunes.

    hashes  (passages,) sorted
    limits  style → the longest run, in notes, that is not yet a copy
    """

    hashes: Hashes
    limits: dict[str, int]


def passages(melody: Melody) -> Hashes:
    """(max(0, notes − PASSAGE + 1),) a hash of each passage: its intervals and written inter-onsets, in any key."""
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
    """Notes in the longest run of memorised passages that includes a note from index `first_new` on; 0 for none.

    Passages that also occur among the given notes before do not count: repeating a musician's own theme is no copy.
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
    """The number of notes by which a take's longest run exceeds the limit of its style; 0 if it is no copy."""
    limit = memorised.limits.get(style, max(memorised.limits.values(), default=0))
    return max(0, longest_run(melody, memorised, first_new) - limit)


def save(memorised: Memorised, path: Path) -> None:
    """Write the sorted hashes as differences, which compress to half the size."""
    steps = np.diff(memorised.hashes.astype(np.int64), prepend=0).astype(np.uint32)
    limits = np.frombuffer(json.dumps(memorised.limits).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, steps=steps, limits=limits)


def load(path: Path) -> Memorised:
    """Read what `save` wrote. Raises `Refusal` if it cannot be read."""
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
    """The path of a checkpoint's memorised passages."""
    return checkpoint.with_suffix(".memorised.npz")
