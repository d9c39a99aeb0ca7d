"""Judge how tunes of held-out scores are accompanied; prints the table of the card, each figure beside its bar."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from generation.judge.band import accompany
from generation.judge.bars import card
from generation.judge.evaluate_band import chosen
from generation.learn import full_corpus
from generation.model import band_checkpoint
from generation.model.loaded import BAND_CHECKPOINT

SOME = 8  # tunes of each set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoint", type=Path, nargs="?", default=BAND_CHECKPOINT, help="the shipped one, if left out"
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the archives and splits_poly.tsv")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--some", action="store_true", help=f"{SOME} tunes of each set, in two minutes")
    parser.add_argument("--json", type=Path, help="write the figures there too")


def main(args: argparse.Namespace) -> int:
    model, _ = band_checkpoint.load(args.checkpoint)
    works = [work for work in full_corpus.load(args.data, args.cache, [*accompany.JOINED]) if work.split == args.split]
    every: list[accompany.Heard] = []
    for name in dict.fromkeys(work.dataset for work in works):
        every += accompany.heard(model, chosen([w for w in works if w.dataset == name], SOME if args.some else 0))
    figures = accompany.figures(every)
    if args.json:
        args.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    print(accompany.in_words(every), card(figures), sep="\n\n")
    return 0
