"""Test whether the model tells true continuations from false ones, as in the MIREX task “Patterns for Prediction”.

It is judged in two ways, both from a continuation's mean log probability per note: `likelihood`, given the prime; and
`gain`, which is that minus the one without the prime, so that a simple continuation does not count as a fitting one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from generation.judge.baselines.ngram import NGram
from generation.judge.continuation_features import CONTINUATION, PRIME, split
from generation.learn.corpus import Tune
from generation.model import tokens
from generation.model.likelihood import surprise
from generation.model.loaded import LoadedModel
from generation.music.melody import with_line
from generation.music.song import Song


@dataclass(frozen=True)
class Told:
    """Share of `primes` whose true continuation was told from the false one."""

    likelihood: float
    gain: float
    primes: int


def discrimination(loaded: LoadedModel, tunes: Sequence[Tune], ngram: NGram, seed: int = 0) -> dict[str, Told]:
    """Results by kind of false continuation, over all tunes that are long enough: that of another tune of the set,
    moved to the same key and tempo; and one sampled from the 3-gram."""
    rng = np.random.default_rng(seed)
    long = [tune for tune in tunes if tune.melody.seconds >= PRIME + CONTINUATION and split(tune.melody)]
    right: dict[str, list[tuple[bool, bool]]] = {"another tune's": [], "a 3-gram's": []}
    for tune in tqdm(long, desc="discrimination", unit="tune", leave=False):
        first, last = split(tune.melody) or (0, 0)
        true = _worth(loaded, tune, with_line(tune.melody, tune.melody.line[:last]), first)
        mates = [t for t in long if t.dataset == tune.dataset and t.group != tune.group]
        false = {"a 3-gram's": _sampled(tune, first, last, ngram, rng)}
        if mates:
            other = mates[int(rng.integers(len(mates)))].melody
            false["another tune's"] = _graft(tune.melody, first, last, other)
        for name, melody in false.items():
            likelihood, gain = _worth(loaded, tune, melody, first)
            right[name].append((true[0] > likelihood, true[1] > gain))
    table = {}
    for name, wins in right.items():
        likelihood, gain = np.mean(wins or [(False, False)], 0)
        table[name] = Told(float(likelihood), float(gain), len(wins))
    return table


def _worth(loaded: LoadedModel, tune: Tune, melody: Song, first: int) -> tuple[float, float]:
    """Likelihood and gain of the notes from `first` on."""
    flags = {"timed": tune.played_timing, "shaded": tune.played_dynamics}
    given = float(surprise(loaded, melody, first, **flags)[0].sum(1).mean())
    alone = float(surprise(loaded, _alone(melody, first), **flags)[0].sum(1).mean())
    return -given, alone - given


def _alone(melody: Song, first: int) -> Song:
    """The notes from `first` on as a piece of their own, from the bar line before them."""
    bar = melody.bar or 1.0
    line = melody.downbeat + np.floor((melody.line.onset[first] - melody.downbeat) / bar + 1e-6) * bar
    return with_line(replace(melody, pickup=0.0), melody.line[first:].later(-float(line)))


def _graft(melody: Song, first: int, last: int, other: Song) -> Song:
    """The prime of `melody`, then the continuation of `other`, moved to the prime's key and beat."""
    start, stop = split(other) or (0, 0)
    stop = min(stop, start + last - first)
    by = _key_distance(melody, other)
    bar, phase = melody.bar or 1.0, melody.downbeat - other.downbeat
    old, new = melody.line, other.line[start:stop]
    joint = phase + round((old.onset[first] - new.onset[0] - phase) / bar) * bar  # its bars stay bars
    while new.onset[0] + joint < old.onset[first - 1] + 0.05:
        joint += bar
    new = replace(new.later(joint), pitch=np.clip(new.pitch + by, 0, 127))
    return with_line(melody, old[:first].then(new))


def _key_distance(melody: Song, other: Song) -> int:
    """Semitones that move `other` into the signature of `melody`, in the nearest register."""
    return tokens.encode(other).shift - tokens.encode(melody).shift


def _sampled(tune: Tune, first: int, last: int, ngram: NGram, rng: np.random.Generator) -> Song:
    """The prime of a tune, then the 3-gram's continuation of it, with velocities and timing drawn from the prime."""
    melody = tune.melody
    encoded = tokens.encode(melody, timed=tune.played_timing, shaded=tune.played_dynamics)
    until = int(encoded.rows[last, tokens.TICK])
    new = ngram.play_on(encoded.rows[: first + 1], until, rng)
    for row in new:
        row[[tokens.VELOCITY, tokens.DEVIATION, tokens.ARTICULATION]] = encoded.rows[
            rng.integers(1, first + 1), [tokens.VELOCITY, tokens.DEVIATION, tokens.ARTICULATION]
        ]
    new[:, [tokens.TIMED, tokens.SHADED]] = tune.played_timing, tune.played_dynamics
    played = tokens.decode(new, encoded.shift, melody).line
    onset = tokens.apart(np.maximum(played.onset, melody.line.onset[first - 1] + 1 / tokens.TICKS))
    return with_line(melody, melody.line[:first].then(replace(played, onset=onset)))
