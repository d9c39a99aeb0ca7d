"""Judge a model of several parts on held-out full scores, compared with a 3-gram over the same rows."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from generation.judge.baselines.row_ngram import RowNGram
from generation.learn import full_corpus
from generation.learn.band_loss import CONTENT, EXPRESSION, surprise
from generation.learn.full_corpus import Work
from generation.learn.train import fast_precision
from generation.model import band_checkpoint
from generation.model.encode_band import encode
from generation.model.networks.band_lstm import BandLSTM

COUNTED = 500_000  # rows of a set that its 3-gram learns from, at most
FRAME = 0.25  # quarters


def nats(model: BandLSTM, works: Sequence[Work], split: str, keyed: bool, limit: int = 0) -> dict[str, float]:
    """Nats a row of a set's held-out works: by head, `model` and `3-gram` in all, and `frame`, the model's in a
    sixteenth. `limit`: judge at most so many works.

    The sums include every row (notes, strokes and changes of chord), the end of each work and, where its key was
    estimated, the cost of naming it. Divided by the number of frames, they can be compared with a model of frames: both
    describe the same piece, since frames do not distinguish a held note from a repeated one, and here it is one row.
    """
    ngram, test, seen = RowNGram(), [], 0
    learned = []
    for i in np.random.default_rng(0).permutation(len(works)):
        work = works[i]
        if work.split == split:
            test.append(work)
        elif work.split == "train" and seen < COUNTED:
            learned.append(encode(work.score, work.style, keyed).encoded.rows.astype(np.int64))
            seen += len(learned[-1])
    ngram.learn(learned)
    test = test[:limit] if limit else test
    pieces = [encode(work.score, work.style, keyed) for work in test]
    device = next(model.parameters()).device
    precision = fast_precision(device)
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        found = surprise(model, pieces)
    counted = [ngram.nats(piece.encoded.rows.astype(np.int64)) for piece in pieces]
    rows = sum(each["rows"] for each in found)
    frames = sum(round(float((work.score.onset + work.score.duration).max()) / FRAME) for work in test)
    figures = {head: sum(each[head] for each in found) / rows for head in CONTENT + EXPRESSION}
    told = sum(piece.told for piece in pieces) / rows
    figures["model"] = sum(figures[head] for head in CONTENT) + told
    figures["3-gram"] = sum(sum(each.values()) for each in counted) / rows + told
    return figures | {"frame": figures["model"] * rows / frames, "works": len(test), "rows": rows}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the archives and splits_poly.tsv")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--sets", help="some of the sets, with commas between them (all that are no benchmark)")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--limit", type=int, default=0, help="at most so many works a set; 0: all")
    parser.add_argument("--json", type=Path, help="write the figures there too")


def main(args: argparse.Namespace) -> int:
    model, card = band_checkpoint.load(args.checkpoint)
    sets = args.sets.split(",") if args.sets else [n for n, s in full_corpus.FULL_SETS.items() if not s.benchmark]
    names = ("works", "rows", *CONTENT, "model", "3-gram", "ratio", "frame", *EXPRESSION)
    print(f"| nats a row | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}", flush=True)
    table = {}
    for name in tqdm(sets, desc="sets", leave=False):
        works = full_corpus.load(args.data, args.cache, [name])
        row = nats(model, works, args.split, card["options"]["keyed"], args.limit)
        row["ratio"] = row["model"] / row["3-gram"]
        table[name] = row
        cells = [f"{row[each]:,.0f}" if each in ("works", "rows") else f"{row[each]:.3f}" for each in names]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(table, indent=2) + "\n")
    return 0
