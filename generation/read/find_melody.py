"""Find the melody of a song: which part it is, and in that part, which notes."""

import re

import numpy as np

from generation.music.melody import MAX_SECONDS, Melody
from generation.music.notes import Notes
from generation.music.reading import Reading
from generation.music.song import EXPRESSION, VOLUME, Part, Song, in_force, trimmed
from generation.read.lyrics import TOGETHER, fits
from generation.read.top_line import LINE, Floats, Ints, overlap, top_line
from generation.request import INSTRUMENTS, UNSAID, Refusal, Words

SUNG = 0.5  # the share of notes and syllables that fit, above which a part is sung
MAX_NOTES = 60_000  # of all parts together
PROGRAMS = {program: name for name, program in INSTRUMENTS.items()}
LEADS = re.compile(
    r"melod|vocal|\bvox|voice|voix|\bvoce|canto|cantus|chant\b|gesang|\blead|\bsing|stimme|solo|sopran|\btune|theme",
    re.I,
)
BACKS = re.compile(
    r"\bbass\b|\bleft\b|\blh\b|drum|perc|accomp|begleit|\bchords?\b|\bpads?\b|rhythm|bridge|\bback|harmon(y|ies)", re.I
)


def find_melody(song: Song) -> Reading:
    """The melody of a song; in a musician's words where it was found, and why there.

    Raises `Refusal` where nothing is sung or played but drums, or where there is too much.
    """
    song = trimmed(song)
    pitched = song.pitched
    if not pitched:
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
    lines = [top_line(part.notes, *_moments(part, song)) for part in pitched]
    part, line = max(zip(pitched, lines, strict=True), key=lambda found: _likeness(found[0], found[1], song))
    return Reading(
        song=song,
        melody=_melody(song, part, line),
        part=next(i for i, other in enumerate(song.parts) if other is part),
        source=_source(part, len(pitched), len(line) < len(part.notes)),
        why=_why(part, song),
    )


def _moments(part: Part, song: Song) -> tuple[Floats, Floats]:
    """Seconds at which the notes of a part begin and end."""
    return song.clock.seconds(part.notes.onset), song.clock.seconds(part.notes.ends)


def _melody(song: Song, part: Part, line: Ints) -> Melody:
    tones: Notes = part.notes[line]
    duration = tones.duration.copy()
    # Legato may stay; what rings on under half of the next note or more is the chord's, not the line's.
    gap = np.diff(tones.onset)
    rings = duration[:-1] - gap > 0.5 * duration[1:]
    duration[:-1] = np.where(rings, gap, duration[:-1])
    return Melody(
        tones.onset,
        duration,
        tones.pitch,
        tones.velocity,
        song.tempo,
        song.metre,
        song.key,
        song.downbeat,
        song.title,
    )


def _likeness(part: Part, line: Ints, song: Song) -> float:
    """How much a part is like a melody: named or sung as one, one note at a time, high, busy, varied, and heard.

    The weights were set by hand and tried on songs whose melody track is known (see tests/read/test_find_melody.py).
    """
    pitch = part.notes.pitch[line]
    whole = max(float(other.notes.onset[-1]) for other in song.pitched) or 1.0
    most = max(len(other.notes) for other in song.pitched)
    bars = len(np.unique(part.notes.onset // 4)) / (whole // 4 + 1)  # the share of bars in which it is heard
    leaps = np.abs(np.diff(pitch))
    moves = float(((leaps > 0) & (leaps <= 4)).mean()) if len(leaps) else 0.0
    variety = len(np.unique(pitch)) / 12
    height = float(np.clip((pitch.mean() - 48) / 24, 0, 1))
    return (
        4.0 * bool(LEADS.search(part.name))
        - 4.0 * bool(BACKS.search(part.name) or (part.program is not None and 32 <= part.program <= 39))
        + 4.0 * (_sung(part) > SUNG)
        - 12.0 * _muted(part)
        + 1.5 * (1 - overlap(*_moments(part, song)))
        + 1.5 * height
        + 1.0 * bars
        + 0.5 * min(1.0, 2 * len(line) / most)
        + 1.0 * moves
        + 0.5 * min(1.0, variety)
        + 0.5 * float(part.notes.velocity.mean()) / 127
    )


def _sung(part: Part) -> float:
    """How well its notes and the words that are sung to it fit, 0 … 1."""
    words = np.unique([quarter for quarter, _ in part.words])
    return fits(words, np.unique(part.notes.onset), TOGETHER)


def _muted(part: Part) -> bool:
    """Whether most of its notes are turned down until nothing is heard."""
    loud = [in_force(part.control(number), part.notes.onset, 127) for number in (VOLUME, EXPRESSION)]
    return float((np.minimum(*loud) == 0).mean()) > 0.5


def _source(part: Part, parts: int, chords: bool) -> Words:
    """Where the melody was found; empty if it is all there is."""
    name = part.name or Words("" if part.program is None else PROGRAMS.get(part.program, ""))
    where = Words("{place} ({name})", place=part.place, name=name) if name else part.place
    if parts == 1:
        return Words("the top voice") if chords else UNSAID
    return Words("the top voice of {where}", where=where) if chords else where


def _why(part: Part, song: Song) -> Words:
    """What speaks most for this part, in a musician's words."""
    pitched = song.pitched
    if len(pitched) == 1:
        return Words("it is the only part with pitched notes")
    if LEADS.search(part.name):
        return Words("its name says so")
    if _sung(part) > SUNG:
        return Words("it is sung")
    if overlap(*_moments(part, song)) > LINE:
        return Words("its upper notes are most like a tune")
    if float(part.notes.pitch.mean()) >= max(float(other.notes.pitch.mean()) for other in pitched):
        return Words("it is most like a tune: one note at a time, and the highest")
    return Words("it is most like a tune: one note at a time")
