"""Find where notes are struck again in a recording: by how much louder each band becomes (SuperFlux).

After Böck and Widmer (2013), “Maximum filter vibrato suppression for onset detection”: a band is compared with the
loudest of its neighbours a moment before, so that vibrato, which moves from band to band, makes no onset.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from generation.read.recording import Samples

Floats = NDArray[np.float64]

RATE = 16_000
WINDOW, HOP = 1_024, 160  # samples: 64 ms, 10 ms
LOWEST, BANDS, OCTAVES = 80.0, 24, 6.5  # hertz, bands an octave, octaves
LAG = 2  # frames between those that are compared
AT_ONCE = 512  # windows whose spectra are in memory, roughly
FAINT = 1e-3  # of the loudest band: anything softer counts little


def attack_strength(sound: Samples) -> Floats:
    """(n,) how much louder the bands grow around each frame of `HOP` samples, in nats a band."""
    padded = np.pad(sound, (WINDOW // 2, WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    shape = np.hanning(WINDOW).astype(np.float32)
    magnitude = np.concatenate(
        [np.abs(np.fft.rfft(few * shape, axis=1)) for few in np.array_split(windows, len(windows) // AT_ONCE + 1)]
    )
    bands = magnitude @ _filters()
    level = np.log1p(bands / (FAINT * max(float(bands.max()), 1e-9)))
    around = np.maximum(level, np.maximum(np.roll(level, 1, axis=1), np.roll(level, -1, axis=1)))
    rise = np.maximum(level[LAG:] - around[:-LAG], 0).mean(axis=1)
    return np.asarray(np.concatenate([np.zeros(LAG // 2), rise, np.zeros(LAG - LAG // 2)]), np.float64)


@cache
def _filters() -> NDArray[np.float32]:
    """(bins, bands) triangles, a quarter of a tone apart."""
    centres = LOWEST * 2 ** (np.arange(int(BANDS * OCTAVES) + 2) / BANDS)
    bins = np.unique(np.round(centres * WINDOW / RATE).astype(int))
    bins = bins[bins < WINDOW // 2]
    at = np.arange(WINDOW // 2 + 1)[:, None]
    left, centre, right = bins[:-2], bins[1:-1], bins[2:]
    up, down = (at - left) / (centre - left), (right - at) / (right - centre)
    return np.asarray(np.maximum(np.minimum(up, down), 0), np.float32)
