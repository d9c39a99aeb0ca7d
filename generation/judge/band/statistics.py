"""Six statistics of the way a band goes on: whether ours lie within the spread of those of true continuations.

    entropy      of the pitch classes, in bits
    scale        share of notes in the major scale that has most of them
    voices       different pitches that sound where a note begins
    clashes      share of semitones, tritones and major sevenths (and their compounds) among the pairs of notes that
                 sound where one begins
    groove       likeness of the bars' rhythms: 1 − mean share of sixteenths in which two of them differ
    density      notes and strokes a quarter

The first four leave out drums. A bar counts as four quarters in every metre, as in the published table with which
these are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.judge.bars import Figure, table
from generation.judge.continuation_features import Pair, told_apart

STATISTICS = {"entropy": ".2f", "scale": ".3f", "voices": ".2f", "clashes": ".3f", "groove": ".3f", "density": ".1f"}
GIVEN, TRUE = 16.0, 32.0  # quarters: four bars given, eight played
BAR, SIXTEENTH = 4.0, 0.25  # quarters
MAJOR = (0, 2, 4, 5, 7, 9, 11)
CLASHING = (1, 6, 11)
AT_ONCE = 1 / 48  # quarters: notes that begin or end within this time are together
FEWEST = 8  # notes, to say anything
AUC_BAR = 0.62
CLASH_BAR = {"pop909": 0.04}

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Notes:
    """onset, end (n,) in quarters; pitch (n,); tone (n,): whether each is a tone rather than a stroke."""

    onset: Reals
    end: Reals
    pitch: Ints
    tone: NDArray[np.bool_]


def statistics(notes: Notes, start: float, stop: float) -> dict[str, float]:
    """The statistics of the notes that begin in `start` … `stop`; those of tones only if there are enough."""
    new = (notes.onset >= start - AT_ONCE) & (notes.onset < stop - AT_ONCE)
    found: dict[str, float] = {}
    if (new & notes.tone).sum() >= FEWEST:
        classes = np.bincount(notes.pitch[new & notes.tone] % 12, minlength=12)
        share = classes[classes > 0] / classes.sum()
        found["entropy"] = float(-(share * np.log2(share)).sum())
        scales = [int(np.roll(classes, -tonic)[[*MAJOR]].sum()) for tonic in range(12)]
        found["scale"] = max(scales) / int(classes.sum())
        found["voices"], found["clashes"] = _together(
            notes, np.unique(np.round(notes.onset[new & notes.tone] * 24) / 24)
        )
    if new.sum() >= FEWEST:
        place = np.floor((notes.onset[new] - start) / SIXTEENTH + 0.5).astype(int)
        begins = np.zeros(round((stop - start) / SIXTEENTH), bool)
        begins[np.minimum(place, len(begins) - 1)] = True
        bars = begins.reshape(-1, round(BAR / SIXTEENTH))
        one, other = np.triu_indices(len(bars), 1)
        found["groove"] = 1 - float((bars[one] != bars[other]).mean())
    found["density"] = float(new.sum()) / (stop - start)
    return found


def _together(notes: Notes, onsets: Reals) -> tuple[float, float]:
    """Mean number of pitches that sound at some onsets, and the share of clashes among all pairs of notes there."""
    onset, end, pitch = notes.onset[notes.tone], notes.end[notes.tone], notes.pitch[notes.tone]
    voices, clashes, pairs = 0, 0, 0
    for now in onsets:
        sounding = pitch[(onset <= now + AT_ONCE) & (end > now + AT_ONCE)]
        voices += len(np.unique(sounding))
        apart = np.abs(sounding[:, None] - sounding)[np.triu_indices(len(sounding), 1)] % 12
        clashes += int(np.isin(apart, CLASHING).sum())
        pairs += len(apart)
    return voices / max(1, len(onsets)), clashes / max(1, pairs)


@dataclass(frozen=True)
class Heard:
    """The statistics of one prime, and of its continuations: the true one, ours and the 3-gram's."""

    dataset: str
    prime: dict[str, float]
    true: dict[str, float]
    ours: dict[str, float]
    ngram: dict[str, float]


def summary(heard: Sequence[Heard]) -> dict[str, dict[str, float]]:
    """statistic → its means over the `true` continuations, `ours` and those of the `3-gram`, and the `spread`: the mean
    difference between true continuations and their primes."""
    found = {}
    for name in STATISTICS:
        rows = [
            (h.true[name], h.ours[name], h.ngram[name], abs(h.true[name] - h.prime[name]))
            for h in heard
            if all(name in each for each in (h.prime, h.true, h.ours, h.ngram))
        ]
        if rows:
            found[name] = dict(zip(("true", "ours", "3-gram", "spread"), np.mean(rows, 0).tolist(), strict=True))
    return found


def within(row: Mapping[str, float], who: str = "ours") -> bool:
    """Whether a mean lies within the spread around the true one."""
    return abs(row[who] - row["true"]) <= row["spread"]


def apart(heard: Sequence[Heard]) -> dict[str, float]:
    """`ours`, `3-gram` → AUC of a classifier that tells these from the true continuations, by the statistics and by how
    far they lie from the prime's."""
    found = {}
    for who in ("ours", "3-gram"):
        pairs = []
        for each in heard:
            false = each.ours if who == "ours" else each.ngram
            pairs.append(Pair(each.dataset, _features(each, each.true), _features(each, false)))
        found[who] = told_apart(pairs)
    return found


def _features(heard: Heard, found: Mapping[str, float]) -> dict[str, float]:
    changes = {f"{name}, change": abs(found[name] - heard.prime[name]) for name in found if name in heard.prime}
    return {**found, **changes}


def figures(rows: Mapping[str, dict[str, dict[str, float]]], auc: Sequence[Mapping[str, float]]) -> list[Figure]:
    """The lines of the card about all sets; `auc` as from `apart`, for each seed."""
    lines = []
    for name, row in rows.items():
        if not row:
            continue
        ours, ngram = (float(sum(within(each, who) for each in row.values())) for who in ("ours", "3-gram"))
        what = "statistics within the spread of true continuations"
        lines.append(Figure(what, name, ours, ngram, float(len(row)), True, ".0f"))
        if name in CLASH_BAR:
            clashes = row["clashes"]
            what = f"share of clashes (true: {clashes['true']:.3f})"
            lines.append(Figure(what, name, clashes["ours"], clashes["3-gram"], CLASH_BAR[name], form=".3f"))
    if auc:
        seeds, ngrams = [each["ours"] for each in auc], [each["3-gram"] for each in auc]
        what = "AUC of a classifier that tells ours from true continuations"
        if len(auc) > 1:
            what += f", mean of {len(auc)} seeds ({min(seeds):.2f} … {max(seeds):.2f})"
        lines.append(Figure(what, "all", float(np.mean(seeds)), float(np.mean(ngrams)), AUC_BAR))
    return lines


def in_words(rows: Mapping[str, dict[str, dict[str, float]]], primes: Mapping[str, int]) -> str:
    """The table of all sets: in each cell true ± spread, ours (an asterisk where it lies outside), and the 3-gram's."""
    lines = []
    for name, row in rows.items():
        cells = [_cell(row[statistic], form) if statistic in row else "" for statistic, form in STATISTICS.items()]
        lines.append([name, f"{primes[name]}", *cells])
    return table(["true ± spread: ours (3-gram)", "primes", *STATISTICS], lines)


def _cell(row: Mapping[str, float], form: str) -> str:
    true, spread, ours, ngram = (format(row[each], form) for each in ("true", "spread", "ours", "3-gram"))
    return f"{true} ± {spread}: {ours}{'' if within(row) else '*'} ({ngram})"
