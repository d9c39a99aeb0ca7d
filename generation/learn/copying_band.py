"""Find copies in music of several parts: the longest run of notes that a line shares with the training scores."""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from generation.learn import full_corpus
from generation.learn.full_corpus import Work
from generation.model import band_checkpoint, memorised, memorised_lines
from generation.model.encode_band import Piece, encode
from generation.model.encode_song import encode_song
from generation.model.memorised import PASSAGE
from generation.model.memorised_lines import Line, MemorisedLines, lines, longest_run, passages, remember
from generation.model.tokens import Ints
from generation.read.beat import on_its_beat
from generation.read.file import read

USUAL = 0.98  # share of the stretches of held-out lines whose longest shared run is within the limit of their style
STRETCH = 128  # notes of a line, about as many as a take has
HARDLY_SEEN = 0.1  # works with less weight in training are left out: there are many, and each is seen once at most


def learn(works: Sequence[Work], mix: Mapping[str, float], known: MemorisedLines | None = None) -> MemorisedLines:
    """The passages of all lines of the training works, added to those `known` before, with limits from the runs
    that held-out works of each style share with them."""
    learned, held_out = [], []
    for work in tqdm(works, desc="passages", unit="work", leave=False):
        if work.split != "train":
            held_out.append(work)
        elif work.weight(mix) >= HARDLY_SEEN:
            found = [passages(line) for line in _lines(encode(work.score, work.style))]
            learned.append(np.unique(np.concatenate([np.zeros(0, np.uint64), *(hashes[own] for hashes, own in found)])))
    bits = remember(learned)
    so_far = MemorisedLines(bits if known is None else bits | known.bits, {} if known is None else known.limits)
    runs: dict[str, list[int]] = defaultdict(list)
    for work in held_out:
        for tick, pitch in _lines(encode(work.score, work.style)):
            for start in range(0, max(1, len(tick) - STRETCH // 2), STRETCH):
                part = slice(start, start + STRETCH)
                runs[work.style].append(longest_run((tick[part], pitch[part]), so_far))
    limits = {style: max(PASSAGE, round(float(np.quantile(found, USUAL)))) for style, found in runs.items()}
    return MemorisedLines(so_far.bits, {**so_far.limits, **limits})


def _lines(piece: Piece) -> list[Line]:
    rows: Ints = piece.encoded.rows[1:].astype(np.int64)
    return lines(rows, piece.encoded.heading)


def nearest(piece: Piece, works: Iterable[Work]) -> tuple[int, str]:
    """The length in notes of the longest run that a line shares with any line of one work, and that work's name."""
    mine: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, line in enumerate(_lines(piece)):
        hashes, own = passages(line)
        for place in np.flatnonzero(own):
            mine[int(hashes[place])].append((number, int(place)))
    best, name = 0, ""
    for work in works:
        for line in _lines(encode(work.score, work.style)):
            before: dict[tuple[int, int], int] = {}
            for found in passages(line)[0].tolist():
                before = {at: before.get((at[0], at[1] - 1), PASSAGE - 1) + 1 for at in mine.get(found, ())}
                if before and max(before.values()) > best:
                    best, name = max(before.values()), f"{work.dataset} {work.id}"
    return best, name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="beside it the list is written, unless files are named")
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="pieces to compare with the training scores"
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the archives and splits_poly.tsv")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))


def main(args: argparse.Namespace) -> int:
    """Write the list of memorised lines beside a checkpoint or, for each FILE, print the longest run that it shares and
    the work that has it."""
    _, card = band_checkpoint.load(args.checkpoint)
    works = full_corpus.load(args.data, args.cache, card["options"]["sets"])
    if not args.files:
        learned = learn(works, card["options"]["mix"])
        memorised_lines.save(learned, memorised.beside(args.checkpoint))
        words = ", ".join(f"{style} {limit}" for style, limit in learned.limits.items())
        print(f"{np.unpackbits(learned.bits).mean():.0%} of the bits are set; no copy up to so many notes: {words}")
    train = [work for work in works if work.split == "train"]
    for file in args.files:
        run, name = nearest(encode_song(on_its_beat(read(file.read_bytes(), file.name)).song), train)
        print(f"{file}: {f'{run} notes in a row as in {name}' if run else f'no {PASSAGE} notes in a row are known'}")
    return 0
