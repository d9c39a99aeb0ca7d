"""Follow the pitch of a recording of one voice, frame by frame, with the network of the package swift-f0."""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.read.recording import RATE, Samples, hushed

Floats = NDArray[np.float64]

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # or else the network's library writes about its use to the user's home

OWN_RATE = 16_000  # of the network: a pitch up to 2,094 Hz
HOP = 256  # samples from one frame of the network to the next
PIECE = 4  # seconds that are analysed at a time: a long recording takes no more memory than a short one
WINDOW = 2_048  # samples of a spectrum at `OWN_RATE`
# A whistle: its loudest partial mostly lies above so many hertz, and less than this share of the power lies below half
# of that.
PEAKS, BELOW = 1_000.0, 0.003
LOWEST = 8  # bin of a spectrum, 62 Hz: rumble lies below
PARTIALS = 30  # bins that a few partials fill
LOUD = 25.0  # decibels below the loudest frames, down to which frames count
KEPT, WITHIN = 0.15, 1.0  # seconds for which a pitch that is held stays within so many semitones


@dataclass(frozen=True, eq=False)
class Track:
    """The pitch of a recording, (n,) frames.

    step     seconds from one frame to the next; a frame begins at its index times that
    pitch    MIDI, with fractions
    sure     0 … 1: how certain this pitch is, and that there is one at all
    level    decibels
    """

    step: float
    pitch: Floats
    sure: Floats
    level: Floats


def pitch_track(heard: Samples) -> Track:
    """The track of some samples (n,) at `RATE`."""
    half = heard[: len(heard) // 2 * 2].reshape(-1, 2).mean(axis=1)
    high = _whistled(half)
    # A whistle is played at half speed, an octave lower: the network knows nothing above 2,094 Hz.
    sound, octave = (heard, 12.0) if high else (half, 0.0)
    with hushed():  # confined, the library complains that it cannot look for graphics cards
        from swift_f0 import SwiftF0  # 28 MB of libraries, and only where there is a recording

        follower = SwiftF0(threads=1).stream()
    size = PIECE * OWN_RATE
    found = [follower.push(sound[i : i + size], OWN_RATE) for i in range(0, len(sound), size)] + [follower.flush()]
    hertz, sure, level = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("pitch_hz", "confidence", "loudness_db")
    )
    pitch = 69 + 12 * np.log2(np.maximum(hertz, 1.0) / 440) + octave
    return Track(HOP / RATE if high else HOP / OWN_RATE, pitch, sure, level)


def spectra(sound: Samples, hop: int) -> Floats:
    """(frames, bins) power of some samples at `OWN_RATE`."""
    if len(sound) < WINDOW:
        sound = np.pad(sound, (0, WINDOW - len(sound)))
    view = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::hop]
    return np.asarray(np.abs(np.fft.rfft(view * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2, np.float64)


def tonal(sound: Samples) -> float:
    """The share of the power of the loud frames that lies in their strongest partials, 0 … 1; little in noise. `sound`:
    (n,)."""
    power = spectra(sound, WINDOW)[:, LOWEST : WINDOW // 4]  # up to 4 kHz
    loudness = power.sum(axis=1)
    loud = power[loudness > loudness.max() * 10 ** (-LOUD / 10)]
    return float(np.median(np.sort(loud, axis=1)[:, -PARTIALS:].sum(axis=1) / loud.sum(axis=1)))


def held(track: Track) -> float:
    """The share of the frames with a clear pitch in which it is held for a while, 0 … 1; little in speech."""
    clear = (track.sure >= 0.5) & (track.level > track.level.max() - LOUD)
    long = round(KEPT / track.step)
    if len(clear) < long or not clear.any():
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view
    still = windows(clear, long).all(axis=1) & (np.ptp(windows(track.pitch, long), axis=1) <= WITHIN)
    within = np.convolve(still, np.ones(long)) > 0
    return float(within[clear].mean())


def _whistled(sound: Samples) -> bool:
    """Whether there is nothing below a high pitch."""
    power = spectra(sound, WINDOW)[:, LOWEST:]
    loudness = power.sum(axis=1)
    power = power[loudness > loudness.max() * 10 ** (-LOUD / 10)]
    hertz = float(np.median(power.argmax(axis=1) + LOWEST)) * OWN_RATE / WINDOW
    below = power[:, : max(int(hertz / 2 * WINDOW / OWN_RATE) - LOWEST, 0)].sum(axis=1) / power.sum(axis=1)
    return hertz > PEAKS and float(np.median(below)) < BELOW
