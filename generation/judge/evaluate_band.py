"""Judge a model of several parts on held-out full scores; prints the tables of its model card, each beside its bar."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generation.judge.band import discriminate, go_on, nats, statistics
from generation.judge.bars import Figure, card
from generation.judge.baselines.row_ngram import RowNGram
from generation.learn import full_corpus
from generation.learn.full_corpus import FULL_SETS, Work
from generation.model import band_checkpoint
from generation.model.encode_band import encode

COUNTED = 500_000  # rows of a set that its 3-gram learns from, at most


@dataclass(frozen=True)
class Sample:
    """How much of each set is judged, chosen by chance; 0 for all.

    works, rows  nats: of so many works, the first rows
    primes       true and false continuations
    played       continuations of ours, and their statistics
    """

    works: int = 0
    rows: int = 0
    primes: int = 0
    played: int = 0

    def __str__(self) -> str:
        if self == Sample():
            return "all"
        return (
            f"at most {self.works} works, of each its first {self.rows:,} rows; {self.primes} primes to tell true from "
            f"false; {self.played} to play on from"
        )


SOME = Sample(works=16, rows=1_500, primes=24, played=12)


def chosen(works: Sequence[Work], count: int) -> list[Work]:
    """`count` of the works by chance, but always the same ones; all for 0."""
    order = np.random.default_rng(0).permutation(len(works))
    return [works[i] for i in order[: count or len(works)]]


def counted(works: Sequence[Work], keyed: bool) -> RowNGram:
    """A 3-gram that learned from the works to train on, up to `COUNTED` rows."""
    ngram, learned, seen = RowNGram(), [], 0
    for work in chosen([work for work in works if work.split == "train"], 0):
        if seen < COUNTED:
            learned.append(encode(work.score, work.style, keyed).encoded.rows.astype(np.int64))
            seen += len(learned[-1])
    ngram.learn(learned)
    return ngram


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the archives and splits_poly.tsv")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--sets", help="some of the sets, with commas between them (all)")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--some", action="store_true", help=f"of each set {SOME}")
    parser.add_argument("--json", type=Path, help="write the figures there too, after each set")


def main(args: argparse.Namespace) -> int:
    model, about = band_checkpoint.load(args.checkpoint)
    keyed, sample = about["options"]["keyed"], SOME if args.some else Sample()
    names = list(FULL_SETS) if (args.data / "splits_poly.tsv").exists() else ["folder"]
    figures: list[Figure] = []
    found: dict[str, Any] = {"rows_seen": about.get("rows_seen", 0), "split": args.split, "sample": asdict(sample)}
    found |= {"nats": {}, "told": {}, "statistics": {}, "played": {}}
    wins: discriminate.Wins = {}
    heard: list[statistics.Heard] = []
    for name in tqdm(args.sets.split(",") if args.sets else names, desc="sets", leave=False):
        works = full_corpus.load(args.data, args.cache, [name])
        ngram = counted(works, keyed)
        works = [work for work in works if work.split == args.split]
        if not works:
            continue
        pieces = [encode(work.score, work.style, keyed) for work in chosen(works, sample.works)]
        pieces = [piece.beginning(sample.rows) for piece in pieces] if sample.rows else pieces
        found["nats"][name] = nats.nats(model, ngram, pieces)
        figures.append(nats.figure(name, found["nats"][name], list(about["options"]["sets"]) == [nats.FRAMED]))
        won = discriminate.discrimination(model, ngram, works, keyed, sample.primes)
        found["told"][name] = discriminate.told(won)
        wins = {kind: wins.get(kind, []) + each for kind, each in won.items()}
        played = go_on.heard(model, ngram, works, sample.played)
        if played:
            found["statistics"][name], found["played"][name] = statistics.summary(played), len(played)
            heard += played
        if args.json:
            found["card"] = [asdict(figure) for figure in figures]
            args.json.write_text(json.dumps(found, indent=2) + "\n")
    found["told"]["all"] = discriminate.told(wins)
    figures += [line for name, shares in found["told"].items() for line in discriminate.figures(name, shares)]
    found["AUC"] = statistics.apart(heard) if heard else {}
    figures += statistics.figures(found["statistics"], found["AUC"])
    print(f"{found['rows_seen']:,} rows learned; {args.split} split, of each set {sample}.")
    tables = (
        nats.in_words(found["nats"]),
        discriminate.in_words(found["told"]),
        statistics.in_words(found["statistics"], found["played"]),
        card(figures),
    )
    print("", *tables, sep="\n\n")
    if args.json:
        found["card"] = [asdict(figure) for figure in figures]
        args.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0
