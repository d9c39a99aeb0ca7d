"""The Weimar Jazz Database: solos note by note in seconds, with a beat track and loudness in dB."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import melody_of
from generation.music.notes import Notes
from generation.music.pulse import smoothed
from generation.music.song import Song

MODES = {"maj": "major", "min": "minor", "dor": "dorian", "mix": "mixolydian"}
SOFT, LOUD = 45, 110  # velocities at a solo's 5th and 95th percentile of loudness
MARGIN = 64  # beats beyond the beat track, at its median pace


def melodies(root: Path) -> Iterator[tuple[str, Song]]:
    with (root / "wjd_meta.csv").open(newline="") as file:
        keys = {row["id"].removesuffix(".sv"): row["key"] for row in csv.DictReader(file)}
    for path in sorted((root / "mcsv_melody").glob("*.csv")):
        beats = root / "mcsv_beat" / f"{path.stem}_beattrack.csv"
        yield path.stem, _solo(_rows(path), _rows(beats), _key(keys.get(path.stem, "")))


def beats(root: Path, name: str, melody: Song) -> list[tuple[float, int, str]]:
    """(quarter, pitch of the walking bass or 0, chord or "") of every beat from the first bar of the melody on."""
    rows = _rows(root / "mcsv_beat" / f"{name}_beattrack.csv")
    first = float(_rows(root / "mcsv_melody" / f"{name}.csv")[0]["onset"])
    assert melody.metre is not None
    quarters = 4 / melody.metre[1]
    place = np.interp(first, [float(row["onset"]) for row in rows], np.arange(len(rows)) * quarters)
    start = _start(float(place), rows, melody.metre[0], quarters)
    found = []
    for i, row in enumerate(rows):
        if (quarter := i * quarters - start) >= 0:
            bass = row.get("bass") or ""
            found.append((quarter, int(float(bass)) if bass not in ("", "NA") else 0, row.get("chord") or ""))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _key(text: str) -> Key | None:
    """ "Bb-maj" → B flat major; chromatic and unknown ones → None."""
    tonic, _, mode = text.partition("-")
    return Key(tonic, MODES[mode]) if mode in MODES else None


def _solo(notes: list[dict[str, str]], beats: list[dict[str, str]], key: Key | None) -> Song:
    """A solo with onsets in quarters of the beat track, smoothed over four beats: deviation from it is expression."""
    taps = np.array([float(beat["onset"]) for beat in beats])
    pace = float(np.median(np.diff(taps)))
    around = pace * np.arange(1, MARGIN + 1)
    pulse = smoothed(np.concatenate([taps[0] - around[::-1], taps, taps[-1] + around]))
    place = np.arange(len(pulse)) - MARGIN
    metre = tuple(int(part) for part in beats[0]["signature"].strip("'\"").split("/"))
    quarters = 4 / metre[1]
    begins = np.array([float(note["onset"]) for note in notes])
    ends = begins + [float(note["duration"]) for note in notes]
    onset, end = np.interp(begins, pulse, place) * quarters, np.interp(ends, pulse, place) * quarters
    start = _start(float(onset[0]), beats, metre[0], quarters)
    onset = np.maximum(onset - start, 0)
    keep = np.diff(np.maximum.accumulate(onset), prepend=-1) > 1e-3
    duration = np.maximum(end - start - onset, 0.02)
    pitch = np.array([int(float(note["pitch"])) for note in notes])
    velocity = _velocity([note.get("loud_median") or "" for note in notes])
    return melody_of(
        Notes(onset[keep], duration[keep], pitch[keep], velocity[keep]),
        (Tempo(0.0, float(np.clip(60 / pace * quarters, 20, 400))),),
        (metre[0], metre[1]),
        key,
    )


def _start(first: float, beats: list[dict[str, str]], per_bar: int, quarters: float) -> float:
    """The bar line before the first note, in quarters from the first beat of the beat track."""
    bar = per_bar * quarters
    down = next(i for i, beat in enumerate(beats) if beat["beat"] == "1") * quarters
    return float(np.floor((first - down + 0.1) / bar) * bar + down)


def _velocity(loudness: list[str]) -> NDArray[np.int64]:
    """Velocities, scaled to a solo's own range of loudness; notes without a measurement get the median."""
    known = np.array([float(text) if text not in ("", "NA") else np.nan for text in loudness])
    if np.isfinite(known).sum() <= 5:
        return np.full(len(known), 80)
    known = np.where(np.isfinite(known), known, np.nanmedian(known))
    soft, loud = np.percentile(known, [5, 95])
    scaled = SOFT + (LOUD - SOFT) * (known - soft) / max(loud - soft, 1e-3)
    return np.asarray(np.clip(scaled, 1, 127), dtype=np.int64)
