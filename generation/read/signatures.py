"""The metres and keys that a MIDI file states → those that its bars and notes confirm."""

from collections.abc import Mapping, Sequence

import numpy as np

from generation.music.key import Key, believed, find_key, modal
from generation.music.metre import Metre, bar_length
from generation.music.notes import Notes

MOST_METRES, MOST_KEYS = 1_000, 100  # changes: where there are more, none is meant
NEAR = 1e-3  # quarters


def metres_of(marks: Mapping[float, Metre]) -> tuple[tuple[tuple[float, Metre], ...], float]:
    """The metre map of a song and its pickup, from the metres that a file states, by quarter, in order.

    A first metre that ends before a bar of the next one would is a pickup; a bar that a change cuts short becomes a
    metre of its own, so that all bar lines stay where they are.
    """
    changes = list(marks.items())
    if all(beats == 1 for _, (beats, _) in changes) or len(changes) > MOST_METRES:  # bars of one beat mean nothing
        changes = []
    if not changes:
        return (), 0.0
    if changes[0][0] > 0:
        pickup = changes[0][0] % float(bar_length(changes[0][1]))
    elif len(changes) > 1 and changes[1][0] < bar_length(changes[1][1]) - NEAR:
        pickup = changes[1][0]
        changes = changes[1:]
    else:
        pickup = 0.0
    out: list[tuple[float, Metre]] = [(0.0, changes[0][1])]
    since = pickup
    for quarter, metre in changes[1:]:
        before = out[-1][1]
        bar = float(bar_length(before))
        left = (quarter - since) % bar
        whole = min(left, bar - left) < NEAR
        if whole and metre == before:
            continue
        short = None if whole else _metre(left, before[1])
        if short is not None:
            out = [change for change in out if change[0] < quarter - left - NEAR] + [(max(quarter - left, 0.0), short)]
        out.append((quarter, metre))
        since = quarter
    return tuple(out), pickup


def _metre(quarters: float, unit: int) -> Metre | None:
    """A metre whose bar has so many quarters, None if nobody would write it."""
    for finer in (unit, 8, 16, 32):
        beats = quarters * finer / 4
        if finer >= unit and abs(beats - round(beats)) < NEAR and 1 <= round(beats) <= 32:
            return round(beats), finer
    return None


def keys_of(marks: Mapping[float, Key], parts: Sequence[Notes]) -> tuple[tuple[float, Key], ...]:
    """The keys of a song, from those that a file states, by quarter, in order: each is believed if the notes under it
    agree. A single C major, which most programs write by default, tells no more than a mode: D dorian, not D minor."""
    changes = [(quarter, key) for i, (quarter, key) in enumerate(marks.items()) if i == 0 or quarter > 0]
    if not 0 < len(changes) <= MOST_KEYS or not parts:
        return ()
    onset, pitch = np.concatenate([notes.onset for notes in parts]), np.concatenate([notes.pitch for notes in parts])
    weight = np.concatenate([notes.duration for notes in parts])
    if {key for _, key in changes} == {Key("C", "major")}:
        heard = find_key(pitch, weight)
        key = modal(changes[0][1], heard, pitch, weight)
        return ((0.0, key),) if key != heard else ()
    starts = [0.0, *(quarter for quarter, _ in changes[1:])]
    out: list[tuple[float, Key]] = []
    for start, stop, (_, said) in zip(starts, [*starts[1:], np.inf], changes, strict=True):
        under = (onset >= start - NEAR) & (onset < stop - NEAR)
        key = believed(said, pitch[under], weight[under])
        if not out or out[-1][1] != key:
            out.append((start, key))
    return tuple(out)
