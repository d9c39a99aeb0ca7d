"""Count, in songs and dances, which rhythms and leaps are usual at each place in a bar of each metre."""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.learn import corpus
from generation.music.song import Song
from generation.read.sung_metre import BARS, LONGEST, TABLES, WIDEST, leaps, sixteenths, steps

# Kind → the sets in which it is counted, all in scores, and none of which `evaluate-hum` judges by.
TAUGHT_BY = {"dances": ("oneills1850", "ryansMammoth", "airdsAirs"), "songs": ("lieder", "ewld1928", "hymns")}
# Before they are counted, a step counts as much as so many at its place after any step, and those as so many at any
# place; a leap as so many to any place.
AFTER_ANY, ANYWHERE, LEAPS = 6.0, 4.0, 20.0

Floats = NDArray[np.float64]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with the archives")
    parser.add_argument("--cache", type=Path, default=Path("data/cache"), help="folder for what was read of them")
    parser.add_argument("--out", type=Path, default=TABLES, help="file for the tables (the one that is shipped)")


def main(args: argparse.Namespace) -> int:
    tunes = [tune for tune in corpus.load(args.data, args.cache) if tune.split == "train"]
    stored: dict[str, NDArray[np.float16]] = {}
    for kind, sets in TAUGHT_BY.items():
        found = tables(tune.melody for tune in tunes if tune.dataset in sets)
        stored |= {f"{kind} {name}": table for name, table in found.items()}
    np.savez_compressed(args.out, **stored)  # type: ignore[arg-type]
    return 0


def tables(songs: Iterable[Song]) -> dict[str, NDArray[np.float16]]:
    """The tables of one kind that `sung_metre` reads, by name: of those songs that are in one of its metres."""
    by_step = {metre: np.zeros((bar, LONGEST + 1, LONGEST + 1)) for metre, bar in BARS.items()}
    by_leap = {metre: np.zeros((bar, WIDEST + 1)) for metre, bar in BARS.items()}
    for song in songs:
        if song.metre not in BARS or len(song.metres) > 1 or len(song.line) < 3:
            continue
        counted = song.line.onset - song.downbeat
        step, place = steps(counted), sixteenths(counted) % BARS[song.metre]
        np.add.at(by_step[song.metre], (place[1:-1], step[:-1], step[1:]), 1)
        np.add.at(by_leap[song.metre], (place[1:], leaps(song.line.pitch)), 1)
    stored: dict[str, NDArray[np.float16]] = {}
    for metre in BARS:
        name, step_counts, leap_counts = f"{metre[0]}/{metre[1]}", by_step[metre], by_leap[metre]
        anywhere = _shares(step_counts.sum(axis=(0, 1)), np.ones(LONGEST + 1) / (LONGEST + 1), 1.0)
        after_any = _shares(step_counts.sum(axis=1), anywhere, ANYWHERE)
        stored[f"{name} steps"] = np.log(_shares(step_counts, after_any[:, None], AFTER_ANY)).astype(np.float16)
        to_any = _shares(leap_counts.sum(axis=0), np.ones(WIDEST + 1) / (WIDEST + 1), 1.0)
        stored[f"{name} leaps"] = np.log(_shares(leap_counts, to_any, LEAPS) / to_any).astype(np.float16)
    return stored


def _shares(counts: Floats, before: Floats, weight: float) -> Floats:
    """Counts (…, n) as shares, after `weight` more that are spread as `before` says."""
    return np.asarray((counts + weight * before) / (counts.sum(axis=-1, keepdims=True) + weight))
