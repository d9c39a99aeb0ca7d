"""Make recordings whose notes are known: folk songs sung, whistled and played by machines, as a phone sends them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.judge import festival
from generation.judge.singers import RATE, STEP, Tune, contour, heard, noisy, opus, placed, soundfont, voice, whistle
from generation.read.abc import read_abc
from generation.request import Refusal

Floats = NDArray[np.float64]

METRES = ((2, 4), (3, 4), (4, 4), (2, 2), (3, 2), (3, 8), (6, 8), (9, 8))
SECONDS = 13.0  # of a phrase
LONG, SINKS = 40.0, -0.025  # seconds for which a singer sinks, semitones a second
# With fewer notes than this, a singer gives no beat; nobody hums a range of more than two octaves, or more than nine
# notes a second.
FEWEST, WIDEST, FASTEST = 8, 24, 0.11
AGAIN = 0.07  # seconds of silence, at least, between two notes of one pitch
CENTS = 50.0  # the most by which a singer is off throughout
RANGES = {"bass": 45, "tenor": 50, "alto": 56, "soprano": 61, "child": 64, "whistle": 79}  # the lowest note, about
# General MIDI programs: those that sing or whistle, and instruments that play one note at a time well.
SINGERS = {"oohs": 53, "whistle": 78}
PLAYERS = {
    "piano": 0, "electric piano": 4, "vibraphone": 11, "marimba": 12, "reed organ": 20, "accordion": 21,
    "harmonica": 22, "guitar": 24, "electric guitar": 27, "bass": 32, "violin": 40, "cello": 42, "trumpet": 56,
    "trombone": 57, "horn": 60, "alto sax": 65, "oboe": 68, "clarinet": 71, "flute": 73, "recorder": 74,
}  # fmt: skip
LOWEST = {"bass": 33, "cello": 43, "trombone": 46, "horn": 48, "flute": 65, "recorder": 72, "violin": 60}


@dataclass(frozen=True, eq=False)
class Sung:
    """A recording and its contents.

    data   the bytes of an Ogg Opus file
    onset, end  (n,) seconds
    pitch  (n,) MIDI
    beats  (m,) seconds
    """

    name: str
    data: bytes
    onset: Floats
    end: Floats
    pitch: NDArray[np.int64]
    beats: Floats


def sung(count: int, seed: int = 0) -> Iterator[Sung]:
    """Phrases sung by our own voices and those of the soundfont, with vibrato, glides, breaths, noise and a tuning of
    their own."""
    for i, (rng, tune) in enumerate(_songs(count, seed)):
        if i % 2:
            name = list(SINGERS)[i // 2 % len(SINGERS)]
            low = 72 if name == "whistle" else 55
        else:
            name = list(RANGES)[i // 2 % len(RANGES)]
            low = RANGES[name]
        tune = placed(tune, low)
        bend = contour(tune, rng) + rng.uniform(-CENTS, CENTS) / 100
        if i % 2:
            sound = soundfont(tune, SINGERS[name], bend)
            tune = heard(tune, SINGERS[name])
        else:
            sound = whistle(tune, bend, rng) if name == "whistle" else voice(tune, bend, rng)
        yield _recorded(f"{name} {'(soundfont)' if i % 2 else '(ours)'} {i}", tune, noisy(sound, rng))


def sinking(count: int, seed: int = 3) -> Iterator[Sung]:
    """Phrases sung again and again by our own voices, who sink by a semitone until the end."""
    for i, (rng, tune) in enumerate(_songs(count, seed)):
        name = list(RANGES)[i % (len(RANGES) - 1)]
        tune = _repeated(placed(tune, RANGES[name]))
        bend = contour(tune, rng)
        bend += np.arange(len(bend)) * STEP * SINKS
        yield _recorded(f"{name} (sinking) {i}", tune, noisy(voice(tune, bend, rng), rng))


def sung_by_festival(count: int, seed: int = 2) -> Iterator[Sung]:
    """Phrases that Festival sings, a little out of tune, with noise; nothing where it is not installed."""
    for i, (rng, tune) in enumerate(_songs(count if festival.installed() else 0, seed)):
        tune = placed(tune, (45, 50, 55)[i % 3])
        pitch = np.asarray(tune.pitch + rng.uniform(-CENTS, CENTS) / 100, np.float64)
        sound, rate = festival.sing(tune.onset, tune.end, pitch, rng)
        at = np.arange(int(len(sound) * RATE / rate)) * rate / RATE
        yield _recorded(f"festival {i}", tune, noisy(np.interp(at, np.arange(len(sound)), sound), rng))


def played(count: int, seed: int = 1) -> Iterator[Sung]:
    """Phrases played on one instrument of the soundfont."""
    for i, (_, tune) in enumerate(_songs(count, seed)):
        name = list(PLAYERS)[i % len(PLAYERS)]
        tune = placed(tune, LOWEST.get(name, 57))
        yield _recorded(f"{name} {i}", heard(tune, PLAYERS[name]), soundfont(tune, PLAYERS[name], None))


def recorded() -> Sung:
    """A piano in a room, played by hand, whose recording is in the package music21: its notes were read from its
    spectrum, and their onsets from its loudness."""
    import music21

    data = (Path(music21.__file__).parent / "audioSearch" / "test_audio.wav").read_bytes()
    onset = np.array([
        2.8, 3.67, 4.54, 5.44, 6.43, 7.35, 8.25, 9.14, 10.16, 11.03, 11.97, 12.9, 13.94, 14.95, 15.96, 17.0, 17.8,
        18.75, 19.66,
    ])  # fmt: skip
    pitch = np.array([60, 62, 64, 65, 67, 69, 71, 72, 60, 64, 67, 72, 69, 65, 62, 61, 63, 66, 68])
    return Sung("piano in a room", data, onset, np.append(onset[1:], 20.0), pitch, np.zeros(0))


def _songs(count: int, seed: int) -> Iterator[tuple[np.random.Generator, Tune]]:
    """Beginnings of folk songs, performed without a click."""
    import music21

    books = sorted((Path(music21.__file__).parent / "corpus" / "essenFolksong").glob("*.abc"))
    text = "".join(book.read_text(encoding="latin-1") for book in books)
    texts = re.split(r"^(?=X:)", text, flags=re.MULTILINE)[1:]
    order = np.random.default_rng(seed)
    for _ in range(count):
        rng = np.random.default_rng(order.integers(2**32))
        while True:
            try:
                melody = read_abc(texts[int(rng.integers(len(texts)))])
            except Refusal:
                continue
            pace = float(rng.uniform(80, 126))
            quarter = 60 / pace
            few = melody.line[melody.line.onset * quarter < SECONDS]
            if (
                melody.metre in METRES
                and len(few) >= FEWEST
                and np.ptp(few.pitch) <= WIDEST
                and np.diff(few.onset).min() * quarter > FASTEST
            ):
                break
        last = int(np.ceil(few.end)) + 2
        paces = quarter * np.exp(np.cumsum(rng.normal(0, 0.012, last)))  # a pace that wanders
        clock = 0.3 + np.concatenate([[0.0], np.cumsum(paces)])
        onset, end = (np.interp(at, np.arange(last + 1), clock) for at in (few.onset, few.ends))
        onset = np.maximum.accumulate(onset + rng.normal(0, 0.012, len(onset)))
        end = np.minimum(onset + (end - onset) * rng.uniform(0.86, 1.0, len(onset)), np.append(onset[1:], np.inf))
        again = np.append(few.pitch[1:] == few.pitch[:-1], False)  # a note that is struck again must be let go before
        end = np.where(again, np.minimum(end, np.append(onset[1:], np.inf) - AGAIN), end)
        beat = 1.5 if melody.metre[1] == 8 else 1.0
        beats = np.interp(np.arange(melody.downbeat % beat, few.end, beat), np.arange(last + 1), clock)
        yield rng, Tune(onset, end, few.pitch.copy(), beats[beats <= onset[-1] + 0.05])


def _repeated(tune: Tune) -> Tune:
    """The tune again and again, with a breath between, until it has lasted `LONG`."""
    later = float(tune.end[-1]) + 0.4 - float(tune.onset[0])
    shift = later * np.arange(np.ceil(LONG / later))[:, None]
    onset, end, beats = ((shift + times).ravel() for times in (tune.onset, tune.end, tune.beats))
    return Tune(onset, end, np.tile(tune.pitch, len(shift)), beats)


def _recorded(name: str, tune: Tune, sound: Floats) -> Sung:
    return Sung(name, opus(sound, RATE), tune.onset, tune.end, tune.pitch, tune.beats)
