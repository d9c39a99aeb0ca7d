"""The last bars of a long input, since all of it would delay the new part."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from generation.music.cut import EARLY, bar_lines
from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import Part, Song, ruling

HELD = 0.5  # quarters that must be left of a note held from before the excerpt, or it is left out


def last_bars(reading: Reading, whole: Melody | Played, bars: int) -> tuple[Reading, Melody | Played]:
    """The last `bars` bars of a reading; and `whole`, its music followed by new notes, from the same place. Times count
    from there. An input of no more bars stays whole."""
    lines = bar_lines(reading.song)
    start = lines[-bars] if len(lines) > bars else 0.0
    first = int(np.searchsorted(reading.melody.onset, start - EARLY))
    if start <= 0 or first >= len(reading.melody):
        return reading, whole
    lead = None if isinstance(whole, Played) else reading.part
    shown = replace(reading, song=_from(reading.song, start, lead), melody=_melody(reading.melody, first, start))
    if recorded := reading.song.recorded:
        old, new = reading.melody.clock.seconds(reading.melody.onset[[0, first]]).tolist()
        shown = replace(shown, song=replace(shown.song, recorded=replace(recorded, begins=recorded.begins + new - old)))
    if isinstance(whole, Played):
        return shown, replace(whole, song=_from(whole.song, start, lead), since=whole.since - start)
    return shown, _melody(whole, first, start)


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


def _melody(melody: Melody, first: int, start: float) -> Melody:
    downbeat = (melody.downbeat - start) % (melody.bar or 4.0)
    some = replace(melody[first:].later(-start), tempo=melody.clock.since(start), downbeat=downbeat)
    return replace(some, written=melody.written)


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
