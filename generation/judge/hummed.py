"""Make recordings whose notes are known: folk songs sung, whistled and played by machines, as a phone sends them."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.finish.sound.synth import REVERB_DEPTH, SAMPLE_RATE, Event, Synth
from generation.judge import festival
from generation.music.song import EXPRESSION
from generation.read.abc import read_abc
from generation.request import Refusal

Floats = NDArray[np.float64]

METRES = ((2, 4), (3, 4), (4, 4), (2, 2), (3, 2), (3, 8), (6, 8), (9, 8))
SECONDS = 13.0  # of a phrase
# Who sings fewer notes than that has not given a beat; more tones than two octaves, or more than nine notes a second,
# nobody hums.
FEWEST, WIDEST, FASTEST = 8, 24, 0.11
RATE = 24_000  # frames a second of our own voices
BIT_RATE = 32_000  # of Opus
NOISE = 20.0  # decibels below the voice
AGAIN = 0.07  # seconds of silence, at least, between two notes of one pitch
CENTS = 50.0  # by which a singer is off throughout, at most
# Formants in hertz, after Peterson and Barney (1952), and their widths.
VOWELS = {
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "e": (530, 1840, 2480),
    "m": (250, 1100, 2200),
}
WIDTHS = (90.0, 110.0, 170.0)
RANGES = {"bass": 45, "tenor": 50, "alto": 56, "soprano": 61, "child": 64, "whistle": 79}  # the lowest note, about
# General MIDI programs: those that sing or whistle, and instruments that play one note at a time well.
SINGERS = {"oohs": 53, "whistle": 78}
PLAYERS = {
    "piano": 0, "electric piano": 4, "vibraphone": 11, "marimba": 12, "reed organ": 20, "accordion": 21,
    "harmonica": 22, "guitar": 24, "electric guitar": 27, "bass": 32, "violin": 40, "cello": 42, "trumpet": 56,
    "trombone": 57, "horn": 60, "alto sax": 65, "oboe": 68, "clarinet": 71, "flute": 73, "recorder": 74,
}  # fmt: skip
SOUND_OFF = 120  # the controller that ends what rings
BLOWN_OR_BOWED = range(40, 80)
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
        tune = _placed(tune, low)
        bend = _contour(tune, rng) + rng.uniform(-CENTS, CENTS) / 100
        if i % 2:
            sound = _played(tune, SINGERS[name], bend)
            tune = _heard(tune, SINGERS[name])
        else:
            sound = _whistled(tune, bend, rng) if name == "whistle" else _voice(tune, bend, rng)
        yield _recorded(f"{name} {'(soundfont)' if i % 2 else '(ours)'} {i}", tune, _noisy(sound, rng))


def sung_by_festival(count: int, seed: int = 2) -> Iterator[Sung]:
    """Phrases that Festival sings, a little out of tune, with noise; nothing where it is not installed."""
    for i, (rng, tune) in enumerate(_songs(count if festival.installed() else 0, seed)):
        tune = _placed(tune, (45, 50, 55)[i % 3])
        pitch = np.asarray(tune.pitch + rng.uniform(-CENTS, CENTS) / 100, np.float64)
        sound, rate = festival.sing(tune.onset, tune.end, pitch, rng)
        at = np.arange(int(len(sound) * RATE / rate)) * rate / RATE
        yield _recorded(f"festival {i}", tune, _noisy(np.interp(at, np.arange(len(sound)), sound), rng))


def played(count: int, seed: int = 1) -> Iterator[Sung]:
    """Phrases played on one instrument of the soundfont."""
    for i, (_, tune) in enumerate(_songs(count, seed)):
        name = list(PLAYERS)[i % len(PLAYERS)]
        tune = _placed(tune, LOWEST.get(name, 57))
        yield _recorded(f"{name} {i}", _heard(tune, PLAYERS[name]), _played(tune, PLAYERS[name], None))


@dataclass(frozen=True, eq=False)
class _Tune:
    onset: Floats
    end: Floats
    pitch: NDArray[np.int64]
    beats: Floats


def _songs(count: int, seed: int) -> Iterator[tuple[np.random.Generator, _Tune]]:
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
            few = melody[melody.onset * quarter < SECONDS]
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
        yield rng, _Tune(onset, end, few.pitch.copy(), beats[beats <= onset[-1] + 0.05])


def _placed(tune: _Tune, lowest: int) -> _Tune:
    """The tune in a key in which its lowest note is this one."""
    return _Tune(tune.onset, tune.end, tune.pitch - int(tune.pitch.min()) + lowest, tune.beats)


def _frames(tune: _Tune, rate: int) -> int:
    return int((tune.end[-1] + 0.6) * rate)


STEP = 0.005  # seconds


def _contour(tune: _Tune, rng: np.random.Generator) -> Floats:
    """Semitones from the note that is due, every `STEP`: vibrato, glides into a note, unsteadiness."""
    at = np.arange(0, tune.end[-1] + 1, STEP)
    bend = np.cumsum(rng.normal(0, 0.004, len(at)))
    bend = 0.06 * (bend - bend.mean()) / max(float(bend.std()), 1e-9)
    depth, speed = rng.uniform(0.1, 0.5), rng.uniform(4.8, 6.5)
    glide = rng.uniform(0.03, 0.1)
    for i, onset in enumerate(tune.onset):
        here = (at >= onset - glide) & (at < tune.end[i])
        late = np.maximum(at[here] - onset - 0.2, 0)
        bend[here] += depth * np.minimum(late / 0.2, 1) * np.sin(2 * np.pi * speed * late)
        if i and onset - tune.end[i - 1] < 0.06:  # glides from the note before, half of the way at the onset
            leap = float(tune.pitch[i - 1] - tune.pitch[i])
            done = 1 / (1 + np.exp(-(at[here] - onset) / (glide / 5)))
            bend[here] += np.where(at[here] < onset, -leap * done, leap * (1 - done))
        elif rng.random() < 0.4:
            bend[here] -= rng.uniform(0.5, 2) * np.exp(-np.maximum(at[here] - onset, 0) / 0.04)
    return np.asarray(bend)


def _pitches(tune: _Tune, bend: Floats, rate: int) -> Floats:
    """(frames,) the sung pitch, in semitones."""
    at = np.arange(_frames(tune, rate)) / rate
    due = tune.pitch[np.maximum(np.searchsorted(tune.onset, at, side="right") - 1, 0)]
    return np.asarray(due + np.interp(at, np.arange(len(bend)) * STEP, bend))


def _loudness(tune: _Tune, rng: np.random.Generator, rate: int) -> Floats:
    """(frames,) loudness 0 … 1 of syllables, some of which begin with a consonant and some of which are slurred."""
    level = np.zeros(_frames(tune, rate))
    syllabic, attack = rng.uniform(0.4, 1), rng.uniform(0.015, 0.05)
    for i, (onset, end) in enumerate(zip(tune.onset, tune.end, strict=True)):
        a, b = int(onset * rate), int(end * rate)
        slurred = i > 0 and onset - tune.end[i - 1] < 0.06 and tune.pitch[i] != tune.pitch[i - 1]
        if slurred and rng.random() > syllabic:
            a -= int((onset - tune.end[i - 1]) * rate)
            level[a:b] = 0.8
            continue
        level[a:b] = rng.uniform(0.6, 1)
        gap = int(rng.uniform(0.03, 0.07) * rate)
        level[max(a - gap, 0) : a] *= rng.uniform(0.05, 0.35)
    width = int(attack * rate)
    return np.asarray(np.convolve(level, np.hanning(width) / np.hanning(width).sum(), "same"))


def _voice(tune: _Tune, bend: Floats, rng: np.random.Generator) -> Floats:
    """A source of harmonics through the formants of a vowel."""
    hertz = 440 * 2 ** ((_pitches(tune, bend, RATE) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    formants = VOWELS[str(rng.choice(list(VOWELS)))]
    size = rng.uniform(0.95, 1.2)
    sound = np.zeros(len(hertz))
    grid = np.arange(50.0, 5_000.0, 10.0)
    gain = sum(
        0.5**i / (1 + ((grid - size * f) / w) ** 2) for i, (f, w) in enumerate(zip(formants, WIDTHS, strict=True))
    )
    for harmonic in range(1, int(4_500 / hertz.min()) + 1):
        at = harmonic * hertz
        sound += (
            np.where(at < 4_800, np.interp(at, grid, np.asarray(gain) + 0.02), 0) * np.sin(harmonic * phase) / harmonic
        )
    breath = np.convolve(rng.normal(0, 1, len(sound)), [1, -0.7], "same")
    return np.asarray((sound / np.abs(sound).max() + rng.uniform(0.002, 0.02) * breath) * _loudness(tune, rng, RATE))


def _whistled(tune: _Tune, bend: Floats, rng: np.random.Generator) -> Floats:
    hertz = 440 * 2 ** ((_pitches(tune, bend, RATE) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    breath = rng.normal(0, rng.uniform(0.01, 0.05), len(hertz))
    return np.asarray((np.sin(phase) + 0.03 * np.sin(2 * phase) + breath) * _loudness(tune, rng, RATE))


def _played(tune: _Tune, program: int, bend: Floats | None) -> Floats:
    """The sound of the soundfont, (frames,) at `RATE`."""
    events: list[Event] = [(0.0, "program", 0, 0, program), (0.0, "control", 0, REVERB_DEPTH, 0)]
    for onset, end, pitch in zip(tune.onset, tune.end, tune.pitch, strict=True):
        events += [(onset, "on", 0, int(pitch), 90), (end, "off", 0, int(pitch), 0)]
        if bend is not None or program in BLOWN_OR_BOWED:  # one throat, one string: nothing rings on
            events += [(end - 0.04 + i * 0.0016, "control", 0, EXPRESSION, round(127 * 0.87**i)) for i in range(25)]
            events += [(onset - 0.002, "control", 0, SOUND_OFF, 0), (onset - 0.001, "control", 0, EXPRESSION, 127)]
    if bend is not None:
        for i, semitones in enumerate(bend[::2]):
            wheel = int(np.clip(8192 + semitones / 2 * 8192, 0, 16383))
            events.append((i * 2 * STEP, "bend", 0, wheel, 0))
    sound, done = np.zeros((_frames(tune, SAMPLE_RATE), 2), np.float32), 0
    synth = Synth(1)
    for event in sorted(events, key=lambda event: (event[0], event[1] == "on")):
        frame = min(int(event[0] * SAMPLE_RATE), len(sound))
        synth.write(sound[done:frame])
        synth.send(event)
        done = max(done, frame)
    synth.write(sound[done:])
    synth.close()
    at = np.arange(_frames(tune, RATE)) * SAMPLE_RATE / RATE
    return np.asarray(np.interp(at, np.arange(len(sound)), sound.mean(axis=1, dtype=np.float64)))


def _heard(tune: _Tune, program: int) -> _Tune:
    """The tune with its onsets where they are heard: where a single note of the instrument has reached half its
    level."""
    pitch = int(np.median(tune.pitch))
    alone = _Tune(np.array([0.1]), np.array([0.7]), np.array([pitch]), np.zeros(0))
    sound = np.abs(_played(alone, program, None))[: int(0.7 * RATE)]
    level = np.convolve(sound, np.ones(RATE // 100) / (RATE / 100), "same")
    steady = float(np.median(level[int(0.15 * RATE) : int(0.45 * RATE)]))
    late = float(np.argmax(level >= steady / 2)) / RATE - 0.1
    return _Tune(tune.onset + late, tune.end, tune.pitch, tune.beats + late)


def _noisy(sound: Floats, rng: np.random.Generator) -> Floats:
    power = float(np.mean(np.square(sound)))
    return np.asarray(sound + rng.normal(0, np.sqrt(power * 10 ** (-NOISE / 10)), len(sound)))


def _recorded(name: str, tune: _Tune, sound: Floats) -> Sung:
    return Sung(name, opus(sound, RATE), tune.onset, tune.end, tune.pitch, tune.beats)


def opus(sound: Floats, rate: int) -> bytes:
    """One channel as Ogg Opus, the format of Discord's voice messages."""
    import soundfile

    out = io.BytesIO()
    loud = 0.5 * sound / max(float(np.abs(sound).max()), 1e-9)
    level = 1 - (BIT_RATE - 6_000) / 250_000
    soundfile.write(out, loud, rate, format="OGG", subtype="OPUS", compression_level=level)
    return out.getvalue()
