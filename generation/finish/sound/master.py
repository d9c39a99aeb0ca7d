"""Master a sound: the usual loudness, with its peaks limited and nothing clipped."""

import numpy as np
import pyloudnorm
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import firwin, freqz, resample_poly

from generation.finish.sound.synth import SAMPLE_RATE, Sound

LOUDNESS = -16.0  # LUFS, integrated, by ITU-R BS.1770
CEILING = 10 ** (-1.4 / 20)  # true peak before encoding; MP3 adds a few tenths of a decibel to the 1 dB promised
MOST_GAIN = 10 ** (40 / 20)
OVERSAMPLED = 4  # times, to find the true peak
BETWEEN = firwin(20 * OVERSAMPLED + 1, 1 / OVERSAMPLED, window=("kaiser", 5.0))  # interpolates between the samples
# BS.1770's two filters, which weight a sound as the ear does, combined into one: numerator and denominator.
_SHELF, _HIGH_PASS = (
    pyloudnorm.IIRfilter(*design) for design in ((4.0, 2**-0.5, 1500.0, SAMPLE_RATE, "high_shelf"),
                                                 (0.0, 0.5, 38.0, SAMPLE_RATE, "high_pass"))
)  # fmt: skip
WEIGHING = np.polymul(_SHELF.b, _HIGH_PASS.b), np.polymul(_SHELF.a, _HIGH_PASS.a)
STEP, STEPS = SAMPLE_RATE // 10, 4  # loudness is measured in blocks of 4 steps (0.4 s), one block each step; in frames
STRETCH = 100  # steps
# The weighing as power by frequency, for the spectrum of one step: both halves of the spectrum count.
POWER = np.abs(freqz(*WEIGHING, rfftfreq(STEP, 1 / SAMPLE_RATE), fs=SAMPLE_RATE)[1]) ** 2
POWER[1:-1] *= 2
TURNS = 10  # of gain and limiter, at most
CLOSE, CLOSER = 0.3, 0.1  # decibels: loud enough; the least by which a turn has to bring the loudness nearer
HIGH, APART, MARGIN = 0.7, 256, 64  # near this share of the peak, samples are interpolated: in clusters, with a margin
HEADROOM = 0.98  # of the ceiling, because the peak between the samples may be a little higher
LOOK_AHEAD = round(0.006 * SAMPLE_RATE)
HOLD = round(0.06 * SAMPLE_RATE)


def master(sound: Sound) -> Sound:
    """The sound (frames, 2) at −16 LUFS, with its true peaks limited to −1.4 dBTP. Silence stays silence."""
    peak = float(_level(sound).max(initial=0.0))
    if peak == 0.0:
        return sound
    before = np.inf
    for _ in range(TURNS):  # the limiter makes percussive sounds a little softer, so gain and limiter take turns
        lacking = LOUDNESS - loudness(sound)
        if not np.isfinite(lacking):  # the whole sound lies below the gate of the measurement
            lacking = 20 * np.log10(CEILING / peak)
        if abs(lacking) < CLOSE or abs(lacking) > before - CLOSER:  # close enough, or no longer getting closer
            break
        before = abs(lacking)
        sound = sound * np.float32(min(10 ** (lacking / 20), MOST_GAIN))
        if true_peak(sound) <= CEILING:
            break
        sound = _limit(sound)
    return sound


def loudness(sound: Sound) -> float:
    """Integrated loudness in LUFS of a sound (frames, 2), gated twice as ITU-R BS.1770-4 says; −inf for silence."""
    if len(sound) < STEPS * STEP:
        sound = np.pad(sound, ((0, STEPS * STEP - len(sound)), (0, 0)))
    # In stretches, since an hour at once would fill the memory. Weighed by frequency: a filter takes six times as long.
    whole = sound[: len(sound) // STEP * STEP].reshape(-1, STEP, 2)
    steps = [_weighed(whole[i : i + STRETCH]) for i in range(0, len(whole), STRETCH)]
    blocks = np.convolve(np.concatenate(steps), np.ones(STEPS), "valid") / (STEPS * STEP)
    with np.errstate(divide="ignore"):
        levels = -0.691 + 10 * np.log10(blocks)
        gate = -70.0
        for below in (-10.0, 0.0):
            loud = blocks[levels > gate]
            if not len(loud):
                return -np.inf
            gate = max(gate, -0.691 + 10 * np.log10(loud.mean()) + below)
    return float(gate)


def _weighed(steps: Sound) -> NDArray[np.float64]:
    """The energy (n,) of steps (n, STEP, 2), both channels together, weighed as the ear does."""
    spectrum = rfft(np.moveaxis(steps, 2, 1), axis=2)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.asarray(power.sum(1) @ POWER / STEP, np.float64)


def true_peak(sound: Sound) -> float:
    """The largest magnitude in a sound (frames, 2), between samples too: 4 × oversampled near the highest ones."""
    level = _level(sound)
    near = np.flatnonzero(level > HIGH * level.max(initial=0.0))
    peak = float(level.max(initial=0.0))
    for cluster in np.split(near, np.flatnonzero(np.diff(near) > APART) + 1):
        if len(cluster):
            stretch = sound[max(0, cluster[0] - MARGIN) : cluster[-1] + MARGIN]
            peak = max(peak, float(np.abs(resample_poly(stretch, OVERSAMPLED, 1, 0, BETWEEN)).max()))
    return peak


def _level(sound: Sound) -> NDArray[np.float32]:
    """(frames,): the larger magnitude of left and right."""
    return np.maximum(np.abs(sound[:, 0]), np.abs(sound[:, 1]))


def _limit(sound: Sound) -> Sound:
    """The sound (frames, 2), turned down smoothly around each peak above the ceiling; nothing is clipped."""
    wanted = np.minimum(1, CEILING * HEADROOM / np.maximum(_level(sound), 1e-9))
    held = minimum_filter1d(wanted, 2 * LOOK_AHEAD + HOLD, origin=HOLD // 2)
    smooth = uniform_filter1d(uniform_filter1d(held, LOOK_AHEAD), LOOK_AHEAD)
    sound = sound * smooth[:, None].astype(np.float32)
    return sound * np.float32(min(1.0, CEILING / true_peak(sound)))
