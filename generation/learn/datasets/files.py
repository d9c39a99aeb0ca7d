"""Any music files as full scores, with all their parts, read by `generation.read`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from generation.model.encode_song import full_score_of
from generation.model.full_score import FullScore
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal


def scores(folder: Path, files: Iterable[Path], reasons: dict[str, str]) -> Iterator[tuple[str, FullScore]]:
    """(path below the folder, score) of every file that can be read; for each other one, the reason."""
    for path in files:
        name = str(path.relative_to(folder))
        try:
            yield name, full_score_of(on_its_beat(read(path.read_bytes(), path.name)).song)
        except (Refusal, OSError) as error:
            reasons[name] = str(error)
