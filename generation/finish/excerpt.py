"""The last bars of a long input, since all of it would delay the new part."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from generation.music.cut import EARLY, bar_lines
from generation.music.notes import Notes
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import Part, Song, ruling

HELD = 0.5  # quarters that must be left of a note held from before the excerpt, or it is left out


def last_bars(reading: Reading, played: Played, bars: int) -> tuple[Reading, Played]:
    """A reading, and what was played after it, both from `bars` bars before the input's end, with times counted
    from there. An input of no more bars than that stays whole."""
    lines = bar_lines(reading.song)
    start = lines[-bars] if len(lines) > bars else 0.0
    first = int(np.searchsorted(reading.line.onset, start - EARLY))
    if start <= 0 or first >= len(reading.line):
        return reading, played
    song = _from(reading.song, start, reading.part if played.alone else None)
    shown = replace(reading, song=song, line=reading.line[first:].later(-start))
    if recorded := reading.song.recorded:
        old, new = reading.song.clock.seconds(reading.line.onset[[0, first]]).tolist()
        shown = replace(shown, song=replace(shown.song, recorded=replace(recorded, begins=recorded.begins + new - old)))
    whole = _from(played.song, start, 0 if played.alone else None)
    if played.alone:  # whose metre is that of its end, even if another one rules here
        whole = replace(whole, pickup=(played.song.downbeat - start) % (played.song.bar or 4.0))
    return shown, replace(played, song=whole, since=played.since - start)


def _from(song: Song, start: float, lead: int | None) -> Song:
    """A song from the quarter `start` on; `lead` as in `_cut`."""
    return replace(
        song,
        parts=tuple(_cut(part, start, i == lead) for i, part in enumerate(song.parts)),
        tempo=song.clock.since(start),
        metres=_since(song.metres, start),
        keys=_since(song.keys, start),
        chords=_since(song.chords, start),
        markers=tuple((at - start, text) for at, text in song.markers if at >= start),
        pickup=0.0,
    )


def _cut(part: Part, start: float, leads: bool) -> Part:
    """A part from the quarter `start` on. Notes that are still held there sound on, except in the part that leads,
    whose notes are exactly those of the melody."""
    onset = np.maximum(part.notes.onset, start)
    held = (part.notes.ends > start + HELD) & (not leads and not part.drums)
    kept = (part.notes.onset >= start - EARLY) | held
    duration = np.where(kept & held, part.notes.ends - onset, part.notes.duration)
    notes = Notes(onset[kept] - start, duration[kept], part.notes.pitch[kept], part.notes.velocity[kept])
    order = np.argsort(notes.onset, kind="stable")
    program = ruling(((0.0, part.program), *part.programs), start)[1]
    controls = {number: value for at, number, value in part.controls if at <= start}
    return replace(
        part,
        notes=notes[order],
        program=program,
        words=tuple((at - start, word) for at, word in part.words if at >= start - EARLY),
        controls=(
            *((0.0, number, value) for number, value in sorted(controls.items())),
            *((at - start, number, value) for at, number, value in part.controls if at > start),
        ),
        bends=_since(part.bends, start),
        programs=tuple((at - start, number) for at, number in part.programs if at > start),
    )


def _since(marks: Sequence[tuple[float, Any]], start: float) -> tuple[tuple[float, Any], ...]:
    """The marks that hold from `start` on, counted from there."""
    begun = [(0.0, mark) for at, mark in marks if at <= start][-1:]
    return (*begun, *((at - start, mark) for at, mark in marks if at > start))
