"""MIDI collections: classical piano, pop songs with a melody track, Irish tunes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import melody_of
from generation.music.notes import Notes
from generation.music.pulse import steady, strongest_beat
from generation.music.song import Part, Song
from generation.read.midi import read_midi
from generation.request import Refusal

LOWEST = 55  # of a piano's melody
BASS = 55  # pitches below this are the left hand's, whose long notes mark where bars begin
WALTZ = 1.25  # how many times clearer bars of three must be than bars of four, which are much more common
TOGETHER = 0.03  # quarters: notes that begin within this time are one chord


def piano(root: Path) -> Iterator[tuple[str, Song]]:
    """The top line of piano pieces, on a steady pulse, so that rubato is in the notes."""
    return _each(root / "midis", "*.mid", piano_melody)


def piano_melody(song: Song) -> Song:
    """The top line of a piano piece. `Refusal` if there is none."""
    return steady(_melody(song.parts, song, LOWEST))


def pop909(root: Path) -> Iterator[tuple[str, Song]]:
    """The track “MELODY” of each song."""

    def melody(song: Song) -> Song:
        return _melody([part for part in song.parts if part.name.strip() == "MELODY"], _barred(song))

    return _each(root / "POP909", "[0-9]*/[0-9]*.mid", melody)


def _barred(song: Song) -> Song:
    """The song in bars of four or three quarters, which begin where its bass suggests.

    Three files in four state 1/4, and in nearly all of them the beat is a constant fraction of a quarter off the file's
    grid.
    """
    beside = _beside(np.concatenate([part.notes.onset for part in song.parts]))
    bass = [part.notes for part in song.parts if part.name.strip() == "PIANO"]
    if not bass or not np.any(bass[0].pitch < BASS):
        return replace(song, metres=((0.0, (4, 4)),), pickup=beside)
    low = bass[0].pitch < BASS
    sixteenth = np.round((bass[0].onset[low] - beside) * 4).astype(int)
    lasting = np.minimum(bass[0].duration[low], 4)
    beat = int(np.argmax([lasting[sixteenth % 4 == place].sum() for place in range(4)]))
    on_beat = sixteenth % 4 == beat
    quarter, lasting = (sixteenth[on_beat] - beat) // 4, lasting[on_beat]
    (four, downbeat), (three, waltz) = (strongest_beat(quarter, lasting, bar) for bar in (4, 3))
    if three > WALTZ * four:
        return replace(song, metres=((0.0, (3, 4)),), pickup=beside + beat / 4 + waltz)
    return replace(song, metres=((0.0, (4, 4)),), pickup=beside + beat / 4 + downbeat)


def _beside(onset: NDArray[np.float64]) -> float:
    """Quarters by which the notes' sixteenths are off the file's: the mean angle of onsets (n,) on a circle."""
    turn = np.exp(8j * np.pi * onset).mean()
    return float(np.angle(turn) / (8 * np.pi))


def irish(root: Path) -> Iterator[tuple[str, Song]]:
    """Irish tunes, in the keys that their files state."""
    return _each(root / "MIDI", "*.mid", lambda song: _melody(song.parts, song, key=song.key))


def _each(folder: Path, pattern: str, melody: Callable[[Song], Song]) -> Iterator[tuple[str, Song]]:
    """Every file that can be read and is no longer than a melody may be."""
    for path in sorted(folder.rglob(pattern)):
        try:
            yield path.stem, melody(read_midi(path.read_bytes()))
        except Refusal:
            continue


Note = tuple[float, float, int, int]  # onset, end, pitch, velocity


def _top(parts: Sequence[Part], lowest: int) -> list[Note]:
    """The top note of every chord, without those that begin under a higher one still sounding."""
    every = sorted(
        (float(onset), float(end), int(pitch), int(velocity))
        for part in parts
        for onset, end, pitch, velocity in zip(
            part.notes.onset, part.notes.ends, part.notes.pitch, part.notes.velocity, strict=True
        )
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


def _melody(parts: Sequence[Part], song: Song, lowest: int = 0, key: Key | None = None) -> Song:
    """The top line of parts, from the bar line before its first note. `Refusal` if there is none."""
    notes = _top(parts, lowest)
    if not notes:
        raise Refusal("There is no melody.")
    onset, end, pitch, velocity = (np.array(column) for column in zip(*notes, strict=True))
    bar = song.bar or 0.0
    start = float(np.floor((onset[0] - song.downbeat) / bar + 1e-6) * bar) + song.downbeat if bar else 0.0
    after = np.append(onset[1:], np.inf)
    duration = np.clip(np.minimum(end - onset, (after - onset) * 1.1), 0.02, 16)
    tempo = {0.0: song.tempo[0].quarters_per_minute}  # also for a bar that begins before the file does
    tempo |= {max(0.0, mark.onset - start): mark.quarters_per_minute for mark in song.tempo}  # the last before it wins
    marks = tuple(Tempo(quarter, pace) for quarter, pace in tempo.items())
    return melody_of(Notes(onset - start, duration, pitch, velocity), marks, song.metre, key)
