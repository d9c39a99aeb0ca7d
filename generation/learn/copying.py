"""Find copies: the longest run of notes, by interval and rhythm, that a piece shares with the training tunes."""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from generation.learn import corpus
from generation.learn.corpus import Tune
from generation.model import memorised
from generation.model.memorised import PASSAGE, Memorised, longest_run, passages
from generation.music.song import Song
from generation.read.file import read

USUAL = 0.9  # share of the held-out tunes whose longest shared run is within the limit of their style


def learn(tunes: Sequence[Tune], known: Memorised | None = None) -> Memorised:
    """The passages of the training tunes, with limits from the runs that held-out tunes of each style share with them.
    `known` are the passages of the weights from which a run started, which may not be repeated either."""
    learned = [passages(t.melody) for t in tqdm(tunes, desc="passages", unit="tune") if t.split == "train"]
    hashes = np.unique(np.concatenate(learned)) if learned else np.zeros(0, np.uint32)
    if known is not None:
        hashes = np.union1d(hashes, known.hashes)
    runs: dict[str, list[int]] = defaultdict(list)
    for tune in tunes:
        if tune.split != "train" and "|played" not in tune.id:
            runs[tune.style].append(longest_run(tune.melody, Memorised(hashes, {})))
    limits = {style: max(PASSAGE, round(float(np.quantile(found, USUAL)))) for style, found in runs.items()}
    return Memorised(hashes, (known.limits if known is not None else {}) | limits)


def nearest(melody: Song, tunes: Iterable[Tune]) -> tuple[int, str]:
    """The length in notes of the longest run shared with any one tune, and that tune's name."""
    mine: dict[int, list[int]] = defaultdict(list)
    for place, found in enumerate(passages(melody).tolist()):
        mine[found].append(place)
    best, name = 0, ""
    for tune in tunes:
        before: dict[int, int] = {}
        for found in passages(tune.melody).tolist():
            now = {place: before.get(place - 1, PASSAGE - 1) + 1 for place in mine.get(found, ())}
            before = now
            if now and max(now.values()) > best:
                best, name = max(now.values()), f"{tune.dataset} {tune.id}"
    return best, name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="pieces to compare with the training tunes")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the training tunes")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--make", type=Path, metavar="CHECKPOINT", help="write the memorised passages beside it")


def main(args: argparse.Namespace) -> int:
    """Write the list with `--make`; for each FILE, print the longest shared run and the tune it comes from."""
    tunes = corpus.load(args.data, args.cache)
    if args.make:
        learned = learn(tunes)
        memorised.save(learned, memorised.beside(args.make))
        words = ", ".join(f"{style} {limit}" for style, limit in learned.limits.items())
        print(f"{len(learned.hashes):,} passages; no copy up to so many notes: {words}")
    train = [tune for tune in tunes if tune.split == "train"]
    for file in args.files:
        run, name = nearest(read(file.read_bytes(), file.name).melody, train)
        print(f"{file}: {f'{run} notes in a row as in {name}' if run else f'no {PASSAGE} notes in a row are known'}")
    return 0
