"""Judge a checkpoint on held-out tunes, compared with the baselines; prints the tables of its model card."""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from generation.judge import continuation_features, contracts, repetition
from generation.judge.baselines.ngram import NGram
from generation.judge.discriminate import discrimination
from generation.learn import copying, corpus
from generation.learn.corpus import Tune
from generation.model import tokens
from generation.model.likelihood import surprise
from generation.model.loaded import LoadedModel, load_model
from generation.request import Refusal

SCORES = ("oneills1850", "ryansMammoth", "airdsAirs", "lieder", "ewld1928", "hymns")
PLAYED = ("wjd", "piano_midi_de")
PARTS = ("onset", "pitch", "duration", "velocity", "total")


def nats_by_set(loaded: LoadedModel, tunes: Sequence[Tune], ngram: NGram) -> dict[str, dict[str, dict[str, float]]]:
    """set → {"model", "3-gram"} → nats per note of onset, pitch, duration, velocity (0 where not played), total."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for name in dict.fromkeys(tune.dataset for tune in tunes):
        members = [tune for tune in tunes if tune.dataset == name]
        model, counted = [], []
        for tune in tqdm(members, desc=name, unit="tune", leave=False):
            flags = {"timed": tune.played_timing, "shaded": tune.played_dynamics}
            model.append(surprise(loaded, tune.melody, **flags)[0])
            counted.append(ngram.nats(tokens.encode(tune.melody, **flags).rows))
        table[name] = {"model": _spelled(np.concatenate(model)), "3-gram": _spelled(np.concatenate(counted))}
        for row in table[name].values():
            row["tunes"] = len(members)
    six = [name for name in SCORES if name in table]
    if six:
        notes = {name: table[name]["model"]["notes"] for name in six}
        table["six score sets"] = {
            who: {
                part: sum(table[name][who][part] * notes[name] for name in six) / sum(notes.values()) for part in PARTS
            }
            | {"notes": sum(notes.values()), "tunes": sum(table[name][who]["tunes"] for name in six)}
            for who in ("model", "3-gram")
        }
    return table


def _spelled(nats: np.ndarray) -> dict[str, float]:
    step, pitch, duration, velocity, deviation, articulation = nats.mean(0)
    parts = {
        "onset": step + deviation,
        "pitch": pitch,
        "duration": duration + articulation,
        "velocity": velocity,
        "content": step + pitch + duration,
        "total": nats.sum(1).mean(),
        "notes": len(nats),
    }
    return {part: float(value) for part, value in parts.items()}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print in Markdown."""
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def _print_nats(table: dict[str, dict[str, dict[str, float]]]) -> None:
    rows = []
    for name, both in table.items():
        model, counted = both["model"], both["3-gram"]
        cells = [f"{model[part]:.2f} ({counted[part]:.2f})" if counted[part] else "" for part in PARTS]
        rows.append([name, f"{model['tunes']:.0f}", f"{model['notes']:,.0f}", *cells])
    _table(["nats per note: model (3-gram)", "tunes", "notes", *PARTS], rows)


def _print_pairs(title: str, pairs: Sequence[continuation_features.Pair]) -> dict[str, tuple[float, float]]:
    found = continuation_features.means(pairs)
    rows = [
        [name, f"{true:.3f}", f"{ours:.3f}", f"{ours / true - 1:+.0%}" if true else ""]
        for name, (true, ours) in found.items()
    ]
    _table([title, "true", "ours", ""], rows)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("data"),
        help="folder of the archives and splits.tsv, or any folder of music files",
    )
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--limit", type=int, default=0, help="at most so many tunes a set; 0: all")
    parser.add_argument("--primes", type=int, default=200, help="continuations to compare with the true ones (200)")
    parser.add_argument("--json", type=Path, help="write the figures there too")


def main(args: argparse.Namespace) -> int:
    loaded = load_model(args.checkpoint)
    tunes = [tune for tune in corpus.load(args.data, args.cache) if "|played" not in tune.id]
    tunes = [tune for tune in tunes if len(tune.melody.line) >= 8]
    ngram = NGram(3)
    learn = [tune for tune in tunes if tune.split == "train"]
    test = [tune for tune in tunes if tune.split == args.split]
    if not learn or not test:
        raise Refusal(
            "Of the {count} tunes in {folder}, {learn} are to learn from and {test} to judge by; both are needed. In a "
            "folder without splits.tsv one tune in twenty is to judge by: add files, or try the other --split.",
            count=len(tunes),
            folder=str(args.data),
            learn=len(learn),
            test=len(test),
        )
    ngram.learn(
        tokens.encode(tune.melody, timed=tune.played_timing, shaded=tune.played_dynamics).rows
        for tune in tqdm(learn, desc="counting", unit="tune", leave=False)
    )
    if args.limit:
        sets = dict.fromkeys(tune.dataset for tune in test)
        test = [tune for name in sets for tune in [t for t in test if t.dataset == name][: args.limit]]
    figures: dict[str, Any] = {"nats": nats_by_set(loaded, test, ngram)}
    _print_nats(figures["nats"])
    told = discrimination(loaded, test, ngram)
    figures["discrimination"] = {name: asdict(each) for name, each in told.items()}
    rows = [[name, f"{t.primes}", f"{t.likelihood:.1%}", f"{t.gain:.1%}"] for name, t in told.items()]
    _table(["true continuation told from", "primes", "by likelihood", "by gain over no prime"], rows)
    pairs = continuation_features.continuations(loaded, test, args.primes)
    figures["continuations"] = _print_pairs(f"continuations of {len(pairs)} primes", pairs)
    figures["told apart, AUC"] = continuation_features.told_apart(pairs)
    print(f"\nA classifier on these features tells ours from the true ones with AUC {figures['told apart, AUC']:.2f}.")
    played = continuation_features.continuations(
        loaded, [tune for tune in test if tune.dataset in PLAYED], args.primes, seed=1
    )
    figures["expression"] = _print_pairs(f"jazz and piano, {len(played)} primes", played)
    figures["memory"] = repetition.remembered(loaded, test, max(1, args.primes // 12))
    _table(
        [f"bars heard {repetition.LONG_AGO:g} s before", "pieces", "notes, true", "ours", "rhythm, true", "ours"],
        [
            [style, f"{pieces}", *(f"{share:.2f}" for share in (true[0], ours[0], true[1], ours[1]))]
            for style, (pieces, true, ours) in figures["memory"].items()
        ],
    )
    memorised = loaded.memorised or copying.learn(tunes)
    figures["promises"] = contracts.keeping(loaded, test, memorised, args.primes // 2)
    _table(["promise", "kept"], [[name, f"{share:.0%}"] for name, share in figures["promises"].items()])
    figures["temperature"] = contracts.warmth(loaded, test, max(1, args.primes // 8))
    _table(
        ["temperature", *(f"{t:g}" for t in figures["temperature"])],
        [["nats per note", *(f"{nats:.2f}" for nats in figures["temperature"].values())]],
    )
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0
