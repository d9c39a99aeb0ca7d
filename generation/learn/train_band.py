"""Train a model of several parts on full scores: one readable loop that resumes where it was stopped."""

import argparse
import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from generation.learn import copying_band, flags, full_corpus
from generation.learn.augment import Augment, Example, example
from generation.learn.band_batches import stream
from generation.learn.band_loss import CONTENT, EXPRESSION, loss, surprise
from generation.learn.full_corpus import Work
from generation.learn.training import Settings, Training, begin, configured, known_before, prepare
from generation.model import band_checkpoint, memorised, memorised_lines
from generation.model.encode_band import Piece, encode
from generation.model.hear_chords import hear_chords
from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.request import Refusal

FEWEST = 16  # notes; shorter works are left out
CHECK_ROWS = 768  # rows that are judged, from the beginning of each held-out work
CHANGED = ("dropout", "told", "held")  # sizes that a run may change when it begins with other weights
WARMUP = 50  # steps until the learning rate is full


@dataclass(frozen=True)
class Options(Settings):
    """The settings of a run; each field is a line in a TOML file.

    data: folder of the archives with splits_poly.tsv, or any folder of music files; out: folder for the checkpoint
    start: checkpoint to begin with, whose sizes are used, but for those of `CHANGED` that are given
    mix: set or set/kind → weight of its rows, 1 if it is not named; 0 leaves it out
    keyed: transpose everything to the key without sharps and flats; augment: fields of `Augment`
    hear: where no chords are written, learn those that can be heard, in a share of the crops
    minutes: stop after so many; the learning rate falls over the last share `cool` of them
    rows: of a batch; length, long: rows of a crop, `long` while the learning rate falls
    check: rows between two tests on `checked` held-out works of each set
    expression: weight of velocity, deviation and articulation relative to content
    """

    out: str = "runs/band"
    minutes: float = 60.0
    length: int = 512
    long: int = 512
    mix: Mapping[str, float] = dataclasses.field(default_factory=dict)
    sets: Sequence[str] = ()
    cool: float = 0.3
    rows: int = 8192
    keyed: bool = True
    hear: bool = True
    augment: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    check: int = 400_000
    checked: int = 6


def train(options: Options, sizes: Mapping[str, Any], works: Sequence[Work] | None = None) -> dict[str, Any]:
    """Train on `works`, or on those that the options name; returns the card of the best weights.

    Writes the weights with the lowest held-out loss to `out`/model.safetensors, beside it the lines that they may not
    repeat, and the state from which to resume to `out`/last.safetensors. Raises `Refusal` if there is nothing to learn
    from.
    """
    device, out = prepare(options), Path(options.out)
    if works is None:
        works = full_corpus.load(Path(options.data), Path(options.cache), options.sets)
    works = [work for work in works if work.weight(options.mix) and len(work.score.onset) >= FEWEST]
    learn = [_example(work, options) for work in tqdm(works, desc="encoding", mininterval=5) if work.split == "train"]
    check = _held_out(works, options)
    if not learn:
        raise Refusal("There is nothing to learn from in {folder}.", folder=options.data)
    check = check or {"learned": [each.piece for each in learn[:20]]}
    model = _begun(options, sizes).to(device)
    facts = {"part": 0, "seconds": 0.0, "steps": 0, "rows": 0, "best": math.inf, "history": []}
    going = begin(model, options, facts, fused=True)
    run = going.run
    if run["part"]:
        print(f"going on after {run['rows']:,} rows")
    rows = sum(len(each.piece.encoded.rows) for each in learn)
    print(
        f"{len(learn):,} works with {rows:,} rows to learn from, {sum(map(len, check.values()))} held out; "
        f"{sum(p.numel() for p in model.parameters()):,} parameters on {device}, {going.precision}",
        flush=True,
    )
    augment = Augment(**options.augment)
    progress = run["seconds"] / 60 / options.minutes
    while progress < 1:
        progress = _part(going, model, learn, augment, progress, options)
        _finish_part(going, model, check, options, out)
    before = known_before(options.start, memorised.beside)
    known = memorised_lines.load(before) if before else None
    learned = copying_band.learn(works, options.mix, known)
    memorised_lines.save(learned, memorised.beside(out / "model.safetensors"))
    return band_checkpoint.load(out / "model.safetensors")[1]


def _part(
    going: Training,
    model: BandLSTM,
    learn: Sequence[Example],
    augment: Augment,
    progress: float,
    options: Options,
) -> float:
    """Learn from about `check` rows, or until the time is up. `progress` and the result are shares of the run that are
    done, before and after."""
    run = going.run
    rng = np.random.default_rng([options.seed, run["part"]])
    model.train()
    begun, seconds, start, seen = time.monotonic(), run["seconds"], run["rows"], 0.0
    bar = tqdm(total=options.check, desc=f"part {run['part'] + 1}", unit="row", mininterval=30)
    length = options.length if progress < 1 - options.cool else options.long
    for batch in stream(learn, length, options.rows, augment, rng):
        run["seconds"] = seconds + time.monotonic() - begun
        progress = run["seconds"] / 60 / options.minutes
        if run["rows"] > start and (progress >= 1 or run["rows"] - start >= options.check):
            break
        with going.autocast():
            found, _ = loss(model, batch.to(going.device))
        content = sum((found[head][0].sum() for head in CONTENT), torch.zeros((), device=going.device))
        played = sum((found[head][0].sum() for head in EXPRESSION), torch.zeros((), device=going.device))
        notes = len(found["part"][0])
        left = max(0.0, 1 - progress)
        rate = options.rate * min(1, (run["steps"] + 1) / WARMUP, 0.02 + left / options.cool)
        going.step((content + options.expression * played) / notes, rate)
        run["rows"] += notes
        nats = float(content.detach()) / notes
        seen = nats if not seen else 0.98 * seen + 0.02 * nats
        bar.update(notes)
        bar.set_postfix(nats=f"{seen:.3f}", rows_s=f"{run['rows'] / max(1, run['seconds']):,.0f}")
    bar.close()
    run["part"] += 1
    run["seconds"] = seconds + time.monotonic() - begun
    return progress


def _begun(options: Options, sizes: Mapping[str, Any]) -> BandLSTM:
    """The network with which training begins: a new one of these sizes, or the checkpoint `start`."""
    if not options.start:
        return BandLSTM(Sizes(**sizes))
    before, card = band_checkpoint.load(Path(options.start))
    changed = {name: sizes[name] for name in CHANGED if name in sizes}
    model = BandLSTM(Sizes(**{**card["sizes"], **changed}))
    missing, _ = model.load_state_dict(before.state_dict(), strict=False)
    assert not missing or "held" in changed, missing
    return model


def _example(work: Work, options: Options) -> Example:
    """A work to learn from, with the chords that can be heard in it where none are written."""
    score = work.score
    guess = options.hear and not score.chords and score.parts[0].role != "drums"
    if guess:
        tones = ~np.isin(score.part, [i for i, part in enumerate(score.parts) if part.role == "drums"])
        chords = hear_chords(score.onset[tones], score.duration[tones], score.pitch[tones], score.bars)
        score = dataclasses.replace(score, chords=chords)
    return example(encode(score, work.style, options.keyed), work.weight(options.mix), guess)


def _held_out(works: Sequence[Work], options: Options) -> dict[str, list[Piece]]:
    """The beginnings of a few works of each set's validation split, with only those chords that are written."""
    found: dict[str, list[Piece]] = {}
    for work in works:
        some = found.setdefault(work.dataset, [])
        if work.split == "valid" and len(some) < options.checked:
            some.append(encode(work.score, work.style, options.keyed).beginning(CHECK_ROWS))
    return {name: some for name, some in found.items() if some}


def _finish_part(
    going: Training, model: BandLSTM, check: Mapping[str, Sequence[Piece]], options: Options, out: Path
) -> None:
    """Measure the averaged weights on held-out works, keep them if they are the best, write the state to resume."""
    run, figures = going.run, {}
    with going.averaged():
        for name, pieces in check.items():
            with going.autocast():
                sums = surprise(model, pieces)
            figures[name] = sum(each[head] for each in sums for head in CONTENT) / sum(each["rows"] for each in sums)
        mean = sum(figures.values()) / len(figures)
        words = " ".join(f"{name} {value:.2f}" for name, value in figures.items())
        print(
            f"part {run['part']}: {mean:.3f} nats a row, mean of sets ({words}); "
            f"{run['rows']:,} rows in {run['seconds'] / 60:.1f} min",
            flush=True,
        )
        figures = {name: round(value, 4) for name, value in figures.items()}
        run["history"].append({"minutes": round(run["seconds"] / 60, 2), "rows": run["rows"], **figures})
        if mean < run["best"]:
            run["best"] = mean
            card = {"options": dataclasses.asdict(options), "history": run["history"], "rows_seen": run["rows"]}
            band_checkpoint.save(out / "model.safetensors", model, card, torch.bfloat16)
    going.keep(out)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="a TOML file: `Options`, and a table [sizes]")
    for name in ("data", "out", "cache", "start", "rate", "minutes", "threads"):
        kind = type(getattr(Options, name))
        parser.add_argument(f"--{name}", type=kind, help=f"{flags.WHAT[name]}; overrides the file")


def main(args: argparse.Namespace) -> int:
    train(*options_of(args.config, vars(args)))
    return 0


def options_of(config: Path | None, given: Mapping[str, Any]) -> tuple[Options, dict[str, Any]]:
    """Options and sizes in a TOML file, overridden by flags that are `given`. Raises `Refusal` for unknown names."""
    return configured(config, given, Options, {"sizes": Sizes, "augment": Augment})
