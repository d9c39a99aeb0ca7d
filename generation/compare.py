"""Compare continuations with the true ones: what of the tune they keep, how they move, how they are played."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from generation import tokens
from generation.corpus import Tune
from generation.key import find_key
from generation.melody import Melody
from generation.sample import Performer, Prompt, sample

PRIME, CONTINUATION = 12.0, 10.0  # seconds, as in the MIREX task “Patterns for Prediction”
TRIAD = (0, 3, 4, 7)  # semitones above the tonic on which music rests


def split(melody: Melody) -> tuple[int, int] | None:
    """Indices of the first note after the prime and of the first after its continuation, if there are enough."""
    seconds = np.array([melody.seconds_at(onset) for onset in melody.onset]) - melody.seconds_at(melody.onset[0])
    first, last = np.searchsorted(seconds, [PRIME, PRIME + CONTINUATION])
    return (int(first), int(last)) if first >= 8 and last - first >= 4 else None


def features(melody: Melody, first: int, last: int, timed: bool, shaded: bool) -> dict[str, float]:
    """What the notes first … last − 1 are like, beside the prime before them.

    in scale          share of notes on the prime's seven most used pitch classes
    rhythm, interval  overlap (0 … 1) of the histograms of inter-onsets and pitch intervals with the prime's
    density, range    notes a second; semitones from the lowest to the highest
    repetition        share of bars that were heard before, note for note
    at rest           whether the last note is of the tonic's triad
    loudness, change  spread of velocity, and its mean change from note to note
    articulation      mean of duration over inter-onset; deviation: spread of onsets around the written ones, quarters
    """
    prime, new = slice(0, first), slice(first, last)
    key = melody.key or find_key(melody.pitch[prime], melody.duration[prime])
    used = np.bincount(melody.pitch[prime] % 12, weights=melody.duration[prime], minlength=12)
    onset, pitch = melody.onset, melody.pitch
    lasting = melody.seconds_at(onset[last - 1]) - melody.seconds_at(onset[first])
    found = {
        "in scale": float(np.isin(pitch[new] % 12, np.argsort(-used)[:7]).mean()),
        "rhythm": _overlap(np.diff(onset[prime]) * 6, np.diff(onset[new]) * 6, 48),
        "interval": _overlap(np.diff(pitch[prime]) + 24, np.diff(pitch[new]) + 24, 48),
        "density": (last - first - 1) / max(lasting, 0.1),
        "range": float(np.ptp(pitch[new])),
        "repetition": _repetition(melody, first, last),
        "at rest": float((pitch[last - 1] - key.pitch_class) % 12 in TRIAD),
    }
    if shaded:
        found["loudness"] = float(melody.velocity[new].std())
        found["change"] = float(np.abs(np.diff(melody.velocity[new])).mean())
    if timed:
        tick, _ = tokens.notate(melody)
        found["articulation"] = float(np.minimum(melody.duration[new][:-1] / np.diff(onset[new]), 1.5).mean())
        found["deviation"] = float(np.std(onset[new] - tick[new] / tokens.TICKS))
    return found


def continuations(
    performer: Performer, tunes: Sequence[Tune], primes: int = 200, seed: int = 0
) -> dict[str, dict[str, dict[str, float]]]:
    """set → feature → mean of the true continuations, and of ours on the same primes at the usual temperature."""
    rng = np.random.default_rng(seed)
    fit = [tune for tune in tunes if split(tune.melody)]
    chosen = [fit[i] for i in rng.permutation(len(fit))[:primes]]
    table: dict[str, dict[str, dict[str, list[float]]]] = {}
    for number, tune in enumerate(tqdm(chosen, desc="continuations", unit="tune", leave=False)):
        first, last = split(tune.melody) or (0, 0)
        flags = (tune.played_timing, tune.played_dynamics)
        [ours] = sample(performer, [Prompt(tokens.part(tune.melody, first), CONTINUATION, seed=seed + number)])
        for name in (tune.dataset, "all"):
            rows = table.setdefault(name, {})
            for who, melody, end in (("true", tune.melody, last), ("ours", ours, len(ours))):
                for feature, value in features(melody, first, end, *flags).items():
                    rows.setdefault(feature, {}).setdefault(who, []).append(value)
    return {
        name: {feature: {who: round(float(np.mean(v)), 4) for who, v in row.items()} for feature, row in rows.items()}
        for name, rows in table.items()
    }


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64], size: int) -> float:
    """Shared area of two histograms of small numbers."""
    counts = [np.bincount(np.clip(np.round(x), 0, size).astype(int), minlength=size + 1) for x in (a, b)]
    shares = [count / max(count.sum(), 1) for count in counts]
    return float(np.minimum(*shares).sum())


def _repetition(melody: Melody, first: int, last: int) -> float:
    bar = melody.bar or 4.0
    place = np.round((melody.onset - melody.downbeat) * 4) / 4  # written, more or less
    number = np.floor(place / bar).astype(int)
    bars: dict[int, list[tuple[float, int]]] = {}
    for i in range(last):
        bars.setdefault(int(number[i]), []).append((float(place[i] % bar), int(melody.pitch[i])))
    heard: set[tuple[tuple[float, int], ...]] = set()
    again = []
    for name, notes in sorted(bars.items()):
        if name > number[first]:
            again.append(tuple(notes) in heard)
        heard.add(tuple(notes))
    return float(np.mean(again)) if again else 0.0
