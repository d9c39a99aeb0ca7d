"""What the network for chords is told about each beat of a tune."""

import numpy as np
from numpy.typing import NDArray

from generation.model.tokens import Ints

Reals = NDArray[np.float64]
STYLES = ("pop", "jazz", "standards", "hymn")  # the network knows them by their place
PLACES, PHRASE = 3, 4  # places of beats, as in `harmony`; bars after which the count of bars begins again
NEAR, FAR = 0.1, 4.0  # quarters: how exactly a note begins on a beat; silences and endings farther off are alike
INPUTS = 3 * 12 + PLACES + PHRASE + 4 + len(STYLES)


def tune_beats(beats: Reals, places: Ints, onset: Reals, duration: Reals, pitch: Ints, style: str) -> Reals:
    """(beats, INPUTS) what is heard of a tune in the key without signs: how long each pitch class sounds during a beat,
    which one begins on it, which ones the whole tune has; then where the beat is in its bar, its phrase and the tune.

    beats, places           (beats,) quarters, and the place of each in its bar
    onset, duration, pitch  (n,) of the tune
    style                   one of `STYLES`
    """
    count = len(beats)
    edges, end = np.append(beats, beats[-1] + 4), onset + duration
    sounds, struck = np.zeros((count, 12)), np.zeros((count, 12))
    first = np.clip(np.searchsorted(beats, onset + NEAR, side="right") - 1, 0, None)
    for i, beat in enumerate(first):
        struck[beat, pitch[i] % 12] += abs(onset[i] - beats[beat]) < NEAR
        while beat < count and end[i] > edges[beat] + 1e-6:
            sounds[beat, pitch[i] % 12] += max(min(end[i], edges[beat + 1]) - max(onset[i], edges[beat]), 0.05)
            beat += 1
    usual = sounds.sum(0) / max(sounds.sum(), 1e-9)
    bar = np.cumsum(places == 0) % PHRASE
    at = np.searchsorted(onset, beats + NEAR, side="right")
    since = np.where(at > 0, beats - onset[np.maximum(at - 1, 0)], FAR)
    until = np.where(at < len(onset), onset[np.minimum(at, len(onset) - 1)] - beats, FAR)
    near = np.stack([since, until, beats[-1] - beats], 1).clip(0, FAR) / FAR
    silent = sounds.sum(1, keepdims=True) < NEAR
    return np.concatenate(
        [
            sounds,
            np.minimum(struck, 1),
            np.tile(3 * usual, (count, 1)),
            np.eye(PLACES)[places],
            np.eye(PHRASE)[bar],
            near,
            silent,
            np.tile(np.eye(len(STYLES))[STYLES.index(style)], (count, 1)),
        ],
        axis=1,
    )


def turned(seen: NDArray[np.float32], semitones: int) -> NDArray[np.float32]:
    """(beats, INPUTS) as from `tune_beats`, for the tune transposed by `semitones`."""
    classes = [np.roll(seen[:, at : at + 12], semitones, axis=1) for at in (0, 12, 24)]
    return np.concatenate([*classes, seen[:, 36:]], axis=1)
