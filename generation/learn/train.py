"""Train a model: one readable loop that resumes where it was stopped."""

import argparse
import dataclasses
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 — its usual name
from tqdm import tqdm

from generation.learn import copying, corpus, flags
from generation.learn.batches import Batch, Example, batches, example
from generation.learn.training import Settings, Training, begin, configured, known_before, prepare
from generation.model import checkpoint, memorised
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.model.priors import usual
from generation.model.tokens import FIELDS, SHADED, TIMED
from generation.request import Refusal

SHORTEST = 8  # notes of a tune to learn from
RARE = 0.05  # a smaller share of tunes with played timing or dynamics would be too small to learn from
CONTENT, EXPRESSION = ("step", "pitch", "duration"), ("velocity", "deviation", "articulation")
HEADS = (*CONTENT, *EXPRESSION)
WARMUP = 200  # steps until the learning rate is full


@dataclass(frozen=True)
class Options(Settings):
    """The settings of a run. Each field is a flag, too."""

    epochs: int = 30
    notes: int = 12_288
    patience: int = 6
    tensorboard: str = ""


def loss(model: AttentiveLSTM, batch: Batch) -> dict[str, tuple[Tensor, Tensor]]:
    """head → (sum of nats, count) over the notes that teach it."""
    x, _ = model(batch.rows, batch.conditions, batch.countdown)
    following = batch.following[batch.valid]
    every = batch.conditions[:, None].expand(-1, batch.valid.shape[1], -1)[batch.valid]
    timed = batch.timing[:, None].expand_as(batch.valid)[batch.valid] & (following[:, TIMED] > 0)
    shaded = batch.dynamics[:, None].expand_as(batch.valid)[batch.valid] & (following[:, SHADED] > 0)
    expressive = timed | shaded
    logits = model.logits(x[batch.valid], following, every, expressive)
    teaches = {"velocity": shaded[expressive], "deviation": timed[expressive], "articulation": timed[expressive]}
    parts = {}
    for head in HEADS:
        target, said = following[:, FIELDS.index(head)], logits[head]
        if head in teaches:
            mask = teaches[head]
            target, said = target[expressive][mask], said[mask]
        parts[head] = (F.cross_entropy(said.float(), target, reduction="sum"), torch.tensor(len(target)))
    return parts


@torch.inference_mode()
def held_out(
    model: AttentiveLSTM, examples: Sequence[Example], options: Options, device: torch.device
) -> dict[str, float]:
    """Nats per note by head, over whole tunes, and `total`: step + pitch + duration."""
    model.eval()
    sums, counts = dict.fromkeys(HEADS, 0.0), dict.fromkeys(HEADS, 0)
    rng = np.random.default_rng(0)
    for batch in batches(examples, options.length, options.notes, rng, augment=False):
        parts = loss(model, batch.to(device))
        for head, (nats, count) in parts.items():
            sums[head] += float(nats)
            counts[head] += int(count)
    figures = {head: sums[head] / counts[head] for head in HEADS if counts[head]}
    figures["total"] = figures["step"] + figures["pitch"] + figures["duration"]
    return figures


def train(options: Options, sizes: dict[str, Any], tunes: Sequence[corpus.Tune] | None = None) -> dict[str, Any]:
    """Train on `tunes`, or on those in the folder `data` of the options; returns the card of the best weights.

    Writes the weights with the lowest held-out loss to `out`/model.safetensors, and beside it the passages that they
    may not repeat. Raises `Refusal` if there is nothing to learn from.
    """
    device, out = prepare(options), Path(options.out)
    tunes = corpus.load(Path(options.data), Path(options.cache)) if tunes is None else tunes
    whole = [tune for tune in tunes if len(tune.melody.line) >= SHORTEST]
    learn = [example(tune) for tune in whole if tune.split == "train"]
    check = [example(tune, "auto") for tune in whole if tune.split == "valid" and "|played" not in tune.id]
    if not learn:
        folder = str(options.data)
        raise Refusal("There is no melody of {least} notes or more in {folder}.", least=SHORTEST, folder=folder)
    if len(whole) < len(tunes):
        print(f"left out {len(tunes) - len(whole)} of {len(tunes)} tunes: they have fewer than {SHORTEST} notes")
    checked = f"{len(check)} held out" if check else "none held out: the nats are those of tunes it learns from"
    check = check or learn[:20]
    model = checkpoint.load(Path(options.start))[0] if options.start else AttentiveLSTM(Sizes(**sizes))
    going = begin(
        model.to(device), options,
        {"epoch": 0, "seconds": 0.0, "steps": 0, "notes": 0, "best": math.inf, "stale": 0, "history": []},
    )  # fmt: skip
    run = going.run
    if run["epoch"]:
        print(f"going on after epoch {run['epoch']}")
    run |= {
        "metres": _metres(tunes),
        "priors": usual([tune.melody for tune in whole if tune.split == "train"]),
        "plays": {
            name: bool(np.mean([getattr(each, name) for each in learn]) > RARE) for name in ("timing", "dynamics")
        },
    }
    per_epoch = len(list(batches(learn, options.length, options.notes, np.random.default_rng(0), augment=False)))
    writer = _tensorboard(options)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(learn)} tunes to learn from, {checked}; {parameters:,} parameters on {device}, {going.precision}")
    progress = run["epoch"] / options.epochs
    while progress < 1 and run["stale"] < options.patience:
        progress = _epoch(going, model, learn, per_epoch, options)
        _finish_epoch(going, model, check, options, out, writer)
    before = known_before(options.start, memorised.beside)
    known = memorised.load(before) if before else None
    memorised.save(copying.learn(tunes, known), memorised.beside(out / "model.safetensors"))
    return checkpoint.load(out / "model.safetensors")[1]


def _epoch(going: Training, model: AttentiveLSTM, learn: Sequence[Example], per_epoch: int, options: Options) -> float:
    """Learn from all tunes once, in about `per_epoch` batches, or until the time is up. Returns the share of the run
    that is done."""
    run = going.run
    rng = np.random.default_rng([options.seed, run["epoch"]])
    model.train()
    progress, begun, seconds, seen = 0.0, time.monotonic(), run["seconds"], 0.0
    bar = tqdm(total=per_epoch, desc=f"epoch {run['epoch'] + 1}", unit="batch", mininterval=10)
    for i, batch in enumerate(batches(learn, options.length, options.notes, rng)):
        progress = (run["epoch"] + min(1, i / per_epoch)) / options.epochs
        run["seconds"] = seconds + time.monotonic() - begun
        if options.minutes:
            progress = max(progress, run["seconds"] / 60 / options.minutes)
        if progress >= 1:
            break
        with going.autocast():
            parts = loss(model, batch.to(going.device))
        notes = parts["pitch"][1]
        total = sum(
            (nats * (options.expression if head in EXPRESSION else 1) for head, (nats, _) in parts.items()),
            torch.zeros((), device=going.device),
        )
        warm = min(1, (run["steps"] + 1) / WARMUP)
        going.step(total / notes, options.rate * warm * (0.02 + 0.98 * (1 - progress)))
        run["notes"] += int(notes)
        content = sum(float(parts[head][0].detach()) for head in CONTENT) / int(notes)
        seen = content if not seen else 0.98 * seen + 0.02 * content
        bar.update()
        bar.set_postfix(nats=f"{seen:.3f}", notes_s=f"{run['notes'] / max(1, run['seconds']):,.0f}")
    bar.close()
    run["epoch"] += 1
    run["seconds"] = seconds + time.monotonic() - begun
    return float(max(progress, run["epoch"] / options.epochs))


def _finish_epoch(
    going: Training,
    model: AttentiveLSTM,
    check: Sequence[Example],
    options: Options,
    out: Path,
    writer: Any,
) -> None:
    """Measure the averaged weights on held-out tunes, keep them if they are the best, write the state to resume."""
    run = going.run
    with going.averaged():
        figures = held_out(model, check, options, going.device)
        words = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"epoch {run['epoch']}: {words}; {run['notes']:,} notes in {run['seconds'] / 60:.1f} min", flush=True)
        rounded = {name: round(value, 4) for name, value in figures.items()}
        run["history"].append({"minutes": round(run["seconds"] / 60, 2), **rounded})
        for name, value in figures.items() if writer else ():
            writer.add_scalar(f"held_out/{name}", value, run["notes"])
        goal = figures["total"] + options.expression * sum(figures.get(head, 0) for head in EXPRESSION)
        run["stale"] = 0 if goal < run["best"] else run["stale"] + 1
        if goal < run["best"]:
            run["best"] = goal
            card = {"options": dataclasses.asdict(options), "history": run["history"], "notes_seen": run["notes"]}
            card |= {name: run[name] for name in ("metres", "priors", "plays")}
            checkpoint.save(out / "model.safetensors", model, card, torch.float16)
    going.keep(out)


def _metres(tunes: Sequence[corpus.Tune]) -> dict[str, dict[str, int]]:
    """style → metre → number of tunes, for `generation.play.style`."""
    counts: dict[str, Counter[str]] = {}
    for tune in tunes:
        if tune.split == "train" and tune.melody.metre:
            counts.setdefault(tune.style, Counter())["{}/{}".format(*tune.melody.metre)] += 1
    return {style: dict(count.most_common(8)) for style, count in counts.items()}


def _tensorboard(options: Options) -> Any:
    """A writer if a folder was named; TensorBoard is optional and not among our requirements."""
    if not options.tensorboard:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise Refusal("TensorBoard is not installed: pip install tensorboard, or leave --tensorboard out.") from error
    return SummaryWriter(options.tensorboard)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every field of `Options` and of the network's sizes; flags override the TOML file."""
    parser.add_argument("--config", type=Path, help="a TOML file with any of these, and a table [sizes]")
    for field in (*dataclasses.fields(Options), *dataclasses.fields(Sizes)):
        flag, usual = f"--{field.name.replace('_', '-')}", "none" if field.default == "" else field.default
        what = flags.WHAT[field.name]
        parser.add_argument(flag, type=type(field.default), help=f"{what} (default: {usual})")


def main(args: argparse.Namespace) -> int:
    train(*configured(args.config, vars(args), Options, {"sizes": Sizes}))
    return 0
