"""Any music files as full scores, with all their parts, read by `generation.read`."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from generation.model.encode_song import full_score_of
from generation.model.full_score import FullScore
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal

log = logging.getLogger(__name__)


def scores(folder: Path, files: Iterable[Path]) -> Iterator[tuple[str, FullScore]]:
    """(path below the folder, score) of every file that can be read; others are left out, and logged."""
    for path in files:
        try:
            yield str(path.relative_to(folder)), full_score_of(on_its_beat(read(path.read_bytes(), path.name)).song)
        except Refusal as refusal:
            log.warning("left out %s: %s", path.name, refusal)
