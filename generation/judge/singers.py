"""Let machines sing, whistle and play a tune: a voice of formants, a whistle, the soundfont; as a phone records it."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.finish.sound.synth import REVERB_DEPTH, SAMPLE_RATE, Event, Synth
from generation.music.song import EXPRESSION

Floats = NDArray[np.float64]

RATE = 24_000  # frames a second of our own voices
BIT_RATE = 32_000  # of Opus
NOISE = 20.0  # decibels below the voice
STEP = 0.005  # seconds between two points of a contour
# Formants in hertz, after Peterson and Barney (1952), and their widths.
VOWELS = {
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "e": (530, 1840, 2480),
    "m": (250, 1100, 2200),
}
WIDTHS = (90.0, 110.0, 170.0)
SOUND_OFF = 120  # the controller that ends what rings
BLOWN_OR_BOWED = range(40, 80)


@dataclass(frozen=True, eq=False)
class Tune:
    """What is performed: `onset` and `end` (n,) seconds, `pitch` (n,) MIDI, `beats` (m,) seconds."""

    onset: Floats
    end: Floats
    pitch: NDArray[np.int64]
    beats: Floats


def placed(tune: Tune, lowest: int) -> Tune:
    """The tune in a key in which its lowest note is this one."""
    return Tune(tune.onset, tune.end, tune.pitch - int(tune.pitch.min()) + lowest, tune.beats)


def _frames(tune: Tune, rate: int) -> int:
    return int((tune.end[-1] + 0.6) * rate)


def contour(tune: Tune, rng: np.random.Generator) -> Floats:
    """(points,) semitones from the note that is due, every `STEP`: vibrato, glides into a note, unsteadiness."""
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


def _pitches(tune: Tune, bend: Floats, rate: int) -> Floats:
    """(frames,) the sung pitch, in semitones."""
    at = np.arange(_frames(tune, rate)) / rate
    due = tune.pitch[np.maximum(np.searchsorted(tune.onset, at, side="right") - 1, 0)]
    return np.asarray(due + np.interp(at, np.arange(len(bend)) * STEP, bend))


def _loudness(tune: Tune, rng: np.random.Generator, rate: int) -> Floats:
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


def voice(tune: Tune, bend: Floats, rng: np.random.Generator) -> Floats:
    """(frames,) a source of harmonics through the formants of a vowel; `bend` as from `contour`."""
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


def whistle(tune: Tune, bend: Floats, rng: np.random.Generator) -> Floats:
    """(frames,) a whistle: a sine with a little of its octave, and breath; `bend` as from `contour`."""
    hertz = 440 * 2 ** ((_pitches(tune, bend, RATE) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    breath = rng.normal(0, rng.uniform(0.01, 0.05), len(hertz))
    return np.asarray((np.sin(phase) + 0.03 * np.sin(2 * phase) + breath) * _loudness(tune, rng, RATE))


def soundfont(tune: Tune, program: int, bend: Floats | None) -> Floats:
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


def heard(tune: Tune, program: int) -> Tune:
    """The tune with its onsets where they are heard: where a single note of the instrument has reached half its
    level."""
    pitch = int(np.median(tune.pitch))
    alone = Tune(np.array([0.1]), np.array([0.7]), np.array([pitch]), np.zeros(0))
    sound = np.abs(soundfont(alone, program, None))[: int(0.7 * RATE)]
    level = np.convolve(sound, np.ones(RATE // 100) / (RATE / 100), "same")
    steady = float(np.median(level[int(0.15 * RATE) : int(0.45 * RATE)]))
    late = float(np.argmax(level >= steady / 2)) / RATE - 0.1
    return Tune(tune.onset + late, tune.end, tune.pitch, tune.beats + late)


def noisy(sound: Floats, rng: np.random.Generator) -> Floats:
    """The sound (frames,) with white noise, `NOISE` decibels softer."""
    power = float(np.mean(np.square(sound)))
    return np.asarray(sound + rng.normal(0, np.sqrt(power * 10 ** (-NOISE / 10)), len(sound)))


def opus(sound: Floats, rate: int) -> bytes:
    """One channel (frames,) as Ogg Opus, the format of Discord's voice messages."""
    import soundfile

    out = io.BytesIO()
    loud = 0.5 * sound / max(float(np.abs(sound).max()), 1e-9)
    level = 1 - (BIT_RATE - 6_000) / 250_000
    soundfile.write(out, loud, rate, format="OGG", subtype="OPUS", compression_level=level)
    return out.getvalue()
