"""Sound that begins with the recording that was sent, instead of its transcription."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.finish.sound.master import loudness
from generation.finish.sound.render import render
from generation.finish.sound.synth import SAMPLE_RATE, Sound
from generation.music.clock import Clock
from generation.music.song import Part, Recorded

BEFORE = 0.3  # seconds that are kept before the first note, for a breath or a consonant
RING = 0.3  # seconds that are kept after the last note
FADE_IN, FADE_OUT = 0.02, 0.15  # seconds
MOST_GAIN = 30.0  # decibels by which a soft recording is raised
SET, SET_FINELY, PARAMETER = 6, 38, (101, 100)  # controllers that set a registered parameter, and that choose it
FINE_TUNING, COARSE_TUNING = 1, 2  # registered parameters
MIDDLE = 64  # of a controller: no change


def start_of_recording(recorded: Recorded, given: Sequence[Part], clock: Clock) -> float:
    """The second, by `clock`, at which the sound begins: shortly before the first note, or with the recording."""
    first = _first(given, clock)
    return max(first - BEFORE, first - recorded.begins)


def render_after(
    samples: NDArray[np.float32], recorded: Recorded, given: Sequence[Part], new: Sequence[Part], clock: Clock
) -> Sound:
    """The recording and then the new parts, (frames, 2) float32, neither mastered nor clipped.

    samples  (n,) the recording at `SAMPLE_RATE`
    given    the parts that were transcribed from it; like the `new` ones, on `clock`

    Both are equally loud (ITU-R BS.1770), and the new parts are in tune with the end of the recording, which ends with
    its last note, or where the new music begins.
    """
    start = start_of_recording(recorded, given, clock)
    played = render([_tuned(part, recorded.tuning) for part in new], clock, start=start)
    seam = _first(new, clock) - start
    last = max(clock.second(part.notes.end) for part in given) - start
    own = recorded.begins - _first(given, clock) + start  # second of the recording at which the sound begins
    length = min(last + RING, seam + FADE_OUT)
    begin = round(max(own, 0.0) * SAMPLE_RATE)
    heard = samples[begin : begin + round(length * SAMPLE_RATE)]
    heard = heard - heard.mean(dtype=np.float64).astype(np.float32) if len(heard) else heard
    heard = np.repeat(_faded(heard)[:, None], 2, axis=1)
    lacking = loudness(played[round(seam * SAMPLE_RATE) :]) - loudness(heard)
    if np.isfinite(lacking):
        heard = heard * np.float32(10 ** (min(lacking, MOST_GAIN) / 20))
    sound = np.zeros((max(len(played), len(heard)), 2), np.float32)
    sound[: len(played)] = played
    sound[: len(heard)] += heard
    return sound


def _tuned(part: Part, semitones: float) -> Part:
    """The part played so many semitones higher, by the registered parameters of MIDI."""
    coarse = round(semitones)
    fine = min(round((semitones - coarse + 1) * 8_192), 16_383)
    values = ((FINE_TUNING, fine >> 7, fine & 127), (COARSE_TUNING, MIDDLE + coarse, 0))
    controls = [
        (float(part.notes.onset[0]), controller, value)
        for number, high, low in values
        for controller, value in zip((*PARAMETER, SET_FINELY, SET), (0, number, low, high), strict=True)
    ]
    return replace(part, controls=(*controls, *part.controls))


def _first(parts: Sequence[Part], clock: Clock) -> float:
    """The second, by `clock`, of the first note."""
    return clock.second(min(float(part.notes.onset[0]) for part in parts if len(part.notes)))


def _faded(heard: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples (n,) that begin and end without a click."""
    shape = np.ones(len(heard), np.float32)
    up, down = (min(round(seconds * SAMPLE_RATE), len(heard) // 2) for seconds in (FADE_IN, FADE_OUT))
    shape[:up] = np.sin(np.linspace(0, np.pi / 2, up))
    shape[len(heard) - down :] *= np.cos(np.linspace(0, np.pi / 2, down))
    return heard * shape
