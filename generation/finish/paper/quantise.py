"""Played onsets and durations → onsets and durations that a score would have.

`generation.model.tokens.notate` does the same more simply for the model, which must go on hearing notes as it was
trained to; here, for readers, metre, swing and rests count as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from generation.music.metre import Metre, bar_length, written_beat
from generation.music.song import Part

Floats = NDArray[np.float64]
Chain: TypeAlias = "tuple[int, int, list[int], Chain] | None"  # (beat, division, slot of every note, the beats before)

# Number of equal parts of a beat → its cost, which is added to the squared error of the notes, so that the simplest
# reading wins unless the notes contradict it. For beats of a quarter, of a dotted quarter and of an eighth.
SIMPLE = {1: 0.0, 2: 0.5, 4: 1.2, 3: 2.0, 6: 3.5, 8: 4.0, 5: 6.0, 12: 7.0, 16: 7.5, 7: 8.0, 24: 10.0, 32: 11.0}
COMPOUND = {1: 0.0, 3: 0.5, 6: 1.2, 2: 2.5, 12: 4.0, 4: 4.0, 9: 4.5, 24: 7.5, 18: 8.0, 48: 11.0}
SHORT = {1: 0.0, 2: 0.5, 4: 1.5, 3: 3.0, 8: 5.0, 6: 6.0, 16: 9.0}

PLAYED = 0.025  # seconds by which a player's onset typically differs from the score
EXACT = 0.008  # quarters, the same for a file that was made from a score
REST_PLAYED = (0.3, 0.25)  # the cost of a written rest: quarters, plus a share of the time to the next onset
REST_EXACT = (0.04, 0.0)
NEAR_BEAT = 0.2  # of a beat: notes nearer than this to a beat tell how late a player is
MOST_LAG = 0.15  # of a beat, either way
FEWEST_NEAR, FEWEST_PAIRS = 12, 6  # notes near beats, and beats of two notes, that say something about a feel
ON_BEAT = 0.12  # of a beat: a note so much before or after it is on it
OFF_BEATS = (0.35, 0.8)  # of a beat: between these, the second of two notes may be an off-beat
STRAIGHT, SHUFFLE = 0.5, 0.67  # of a beat: where its second half begins
SWUNG = 0.57  # of a beat: from here on, a score says “swing”
STEADY = 0.07  # of a beat: by how much swung notes may differ, in the median
DOTTED = 0.71  # of a beat: if the second note comes later than this, the rhythm is dotted, not swung


def divisions_of(metre: Metre) -> dict[int, float]:
    """Numbers of parts into which a beat of this metre may be divided → their costs."""
    beat = written_beat(metre)
    return COMPOUND if beat.numerator == 3 else SIMPLE if beat == 1 else SHORT


def is_exact(onset: Floats, *grids: int) -> bool:
    """Whether onsets (n,) in quarters were written rather than played: nearly all lie on one of the grids (lines a
    quarter)."""
    off_grid = np.min([np.abs(onset * n - np.round(onset * n)) / n for n in grids or (12, 16, 5, 7)], axis=0)
    return len(onset) == 0 or float(np.mean(off_grid < 0.006)) > 0.9


def quantise(
    part: Part,
    first_new: int,
    metre: Metre,
    downbeat: float,
    pace: float,
    after: Fraction | None = None,
) -> tuple[list[Fraction], list[Fraction], "Feel"]:
    """Written onsets and ends of all notes of a line, in quarters from a bar line at or before 0; and the feel of the
    playing.

    first_new  index of the first new note
    downbeat   quarters from 0 to a bar line
    pace       quarters a minute
    after      the onset of a note that follows the last

    The onsets increase strictly, and a note ends at the next onset or before.
    """
    beat, divisions = written_beat(metre), divisions_of(metre)
    bar = float(bar_length(metre))
    shift = -(downbeat % bar) % bar
    moment, duration, heard, made = _as_meant(part, beat, downbeat)
    exact = np.empty(len(moment), bool)
    for notes in (slice(first_new), slice(first_new, None)):
        exact[notes] = is_exact(moment[notes] - downbeat)
    at = (moment + shift) / float(beat)
    feel = Feel.of(at[:heard][~exact[:heard]]) if beat == 1 else Feel()
    at[:heard] = np.where(exact[:heard], at[:heard], np.maximum(at[:heard] - feel.lag, 0.0))
    if made.swung:  # the notes are triplets, but a copyist would write eighths
        exact[heard:], feel = False, made
    spread = np.where(exact, EXACT, np.clip(PLAYED * pace / 60, 0.035, 0.12)) / float(beat)
    if not exact.all():  # at a fast tempo, apparently fine divisions are more often just loose playing
        divisions = {division: cost * min(max(pace / 120, 0.5), 2.5) for division, cost in divisions.items()}
    onsets, chosen = _fit(np.maximum.accumulate(at).tolist(), spread.tolist(), divisions, feel.swing)
    ends = []
    for i, onset in enumerate(onsets):
        following = onsets[i + 1] if i + 1 < len(onsets) else None if after is None else after / beat
        lasts, written = float(duration[i]) / float(beat), bool(exact[i]) and i < heard
        ends.append(_end(onset, lasts, following, chosen, written, beat))
    return [onset * beat for onset in onsets], [end * beat for end in ends], feel


def _as_meant(part: Part, beat: Fraction, downbeat: float) -> tuple[Floats, Floats, int, "Feel"]:
    """Onsets and durations (n,) in quarters, for Encore's own notes the written ones; the number of notes before these;
    and their feel. If the written onsets mix eighths, triplets and a shuffle, as in jazz, all notes are treated as
    played, since a copyist would go by ear."""
    notes, written = part.notes, part.written
    as_played = notes.onset, notes.duration, len(notes), Feel()
    if written is None:
        return as_played
    onset, duration, heard = notes.onset.copy(), notes.duration.copy(), len(notes) - len(written.late)
    onset[heard:] -= written.late
    duration[heard:] = written.duration
    meant = onset[heard:] - downbeat
    feel = Feel.of(meant) if beat == 1 else Feel()
    return (onset, duration, heard, feel) if feel.swung or is_exact(meant, 4) or is_exact(meant, 6) else as_played


@dataclass(frozen=True)
class Feel:
    """How a player places notes. `lag`: beats by which all notes come late; `swing`: where in a beat its second half
    begins, 1/2 for even eighths, 2/3 for a shuffle."""

    lag: float = 0.0
    swing: float = 0.5

    @property
    def swung(self) -> bool:
        """Whether a score would say “swing”."""
        return self.swing > SWUNG

    @staticmethod
    def of(at: Floats) -> "Feel":
        """The feel of notes at the moments (n,), in beats."""
        off = at - np.round(at)
        near = off[np.abs(off) < NEAR_BEAT]
        if len(near) < FEWEST_NEAR:
            return Feel()
        lag = float(np.clip(np.median(near), -MOST_LAG, MOST_LAG))
        beat = np.floor(at - lag + ON_BEAT)
        beats, counts = np.unique(beat, return_counts=True)
        first, second = (at - lag - beat)[np.isin(beat, beats[counts == 2])].reshape(-1, 2).T
        second = second[(first < ON_BEAT) & (second > OFF_BEATS[0]) & (second < OFF_BEATS[1])]
        if len(second) < FEWEST_PAIRS:
            return Feel(lag)
        swing = float(np.median(second))
        if np.median(np.abs(second - swing)) > STEADY or swing > DOTTED:
            return Feel(lag)
        return Feel(lag, float(np.clip(swing, STRAIGHT, SHUFFLE)))


def _fit(
    at: Sequence[float], spread: Sequence[float], divisions: dict[int, float], swing: float
) -> tuple[list[Fraction], dict[int, int]]:
    """The cheapest division of every beat, by dynamic programming over beats: (onsets in beats, beat → division).

    at, spread  (n,) onsets and their expected deviations, in beats
    swing       as in `Feel`

    The only state between one beat and the next is whether a note was moved to the line between them.
    """
    groups: dict[int, list[int]] = {}
    for i, moment in enumerate(at):
        groups.setdefault(floor(moment), []).append(i)
    # whether the line at the start of the next beat is taken → (cost, the beats so far)
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
    """Ways to read the notes of one beat, at moments `within` it (0 … 1): (division, slot of every note, cost).
    `taken`: a note of the beat before is already on the line at the start."""
    found = []
    for division, cost in divisions.items():
        if division in (2, 4, 8, 16):  # the moments with the swing taken out
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
    """Where a note ends on paper, in beats: at the next onset, unless a rest explains the silence better."""
    end = float(onset) + duration
    if following is not None and end >= following:
        return following
    if following is None and not exact:  # players do not hold the last note for its full length
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
