"""Load the tunes to learn from: a folder of our archives or of any music files, read once and cached."""

import csv
import json
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generation.learn.datasets import DATASETS, tunebooks
from generation.learn.datasets.tunebooks import PLAYED
from generation.learn.folder import music_in, own_splits, read_once
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import melody_of
from generation.music.notes import Notes
from generation.music.song import Song
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal

MUSIC21 = ("oneills1850", "ryansMammoth", "airdsAirs")  # its tune books of one voice
ARRAYS = ("onset", "duration", "pitch", "velocity")


@dataclass(frozen=True, eq=False)
class Tune:
    """A melody, which is a song of one part, and facts about it. All versions of a tune have one `group`, and a group
    is never split."""

    dataset: str
    id: str
    style: str
    split: str
    group: str
    played_timing: bool
    played_dynamics: bool
    melody: Song


def load(folder: Path, cache: Path) -> list[Tune]:
    """Every tune in `folder`: from our archives if it has a splits.tsv, else from all music files in it and below;
    an ABC file may hold many tunes. “music21”, if there is no such folder, means the tune books that come with music21.

    The tunes are kept in `cache`, one file a set; delete it to read them again. Raises `Refusal` if there are none.
    """
    if not folder.exists() and str(folder) == "music21":
        folder = Path(str(files("music21"))) / "corpus"
        books = [path for name in MUSIC21 for path in sorted((folder / name).glob("*.abc"))]
        return _load_files(folder, books, cache)
    if not folder.is_dir():
        raise Refusal("There is no folder {folder}. Name one with --data.", folder=str(folder))
    if (folder / "splits.tsv").exists():
        return _load_sets(folder, cache)
    return _load_files(folder, music_in(folder), cache)


def _load_files(folder: Path, music: list[Path], cache: Path) -> list[Tune]:
    def read(kept: Path, reasons: dict[str, str]) -> None:
        _keep(kept, _read_files(folder, tqdm(music, desc="reading", unit="file"), reasons))

    tunes = [*_kept(read_once(music, cache / "folder.npz", read))]
    sides = own_splits({name.removesuffix(PLAYED) for name, _ in tunes})
    return [_own(name, melody, sides[name.removesuffix(PLAYED)]) for name, melody in tunes]


def _load_sets(folder: Path, cache: Path) -> list[Tune]:
    with (folder / "splits.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    tunes = []
    for name, source in DATASETS.items():
        kept = cache / f"{name}.npz"
        if not kept.exists():
            with tempfile.TemporaryDirectory() as place:
                with tarfile.open(folder / f"{source.archive}.tar.xz") as archive:
                    archive.extractall(place, filter="data")
                _keep(kept, tqdm(source.melodies(Path(place)), desc=name, unit="tune"))
        known = {row["id"]: row for row in rows if row["set"] == name}
        for tune, melody in _kept(kept):
            row = known.get(tune.removesuffix(PLAYED))
            if row:
                sides = (row["split"], row["group"], source.timing, source.dynamics)
                tunes.append(Tune(name, tune, source.style, *sides, melody))
    return tunes


def _read_files(folder: Path, music: Iterable[Path], reasons: dict[str, str]) -> Iterator[tuple[str, Song]]:
    """Every tune of the files; for each file without one, the reason."""
    for path in music:
        name = path.relative_to(folder)
        try:
            if path.suffix.lower() == ".abc" and len(re.findall(rb"^X:", path.read_bytes(), re.MULTILINE)) > 1:
                found = [(str(name.with_name(tune)), melody) for tune, melody in tunebooks.tunes(path)]
            else:
                found = [(str(name), on_its_beat(read(path.read_bytes(), path.name)).melody)]
        except (Refusal, OSError) as error:
            reasons[str(name)] = str(error)
            continue
        if not found:
            reasons[str(name)] = "none of its tunes can be read."
        yield from found


def _own(name: str, melody: Song, split: str) -> Tune:
    """A tune of a folder without a table of splits."""
    from generation.model.tokens import is_shaded, is_timed

    return Tune("folder", name, "auto", split, name, is_timed(melody.line), is_shaded(melody.line), melody)


def _keep(path: Path, tunes: Iterable[tuple[str, Song]]) -> None:
    """Write melodies to one file: the arrays end to end, the rest as JSON."""
    every = list(tunes)
    cards = [
        {
            "id": name,
            "notes": len(melody.line),
            "tempo": [[mark.onset, mark.quarters_per_minute] for mark in melody.tempo],
            "metre": melody.metre,
            "key": melody.key and [melody.key.tonic, melody.key.mode],
            "downbeat": melody.downbeat,
            "title": melody.title,
        }
        for name, melody in every
    ]
    columns: dict[str, Any] = {
        a: np.concatenate([getattr(melody.line, a) for _, melody in every] or [np.zeros(0)]) for a in ARRAYS
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        columns["cards"] = np.frombuffer(json.dumps(cards).encode(), dtype=np.uint8)
        np.savez_compressed(file, **columns)
    unfinished.rename(path)


def _kept(path: Path) -> Iterator[tuple[str, Song]]:
    with np.load(path, allow_pickle=False) as file:
        cards, columns = json.loads(file["cards"].tobytes()), {name: file[name] for name in ARRAYS}
    start = 0
    for card in cards:
        stop = start + card["notes"]
        notes = Notes(*(columns[name][start:stop] for name in ARRAYS))
        tempo = tuple(Tempo(*mark) for mark in card["tempo"])
        metre = tuple(card["metre"]) if card["metre"] else None
        key = Key(*card["key"]) if card["key"] else None
        yield card["id"], melody_of(notes, tempo, metre, key, card["downbeat"], card["title"])
        start = stop
