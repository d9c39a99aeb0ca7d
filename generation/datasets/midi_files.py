"""MIDI collections: classical piano, pop songs with a melody track, Irish tunes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generation.melody import Melody, Part, Tempo
from generation.pulse import steady
from generation.read_midi import read_midi
from generation.request import Refusal
from generation.song import Song

LOWEST = 55  # of a piano's melody
TOGETHER = 0.03  # quarters: notes that begin so close are one chord


def piano(root: Path) -> Iterator[tuple[str, Melody]]:
    """The highest sounding note, a heuristic, on a pulse that leaves the rubato in the notes."""
    for name, song in _songs(root / "midis", "*.mid"):
        if notes := _top([voice.part for voice in song.voices], LOWEST):
            yield name, steady(_melody(notes, song, key=False))


def pop909(root: Path) -> Iterator[tuple[str, Melody]]:
    for name, song in _songs(root / "POP909", "[0-9]*/[0-9]*.mid"):
        melody = [voice.part for voice in song.voices if voice.part.name.strip() == "MELODY"]
        if notes := _top(melody, 0):
            yield name, _melody(notes, song, key=False)


def irish(root: Path) -> Iterator[tuple[str, Melody]]:
    for name, song in _songs(root / "MIDI", "*.mid"):
        if notes := _top([voice.part for voice in song.voices], 0):
            yield name, _melody(notes, song, key=True)


def _songs(folder: Path, pattern: str) -> Iterator[tuple[str, Song]]:
    for path in sorted(folder.rglob(pattern)):
        try:
            yield path.stem, read_midi(path.read_bytes())
        except Refusal:
            continue


Note = tuple[float, float, int, int]  # onset, end, pitch, velocity


def _top(parts: list[Part], lowest: int) -> list[Note]:
    """The top note of every chord, without those that begin under a higher one still sounding."""
    every = sorted(
        (float(onset), float(onset + duration), int(pitch), int(velocity))
        for part in parts
        for onset, duration, pitch, velocity in zip(part.onset, part.duration, part.pitch, part.velocity, strict=True)
        if pitch >= lowest
    )
    tops: list[Note] = []
    for note in every:
        if tops and note[0] - tops[-1][0] < TOGETHER:
            if note[2] > tops[-1][2]:
                tops[-1] = (tops[-1][0], *note[1:])
        elif not (lowest and tops and note[0] < tops[-1][1] - 1e-6 and note[2] < tops[-1][2]):
            tops.append(note)
    return tops


def _melody(notes: list[Note], song: Song, key: bool) -> Melody:
    """One voice from the bar line before its first note."""
    onset, end, pitch, velocity = (np.array(column) for column in zip(*notes, strict=True))
    bar = song.metre[0] * 4 / song.metre[1] if song.metre else 0.0
    start = float(np.floor(onset[0] / bar + 1e-6) * bar) if bar else 0.0
    after = np.append(onset[1:], np.inf)
    duration = np.clip(np.minimum(end - onset, (after - onset) * 1.1), 0.02, 16)
    tempo = {max(0.0, mark.onset - start): mark.quarters_per_minute for mark in song.tempo}  # the last before wins
    marks = tuple(Tempo(quarter, pace) for quarter, pace in tempo.items())
    return Melody(onset - start, duration, pitch, velocity, marks, song.metre, song.key if key else None)
