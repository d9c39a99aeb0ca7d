"""Master a sound: the usual loudness, with its peaks limited and nothing clipped."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.finish.sound.synth import SAMPLE_RATE, Sound

LOUDNESS = -16.0  # LUFS, integrated, by ITU-R BS.1770
CEILING = 10 ** (-1.4 / 20)  # true peak before encoding; MP3 adds a few tenths of a decibel to the 1 dB promised
MOST_GAIN = 10 ** (40 / 20)
OVERSAMPLED = 4  # times, to find the true peak
STEP, STEPS = SAMPLE_RATE // 10, 4  # loudness is measured in blocks of 4 steps (0.4 s), one block each step; in frames
STRETCH = 100  # steps
LOOK_AHEAD = round(0.006 * SAMPLE_RATE)
HOLD = round(0.06 * SAMPLE_RATE)


def _weighing() -> NDArray[np.float64]:
    """(STEP,): the two filters by which BS.1770 weighs a sound as the ear does, as a factor of the power at every
    frequency of one step. The filters are Bristow-Johnson's of second order, as De Man fitted them to the standard: a
    shelf of 4 dB from 1.5 kHz, and a high pass at 38 Hz."""
    turn = np.exp(-2j * np.pi * np.arange(STEP) / STEP)

    def response(b: list[float], a: list[float]) -> NDArray[np.complex128]:
        return np.asarray(np.polyval(b[::-1], turn) / np.polyval(a[::-1], turn))

    high, at = 10 ** (4.0 / 40), 2 * np.pi * 1500.0 / SAMPLE_RATE
    up, down, wide = high + 1, high - 1, 2 * np.sqrt(high) * np.sin(at) / np.sqrt(2)
    cos = np.cos(at)
    shelf = response(
        [high * (up + down * cos + wide), -2 * high * (down + up * cos), high * (up + down * cos - wide)],
        [up - down * cos + wide, 2 * (down - up * cos), up - down * cos - wide],
    )
    cos, sin = np.cos(2 * np.pi * 38.0 / SAMPLE_RATE), np.sin(2 * np.pi * 38.0 / SAMPLE_RATE)
    high_pass = response([(1 + cos) / 2, -1 - cos, (1 + cos) / 2], [1 + sin, -2 * cos, 1 - sin])
    return np.abs(shelf * high_pass) ** 2


def _phases() -> list[NDArray[np.float32]]:
    """The filters that interpolate at each quarter of the way from one sample to the next: a windowed sinc."""
    reach = 10 * OVERSAMPLED
    whole = np.sinc(np.arange(-reach, reach + 1) / OVERSAMPLED) * np.kaiser(2 * reach + 1, 5.0)
    whole *= OVERSAMPLED / whole.sum()
    return [whole[phase::OVERSAMPLED].astype(np.float32) for phase in range(OVERSAMPLED)]


WEIGHING, PHASES = _weighing(), _phases()


def master(sound: Sound) -> Sound:
    """The sound (frames, 2) at −16 LUFS, with its true peaks limited to −1.4 dBTP. Silence stays silence."""
    peak = float(_level(sound).max(initial=0.0))
    if peak == 0.0:
        return sound
    before = np.inf
    for _ in range(10):  # the limiter makes percussive sounds a little softer, so gain and limiter take turns
        lacking = LOUDNESS - loudness(sound)
        if not np.isfinite(lacking):  # the whole sound lies below the gate of the measurement
            lacking = 20 * np.log10(CEILING / peak)
        if abs(lacking) < 0.3 or abs(lacking) > before - 0.1:  # close enough, or no longer getting closer
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
    # As real and imaginary part of one signal, the channels share one transform: their energies add up.
    spectrum = np.fft.fft(np.ascontiguousarray(steps).view(np.complex64)[..., 0])
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.asarray(power @ WEIGHING / STEP, np.float64)


def true_peak(sound: Sound) -> float:
    """The largest magnitude in a sound (frames, 2), between samples too: 4 × oversampled near the highest ones."""
    level = _level(sound)
    near = np.flatnonzero(level > 0.7 * level.max(initial=0.0))
    peak = float(level.max(initial=0.0))
    for cluster in np.split(near, np.flatnonzero(np.diff(near) > 256) + 1):
        if len(cluster):
            stretch = sound[max(0, cluster[0] - 64) : cluster[-1] + 64]
            for side in stretch.T:
                peak = max(peak, *(float(np.abs(np.convolve(side, phase, "same")).max()) for phase in PHASES))
    return peak


def _level(sound: Sound) -> NDArray[np.float32]:
    """(frames,): the larger magnitude of left and right."""
    return np.maximum(np.abs(sound[:, 0]), np.abs(sound[:, 1]))


def _limit(sound: Sound) -> Sound:
    """The sound (frames, 2), turned down smoothly around each peak above the ceiling; nothing is clipped."""
    ceiling = CEILING * 0.98  # because the peak between the samples may be a little higher
    wanted = np.minimum(1, ceiling / np.maximum(_level(sound), 1e-9))
    held = _lowest(wanted, LOOK_AHEAD + HOLD, LOOK_AHEAD)
    smooth = _mean(_mean(held, LOOK_AHEAD), LOOK_AHEAD)
    sound = sound * smooth[:, None].astype(np.float32)
    return sound * np.float32(min(1.0, CEILING / true_peak(sound)))


def _lowest(gain: NDArray[np.float32], before: int, after: int) -> NDArray[np.float32]:
    """(frames,): the lowest gain from some frames before each one to some frames after it, by van Herk's method: every
    such stretch is the end of one block and the beginning of the next."""
    width = before + after + 1
    padded = np.pad(gain, (before, after + -(len(gain) + before + after) % width), constant_values=1)
    blocks = padded.reshape(-1, width)
    beginnings = np.minimum.accumulate(blocks, axis=1).ravel()
    ends = np.minimum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.minimum(ends[: len(gain)], beginnings[width - 1 :][: len(gain)])


def _mean(gain: NDArray[Any], width: int) -> NDArray[np.float64]:
    """(frames,): the mean of `width` frames around each."""
    padded = np.pad(gain, (width // 2 + 1, (width - 1) // 2), mode="edge").astype(np.float64)
    summed = np.cumsum(padded)
    return (summed[width:] - summed[:-width]) / width
