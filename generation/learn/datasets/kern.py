"""Scores in **kern, all parts, read by `generation.read`, as written: repeats are not played out. A staff is a part."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generation.model.band import NO_FAMILY
from generation.model.full_score import FullScore
from generation.model.roles import Staff, full_score
from generation.music.song import bar_marks
from generation.read.kern import written_kern
from generation.read.score import play
from generation.request import Refusal


def scores(folder: Path) -> Iterator[tuple[str, FullScore]]:
    """Every file below a folder, by its name without the ending."""
    for path in sorted(folder.rglob("*.krn")):
        try:
            yield path.stem, read(path)
        except Refusal:
            continue


def read(path: Path) -> FullScore:
    """All staves of a file. `Refusal` if there are no notes."""
    score = written_kern(path.read_bytes())
    song = play(score, expand_repeats=False)
    if sum(len(part.notes) for part in song.parts) < 2:
        raise Refusal("There are no notes.")
    notes = [part.notes for part in song.parts]
    onset, duration, pitch = (
        np.concatenate([getattr(each, name) for each in notes]) for name in ("onset", "duration", "pitch")
    )
    metre = song.metres[0][1] if song.metres else None
    scale = 0.5 if metre and metre[1] == 1 else 1.0  # an old metre, which counts semibreves
    stated = next((pace for bar in score.common for _, pace in sorted(bar.tempo.items())), 0.0)
    return full_score(
        onset * scale,
        duration * scale,
        pitch,
        np.full(len(pitch), 80),
        np.repeat(np.arange(len(notes)), list(map(len, notes))),
        [Staff(part.name, family=NO_FAMILY if part.program is None else part.program // 8) for part in song.parts],
        metre=metre if scale == 1 else None,
        bars=tuple((line * scale, bar * scale) for line, bar in bar_marks(song)),
        key=song.keys[0][1] if song.keys else None,
        tempo=stated * scale,
    )
