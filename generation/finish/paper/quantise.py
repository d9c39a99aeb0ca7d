"""When notes were played → when a score would say that they are played."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from generation.music.melody import Melody

Floats = NDArray[np.float64]
Chain: TypeAlias = "tuple[int, int, list[int], Chain] | None"  # (beat, division, slot of every note, what came before)

# Into how many equal parts a beat may fall, and what each costs beside the squared error of the notes: the
# simplest reading wins unless the notes speak against it. Beats of a quarter, of a dotted quarter, of an eighth.
SIMPLE = {1: 0.0, 2: 0.5, 4: 1.2, 3: 2.0, 6: 3.5, 8: 4.0, 5: 6.0, 12: 7.0, 16: 7.5, 7: 8.0, 24: 10.0, 32: 11.0}
COMPOUND = {1: 0.0, 3: 0.5, 6: 1.2, 2: 2.5, 12: 4.0, 4: 4.0, 9: 4.5, 24: 7.5, 18: 8.0, 48: 11.0}
SHORT = {1: 0.0, 2: 0.5, 4: 1.5, 3: 3.0, 8: 5.0, 6: 6.0, 16: 9.0}

PLAYED = 0.025  # seconds that a player's onset lies off the score, typically
EXACT = 0.008  # the same in quarters for a file that was made from a score
REST_PLAYED = (0.3, 0.25)  # a rest is written only where it explains more: quarters, and share of the interval
REST_EXACT = (0.04, 0.0)
DOTTED = 0.71  # of a beat: where the second half begins later, it is not swung but dotted


def beat_of(metre: tuple[int, int]) -> Fraction:
    """The beat of a metre in quarters."""
    beats, unit = metre
    if unit >= 8 and beats % 3 == 0:
        return Fraction(12, unit)
    return min(Fraction(4, unit), Fraction(1))


def divisions_of(metre: tuple[int, int]) -> dict[int, float]:
    """The ways in which a beat of this metre may be divided, and their costs."""
    beat = beat_of(metre)
    return COMPOUND if beat.numerator == 3 else SIMPLE if beat == 1 else SHORT


def is_exact(onset: Floats, *grids: int) -> bool:
    """Whether these onsets (quarters) were written rather than played: on one or the other of the grids, each note."""
    off_grid = np.min([np.abs(onset * n - np.round(onset * n)) / n for n in grids or (12, 16, 5, 7)], axis=0)
    return len(onset) == 0 or float(np.mean(off_grid < 0.006)) > 0.9


def quantise(
    melody: Melody, first_new: int, metre: tuple[int, int], after: Fraction | None = None
) -> tuple[list[Fraction], list[Fraction], "Feel"]:
    """Onsets and ends of all notes in quarters from a bar line at or before 0, as a score would have them; the feel.

    The onsets increase strictly, an end is at most the next onset; `after` is that of a note behind the last.
    """
    beat, divisions = beat_of(metre), divisions_of(metre)
    bar = metre[0] * 4 / metre[1]
    shift = -(melody.downbeat % bar) % bar
    moment, duration, heard, made = _as_meant(melody, beat)
    exact = np.empty(len(melody), bool)
    for notes in (slice(first_new), slice(first_new, None)):
        exact[notes] = is_exact(moment[notes] - melody.downbeat)
    pace = 60 * melody.end / melody.seconds
    at = (moment + shift) / float(beat)
    feel = Feel.of(at[:heard][~exact[:heard]]) if beat == 1 else Feel()
    at[:heard] = np.where(exact[:heard], at[:heard], np.maximum(at[:heard] - feel.lag, 0.0))
    if made.swung:  # triplets they are, but a copyist would write eighths
        exact[heard:], feel = False, made
    spread = np.where(exact, EXACT, np.clip(PLAYED * pace / 60, 0.035, 0.12)) / float(beat)
    if not exact.all():  # at a fast tempo, what looks like a fine division is more often a loose one
        divisions = {division: cost * min(max(pace / 120, 0.5), 2.5) for division, cost in divisions.items()}
    onsets, chosen = _fit(np.maximum.accumulate(at).tolist(), spread.tolist(), divisions, feel.swing)
    ends = []
    for i, onset in enumerate(onsets):
        following = onsets[i + 1] if i + 1 < len(onsets) else None if after is None else after / beat
        lasts, written = float(duration[i]) / float(beat), bool(exact[i]) and i < heard
        ends.append(_end(onset, lasts, following, chosen, written, beat))
    return [onset * beat for onset in onsets], [end * beat for end in ends], feel


def _as_meant(melody: Melody, beat: Fraction) -> tuple[Floats, Floats, int, "Feel"]:
    """Onsets and durations, of the notes that we made up as they were meant and not as they are played; how many notes
    come before these, and their feel. Where eighths, triplets and a shuffle were meant all at once, as in jazz, a
    copyist goes by the ear, as with a player: then no note counts as made up."""
    as_played = melody.onset, melody.duration, len(melody), Feel()
    if melody.written is None:
        return as_played
    onset, duration, heard = melody.onset.copy(), melody.duration.copy(), len(melody) - len(melody.written.late)
    onset[heard:] -= melody.written.late
    duration[heard:] = melody.written.duration
    meant = onset[heard:] - melody.downbeat
    feel = Feel.of(meant) if beat == 1 else Feel()
    return (onset, duration, heard, feel) if feel.swung or is_exact(meant, 4) or is_exact(meant, 6) else as_played


@dataclass(frozen=True)
class Feel:
    """How a player places notes. `lag`: beats behind the beat, all along; `swing`: where the second half of a beat
    begins, 1/2 for even eighths, 2/3 for a shuffle."""

    lag: float = 0.0
    swing: float = 0.5

    @property
    def swung(self) -> bool:
        """Whether a score would say so."""
        return self.swing > 0.57

    @staticmethod
    def of(at: Floats) -> "Feel":
        """The feel of notes at these moments, in beats."""
        off = at - np.round(at)
        near = off[np.abs(off) < 0.2]
        if len(near) < 12:
            return Feel()
        lag = float(np.clip(np.median(near), -0.15, 0.15))
        beat = np.floor(at - lag + 0.12)
        beats, counts = np.unique(beat, return_counts=True)
        first, second = (at - lag - beat)[np.isin(beat, beats[counts == 2])].reshape(-1, 2).T
        second = second[(first < 0.12) & (second > 0.35) & (second < 0.8)]  # from the beat: others are no swing
        if len(second) < 6 or np.median(np.abs(second - np.median(second))) > 0.07 or np.median(second) > DOTTED:
            return Feel(lag)
        return Feel(lag, float(np.clip(np.median(second), 0.5, 0.67)))


def _fit(
    at: Sequence[float], spread: Sequence[float], divisions: dict[int, float], swing: float
) -> tuple[list[Fraction], dict[int, int]]:
    """The cheapest division of every beat, by dynamic programming over beats: (onsets in beats, beat → division).

    What one beat tells the next is only whether its last note was moved to the beat line between them.
    """
    groups: dict[int, list[int]] = {}
    for i, moment in enumerate(at):
        groups.setdefault(floor(moment), []).append(i)
    # state: is the line at the start of the next beat taken? → (cost, how it came about)
    states: dict[bool, tuple[float, Chain]] = {False: (0.0, None)}
    previous = -2
    for beat, notes in sorted(groups.items()):
        if beat != previous + 1:
            states = {False: min(states.values(), key=lambda state: state[0])}
        after: dict[bool, tuple[float, Chain]] = {}
        within = [at[i] - beat for i in notes]
        for taken, (cost, chain) in states.items():
            for division, slots, price in _readings(within, [spread[i] for i in notes], taken, divisions, swing):
                full = slots[-1] >= division
                if full not in after or cost + price < after[full][0]:
                    after[full] = (cost + price, (beat, division, slots, chain))
        states, previous = after, beat
    chain = min(states.values(), key=lambda state: state[0])[1]
    backwards: list[Fraction] = []
    chosen: dict[int, int] = {}
    while chain is not None:
        beat, division, slots, chain = chain
        chosen[beat] = division
        backwards += [beat + Fraction(slot, division) for slot in reversed(slots)]
    return backwards[::-1], chosen


def _readings(
    within: list[float], spread: list[float], taken: bool, divisions: dict[int, float], swing: float
) -> list[tuple[int, list[int], float]]:
    """Ways to read the notes of one beat, at moments `within` it: (division, slot of every note, cost)."""
    found = []
    for division, cost in divisions.items():
        if division in (2, 4, 8, 16):  # where swung halves would be if they were even
            moments = [x / swing / 2 if x < swing else 1 - (1 - x) / (1 - swing) / 2 for x in within]
        else:
            moments = within
        for last in (division - 1, division):
            if last + 1 - taken < len(within):
                continue
            slots: list[int] = []
            for moment in moments:
                slots.append(max(round(moment * division), slots[-1] + 1 if slots else int(taken)))
            for i in reversed(range(len(slots))):
                slots[i] = min(slots[i], slots[i + 1] - 1 if i + 1 < len(slots) else last)
            errors = [(slot / division - x) / s for slot, x, s in zip(slots, moments, spread, strict=True)]
            found.append((division, slots, cost + sum(error * error for error in errors) / 2))
    if not found:  # more notes than slots
        finest = 1 << (len(within) + 1).bit_length()
        return [(finest, [int(taken) + i for i in range(len(within))], 0.0)]
    return found


def _end(
    onset: Fraction,
    duration: float,
    following: Fraction | None,
    chosen: dict[int, int],
    exact: bool,
    beat: Fraction,
) -> Fraction:
    """Where the note is let go on paper: at the next onset, unless a rest explains the silence better. In beats."""
    end = float(onset) + duration
    if following is not None and end >= following:
        return following
    if following is None and not exact:  # nobody holds the last note for as long as it is written
        return Fraction(max(ceil(end - 0.15), floor(onset) + 1))
    at = floor(end)
    default = (6 if exact else 3) if beat.numerator == 3 else (4 if exact else 2)
    candidates = []
    for division in {chosen.get(at, default), default if chosen.get(at, default) % 3 == default % 3 else 1}:
        candidates += [
            at + Fraction(slot, division) for slot in (floor((end - at) * division), ceil((end - at) * division))
        ]
    candidates = [point for point in candidates if point > onset and (following is None or point < following)]
    if following is None:
        fallback = Fraction(ceil((onset + Fraction(1, 32)) * 4), 4)
        return min(candidates or [fallback], key=lambda point: abs(point - end))
    base, share = REST_EXACT if exact else REST_PLAYED
    rest_cost = base / float(beat) + share * float(following - onset)
    best = min(candidates, key=lambda point: abs(point - end), default=following)
    return best if abs(best - end) + rest_cost < following - end else following
