"""Real songs of several parts to be played on: files, as a member would send them, and works of the sets."""

import csv
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from generation.judge.band import contracts
from generation.judge.band.excerpts import song
from generation.learn.full_corpus import FULL_SETS, Work
from generation.model.memorised_lines import MemorisedLines
from generation.model.networks.band_lstm import BandLSTM
from generation.music.cut import beginning
from generation.music.song import Song
from generation.play.asked import BandPrompt
from generation.play.band.session import play_on
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import ENDINGS, Refusal

READABLE = (".mid", ".mxl", ".musicxml")  # endings of the files in archives; other works are made into songs
SETS = (
    "pop909",
    "piano_midi_de",
    "wjd",
    "groove",
    "freedoom",
    "lieder",
    "string_quartets",
    "hymns",
    "orchestra",
    "chopin",
)
SECONDS = 20.0
LONGEST = 90.0  # seconds of a song that are given, if it is cut
WHOLE = 240.0  # seconds of the longest song that is given whole
AT_A_TIME = 16  # takes


@dataclass(frozen=True, eq=False)
class Sent:
    """A song to be played on. true: the whole song, of which `given` is the beginning; None if it is given whole."""

    name: str
    style: str
    given: Song
    true: Song | None


def of_set(folder: Path, works: Sequence[Work], count: int) -> list[Sent]:
    """`count` works of a set, chosen at random (0: all), read from their files if possible. Every other one is given
    whole, the others up to a bar line before two thirds."""
    with (folder / "splits_poly.tsv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        places = {row["id"]: row["file"] for row in rows if row["set"] == works[0].dataset}
    order = np.random.default_rng(0).permutation(len(works))[: count or len(works)]
    chosen = [works[i] for i in order]
    found = []
    with tarfile.open(folder / FULL_SETS[works[0].dataset].archives[0]) as archive:
        members = {member.name.removeprefix("./"): member for member in archive.getmembers()}
        for i, work in enumerate(chosen):
            member = members.get(places[work.id]) if places[work.id].endswith(READABLE) else None
            stream = archive.extractfile(member) if member else None
            whole = (stream and _read(stream.read(), places[work.id])) or song(work.score)
            found.append(_sent(f"{work.dataset} {work.id}", work.style, whole, cut=i % 2 == 1))
    return [each for each in found if each]


def of_folder(folder: Path) -> list[Sent]:
    """All music files in a folder and below that Encore reads, whole."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    read_ = [(str(path.relative_to(folder)), _read(path.read_bytes(), path.name)) for path in files]
    sent = [_sent(name, "auto", whole, cut=False) for name, whole in read_ if whole]
    return [each for each in sent if each]


def _read(data: bytes, name: str) -> Song | None:
    try:
        return on_its_beat(read(data, Path(name).name)).song
    except Refusal:
        return None


def _sent(name: str, style: str, whole: Song, cut: bool) -> Sent | None:
    """The song as it is sent; None if it is too short to be cut, or too few of it are notes."""
    lasts = whole.clock.second(whole.end)
    if not cut and lasts <= WHOLE:
        return Sent(name, style, whole, None) if sum(len(part.notes) for part in whole.parts) >= 8 else None
    line = contracts.bar_line(whole, float(whole.clock.quarters(min(lasts * 2 / 3, LONGEST))))
    given = beginning(whole, line)
    if sum(len(part.notes) for part in given.parts) < 8:
        return None
    return Sent(name, style, given, whole)


def keeping(
    model: BandLSTM, sent: Sequence[Sent], memorised: MemorisedLines | None, seed: int = 0
) -> Iterator[tuple[Sent, dict[str, bool], dict[str, bool]]]:
    """For each song, the promises that our continuation keeps and, if the true one is known, those that it keeps."""
    for at in tqdm(range(0, len(sent), AT_A_TIME), desc="files", leave=False):
        some = sent[at : at + AT_A_TIME]
        prompts = [BandPrompt(each.given, SECONDS, seed=seed + at + i) for i, each in enumerate(some)]
        for each, take in zip(some, play_on(model, prompts, memorised=memorised), strict=True):
            assert take.whole is not None and take.best is not None
            ours = contracts.kept(each.given, take.whole, take.since, SECONDS)
            if memorised is not None:
                ours[contracts.COPIES] = take.best.copied == 0
            yield each, ours, _true(each)


def _true(sent: Sent) -> dict[str, bool]:
    if sent.true is None:
        return {}
    start = max((float(part.notes.onset[-1]) for part in sent.given.parts if len(part.notes)), default=0.0)
    start = contracts.bar_line(sent.given, start + 1e-6)
    stop = float(sent.true.clock.quarters(sent.true.clock.second(start) + SECONDS))
    whole = beginning(sent.true, contracts.bar_line(sent.true, stop))
    return contracts.kept(sent.given, whole, sent.given.end) if whole.end > sent.given.end else {}
