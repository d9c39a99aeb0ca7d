"""Judge a checkpoint on held-out tunes: nats per note beside the n-gram, and telling true continuations from false."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from generation import corpus, tokens
from generation.compare import CONTINUATION, PRIME, continuations, split
from generation.corpus import Tune
from generation.melody import Melody
from generation.models.ngram import NGram
from generation.sample import Performer, load_performer
from generation.score import surprise

SCORES = ("oneills1850", "ryansMammoth", "airdsAirs", "lieder", "ewld1928", "hymns")


def nats_by_set(performer: Performer, tunes: Sequence[Tune], ngram: NGram) -> dict[str, dict[str, dict[str, float]]]:
    """set → {"model", "3-gram"} → nats per note of onset, pitch, duration, velocity (0 where not played), total."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for name in dict.fromkeys(tune.dataset for tune in tunes):
        members = [tune for tune in tunes if tune.dataset == name]
        model, counted = [], []
        for tune in tqdm(members, desc=name, unit="tune", leave=False):
            flags = {"timed": tune.played_timing, "shaded": tune.played_dynamics}
            model.append(surprise(performer, tune.melody, **flags)[0])
            counted.append(ngram.nats(tokens.encode(tune.melody, **flags).rows))
        table[name] = {"model": _spelled(np.concatenate(model)), "3-gram": _spelled(np.concatenate(counted))}
        _print_row(name, table[name])
    six = [name for name in SCORES if name in table]
    if six:
        notes = {name: table[name]["model"]["notes"] for name in six}
        table["six score sets"] = {
            who: {
                part: sum(table[name][who][part] * notes[name] for name in six) / sum(notes.values())
                for part in table[six[0]][who]
            }
            for who in ("model", "3-gram")
        }
        _print_row("six score sets", table["six score sets"])
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
    return {part: round(float(value), 4) for part, value in parts.items()}


def _print_row(name: str, row: dict[str, dict[str, float]]) -> None:
    for who, parts in row.items():
        cells = "  ".join(f"{part} {parts[part]:6.3f}" for part in ("onset", "pitch", "duration", "velocity", "total"))
        print(f"{name:16} {who:8} {cells}", flush=True)


def discrimination(performer: Performer, tunes: Sequence[Tune], ngram: NGram, seed: int = 0) -> dict[str, float]:
    """Share of primes after which the true continuation is foreseen better than (a) the continuation of another tune
    of the set, moved to the same key and tempo, and (b) one sampled from the 3-gram. Judged by the mean nats of a note
    given the prime."""
    rng = np.random.default_rng(seed)
    long = [tune for tune in tunes if tune.melody.seconds >= PRIME + CONTINUATION and split(tune.melody)]
    right: dict[str, list[bool]] = {"other": [], "3-gram": []}
    for tune in tqdm(long, desc="discrimination", unit="tune", leave=False):
        first, last = split(tune.melody) or (0, 0)
        true = _likelihood(performer, tune, tokens.part(tune.melody, last), first)
        mates = [t for t in long if t.dataset == tune.dataset and t.group != tune.group]
        if mates:
            other = mates[int(rng.integers(len(mates)))].melody
            right["other"].append(true > _likelihood(performer, tune, _graft(tune.melody, first, last, other), first))
        false = _sampled(tune, first, last, ngram, rng)
        right["3-gram"].append(true > _likelihood(performer, tune, false, first))
    return {name: float(np.mean(wins)) for name, wins in right.items() if wins} | {"primes": len(long)}


def _likelihood(performer: Performer, tune: Tune, melody: Melody, first: int) -> float:
    flags = {"timed": tune.played_timing, "shaded": tune.played_dynamics}
    nats = surprise(performer, melody, first, **flags)[0].sum(1).mean()
    return -float(nats)


def _graft(melody: Melody, first: int, last: int, other: Melody) -> Melody:
    """The prime of `melody`, then the continuation of `other`, moved to the prime's key and beat."""
    start, stop = split(other) or (0, 0)
    stop = min(stop, start + last - first)
    by = _key_distance(melody, other)
    beat = melody.bar or 1.0
    joint = melody.onset[first] - other.onset[start]
    joint = round(joint / beat) * beat if abs(round(joint / beat) * beat - joint) < beat / 2 else joint
    joint = max(joint, melody.onset[first - 1] + 0.05 - other.onset[start])
    return replace(
        melody,
        onset=np.concatenate([melody.onset[:first], other.onset[start:stop] + joint]),
        duration=np.concatenate([melody.duration[:first], other.duration[start:stop]]),
        pitch=np.concatenate([melody.pitch[:first], np.clip(other.pitch[start:stop] + by, 0, 127)]),
        velocity=np.concatenate([melody.velocity[:first], other.velocity[start:stop]]),
    )


def _key_distance(melody: Melody, other: Melody) -> int:
    """Semitones that move `other` into the signature of `melody`, in the nearest register."""
    return tokens.encode(other).shift - tokens.encode(melody).shift


def _sampled(tune: Tune, first: int, last: int, ngram: NGram, rng: np.random.Generator) -> Melody:
    melody = tune.melody
    encoded = tokens.encode(melody, timed=tune.played_timing, shaded=tune.played_dynamics)
    until = int(encoded.rows[last, tokens.TICK])
    new = ngram.play_on(encoded.rows[: first + 1], until, rng)
    for row in new:
        row[[tokens.VELOCITY, tokens.DEVIATION, tokens.ARTICULATION]] = encoded.rows[
            rng.integers(1, first + 1), [tokens.VELOCITY, tokens.DEVIATION, tokens.ARTICULATION]
        ]
    new[:, [tokens.TIMED, tokens.SHADED]] = tune.played_timing, tune.played_dynamics
    played = tokens.decode(new, encoded.shift, melody)
    onset = tokens.apart(np.maximum(played.onset, melody.onset[first - 1] + 1 / tokens.TICKS))
    grown: Melody = replace(
        melody,
        onset=np.concatenate([melody.onset[:first], onset]),
        duration=np.concatenate([melody.duration[:first], played.duration]),
        pitch=np.concatenate([melody.pitch[:first], played.pitch]),
        velocity=np.concatenate([melody.velocity[:first], played.velocity]),
    )
    return grown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the archives and splits.tsv")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"))
    parser.add_argument("--checkpoint", type=Path, help="default: the shipped one")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--limit", type=int, default=0, help="at most so many tunes a set; 0: all")
    parser.add_argument("--primes", type=int, default=200, help="continuations to compare with the true ones (200)")
    parser.add_argument("--json", type=Path, help="write the figures there too")


def main(args: argparse.Namespace) -> int:
    performer = load_performer(args.checkpoint)
    tunes = [tune for tune in corpus.load(args.data, args.cache) if len(tune.melody) >= 8 and "|played" not in tune.id]
    ngram = NGram(3)
    learn = [tune for tune in tunes if tune.split == "train"]
    ngram.learn(
        tokens.encode(tune.melody, timed=tune.played_timing, shaded=tune.played_dynamics).rows
        for tune in tqdm(learn, desc="counting", unit="tune", leave=False)
    )
    test = [tune for tune in tunes if tune.split == args.split]
    if args.limit:
        sets = dict.fromkeys(tune.dataset for tune in test)
        test = [tune for name in sets for tune in [t for t in test if t.dataset == name][: args.limit]]
    table = nats_by_set(performer, test, ngram)
    told = discrimination(performer, test, ngram)
    print(f"true continuation told from: another tune's {told.get('other', 0):.1%}, a 3-gram's {told['3-gram']:.1%}")
    compared = continuations(performer, test, args.primes)
    for name, rows in compared.items():
        for feature, who in rows.items():
            print(f"{name:16} {feature:14} true {who['true']:7.3f}  ours {who['ours']:7.3f}")
    if args.json:
        args.json.write_text(
            json.dumps({"nats": table, "discrimination": told, "continuations": compared}, indent=2) + "\n"
        )
    return 0
