"""The chorales of the usual benchmark: four voices, in frames of a sixteenth note."""

import json
import lzma
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from generation.model.full_score import FullScore, PartOf

VOICES = ("lead", "second", "second", "bass")
CHOIR = 6  # General MIDI's family of ensembles


def scores(folder: Path) -> Iterator[tuple[str, FullScore]]:
    """(split-number, score) of all chorales. A held note cannot be told from a repeated one: both are one note here."""
    with lzma.open(folder / "jsb_chorales.json.xz") as file:
        splits = json.load(file)
    for split, pieces in splits.items():
        for number, frames in enumerate(pieces):
            yield f"{split}-{number}", score(np.array(frames))


def score(frames: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> FullScore:
    """The score of frames (n, 4): pitches of soprano, alto, tenor and bass, −1 for silence."""
    notes = []
    for voice in range(4):
        line = frames[:, voice]
        edges = np.flatnonzero(np.diff(line, prepend=line[0] + 1, append=line[-1] + 1))
        notes += [(a, b - a, line[a], voice) for a, b in pairwise(edges) if line[a] >= 0]
    start, length, pitch, part = np.array(notes).T
    parts = tuple(PartOf(role, CHOIR) for role in VOICES)
    return FullScore(start / 4, length / 4, pitch, np.full(len(pitch), 80), part, parts)
