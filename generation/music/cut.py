"""Cut a song off at a bar line."""

from dataclasses import replace
from typing import Any

import numpy as np

from generation.music.metre import bar_length
from generation.music.notes import Notes
from generation.music.song import Part, Song

EARLY = 0.1  # quarters by which a note may come before the bar line to which it belongs


def bar_lines(song: Song) -> list[float]:
    """The quarters at which full bars begin, in bars of four quarters where the metre is unknown."""
    marks = (
        [(song.metres[0][0] or song.pickup, song.metres[0][1]), *song.metres[1:]] if song.metres else [(0.0, (4, 4))]
    )
    lines: list[float] = []
    for (since, metre), until in zip(marks, [*(mark[0] for mark in marks[1:]), np.inf], strict=True):
        lines += np.arange(since, min(until, song.end - EARLY), float(bar_length(metre))).tolist()
    return lines


def numbered_bars(song: Song) -> list[float]:
    """The quarters at which bars 1, 2, … of a song begin, as its score counts them: from the one in which it begins."""
    first = min((float(part.notes.onset[0]) for part in song.parts if len(part.notes)), default=0.0)
    lines = bar_lines(song)
    silent = sum(line <= first + EARLY for line in lines) - 1
    return lines[max(silent, 0) :]


def notes_until(notes: Notes, quarter: float, early: float = 1e-6) -> Notes:
    """The notes that begin `early` quarters or more before a quarter; those that are still held there end."""
    some = notes[notes.onset < quarter - early]
    return replace(some, duration=np.minimum(some.duration, quarter - some.onset))


def beginning(song: Song, quarter: float, early: float = 1e-6) -> Song:
    """A song up to a quarter, with the notes of `notes_until`."""

    def before(thing: Part | Song, *names: str) -> dict[str, Any]:
        return {name: tuple(mark for mark in getattr(thing, name) if mark[0] < quarter - 1e-6) for name in names}

    parts = []
    for part in song.parts:
        marks = before(part, "words", "controls", "bends", "programs")
        parts.append(replace(part, notes=notes_until(part.notes, quarter, early), **marks))
    tempo = tuple(mark for mark in song.tempo if mark.onset < quarter)
    return replace(song, parts=tuple(parts), tempo=tempo, **before(song, "metres", "keys", "chords", "markers"))
