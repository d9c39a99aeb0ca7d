"""The notes of one staff → at most two voices of chords; and the notes of a keyboard → its two hands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from statistics import mean

import numpy as np

from generation.finish.paper.place import LEAST, Struck

SPLITS = np.arange(50, 73)  # the lowest pitch of the right hand
WIDE = 14  # semitones that a hand may reach
FEET = (35, 36, 44)  # drums that are played with a foot: both bass drums, the pedal hi-hat
REST = 0.4  # a rest is written if it fills at least this share of the time to the next chord
HELD = Fraction(1, 4)  # quarters by which a played note may overlap the next one


@dataclass(frozen=True)
class Chord:
    """Notes that are struck and let go together: pitches downward; `onset` and `end` in quarters; others as in
    `Struck`."""

    onset: Fraction
    end: Fraction
    pitches: tuple[int, ...]
    new: bool
    loose: bool = False
    again: Fraction | None = None
    sung: str = ""

    @property
    def middle(self) -> float:
        return mean(self.pitches)


def hands(notes: Sequence[Struck]) -> tuple[list[Struck], list[Struck]]:
    """The notes of the right and of the left hand: the cheapest way through all chords, where notes far outside their
    staff, wide stretches of a hand and moves of the border between the hands all have a cost."""
    groups = [list(group) for _, group in groupby(notes, key=lambda note: note.onset)]
    cost, back = np.zeros(len(SPLITS)), []
    move = np.abs(SPLITS[:, None] - SPLITS) * 0.7
    for group in groups:
        pitch = np.array([note.pitch for note in group])[:, None]
        right = pitch >= SPLITS
        outside = np.where(right, np.maximum(57 - pitch, 0), np.maximum(pitch - 62, 0)).sum(axis=0)
        wide = np.zeros(len(SPLITS))
        for hand in (right, ~right):
            span = np.where(hand, pitch, -1).max(axis=0) - np.where(hand, pitch, 128).min(axis=0)
            wide += 4.0 * np.maximum(span - WIDE, 0)
        paths = cost[:, None] + move
        back.append(paths.argmin(axis=0))
        cost = paths.min(axis=0) + outside + wide
    upper: list[Struck] = []
    lower: list[Struck] = []
    at = int(cost.argmin()) if groups else 0
    for group, before in zip(reversed(groups), reversed(back), strict=True):
        for note in reversed(group):
            (upper if note.pitch >= SPLITS[at] else lower).append(note)
        at = int(before[at])
    return upper[::-1], lower[::-1]


def voices(notes: Sequence[Struck], most: int = 2) -> list[list[Chord]]:
    """The voices of a staff, the upper one first; only one if `most` is 1. Notes that are held while others move are a
    voice of their own; where that would need a third voice, a note is let go sooner."""
    found: list[list[Chord]] = [[], []]
    groups = [list(group) for _, group in groupby(notes, key=lambda note: note.onset)]
    for group, after in zip(groups, [*groups[1:], None], strict=True):
        onset, following = group[0].onset, after[0].onset if after else None
        free = [voice for voice in found if not voice or voice[-1].end <= onset]
        held = [note for note in group if following is not None and note.end > following + (HELD if note.loose else 0)]
        moving = [note for note in group if note not in held]
        if most == 1:
            _add(found[0], group)
        elif len(free) == 2 and held and moving:
            above = mean(note.pitch for note in held) > mean(note.pitch for note in moving)
            _add(found[0], held if above else moving)
            _add(found[1], moving if above else held)
        elif len(free) == 2 and held and after and after[0].pitch > mean(note.pitch for note in group):
            _add(found[1], group)
        elif free:
            _add(free[0], group)
        else:
            pitch = mean(note.pitch for note in group)
            near = min((0, 1), key=lambda i: abs(found[i][-1].middle - pitch))
            _add(found[near], group)
    return [voice for voice in _moved_up(*found) if voice]


def drum_voices(notes: Sequence[Struck]) -> list[list[Chord]]:
    """What the hands play and what the feet play, each stroke until the next one of that voice or of a beat."""
    found = []
    for feet in (False, True):
        voice: list[Chord] = []
        for _, group in groupby((n for n in notes if (n.pitch in FEET) == feet), key=lambda note: note.onset):
            some = list(group)
            _add(voice, [replace(note, end=Fraction(note.onset // 1 + 1), loose=False) for note in some])
        found.append(voice)
    return [voice for voice in found if voice]


def _add(voice: list[Chord], group: Sequence[Struck]) -> None:
    """Let a voice play a chord, and end its last one there or, if its end is loose, lengthen it up to there."""
    onset = group[0].onset
    if voice:
        last = voice[-1]
        if last.end > onset or (last.loose and _better_without_rest(last, onset)):
            voice[-1] = replace(last, end=min(onset, last.again or onset))
    pitches = tuple(sorted({note.pitch for note in group}, reverse=True))
    loose = all(note.loose for note in group)
    again = min((note.again for note in group if note.again is not None), default=None)
    end = max(max(note.end for note in group), onset + LEAST)
    end = min(end, again) if again is not None else end  # whichever voice strikes it: there is one key, or one string
    sung = next((note.sung for note in group if note.sung), "")
    voice.append(Chord(onset, end, pitches, any(note.new for note in group), loose, again, sung))


def _better_without_rest(chord: Chord, following: Fraction) -> bool:
    """Whether to write a chord that was let go too soon as if it lasted to the following one."""
    gap, space = following - chord.end, following - chord.onset
    return space <= 1 or gap <= Fraction(1, 2) or gap < REST * space


def _moved_up(upper: list[Chord], lower: list[Chord]) -> list[list[Chord]]:
    """The voices, with passages that the lower plays alone moved to the upper one."""
    if not upper or not lower:
        return [upper or lower]
    begins, ends = [chord.onset for chord in upper], [chord.end for chord in upper]
    moved: list[Chord] = []
    kept: list[Chord] = []
    i = 0
    for chord in lower:
        while i < len(ends) and ends[i] <= chord.onset:
            i += 1
        alone = i == len(begins) or begins[i] >= chord.end
        (moved if alone else kept).append(chord)
    return [sorted([*upper, *moved], key=lambda chord: chord.onset), kept]
