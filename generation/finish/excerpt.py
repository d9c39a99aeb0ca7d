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
    start = excerpt_start(reading, bars)
    if start <= 0:
        return reading, played
    whole = _from(played.song, start, 0 if played.alone else None)
    if played.alone:  # whose metre is that of its end, even if another one rules here
        whole = replace(whole, pickup=(played.song.downbeat - start) % (played.song.bar or 4.0))
    return reading_from(reading, start, played.alone), replace(played, song=whole, since=played.since - start)


def excerpt_start(reading: Reading, bars: int) -> float:
    """The quarter of the bar line `bars` bars before the input's end, or of the last one before that after which its
    tune has a note; 0 if the input stays whole, as it does for 0 bars and where it has no more bars than that."""
    lines = bar_lines(reading.song) if bars else []
    reached = lines[-bars::-1] if len(lines) > bars else []
    return max(0.0, next((line for line in reached if _first(reading, line) < len(reading.line)), 0.0))


def reading_from(reading: Reading, start: float, alone: bool) -> Reading:
    """A reading from the quarter `start` on; the whole if that is 0. `alone`: its tune goes on without its other
    parts."""
    if start <= 0:
        return reading
    first = _first(reading, start)
    song = _from(reading.song, start, reading.part if alone else None)
    if recorded := reading.song.recorded:
        old, new = reading.song.clock.seconds(reading.line.onset[[0, first]]).tolist()
        song = replace(song, recorded=replace(recorded, begins=recorded.begins + new - old))
    return replace(reading, song=song, line=reading.line[first:].later(-start))


def _first(reading: Reading, start: float) -> int:
    """The index of the tune's first note that belongs to the music from the quarter `start` on."""
    return int(np.searchsorted(reading.line.onset, start - EARLY))


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
