"""Find chords for a tune: a network says how well each fits, and a hidden Markov model in which order they come.

The chords are the hidden states, as in Raphael and Stoddard (2004), “Functional Harmonic Analysis Using Probabilistic
Models”. All beats are considered together, so that each chord leads to the next. Each beat gets the chord that is
likeliest there given the whole tune (the forward–backward algorithm; Rabiner, 1989, “A Tutorial on Hidden Markov
Models”), which is more often the true one than the chord of the likeliest sequence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.model.band import QUALITIES
from generation.model.tokens import Ints
from generation.music.metre import heard_beat

Reals = NDArray[np.float64]
TABLE = Path(__file__).parents[2] / "assets" / "encore-harmony.npz"
CHORDS = 12 * len(QUALITIES)
BAR_LINE, HALFWAY, ELSEWHERE = range(3)  # places of beats within a bar
STEP = 20.0  # tables are stored in steps of 1/20 nat
AT_HOME = 2.0  # nats in favour of the tonic's chord at the beginning, of any kind on which music comes to rest
AT_REST = 2.0  # the same at the end
SURE, ORDER = 8.0, 0.1  # weights of each chord's probability on its beat, and of the usual order of chords beside it
RESTS = ("maj", "min", "7", "maj7", "min7", "maj6", "min6")


@dataclass(frozen=True, eq=False)
class Table:
    """Probabilities in a key without sharps and flats; chords are in the order of `band.chord_value`.

    usual   (CHORDS,) log of the probability of each chord
    follow  (CHORDS, CHORDS) log of the probability that the second follows the first, given a change
    """

    usual: Reals
    follow: Reals


def save(tables: Mapping[str, Table], path: Path) -> None:
    """Write the tables of all styles to one file, with rounded logs."""
    columns = {}
    for style, table in tables.items():
        for name, values in vars(table).items():
            columns[f"{style}.{name}"] = np.clip(np.round(-values * STEP), 0, 255).astype(np.uint8)
    np.savez_compressed(path, **columns)


@cache
def tables() -> Mapping[str, Table]:
    """The shipped tables: style → its table."""
    found: dict[str, dict[str, Reals]] = {}
    with np.load(TABLE, allow_pickle=False) as file:
        for key in file.files:
            style, name = key.split(".")
            found.setdefault(style, {})[name] = -file[key].astype(float) / STEP
    return {style: Table(**columns) for style, columns in found.items()}


def beats_of(end: float, bars: Sequence[tuple[float, float]], metre: tuple[int, int] | None) -> tuple[Reals, Ints]:
    """(beats,) each beat before the quarter `end`, and its place. Beats are dotted quarters in 6/8 and similar metres;
    bars as in `FullScore`."""
    marks = [mark for mark in bars if mark[1] > 0] or [(0.0, 4.0)]
    edges = [mark[0] for mark in marks[1:]] + [max(end, marks[-1][0] + 1.0)]
    found: list[float] = []
    places: list[int] = []
    usual = heard_beat(metre)
    for (line, bar), stop in zip(marks, edges, strict=True):
        beat = usual if bar % usual == 0 else 1.0
        at = line
        while at < stop - 1e-6:
            place = (at - line) % bar
            on_line, halfway = min(place, bar - place) < 1e-6, abs(place - bar / 2) < 1e-6
            places.append(BAR_LINE if on_line else HALFWAY if halfway else ELSEWHERE)
            found.append(at)
            at += beat
    return np.array(found), np.array(places, np.int64)


def chords_under(fits: Reals, change: Reals, table: Table, tonic: int, warmth: float, rng: np.random.Generator) -> Ints:
    """(beats,) the chord under each beat of a tune, in a key without sharps and flats: the likeliest or, with `warmth`,
    some that are drawn by their probabilities at that temperature.

    fits    (beats, CHORDS) nats in favour of each chord
    change  (beats,) the probability that a beat begins another chord
    tonic   pitch class, transposed like the tune
    """
    fits = fits.copy()
    home = [12 * QUALITIES.index(quality) + tonic for quality in RESTS]
    fits[0, home] += AT_HOME
    fits[-1, home] += AT_REST
    same = np.eye(CHORDS, dtype=bool)
    step = [np.where(same, np.log(1 - odds), np.log(odds) + table.follow) for odds in np.clip(change, 1e-3, 1 - 1e-3)]
    likely = SURE * _probabilities(fits, step, table.usual)
    step, usual = [ORDER * each for each in step], ORDER * table.usual
    if warmth > 0:
        likely, step, usual = likely / warmth, [each / warmth for each in step], usual / warmth
    ahead = _ahead(likely, step, _log_sum if warmth > 0 else _most)
    chosen = np.zeros(len(fits), np.int64)
    for beat in range(len(fits)):
        before = usual if not beat else step[beat][chosen[beat - 1]]
        odds = before + likely[beat] + ahead[beat]
        chosen[beat] = int((odds + (rng.gumbel(size=CHORDS) if warmth > 0 else 0)).argmax())
    return chosen


def _probabilities(fits: Reals, step: Sequence[Reals], usual: Reals) -> Reals:
    """(beats, CHORDS) the probability of each chord on each beat, given all beats: `fits` as in `chords_under`, for
    each beat the logs of the steps from each chord to each (CHORDS, CHORDS), and of the first chord (CHORDS,)."""
    past = np.zeros_like(fits)
    past[0] = usual + fits[0]
    for beat in range(1, len(fits)):
        past[beat] = _log_sum((past[beat - 1][:, None] + step[beat]).T) + fits[beat]
    odds = past + _ahead(fits, step, _log_sum)
    share = np.exp(odds - odds.max(1, keepdims=True))
    return np.asarray(share / share.sum(1, keepdims=True), np.float64)


def _ahead(fits: Reals, step: Sequence[Reals], over: Callable[[Reals], Reals]) -> Reals:
    """(beats, CHORDS) how well all later beats fit each chord, taken `over` the chords (CHORDS, CHORDS) → (CHORDS,)
    that may follow."""
    ahead = np.zeros_like(fits)
    for beat in range(len(fits) - 2, -1, -1):
        ahead[beat] = over(step[beat + 1] + fits[beat + 1] + ahead[beat + 1])
    return ahead


def _most(x: Reals) -> Reals:
    return np.asarray(x.max(1), np.float64)


def _log_sum(x: Reals) -> Reals:
    most = x.max(1, keepdims=True)
    return np.asarray((most + np.log(np.exp(x - most).sum(1, keepdims=True)))[:, 0], np.float64)
