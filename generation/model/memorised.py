"""Memorised passages: hashes of those in the training tunes, by which a take that copies a tune is found.

This needs no tune at hand, and no tune can be recovered from 32 bits for each passage.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.model import tokens
from generation.model.hashes import mixed
from generation.model.tokens import LENGTHS, PITCH, STEP
from generation.music.song import Song
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


def passages(melody: Song) -> Hashes:
    """(max(0, notes − PASSAGE + 1),) a hash of each passage's intervals and written steps, the same in any key."""
    rows = tokens.encode(melody, timed=False, shaded=False).rows[1:]
    if len(rows) < PASSAGE:
        return np.zeros(0, np.uint32)
    moves = (np.diff(rows[:, PITCH]) + 128) * 4096 + LENGTHS[rows[1:, STEP]]
    windows = np.lib.stride_tricks.sliding_window_view(moves.astype(np.uint64), PASSAGE - 1)
    return (mixed(windows.T, np.zeros(len(windows), np.uint64)) >> np.uint64(32)).astype(np.uint32)


def longest_run(melody: Song, memorised: Memorised, first_new: int = 0) -> int:
    """How many notes the longest run of memorised passages has that reaches to index `first_new` or beyond; 0 for none.

    Passages that also occur among the given notes do not count: repeating a musician's own theme is no copy.
    """
    found = passages(melody)
    given = found[: max(0, first_new - PASSAGE + 1)]
    place = np.minimum(np.searchsorted(memorised.hashes, found), max(0, len(memorised.hashes) - 1))
    hit = (
        (memorised.hashes[place] == found) & ~np.isin(found, given)
        if len(memorised.hashes)
        else np.zeros(len(found), bool)
    )
    return notes_of(hit)


def notes_of(hit: NDArray[np.bool_]) -> int:
    """How many notes the longest run of passages (n,) that are hit has; 0 for none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hit, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=1 - PASSAGE)) + PASSAGE - 1


def copies(melody: Song, memorised: Memorised, style: str, first_new: int) -> int:
    """By how many notes the longest run of a take exceeds the limit of its style; 0 if the take is no copy."""
    limit = memorised.limits.get(style, max(memorised.limits.values(), default=0))
    return max(0, longest_run(melody, memorised, first_new) - limit)


def save(memorised: Memorised, path: Path) -> None:
    """Write the sorted hashes as differences, which compress to half the size."""
    steps = np.diff(memorised.hashes.astype(np.int64), prepend=0).astype(np.uint32)
    write(path, "steps", steps, memorised.limits)


def load(path: Path) -> Memorised:
    """Read what `save` wrote. Raises `Refusal` if it cannot be read."""
    steps, limits = read(path, "steps")
    return Memorised(np.cumsum(steps.astype(np.uint64)).astype(np.uint32), limits)


def write(path: Path, name: str, array: NDArray[Any], limits: dict[str, int]) -> None:
    """Write an array under a name, and limits, to one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {name: array, "limits": np.frombuffer(json.dumps(limits).encode(), np.uint8)}
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read(path: Path, name: str, shape: tuple[int, ...] | None = None) -> tuple[NDArray[Any], dict[str, int]]:
    """Read what `write` wrote. Raises `Refusal` if it cannot be read, or if the array has another `shape`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            array, limits = file[name], json.loads(file["limits"].tobytes())
        if shape is not None and array.shape != shape:
            raise ValueError("it has another size")
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(
            "The list of memorised passages {file} cannot be read ({why}). Restore the file.",
            file=path.name,
            why=str(error),
        ) from error
    return array, limits


def beside(checkpoint: Path) -> Path:
    """The path of the memorised passages that belong to a checkpoint, of one line or of all parts."""
    return checkpoint.with_suffix(".memorised.npz")
