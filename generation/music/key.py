"""Find the key of a tune from its notes."""

import numpy as np
from numpy.typing import NDArray

from generation.music.melody import Key

# How well each pitch class fits a major and a minor key on C: the probe-tone ratings of
# Krumhansl and Kessler (1982), “Tracing the dynamic changes in perceived tonal organization”.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
MAJOR_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


def find_key(pitch: NDArray[np.int64], weight: NDArray[np.float64]) -> Key:
    """The major or minor key whose profile correlates best with the pitch classes, weighted (by duration, say)."""
    heard = np.bincount(pitch % 12, weights=weight, minlength=12)
    if np.ptp(heard) == 0:
        return Key("C", "major")
    fits = [
        (float(np.corrcoef(np.roll(profile, tonic), heard)[0, 1]), Key(names[tonic], mode))
        for mode, profile, names in (("major", MAJOR, MAJOR_TONICS), ("minor", MINOR, MINOR_TONICS))
        for tonic in range(12)
    ]
    return max(fits, key=lambda fit: fit[0])[1]
