"""Judge how well recordings are transcribed: notes, beats and time, on songs whose notes are known."""

import argparse
import sys
from collections.abc import Sequence
from time import process_time

import numpy as np
from numpy.typing import NDArray

from generation.judge.bars import Figure, card
from generation.judge.hummed import Sung, played, recorded, sinking, sung, sung_by_festival
from generation.music.reading import Reading
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal

Floats = NDArray[np.float64]

NAME = "voice-message.ogg"
NEAR = 0.1  # seconds by which an onset may be off
ON_BEAT = 0.07  # the same for a beat
SINGLE, SINGING, BEATS, SECONDS = 0.95, 0.85, 0.8, 1.0  # the bars


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sung", type=int, default=40, help="phrases that voices sing (40)")
    parser.add_argument("--festival", type=int, default=20, help="phrases that Festival sings, if it is installed (20)")
    parser.add_argument("--sinking", type=int, default=8, help="phrases in which a voice sinks by a semitone (8)")
    parser.add_argument("--played", type=int, default=20, help="phrases on single instruments (20)")
    parser.add_argument("--seed", type=int, default=4000, help="for other phrases (4000, on which nothing was tuned)")


def main(args: argparse.Namespace) -> int:
    voices = list(sung(args.sung, args.seed))
    instruments = list(played(args.played, args.seed + 1))
    others = list(sung_by_festival(args.festival, args.seed + 2))
    found = [(one, heard(one)) for one in [*voices, *instruments, *others]]
    singing, single = found[: len(voices)], found[len(voices) :][: len(instruments)]
    sunk = [(one, heard(one)) for one in sinking(args.sinking, args.seed + 3)]
    piano = recorded()
    lyrics = found[len(voices) + len(instruments) :]
    figures = [
        Figure("note F1, onset ± 100 ms and exact pitch", "sung", _notes(singing), bar=SINGING, at_least=True),
        Figure("the same, by our own voices", "sung", _notes(singing[::2])),
        Figure("the same, by the soundfont's", "sung", _notes(singing[1::2])),
        Figure("the same, sinking by a semitone in 40 s", "sung", _notes(sunk), bar=SINGING, at_least=True),
        Figure(
            "note F1, onset ± 100 ms and exact pitch", "single instruments", _notes(single), bar=SINGLE, at_least=True
        ),
        Figure("the same, a recording", "a piano in a room", _notes([(piano, heard(piano))])),
        Figure("beat F, ± 70 ms", "all", _beats(found), bar=BEATS, at_least=True),
        Figure("the same, two or three times as fast or slow allowed", "all", _beats(found, (1 / 3, 0.5, 1, 2, 3))),
    ]
    if lyrics:
        figures.insert(
            3, Figure("the same, by Festival with syllables", "sung", _notes(lyrics), bar=SINGING, at_least=True)
        )
    for one, reading in [*found, *sunk]:
        f1 = note_f1(one, reading) if reading else 0.0
        print(
            f"{one.name:28} {f1:.2f} {beat_f(one.beats, beats_of(reading)) if reading else 0.0:.2f}",
            file=sys.stderr,
        )
    figures = [figure for figure in figures if not np.isnan(figure.value)]
    figures.append(_speed(max(voices or [piano], key=lambda one: len(one.data))))
    print(card(figures))
    return 0 if all(figure.met is not False for figure in figures) else 1


def heard(one: Sung) -> Reading | None:
    """The reading of a recording, on its beat; None if it is refused."""
    try:
        return on_its_beat(read(one.data, NAME))
    except Refusal as refusal:
        print(f"{one.name}: {refusal}", file=sys.stderr)
        return None


def note_f1(one: Sung, reading: Reading) -> float:
    """F1 of the notes: one is right if its pitch is, and its onset within `NEAR`; each is found once at most."""
    onset = reading.song.clock.seconds(reading.line.onset) + late(reading)
    free = np.ones(len(one.onset), bool)
    right = 0
    for moment, pitch in zip(onset, reading.line.pitch, strict=True):
        off = np.where(free & (one.pitch == pitch), np.abs(one.onset - moment), np.inf)
        if len(off) and off.min() <= NEAR:
            free[off.argmin()] = False
            right += 1
    return 2 * right / max(len(onset) + len(one.onset), 1)


def late(reading: Reading) -> float:
    """Seconds from the beginning of a recording to the first beat, where its reading begins."""
    assert reading.song.recorded is not None
    return reading.song.recorded.begins - reading.song.clock.second(float(reading.line.onset[0]))


def beats_of(reading: Reading, faster: float = 1.0) -> Floats:
    """(m,) seconds of the beats while notes sound, `faster` times as many: quarters, or dotted quarters in 6/8."""
    metre = reading.song.metre
    beat = 1.5 if metre and metre[1] == 8 else 1.0
    at = np.arange(reading.song.downbeat % beat, reading.line.end + 1, beat / faster)
    seconds = reading.song.clock.seconds(at)
    first, last = reading.song.clock.seconds(reading.line.onset[[0, -1]])
    return np.asarray(seconds[(seconds >= first - ON_BEAT) & (seconds <= last + ON_BEAT)] + late(reading))


def beat_f(true: Floats, found: Floats) -> float:
    """F1 of the beats that were found (m,) beside the true ones (k,), all in seconds, within `ON_BEAT`."""
    if not len(true) or not len(found):
        return 0.0
    right = int((np.abs(found[:, None] - true[None, :]).min(axis=0) <= ON_BEAT).sum())
    return 2 * min(right, len(found)) / (len(true) + len(found))


def _notes(found: Sequence[tuple[Sung, Reading | None]]) -> float:
    """The mean F1 of the notes; not a number without recordings."""
    if not found:
        return np.nan
    return float(np.mean([note_f1(one, reading) if reading else 0.0 for one, reading in found]))


def _beats(found: Sequence[tuple[Sung, Reading | None]], faster: Sequence[float] = (1.0,)) -> float:
    if not found:
        return np.nan
    return float(
        np.mean(
            [
                max(beat_f(one.beats, beats_of(reading, times)) for times in faster) if reading else 0.0
                for one, reading in found
            ]
        )
    )


def _speed(one: Sung) -> Figure:
    """Seconds of CPU time that 30 s of sound take, the best of five."""
    lasts = float(one.end[-1]) + 0.6
    best = np.inf
    for _ in range(5):
        began = process_time()
        read(one.data, NAME)
        best = min(best, process_time() - began)
    return Figure("seconds that 30 s of sound take", "sung", best * 30 / lasts, bar=SECONDS)
