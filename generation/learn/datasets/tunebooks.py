"""Old tune books in ABC: each tune as written and, if it has repeats, also as played."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from generation.music.song import Song
from generation.read.abc import read_abc
from generation.request import Refusal

PLAYED = "|played"  # added to the id of a tune whose repeats are played out


def books(folder: str) -> Callable[[Path], Iterator[tuple[str, Song]]]:
    """The melodies of one of the books in the archive."""

    def melodies(root: Path) -> Iterator[tuple[str, Song]]:
        for path in sorted((root / folder).glob("*.abc")):
            yield from tunes(path)

    return melodies


def tunes(book: Path) -> Iterator[tuple[str, Song]]:
    """Every tune of a file that can be read, by the file's name and the tune's number."""
    text = book.read_text(encoding="latin-1")
    for tune in re.split(r"^(?=X:)", text, flags=re.MULTILINE):
        number = re.match(r"X:\s*(\d+)", tune)
        if not number:
            continue
        name = f"{book.name}#{number[1]}"
        try:
            written = read_abc(tune, expand_repeats=False)
            yield name, written
            if ":|" in tune and len((played := read_abc(tune)).line) > len(written.line):
                yield name + PLAYED, played
        except Refusal:
            continue  # no notes, or none that can be read
