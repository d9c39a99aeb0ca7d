"""Find the melody of a song: its part, and its notes in that part."""

from dataclasses import replace

import numpy as np

from generation.music.melody import MAX_SECONDS, check_line
from generation.music.notes import Notes
from generation.music.reading import Reading
from generation.music.song import Part, Song, trimmed
from generation.music.sounds import SOUNDS
from generation.read.choose_part import chosen
from generation.read.likeness import company, is_named, is_sung, likeness
from generation.read.top_line import LINE, Floats, overlap, top_line
from generation.request import UNSAID, Refusal, Words

MAX_NOTES = 60_000  # of all parts together


def find_melody(song: Song, drums: bool = False, wanted: str = "") -> Reading:
    """The melody of a song, with the place where it was found and the reason, in a musician's words.

    Raises `Refusal` if there is nothing but drums, or too much music. With `drums`, drums alone will do: their strokes
    stand for a melody. `wanted` names the part that holds it, by name or number.
    """
    song = trimmed(song)
    pitched = song.pitched
    strokes = [part for part in song.parts if part.drums and len(part.notes)]
    if not pitched and not (drums and strokes):
        raise Refusal(
            "There are only drums in this file, and drums are not a melody. Send one with a tune."
            if any(part.drums for part in song.parts)
            else "There are no notes in this file. Send one with a tune."
        )
    notes = sum(len(part.notes) for part in song.parts)
    if notes > MAX_NOTES:
        raise Refusal(
            "There are {notes} notes in this file; the limit is {limit}. Send a shorter piece.",
            notes=notes,
            limit=MAX_NOTES,
        )
    if (lasting := song.clock.second(song.end)) > MAX_SECONDS:
        raise Refusal(
            "This piece lasts {seconds} s; the limit is {limit} s. Send a shorter one.",
            seconds=round(lasting),
            limit=round(MAX_SECONDS),
        )
    if not pitched:
        return _beaten(song, strokes[0])
    lines = [top_line(part.notes, *_moments(part, song)) for part in pitched]
    beside, said = company(song), chosen(song, wanted) if wanted else None
    part, line = max(
        zip(pitched, lines, strict=True),
        key=lambda found: (found[0] is said, likeness(found[0], found[1], song.clock, beside)),
    )
    return Reading(
        song=song,
        line=_legato(part.notes[line], song),
        part=next(i for i, other in enumerate(song.parts) if other is part),
        source=_source(part, len(pitched), len(line) < len(part.notes)),
        why=Words("it was chosen") if said is not None else _why(part, song),
    )


def _moments(part: Part, song: Song) -> tuple[Floats, Floats]:
    """Seconds at which the notes of a part begin and end."""
    return song.clock.seconds(part.notes.onset), song.clock.seconds(part.notes.ends)


def _legato(tones: Notes, song: Song) -> Notes:
    """The tones of a line, some of which may ring on. An overlap with less than half of the next tone is legato and
    stays; a longer one makes a chord, so the tone ends where the next begins. Raises `Refusal` as `check_line` does."""
    duration = tones.duration.copy()
    gap = np.diff(tones.onset)
    rings = duration[:-1] - gap > 0.5 * duration[1:]
    duration[:-1] = np.where(rings, gap, duration[:-1])
    found = replace(tones, duration=duration)
    check_line(found, song.clock)
    return found


def _beaten(song: Song, drums: Part) -> Reading:
    """A reading of drums alone, with one stroke of each onset in place of a melody."""
    line = np.flatnonzero(np.diff(drums.notes.onset, prepend=-1.0) > 0)
    why = Words("there is nothing but drums")
    return Reading(song, _legato(drums.notes[line], song), song.parts.index(drums), why=why)


def _source(part: Part, parts: int, chords: bool) -> Words:
    """Where the melody was found; empty if there is nothing else."""
    name = part.name or Words("" if part.program is None else SOUNDS[part.program])
    where = Words("{place} ({name})", place=part.place, name=name) if name else part.place
    if parts == 1:
        return Words("the top voice") if chords else UNSAID
    return Words("the top voice of {where}", where=where) if chords else where


def _why(part: Part, song: Song) -> Words:
    """The main reason for this part, in a musician's words."""
    pitched = song.pitched
    if len(pitched) == 1:
        return Words("it is the only part with pitched notes")
    if is_named(part):
        return Words("its name says so")
    if is_sung(part):
        return Words("it is sung")
    if overlap(*_moments(part, song)) > LINE:
        return Words("its upper notes are most like a tune")
    if float(part.notes.pitch.mean()) >= max(float(other.notes.pitch.mean()) for other in pitched):
        return Words("it is most like a tune: one note at a time, and the highest")
    return Words("it is most like a tune: one note at a time")
