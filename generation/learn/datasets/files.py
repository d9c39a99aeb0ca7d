"""Any music files as full scores, with all their parts, by way of `generation.read`."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.learn.datasets.roles import Staff, full_score
from generation.learn.full_score import FullScore
from generation.model import chords
from generation.model.band import NO_FAMILY
from generation.music.reading import Reading
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal

log = logging.getLogger(__name__)

GRIDS = (8, 12)  # lines a quarter; what lies off both was played
OFF = 0.1  # more of the onsets off the grid were played on purpose
SHADED = 6  # more velocities are dynamics


def scores(folder: Path, files: Iterable[Path]) -> Iterator[tuple[str, FullScore]]:
    """(path below the folder, score) of every file that can be read; others are left out, and logged."""
    for path in files:
        try:
            yield str(path.relative_to(folder)), of_reading(on_its_beat(read(path.read_bytes(), path.name)))
        except Refusal as refusal:
            log.warning("left out %s: %s", path.name, refusal)


def of_reading(reading: Reading) -> FullScore:
    """All parts of a song; the one in which its melody lies leads."""
    song = reading.song
    playing = [(i, part) for i, part in enumerate(song.parts) if len(part.notes)]
    staves = [
        Staff(
            part.name,
            family=NO_FAMILY if part.program is None else part.program // 8,
            lead=i == reading.part,
            drums=part.drums,
            timing=float(np.mean(_off(part.notes.onset))) > OFF,
            dynamics=len(np.unique(part.notes.velocity)) > SHADED,
        )
        for i, part in playing
    ]
    onset, duration, pitch, velocity = (
        np.concatenate([getattr(part.notes, name) for _, part in playing])
        for name in ("onset", "duration", "pitch", "velocity")
    )
    bars = [(quarter, beats * 4 / unit) for quarter, (beats, unit) in song.metres]
    if bars and song.pickup:
        bars[0] = (song.pickup - bars[0][1], bars[0][1])
    return full_score(
        onset,
        duration,
        pitch,
        velocity,
        np.repeat(np.arange(len(playing)), [len(part.notes) for _, part in playing]),
        staves,
        metre=song.metres[0][1] if song.metres else None,
        bars=tuple(bars),
        key=song.keys[0][1] if song.keys else None,
        tempo=song.tempo[0].quarters_per_minute,
        chords=tuple((quarter, chords.value_of(symbol)) for quarter, symbol in song.chords),
        loose=float(np.mean(_off(duration))) > OFF,
    )


def _off(quarters: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether times lie off every plain grid."""
    beside = [np.abs(quarters * grid - np.round(quarters * grid)) / grid for grid in GRIDS]
    return np.asarray(np.minimum.reduce(beside) > 0.006)
