"""Judge a model of several parts on held-out full scores; prints the tables of its model card, each beside its bar."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generation.judge.band import contracts, discriminate, files, go_on, nats, statistics
from generation.judge.bars import Figure, card
from generation.judge.baselines.row_ngram import RowNGram
from generation.learn import full_corpus
from generation.learn.full_corpus import FULL_SETS, Work
from generation.model import band_checkpoint, memorised, memorised_lines
from generation.model.encode_band import encode
from generation.model.memorised_lines import MemorisedLines
from generation.model.networks.band_lstm import BandLSTM

COUNTED = 500_000  # rows of a set that its 3-gram learns from, at most
JUDGED = ("nats", "told", "statistics", "promises")


@dataclass(frozen=True)
class Sample:
    """How much of each set is judged, chosen at random (0: all).

    works, rows  nats: of so many works, the first rows
    primes       true and false continuations
    played       continuations of ours, and their statistics
    songs        songs that are played on, to check what is promised
    seeds        how often the continuations are chosen and played, for their statistics
    """

    works: int = 0
    rows: int = 0
    primes: int = 0
    played: int = 0
    songs: int = 0
    seeds: int = 1

    def __str__(self) -> str:
        if not self.works:
            return "all"
        return (
            f"at most {self.works} works, of each its first {self.rows:,} rows; {self.primes} primes to tell true from "
            f"false; {self.played} to play on from, with {self.seeds} seeds; {self.songs} songs to check the promises"
        )


SOME = Sample(works=16, rows=1_500, primes=24, played=12, songs=6)


@dataclass(eq=False)
class Judgement:
    """The findings so far.

    alone   whether the model learned from the set of frames alone
    others  networks whose mixture with the model is judged, in nats alone
    judged  what is looked at, of `JUDGED`
    heard   set → the statistics of its continuations, a list for each seed
    """

    model: BandLSTM
    keyed: bool
    alone: bool
    sample: Sample
    judged: Sequence[str] = JUDGED
    memorised: MemorisedLines | None = None
    others: Sequence[BandLSTM] = ()
    nats: dict[str, dict[str, float]] = field(default_factory=dict)
    wins: dict[str, discriminate.Wins] = field(default_factory=dict)
    heard: dict[str, list[list[statistics.Heard]]] = field(default_factory=dict)
    ours: list[dict[str, bool]] = field(default_factory=list)
    true: list[dict[str, bool]] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)

    def add_set(self, name: str, works: Sequence[Work], split: str) -> None:
        """Judge the works of a set that are in a split, by a 3-gram that learned from the others."""
        held_out, some = [work for work in works if work.split == split], self.sample
        if not held_out or not set(self.judged) & {"nats", "told", "statistics"}:
            return
        ngram = counted(works, self.keyed)
        if "nats" in self.judged:
            pieces = [encode(work.score, work.style, self.keyed) for work in chosen(held_out, some.works)]
            pieces = [piece.beginning(some.rows) if some.rows else piece for piece in pieces]
            self.nats[name] = nats.nats(self.model, ngram, pieces, self.others)
        if "told" in self.judged:
            self.wins[name] = discriminate.discrimination(self.model, ngram, held_out, self.keyed, some.primes)
        if "statistics" in self.judged:
            seeds = tqdm(range(some.seeds), desc="seeds", leave=False)
            self.heard[name] = [go_on.heard(self.model, ngram, held_out, some.played, seed) for seed in seeds]

    def add_songs(self, sent: Sequence[files.Sent]) -> None:
        """Play songs on, and check which promises are kept."""
        for each, ours, true in files.keeping(self.model, sent, self.memorised):
            self.ours.append(ours)
            self.true += [true] if true else []
            self.broken += [(each.name, promise) for promise in ours if not ours[promise] and promise != contracts.ALL]

    def figures(self) -> tuple[dict[str, Any], list[Figure], list[str]]:
        """All numbers, those for the card, and the tables."""
        told = {name: discriminate.told(wins) for name, wins in self.wins.items()}
        kinds = (discriminate.ANOTHER, discriminate.SAMPLED)
        told["all"] = discriminate.told(
            {kind: [w for each in self.wins.values() for w in each[kind]] for kind in kinds}
        )
        played = {name: [each for seed in seeds for each in seed] for name, seeds in self.heard.items()}
        heard = {name: statistics.summary(each) for name, each in played.items() if each}
        by_seed = [[each for some in seed for each in some] for seed in zip(*self.heard.values(), strict=True)]
        auc = [statistics.apart(every) for every in by_seed if every]
        ours, true = contracts.shares(self.ours), contracts.shares(self.true)
        figures = [
            *(nats.figure(name, row, self.alone) for name, row in self.nats.items()),
            *(line for name, shares in told.items() for line in discriminate.figures(name, shares)),
            *statistics.figures(heard, auc),
            *contracts.figures(ours, true, len(self.ours)),
        ]
        tables = {
            "nats": nats.in_words(self.nats),
            "told": discriminate.in_words(told),
            "statistics": statistics.in_words(heard, {name: len(played[name]) for name in heard}),
            "promises": contracts.in_words(ours, true, self.broken),
        }
        numbers = {"nats": self.nats, "told": told, "statistics": heard, "AUC": auc, "promises": [ours, true]}
        return (
            numbers | {"card": [asdict(figure) for figure in figures], "broken": self.broken},
            figures,
            [tables[each] for each in self.judged],
        )


def chosen(works: Sequence[Work], count: int) -> list[Work]:
    """`count` of the works (0: all), chosen at random, but always the same ones."""
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
    parser.add_argument(
        "--beside", type=Path, action="append", default=[],
        help="another checkpoint, to judge the nats of both (or more) as a mixture; may be given several times",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the archives and splits_poly.tsv")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--sets", type=_sets, default=[], help="some of the sets, with commas between them (all)")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--only", choices=JUDGED, action="append", help="judge this alone; may be given several times")
    parser.add_argument("--files", type=Path, help="folder of music files that are played on, too")
    parser.add_argument("--some", action="store_true", help=f"of each set {SOME}")
    parser.add_argument("--seeds", type=int, default=1, help="times that excerpts are chosen and played on (1)")
    parser.add_argument("--json", type=Path, help="write the figures there too, after each set")


def _sets(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in FULL_SETS]:
        raise argparse.ArgumentTypeError(f"there is no set {unknown[0]}; there are {', '.join(FULL_SETS)}")
    return names


def main(args: argparse.Namespace) -> int:
    model, about = band_checkpoint.load(args.checkpoint)
    listed, options = memorised.beside(args.checkpoint), about["options"]
    known = memorised_lines.load(listed) if listed.exists() else None
    others = [band_checkpoint.load(path) for path in args.beside]
    learned = [card["options"] for card in (about, *(card for _, card in others))]
    alone = all(list(each["sets"]) == [nats.FRAMED] and not each["start"] for each in learned)
    sample, judged = replace(SOME if args.some else Sample(), seeds=args.seeds), args.only or JUDGED
    judgement = Judgement(model, options["keyed"], alone, sample, judged, known, [model for model, _ in others])
    archives = (args.data / "splits_poly.tsv").exists()
    names = args.sets or (list(FULL_SETS) if archives else ["folder"])
    if args.files:
        judgement.add_songs(files.of_folder(args.files))
    for name in tqdm(names, desc="sets", leave=False):
        works = full_corpus.load(args.data, args.cache, [name])
        judgement.add_set(name, works, args.split)
        if archives and name in files.SETS and "promises" in judged:
            test = [work for work in works if work.split == args.split]
            judgement.add_songs(files.of_set(args.data, test, sample.songs))
        if args.json:
            numbers = {"rows_seen": about.get("rows_seen"), "split": args.split, "sample": asdict(sample)}
            args.json.write_text(json.dumps(numbers | judgement.figures()[0], indent=2) + "\n")
    _, figures, tables = judgement.figures()
    print(f"{about.get('rows_seen', 0):,} rows learned; {args.split} split, of each set {sample}.")
    if known is None:
        print("Copies are not looked for: no list of memorised lines lies beside it (`copying-band` makes one).")
    print("", *tables, card(figures), sep="\n\n")
    return 0
