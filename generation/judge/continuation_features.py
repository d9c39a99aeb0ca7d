"""Compare continuations with the true ones, by features of their notes and of their playing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.learn.corpus import Tune
from generation.model import tokens
from generation.model.loaded import LoadedModel
from generation.music.key import find_key
from generation.music.melody import with_line
from generation.music.song import Song
from generation.play.asked import Prompt
from generation.play.session import sample

PRIME, CONTINUATION = 12.0, 10.0  # seconds, as in the MIREX task “Patterns for Prediction”
TRIAD = (0, 3, 4, 7)  # semitones above the tonic on which music rests


Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """The `features` of the true continuation of a prime, and of ours."""

    dataset: str
    true: dict[str, float]
    ours: dict[str, float]


def split(melody: Song) -> tuple[int, int] | None:
    """Indices of the first note after the prime and of the first after its continuation, if there are enough."""
    seconds = melody.clock.seconds(melody.line.onset)
    first, last = np.searchsorted(seconds - seconds[0], [PRIME, PRIME + CONTINUATION])
    return (int(first), int(last)) if first >= 8 and last - first >= 4 else None


def features(melody: Song, first: int, last: int, timed: bool, shaded: bool) -> dict[str, float]:
    """Features of the notes first … last − 1, compared with the prime before them.

    in scale          share of notes on the prime's seven most used pitch classes
    rhythm, interval  overlap (0 … 1) of the histograms of inter-onsets and pitch intervals with the prime's
    density, range    notes a second; semitones from the lowest to the highest
    repetition        share of bars that were heard before, note for note
    at rest           whether the last note is of the tonic's triad
    loudness, change  spread of velocity, and its mean change from note to note
    articulation      mean of duration over inter-onset; deviation: spread of onsets around the written ones, quarters
    """
    line, prime, new = melody.line, slice(0, first), slice(first, last)
    onset, pitch, duration = line.onset, line.pitch, line.duration
    key = melody.key or find_key(pitch[prime], duration[prime])
    used = np.bincount(pitch[prime] % 12, weights=duration[prime], minlength=12)
    lasting = float(np.ptp(melody.clock.seconds(onset[[first, last - 1]])))
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
        found["loudness"] = float(line.velocity[new].std())
        found["change"] = float(np.abs(np.diff(line.velocity[new])).mean())
    if timed:
        tick, _ = tokens.notate(line)
        found["articulation"] = float(np.minimum(duration[new][:-1] / np.diff(onset[new]), 1.5).mean())
        found["deviation"] = float(np.std(onset[new] - tick[new] / tokens.TICKS))
    return found


def continuations(loaded: LoadedModel, tunes: Sequence[Tune], primes: int, seed: int = 0) -> list[Pair]:
    """Features of the true continuation of each prime and of ours at the usual temperature.

    Both last equally long: if the tune goes on after that, ours is cut off there as well (an open end); if the tune
    ends before, ours is asked to close then.
    """
    rng = np.random.default_rng(seed)
    fit = [tune for tune in tunes if split(tune.melody)]
    chosen = [fit[i] for i in rng.permutation(len(fit))[:primes]]
    prompts = []
    for number, tune in enumerate(chosen):
        first, last = split(tune.melody) or (0, 0)
        prime, goes_on = with_line(tune.melody, tune.melody.line[:first]), last < len(tune.melody.line)
        seconds = CONTINUATION if goes_on else tune.melody.seconds - prime.seconds
        prompts.append(Prompt(prime, seconds, seed=seed + number, open_end=goes_on))
    pairs = []
    for tune, take in zip(chosen, sample(loaded, prompts), strict=True):
        first, last = split(tune.melody) or (0, 0)
        # After a prime without expression there is nothing to compare: the true continuation has none either.
        prime, ours = tune.melody.line[:first], take.played.song
        flags = (tune.played_timing and tokens.is_timed(prime), tune.played_dynamics and tokens.is_shaded(prime))
        true = features(tune.melody, first, last, *flags)
        pairs.append(Pair(tune.dataset, true, features(ours, first, len(ours.line), *flags)))
    return pairs


def means(pairs: Sequence[Pair]) -> dict[str, tuple[float, float]]:
    """feature → its means over the true continuations and over ours, among the pairs that have it."""
    names = dict.fromkeys(name for pair in pairs for name in pair.true)
    told = {name: [(pair.true[name], pair.ours[name]) for pair in pairs if name in pair.true] for name in names}
    return {
        name: (float(np.mean([t for t, _ in both])), float(np.mean([o for _, o in both])))
        for name, both in told.items()
    }


def told_apart(pairs: Sequence[Pair], folds: int = 10) -> float:
    """Area under the ROC curve of a logistic regression on all features that tells ours from the true ones, each pair
    judged by a fit on the other folds; 0.5 is chance, 1 is perfect."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair.true))
    rows = np.array([[who.get(name, np.nan) for name in names] for pair in pairs for who in (pair.true, pair.ours)])
    rows = (rows - np.nanmean(rows, 0)) / (np.nanstd(rows, 0) + 1e-9)
    rows = np.column_stack([np.nan_to_num(rows), np.ones(len(rows))])
    ours = np.tile([0.0, 1.0], len(pairs))
    fold = np.repeat(np.arange(len(pairs)) % folds, 2)
    said = np.zeros(len(rows))
    for held_out in range(folds):
        learn = fold != held_out
        said[~learn] = rows[~learn] @ _logistic(rows[learn], ours[learn])
    higher = said[ours == 1][:, None] - said[ours == 0][None]
    return float((higher > 0).mean() + (higher == 0).mean() / 2)


def _logistic(x: Rows, y: Rows, ridge: float = 1.0) -> Rows:
    """Weights of a logistic regression, by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(20):
        chance = 1 / (1 + np.exp(-x @ weights))
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + ridge * np.eye(len(weights))
        weights = weights - np.linalg.solve(curve, x.T @ (chance - y) + ridge * weights)
    return weights


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64], size: int) -> float:
    """Shared area of two histograms of small numbers."""
    counts = [np.bincount(np.clip(np.round(x), 0, size).astype(int), minlength=size + 1) for x in (a, b)]
    shares = [count / max(count.sum(), 1) for count in counts]
    return float(np.minimum(*shares).sum())


def bars(melody: Song, last: int | None = None) -> dict[int, list[tuple[float, int]]]:
    """Number of a bar (a whole note where the metre is unknown) → place in it, roughly as written, and pitch of its
    notes; of the first `last` notes."""
    bar = melody.bar or 4.0
    place = np.round((melody.line.onset[:last] - melody.downbeat) * 4) / 4
    found: dict[int, list[tuple[float, int]]] = {}
    for number, where, pitch in zip(np.floor(place / bar).astype(int), place % bar, melody.line.pitch, strict=False):
        found.setdefault(int(number), []).append((float(where), int(pitch)))
    return found


def _repetition(melody: Song, first: int, last: int) -> float:
    opening = max(bars(melody, first + 1))
    heard: set[tuple[tuple[float, int], ...]] = set()
    again = []
    for number, notes in sorted(bars(melody, last).items()):
        if number > opening:
            again.append(tuple(notes) in heard)
        heard.add(tuple(notes))
    return float(np.mean(again)) if again else 0.0
