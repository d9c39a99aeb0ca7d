"""Load the full scores to learn from: our archives with their splits, read once and cached as compact arrays."""

import csv
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generation.learn.datasets import bands, chorales, files, kern, lilypond, musicxml
from generation.learn.folder import music_in, own_splits, read_once
from generation.model.full_score import FullScore, PartOf
from generation.music.key import Key

COLUMNS = {"onset": "f4", "duration": "f4", "pitch": "u1", "velocity": "u1", "part": "u1"}


@dataclass(frozen=True)
class FullSource:
    """A source of full scores.

    archives  files in the data folder, unpacked together; scores(that folder) → (id as in splits_poly.tsv, score)
    style     a key of `generation.request.STYLES`
    terms     as stated by the source
    benchmark whether it is for comparison only: no weights that ship may be trained on it
    """

    archives: tuple[str, ...]
    scores: Callable[[Path], Iterator[tuple[str, FullScore]]]
    style: str
    terms: str
    benchmark: bool = False


FULL_SETS = {
    "pop909": FullSource(("pop909.tar.xz", "pop909_cl.tar.xz"), bands.pop, "pop", "MIT (the songs are modern)"),
    "piano_midi_de": FullSource(("piano_midi_de.tar.xz",), bands.pianists, "classical", "CC BY-SA (Germany)"),
    "wjd": FullSource(("wjd_solos.tar.xz",), bands.jazz, "jazz", "ODbL 1.0"),
    "groove": FullSource(("groove.tar.xz",), bands.drummers, "auto", "CC BY 4.0 (Google)"),
    "freedoom": FullSource(("freedoom.tar.xz",), bands.bands, "auto", "BSD-3"),
    "lieder": FullSource(("openscore_lieder.tar.xz",), musicxml.scores, "artsong", "CC0"),
    "ewld1928": FullSource(("openewld_to1928.tar.xz",), musicxml.scores, "standards", "public domain songs"),
    "string_quartets": FullSource(("string_quartets.tar.xz",), musicxml.scores, "classical", "CC0"),
    "orchestra": FullSource(("orchestra.tar.xz",), musicxml.scores, "classical", "CC0"),
    "hymns": FullSource(("mutopia_hymns.tar.xz",), lilypond.scores, "hymn", "public domain"),
    "chopin": FullSource(("chopin_first_editions.tar.xz",), kern.scores, "classical", "CC BY 4.0 (NIFC)"),
    "polish": FullSource(("polish_scores.tar.xz",), kern.scores, "classical", "CC BY 4.0 (NIFC)"),
    "jsb": FullSource(("jsb_chorales.json.xz",), chorales.scores, "auto", "none stated", benchmark=True),
}


@dataclass(frozen=True, eq=False)
class Work:
    """A score and facts about it. All versions of a work have one `group`, and a group is never split."""

    dataset: str
    kind: str
    id: str
    style: str
    split: str
    group: str
    score: FullScore

    def weight(self, mix: Mapping[str, float]) -> float:
        """The weight of its rows, by its set or set/kind in `mix`; 1 if neither is named there."""
        return mix.get(f"{self.dataset}/{self.kind}", mix.get(self.dataset, 1.0))


def load(folder: Path, cache: Path, sets: Sequence[str] = ()) -> list[Work]:
    """Works of the named sets, or of all but benchmarks, from the archives in `folder`; if it has no splits_poly.tsv,
    all music files in it and below.

    The works are kept in `cache`, one file a set; delete it to read them again. Raises `Refusal` if there are none.
    """
    table = folder / "splits_poly.tsv"
    if not table.exists():
        return _load_files(folder, cache)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    works = []
    for name in sets or [name for name, source in FULL_SETS.items() if not source.benchmark]:
        source, kept = FULL_SETS[name], cache / f"full-{name}.npz"
        if not kept.exists():
            _keep(kept, tqdm(_read(source, folder), desc=name, unit="score"))
        known = {row["id"]: row for row in rows if row["set"] == name}
        for work, score in _kept(kept):
            if row := known.get(work):
                works.append(Work(name, row["kind"], work, source.style, row["split"], row["group"], score))
    return works


def _load_files(folder: Path, cache: Path) -> list[Work]:
    """A work for each music file."""
    music = music_in(folder)

    def read(kept: Path, reasons: dict[str, str]) -> None:
        _keep(kept, files.scores(folder, tqdm(music, desc="reading", unit="file"), reasons))

    scores = [*_kept(read_once(music, cache / "full-folder.npz", read))]
    sides = own_splits({name for name, _ in scores})
    return [Work("folder", "folder", name, "auto", sides[name], name, score) for name, score in scores]


def _read(source: FullSource, folder: Path) -> Iterator[tuple[str, FullScore]]:
    with tempfile.TemporaryDirectory() as place:
        for name in source.archives:
            if name.endswith(".tar.xz"):
                with tarfile.open(folder / name) as archive:
                    archive.extractall(place, filter="data")
            else:
                (Path(place) / name).write_bytes((folder / name).read_bytes())
        yield from source.scores(Path(place))


def _keep(path: Path, scores: Iterable[tuple[str, FullScore]]) -> None:
    """Write scores to one file: the notes end to end, the rest as JSON."""
    every = list(scores)
    cards = [
        {
            "id": name,
            "notes": len(score.onset),
            "parts": [list(asdict(part).values()) for part in score.parts],
            "metre": score.metre,
            "bars": score.bars,
            "key": score.key and [score.key.tonic, score.key.mode],
            "tempo": score.tempo,
            "chords": score.chords,
            "late": score.late is not None,
            "loose": score.loose,
        }
        for name, score in every
    ]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(score, name) for _, score in every]).astype(kind)
        for name, kind in COLUMNS.items()
    }
    columns["late"] = np.concatenate([np.zeros(0), *(s.late for _, s in every if s.late is not None)]).astype("f4")
    columns["cards"] = np.frombuffer(json.dumps(cards).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez(file, **columns)
    unfinished.rename(path)


def _kept(path: Path) -> Iterator[tuple[str, FullScore]]:
    with np.load(path, allow_pickle=False) as file:
        cards, late = json.loads(file["cards"].tobytes()), file["late"].astype(float)
        columns = {name: file[name].astype(float if kind[0] == "f" else int) for name, kind in COLUMNS.items()}
    start = played = 0
    for card in cards:
        stop = start + card["notes"]
        onset, duration, pitch, velocity, part = (columns[name][start:stop] for name in COLUMNS)
        yield (
            card["id"],
            FullScore(
                onset,
                duration,
                pitch,
                velocity,
                part,
                tuple(PartOf(*about) for about in card["parts"]),
                tuple(card["metre"]) if card["metre"] else None,
                tuple((quarter, bar) for quarter, bar in card["bars"]),
                Key(*card["key"]) if card["key"] else None,
                card["tempo"],
                tuple((quarter, chord) for quarter, chord in card["chords"]),
                late[played : played + card["notes"]] if card["late"] else None,
                card["loose"],
            ),
        )
        start = stop
        played += card["notes"] if card["late"] else 0
