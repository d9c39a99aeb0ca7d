"""The baseline that preceded Encore: a one-hot LSTM of melody events on a grid of sixteenths, beside our model.

A melody is spelled in steps of a sixteenth at 120 quarter notes a minute: nothing happens, a note ends, or one of
128 pitches begins (Waite et al., 2016, the “melody RNN” of Magenta). There is no loudness and no time between steps.
Two layers of 128 cells, MAESTRO's top line. It is trained only for comparison, and its weights never ship.
"""

import argparse
import csv
import json
import math
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 — its usual name
from tqdm import tqdm

from generation.judge.repetition import until
from generation.learn.corpus import Tune
from generation.learn.datasets.midi_files import piano_melody
from generation.learn.train import Options
from generation.learn.train import train as train_ours
from generation.learn.training import fast_precision
from generation.model.likelihood import surprise
from generation.model.loaded import LoadedModel, load_model
from generation.music.clock import Tempo
from generation.music.melody import melody_of
from generation.music.notes import Notes
from generation.music.song import Song
from generation.read.midi import read_midi
from generation.request import Refusal

NOTHING, NOTE_OFF, NOTE_ON = 0, 1, 2  # classes; a pitch that begins is NOTE_ON + pitch
EVENTS = NOTE_ON + 128
A_SECOND = 8  # steps
GRID = 4  # steps a quarter
CROP, CROPS = 256, 32  # steps of a crop, and crops of a batch
HEARD = 120.0  # seconds of every held-out piece that are judged

Events = NDArray[np.int64]


class MelodyEvents(nn.Module):
    """(B, T) classes → (B, T, EVENTS) logits of the next."""

    def __init__(self, width: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.lstm = nn.LSTM(EVENTS, width, layers, batch_first=True)
        self.out = nn.Linear(width, EVENTS)

    def forward(self, said: Tensor) -> Tensor:
        x, _ = self.lstm(F.one_hot(said, EVENTS).float())
        logits: Tensor = self.out(x)
        return logits


def on_grid(melody: Song) -> Song:
    """The melody as the grid has it: one note a step at most, flat, at 120 quarter notes a minute."""
    line, clock = melody.line, melody.clock
    start, end = (np.round(clock.seconds(quarters) * A_SECOND).astype(int) for quarters in (line.onset, line.ends))
    kept = np.append(np.diff(start) > 0, True)  # the later of two in one step
    start, end, pitch = start[kept] - start[0], end[kept] - start[0], line.pitch[kept]
    end = np.clip(end, start + 1, np.append(start[1:], np.inf)).astype(int)
    lasting = np.minimum(end - start, 16 * GRID)
    flat = np.full(len(start), 80)
    return melody_of(Notes(start / GRID, lasting / GRID, pitch, flat), (Tempo(0.0, 15.0 * A_SECOND),))


def spell(melody: Song) -> Events:
    """The events (steps,) of a melody that lies on the grid."""
    start, end = (np.round(x * GRID).astype(int) for x in (melody.line.onset, melody.line.ends))
    said = np.full(int(end[-1]) + 1, NOTHING)
    said[end] = NOTE_OFF
    said[start] = NOTE_ON + melody.line.pitch
    return said


def performances(root: Path, split: str) -> Iterator[Song]:
    """The top line of every performance of MAESTRO's `split`."""
    with (root / "trainvalid.csv").open(newline="", encoding="utf-8") as file:
        names = [row["midi_filename"] for row in csv.DictReader(file) if row["split"] == split]
    for name in tqdm(names, desc=f"MAESTRO {split}", unit="piece"):
        try:
            yield piano_melody(read_midi((root / name).read_bytes()))
        except Refusal:
            continue


def train(pieces: list[Events], steps: int, seed: int) -> tuple[MelodyEvents, dict[str, float]]:
    """Train with Adam on random crops. Returns the model, and its accuracy and perplexity over the last 200 steps."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model, precision = MelodyEvents(), fast_precision(torch.device("cpu"))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    long = [piece for piece in pieces if len(piece) > CROP + 1]
    share = np.array([len(piece) for piece in long]) / sum(len(piece) for piece in long)
    nats, right = [], []
    for _ in tqdm(range(steps), desc="melody events", unit="step"):
        crops = []
        for i in rng.choice(len(long), CROPS, p=share):
            start = int(rng.integers(len(long[i]) - CROP))
            crops.append(long[i][start : start + CROP + 1])
        batch = torch.from_numpy(np.stack(crops))
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            logits = model(batch[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 3.0)
        optimizer.step()
        nats.append(float(loss.detach()))
        right.append(float((logits.argmax(-1) == batch[:, 1:]).float().mean()))
    return model, {"accuracy": float(np.mean(right[-200:])), "perplexity": math.exp(float(np.mean(nats[-200:])))}


@torch.inference_mode()
def judge(model: MelodyEvents, melodies: list[Song]) -> dict[str, float]:
    """Accuracy and perplexity of a step, and nats of a note, over melodies that lie on the grid."""
    nats = right = steps = notes = still = 0.0
    for melody in melodies:
        said = torch.from_numpy(spell(melody))[None]
        logits = model(said[:, :-1])[0]
        following = said[0, 1:]
        nats += float(F.cross_entropy(logits, following, reduction="sum"))
        right += float((logits.argmax(-1) == following).sum())
        still += float((following == NOTHING).sum())
        steps += len(following)
        notes += len(melody.line) - 1
    return {
        "accuracy": right / steps,
        "share of steps where nothing happens": still / steps,
        "perplexity": math.exp(nats / steps),
        "nats per note": nats / notes,
    }


def judge_ours(loaded: LoadedModel, melodies: list[Song], played: bool) -> dict[str, float]:
    """Nats of a note under our model: of its content on the grid, or of all of it as it was `played`."""
    nats = np.concatenate(
        [surprise(loaded, m, timed=played, shaded=played)[0][1:] for m in tqdm(melodies, desc="ours", unit="piece")]
    )
    step, pitch, duration, velocity, deviation, articulation = nats.mean(0)
    content = float(step + pitch + duration)
    if not played:
        return {"nats per note": content}
    return {
        "onset": float(step + deviation),
        "pitch": float(pitch),
        "duration": float(duration + articulation),
        "velocity": float(velocity),
        "nats per note": content + float(velocity + deviation + articulation),
    }


def beginning(melody: Song) -> Song:
    """The first `HEARD` seconds."""
    return replace(until(melody, HEARD), title="")


def _make(args: argparse.Namespace, learned: list[Song]) -> None:
    """Train both on the same melodies, ours for as many minutes."""
    began = time.monotonic()
    model, trained = train([spell(melody) for melody in learned], args.steps, args.seed)
    minutes = (time.monotonic() - began) / 60
    print(f"trained {args.steps} steps in {minutes:.1f} min")
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), args.out / "model.safetensors")
    (args.out / "model.json").write_text(json.dumps(trained))
    tunes = [
        Tune("maestro", str(i), "classical", "valid" if i % 20 == 0 else "train", str(i), False, False, melody)
        for i, melody in enumerate(learned)
    ]
    ours = Options(out=str(args.out / "ours"), epochs=1000, minutes=minutes, notes=8192, seed=args.seed)
    train_ours(ours, args.sizes, tunes)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of maestro_v3_train_valid.tar.xz")
    parser.add_argument("--checkpoint", type=Path, help="ours; default: the shipped one")
    parser.add_argument("--steps", type=int, default=2000, help="of training (2000, as its maker did)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/predecessor"), help="folder for its weights, once made")
    parser.add_argument("--sizes", type=json.loads, default={}, help='of ours, such as {"width": 192}')
    parser.add_argument("--json", type=Path, help="write the figures there too")


def main(args: argparse.Namespace) -> int:
    archive = args.data / "maestro_v3_train_valid.tar.xz"
    if not archive.is_file():
        raise Refusal(
            "There is no {archive} in {folder}. Name its folder with --data.",
            archive=archive.name,
            folder=str(args.data),
        )
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(archive) as files:
            files.extractall(place, filter="data")
        held_out = [beginning(melody) for melody in performances(Path(place), "validation")]
        if not (args.out / "ours" / "model.json").exists():
            _make(args, [on_grid(melody) for melody in performances(Path(place), "train")])
    model = MelodyEvents()
    model.load_state_dict(load_file(args.out / "model.safetensors"))
    trained = json.loads((args.out / "model.json").read_text())
    gridded = [on_grid(melody) for melody in held_out]
    loaded, same = load_model(args.checkpoint), load_model(args.out / "ours" / "model.safetensors")
    figures = {
        "melody events, training": trained,
        "melody events, held out": judge(model, gridded),
        "ours on the grid, same training": judge_ours(same, gridded, played=False),
        "ours on the grid, as shipped": judge_ours(loaded, gridded, played=False),
        "ours as played, as shipped": judge_ours(loaded, held_out, played=True),
    }
    for who, row in figures.items():
        print(f"{who:32} " + "  ".join(f"{name} {value:.4f}" for name, value in row.items()), flush=True)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0
