"""Song: what a file of several voices holds, before its melody is found."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.key import Key
from generation.music.melody import Part
from generation.request import Words


@dataclass(frozen=True, eq=False)
class Voice:
    """One part of a file, and what tells whether it is the melody.

    place   where it stands, such as “track 2” or “part 1”
    lyrics  number of its notes that carry a syllable
    drums   whether its pitches are drums rather than tones
    said    whether the file names its instrument
    """

    part: Part
    place: Words
    channel: int = 0
    drums: bool = False
    lyrics: int = 0
    said: bool = False


@dataclass(frozen=True, eq=False)
class Song:
    """The voices of a file on one clock, in quarter notes; fields as in `Melody`.

    remarks  what was mended or left out in reading, in half a sentence each
    """

    voices: tuple[Voice, ...]
    tempo: tuple[Tempo, ...] = (Tempo(0.0, DEFAULT_TEMPO),)
    metre: tuple[int, int] | None = None
    key: Key | None = None
    downbeat: float = 0.0
    title: str = ""
    remarks: tuple[Words, ...] = ()


def legible(words: str) -> str:
    """A name or a title as one line of a bearable length, without signs that nobody sees or that turn it round."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())[:80]


def trimmed(song: Song) -> Song:
    """The same without the empty bars before the first tone; less than a bar of silence stays."""
    bar = song.metre[0] * 4 / song.metre[1] if song.metre else 4.0
    voices = tuple(voice for voice in song.voices if len(voice.part.onset) and not voice.drums)
    if not voices:
        return song
    first = min(float(voice.part.onset[0]) for voice in voices)
    # Bars are counted from the downbeat, so that a pickup stays a pickup.
    silence = np.floor((first - song.downbeat) / bar + 1e-6) * bar + song.downbeat
    silence = float(silence if first > bar else 0.0)
    if silence <= 0:
        return song
    tempo = [replace(mark, onset=max(0.0, mark.onset - silence)) for mark in song.tempo]
    running = max(i for i, mark in enumerate(tempo) if mark.onset == 0)
    return replace(
        song,
        voices=tuple(replace(voice, part=_earlier(voice.part, silence)) for voice in voices),
        tempo=tuple(tempo[running:]),
        downbeat=0.0,
    )


def _earlier(part: Part, quarters: float) -> Part:
    onset: NDArray[np.float64] = np.maximum(part.onset - quarters, 0.0)
    pedal = {max(0.0, quarter - quarters): value for quarter, value in part.pedal}
    return replace(part, onset=onset, pedal=tuple(pedal.items()))
