"""Find chords for a tune: a hidden Markov model over beats, whose tables were counted in scores with known harmony.

The chords are the hidden states and the tune's tones the observations, as in Raphael and Stoddard (2004), “Functional
Harmonic Analysis Using Probabilistic Models”. All bars are considered together, so that each chord leads to the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generation.model.band import FIRST_CHORD, QUALITIES
from generation.model.tokens import Ints

Reals = NDArray[np.float64]
TABLE = Path(__file__).parents[2] / "assets" / "encore-harmony.npz"
CHORDS = 12 * len(QUALITIES)
BAR_LINE, HALFWAY, ELSEWHERE = range(3)  # places of beats within a bar
PLACES = 3
STEP = 20.0  # tables are stored in steps of 1/20 nat
AT_REST = 2.0  # nats in favour of the tonic's chord at the end
STRUCK = 0.5  # quarters by which a note counts as longer if it begins on the beat
AFTER = 0.5  # factor for a note that begins after the beat
ACCENT = np.array([1.6, 1.2, 0.7])  # factor for the notes of a beat, by its place


@dataclass(frozen=True, eq=False)
class Table:
    """Probabilities in a key without sharps and flats; chords are in the order of `band.chord_value`.

    usual   (CHORDS,) log of the probability of each chord
    follow  (CHORDS, CHORDS) log of the probability that the second follows the first, given a change
    tones   (qualities, 12) log of the probability of a tune's tone, in semitones above the chord's root
    change  (PLACES,) the probability of a change
    """

    usual: Reals
    follow: Reals
    tones: Reals
    change: Reals


def save(tables: Mapping[str, Table], path: Path) -> None:
    """Write the tables of all styles to one file, with rounded logs."""
    columns = {}
    for style, table in tables.items():
        for name, values in vars(table).items():
            rounded = np.clip(np.round(-values * STEP), 0, 255).astype(np.uint8)
            columns[f"{style}.{name}"] = values.astype(np.float32) if name == "change" else rounded
    np.savez_compressed(path, **columns)


@cache
def tables() -> Mapping[str, Table]:
    """The shipped tables: style → its table."""
    found: dict[str, dict[str, Reals]] = {}
    with np.load(TABLE, allow_pickle=False) as file:
        for key in file.files:
            style, name = key.split(".")
            values = file[key].astype(float)
            found.setdefault(style, {})[name] = values if name == "change" else -values / STEP
    return {style: Table(**columns) for style, columns in found.items()}


def beats_of(end: float, bars: Sequence[tuple[float, float]], metre: tuple[int, int] | None) -> tuple[Reals, Ints]:
    """(beats,) each beat before the quarter `end`, and its place. Beats are dotted quarters in 6/8 and similar metres;
    bars as in `FullScore`."""
    marks = [mark for mark in bars if mark[1] > 0] or [(0.0, 4.0)]
    edges = [mark[0] for mark in marks[1:]] + [max(end, marks[-1][0] + 1.0)]
    found: list[float] = []
    places: list[int] = []
    compound = metre is not None and metre[1] == 8 and metre[0] % 3 == 0
    for (line, bar), stop in zip(marks, edges, strict=True):
        beat = 1.5 if compound and bar % 1.5 == 0 else 1.0
        at = line
        while at < stop - 1e-6:
            place = (at - line) % bar
            on_line, halfway = min(place, bar - place) < 1e-6, abs(place - bar / 2) < 1e-6
            places.append(BAR_LINE if on_line else HALFWAY if halfway else ELSEWHERE)
            found.append(at)
            at += beat
    return np.array(found), np.array(places, np.int64)


def evidence(beats: Reals, places: Ints, onset: Reals, duration: Reals, pitch: Ints) -> Reals:
    """(beats, 12) how much of each pitch class is heard during each beat: the quarters for which it sounds, counting
    more if it begins on the beat, less if it begins after it, and more on a strong beat. Notes are (n,)."""
    heard = np.zeros((len(beats), 12))
    edges, end = np.append(beats, beats[-1] + 4), onset + duration
    first = np.maximum(np.searchsorted(beats, onset + 0.1, side="right") - 1, 0)
    for i, beat in enumerate(first):
        struck = abs(onset[i] - beats[beat]) < 0.1
        heard[beat, pitch[i] % 12] += STRUCK * struck
        counts = 1.0 if struck else AFTER
        while beat < len(beats) and end[i] > edges[beat] + 1e-6:
            lasts = min(end[i], edges[beat + 1]) - max(onset[i], edges[beat])
            heard[beat, pitch[i] % 12] += counts * max(lasts, 0.05)
            beat, counts = beat + 1, 1.0
    return np.asarray(heard * ACCENT[places][:, None], np.float64)


def chords_under(
    heard: Reals,
    places: Ints,
    table: Table,
    tonic: int,
    weight: float,
    change: float,
    warmth: float,
    rng: np.random.Generator,
) -> Ints:
    """(beats,) the chord under each beat of a tune, in a key without sharps and flats: the likeliest sequence or, with
    `warmth`, a sequence drawn by its probability at that temperature.

    heard   (beats, 12) from `evidence`
    places  (beats,) from `beats_of`
    tonic   pitch class, transposed like the tune
    weight  of the tones, compared with the usual order of chords
    change  nats in favour of changes
    """
    fits = np.zeros((len(heard), CHORDS))
    for quality in range(len(QUALITIES)):
        for root in range(12):
            fits[:, 12 * quality + root] = weight * heard @ np.roll(table.tones[quality], root)
    fits[-1, np.arange(CHORDS) % 12 == tonic] += AT_REST
    stay, move = np.log(1 - table.change), np.log(table.change) + change
    step = np.array([np.where(np.eye(CHORDS, dtype=bool), stay[p], move[p] + table.follow) for p in range(PLACES)])
    if warmth > 0:
        fits, step = fits / warmth, step / warmth
    ahead = np.zeros_like(fits)  # how well all later beats fit each chord: with these, chords are chosen in order
    for beat in range(len(fits) - 2, -1, -1):
        later = step[places[beat + 1]] + fits[beat + 1] + ahead[beat + 1]
        ahead[beat] = later.max(1) if warmth <= 0 else _log_sum(later)
    chosen = np.zeros(len(fits), np.int64)
    for beat in range(len(fits)):
        before = table.usual / max(warmth, 1e-9) ** (warmth > 0) if not beat else step[places[beat]][chosen[beat - 1]]
        odds = before + fits[beat] + ahead[beat]
        chosen[beat] = int((odds + (rng.gumbel(size=CHORDS) if warmth > 0 else 0)).argmax())
    return chosen


def _log_sum(x: Reals) -> Reals:
    most = x.max(1, keepdims=True)
    return np.asarray((most + np.log(np.exp(x - most).sum(1, keepdims=True)))[:, 0], np.float64)


assert FIRST_CHORD > 0 and len(astuple(Table(*(np.zeros(1),) * 4))) == 4
