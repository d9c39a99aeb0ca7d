"""Train a model: one readable loop that resumes where it was stopped."""

import argparse
import dataclasses
import math
import time
import tomllib
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

from generation.learn import copying, corpus, flags, run_state
from generation.learn.batches import Batch, Example, batches, example
from generation.model import checkpoint, memorised
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.model.priors import usual
from generation.model.tokens import FIELDS, SHADED, TIMED
from generation.request import Refusal

SHORTEST = 8  # notes of a tune to learn from
RARE = 0.05  # a smaller share of tunes with played timing or dynamics would be too small to learn from
HEADS = ("step", "pitch", "duration", "velocity", "deviation", "articulation")


@dataclass(frozen=True)
class Options:
    """The settings of a run. Each field is a flag and a line in a TOML file; `flags.WHAT` says what it is."""

    data: str = "data"
    out: str = "runs/latest"
    cache: str = "data/cache"
    start: str = ""
    epochs: int = 30
    minutes: float = 0.0
    length: int = 384
    notes: int = 12_288
    rate: float = 2e-3
    weight_decay: float = 0.05
    expression: float = 0.5
    average: float = 0.998
    patience: int = 6
    seed: int = 1
    threads: int = 0
    device: str = ""
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


def fast_precision(device: torch.device) -> torch.dtype:
    """bf16 where the hardware multiplies it quickly, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def train(options: Options, sizes: dict[str, Any], tunes: Sequence[corpus.Tune] | None = None) -> dict[str, Any]:
    """Train on `tunes`, or on those in the folder `data` of the options; returns the card of the best weights.

    Writes the weights with the lowest held-out loss to `out`/model.safetensors, and beside it the passages that they
    may not repeat. Raises `Refusal` if there is nothing to learn from.
    """
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    out = Path(options.out)
    tunes = corpus.load(Path(options.data), Path(options.cache)) if tunes is None else tunes
    whole = [tune for tune in tunes if len(tune.melody.line) >= SHORTEST]
    learn = [example(tune) for tune in whole if tune.split == "train"]
    check = [example(tune, "auto") for tune in whole if tune.split == "valid" and "|played" not in tune.id]
    if not learn:
        folder = str(options.data)
        raise Refusal("There is no melody of {least} notes or more in {folder}.", least=SHORTEST, folder=folder)
    if len(whole) < len(tunes):
        print(f"left out {len(tunes) - len(whole)} of {len(tunes)} tunes: they have fewer than {SHORTEST} notes")
    held_out = f"{len(check)} held out" if check else "none held out: the nats are those of tunes it learns from"
    check = check or learn[:20]
    model = checkpoint.load(Path(options.start))[0] if options.start else AttentiveLSTM(Sizes(**sizes))
    model.to(device)
    average = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), options.rate, (0.9, 0.98), weight_decay=options.weight_decay)
    run: dict[str, Any] = {
        "epoch": 0,
        "seconds": 0.0,
        "steps": 0,
        "notes": 0,
        "best": math.inf,
        "stale": 0,
        "history": [],
    }
    if kept := run_state.resume(out, model, average, optimizer):
        run = kept
        print(f"going on after epoch {run['epoch']}")
    run |= {
        "metres": _metres(tunes),
        "priors": usual([tune.melody for tune in whole if tune.split == "train"]),
        "plays": {
            name: bool(np.mean([getattr(each, name) for each in learn]) > RARE) for name in ("timing", "dynamics")
        },
    }
    per_epoch = len(list(batches(learn, options.length, options.notes, np.random.default_rng(0), augment=False)))
    precision = fast_precision(device)
    writer = _tensorboard(options)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{len(learn)} tunes to learn from, {held_out}; {parameters:,} parameters on {device}, {precision}")

    progress = run["epoch"] / options.epochs
    while progress < 1 and run["stale"] < options.patience:
        rng = np.random.default_rng([options.seed, run["epoch"]])
        model.train()
        begun, seconds, seen = time.monotonic(), run["seconds"], 0.0
        bar = tqdm(total=per_epoch, desc=f"epoch {run['epoch'] + 1}", unit="batch", mininterval=10)
        for i, batch in enumerate(batches(learn, options.length, options.notes, rng)):
            progress = (run["epoch"] + min(1, i / per_epoch)) / options.epochs
            run["seconds"] = seconds + time.monotonic() - begun
            if options.minutes:
                progress = max(progress, run["seconds"] / 60 / options.minutes)
            if progress >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = options.rate * min(1, (run["steps"] + 1) / 200) * (0.02 + 0.98 * (1 - progress))
            with torch.autocast(device.type, precision, enabled=precision != torch.float32):
                parts = loss(model, batch.to(device))
            notes = parts["pitch"][1]
            total = sum(
                nats * (options.expression if head in ("velocity", "deviation", "articulation") else 1)
                for head, (nats, _) in parts.items()
            )
            optimizer.zero_grad(set_to_none=True)
            (total / notes).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            keep = min(options.average, (run["steps"] + 1) / (run["steps"] + 10))
            for name, tensor in model.state_dict().items():
                average[name].lerp_(tensor.detach(), 1 - keep)
            run["steps"] += 1
            run["notes"] += int(notes)
            content = sum(float(parts[head][0].detach()) for head in HEADS[:3]) / int(notes)
            seen = content if not seen else 0.98 * seen + 0.02 * content
            bar.update()
            bar.set_postfix(nats=f"{seen:.3f}", notes_s=f"{run['notes'] / max(1, run['seconds']):,.0f}")
        bar.close()
        run["epoch"] += 1
        progress = max(progress, run["epoch"] / options.epochs)
        run["seconds"] = seconds + time.monotonic() - begun
        _finish_epoch(run, model, average, optimizer, check, options, out, writer)
    begun_with = options.start and memorised.beside(Path(options.start))
    known = memorised.load(begun_with) if begun_with and begun_with.exists() else None
    memorised.save(copying.learn(tunes, known), memorised.beside(out / "model.safetensors"))
    return checkpoint.load(out / "model.safetensors")[1]


def _finish_epoch(
    run: dict[str, Any],
    model: AttentiveLSTM,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    check: Sequence[Example],
    options: Options,
    out: Path,
    writer: Any,
) -> None:
    """Measure the averaged weights on held-out tunes, keep them if they are the best, write the state to resume."""
    live = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(average)
    figures = held_out(model, check, options, next(model.parameters()).device)
    words = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
    print(f"epoch {run['epoch']}: {words}; {run['notes']:,} notes in {run['seconds'] / 60:.1f} min", flush=True)
    run["history"].append({"minutes": round(run["seconds"] / 60, 2), **{k: round(v, 4) for k, v in figures.items()}})
    for name, value in figures.items() if writer else ():
        writer.add_scalar(f"held_out/{name}", value, run["notes"])
    goal = figures["total"] + options.expression * sum(figures.get(head, 0) for head in HEADS[3:])
    run["stale"] = 0 if goal < run["best"] else run["stale"] + 1
    if goal < run["best"]:
        run["best"] = goal
        card = {"options": dataclasses.asdict(options), "history": run["history"], "notes_seen": run["notes"]}
        card |= {name: run[name] for name in ("metres", "priors", "plays")}
        checkpoint.save(out / "model.safetensors", model, card, torch.float16)
    model.load_state_dict(live)
    run_state.keep(out, run, model, average, optimizer)


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
    try:
        file = tomllib.loads(args.config.read_text()) if args.config else {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refusal("{file} cannot be read: {why}.", file=str(args.config), why=str(error)) from error
    sizes: dict[str, Any] = file.pop("sizes", {})
    known = {field.name for field in dataclasses.fields(Options)}
    if unknown := set(file) - known:
        raise Refusal("The configuration has unknown names: {names}.", names=", ".join(sorted(unknown)))
    given = {name: value for name, value in vars(args).items() if value is not None}
    options = Options(**{**file, **{name: value for name, value in given.items() if name in known}})
    names = {field.name for field in dataclasses.fields(Sizes)}
    train(options, {**sizes, **{name: value for name, value in given.items() if name in names}})
    return 0
