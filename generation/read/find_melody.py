"""Find the melody of a song: which voice it is, and in that voice, which notes."""

import re
from dataclasses import replace

import numpy as np

from generation.music.clock import Clock
from generation.music.melody import MAX_SECONDS, Melody, Part, Reading
from generation.music.song import Song, Voice, trimmed
from generation.read.top_line import Floats, Ints, overlap, top_line
from generation.request import INSTRUMENTS, UNSAID, Refusal, Words

MAX_NOTES = 60_000  # of all voices together
PROGRAMS = {program: name for name, program in INSTRUMENTS.items()}
LEADS = re.compile(
    r"melod|vocal|\bvox|voice|voix|\bvoce|canto|cantus|chant\b|gesang|\blead|\bsing|stimme|solo|sopran|\btune|theme",
    re.I,
)
BACKS = re.compile(
    r"\bbass\b|\bleft\b|\blh\b|drum|perc|accomp|begleit|\bchords?\b|\bpads?\b|rhythm|bridge|\bback|harmon(y|ies)", re.I
)


def find_melody(song: Song) -> Reading:
    """The melody of a song, in a musician's words where it was found, and all pitched voices as they were.

    Raises `Refusal` where nothing is sung or played but drums, or where there is too much.
    """
    pitched = tuple(voice for voice in song.voices if len(voice.part.onset) and not voice.drums)
    if not pitched:
        raise Refusal(
            "There are only drums in this file, and drums are not a melody. Send one with a tune."
            if any(voice.drums for voice in song.voices)
            else "There are no notes in this file. Send one with a tune."
        )
    notes = sum(len(voice.part.onset) for voice in pitched)
    if notes > MAX_NOTES:
        raise Refusal(
            "There are {notes} notes in this file; the limit is {limit}. Send a shorter piece.",
            notes=notes,
            limit=MAX_NOTES,
        )
    song = trimmed(replace(song, voices=pitched))
    end = np.array([max(float((voice.part.onset + voice.part.duration).max()) for voice in song.voices)])
    if (lasting := float(Clock(song.tempo).seconds(end)[0])) > MAX_SECONDS:
        raise Refusal(
            "This piece lasts {seconds} s; the limit is {limit} s. Send a shorter one.",
            seconds=round(lasting),
            limit=round(MAX_SECONDS),
        )
    lines = [_line(voice, song) for voice in song.voices]
    voice, line = max(zip(song.voices, lines, strict=True), key=lambda found: _likeness(found[0], found[1], song))
    part = voice.part
    alone = len(song.voices) == 1 and len(line) == len(part.onset)
    return Reading(
        melody=_melody(song, part, line),
        source=_source(voice, len(song.voices), len(line) < len(part.onset)),
        original=() if alone and not part.pedal else tuple(voice.part for voice in song.voices),
        program=part.program if voice.said else None,
        remarks=song.remarks,
    )


def _line(voice: Voice, song: Song) -> Ints:
    """Indices of the notes of a voice that would be its melody."""
    return top_line(voice.part, *_clock(voice, song))


def _clock(voice: Voice, song: Song) -> tuple[Floats, Floats]:
    """Seconds in which the notes of a voice begin and end."""
    part = voice.part
    clock = Clock(song.tempo)
    return clock.seconds(part.onset), clock.seconds(part.onset + part.duration)


def _melody(song: Song, part: Part, line: Ints) -> Melody:
    onset, duration = part.onset[line], part.duration[line].copy()
    # Legato may stay; what rings on under half of the next note or more is the chord's, not the line's.
    gap = np.diff(onset)
    rings = duration[:-1] - gap > 0.5 * duration[1:]
    duration[:-1] = np.where(rings, gap, duration[:-1])
    return Melody(
        onset,
        duration,
        part.pitch[line],
        part.velocity[line],
        song.tempo,
        song.metre,
        song.key,
        song.downbeat,
        song.title or part.name if len(song.voices) == 1 else song.title,
    )


def _likeness(voice: Voice, line: Ints, song: Song) -> float:
    """How much a voice is like a melody: named or sung as one, one note at a time, high, busy, and varied.

    The weights were set by hand and tried on songs whose melody track is known (see tests/read/test_find_melody.py).
    """
    part = voice.part
    pitch = part.pitch[line]
    whole = max(float(other.part.onset[-1]) for other in song.voices) or 1.0
    most = max(len(other.part.onset) for other in song.voices)
    bars = len(np.unique(part.onset // 4)) / (whole // 4 + 1)  # the share of bars in which it is heard
    leaps = np.abs(np.diff(pitch))
    moves = float(((leaps > 0) & (leaps <= 4)).mean()) if len(leaps) else 0.0
    variety = len(np.unique(pitch)) / 12
    height = float(np.clip((pitch.mean() - 48) / 24, 0, 1))
    return (
        4.0 * bool(LEADS.search(part.name))
        - 4.0 * bool(BACKS.search(part.name) or (voice.said and 32 <= part.program <= 39))
        + 4.0 * (voice.lyrics > 0.5 * len(line))
        + 1.5 * (1 - overlap(*_clock(voice, song)))
        + 1.5 * height
        + 1.0 * bars
        + 0.5 * min(1.0, 2 * len(line) / most)
        + 1.0 * moves
        + 0.5 * min(1.0, variety)
        + 0.5 * float(part.velocity.mean()) / 127
    )


def _source(voice: Voice, voices: int, chords: bool) -> Words:
    """Where the melody was found; empty if it is all there is."""
    name = voice.part.name or (Words(PROGRAMS.get(voice.part.program, "")) if voice.said else "")
    where = Words("{place} ({name})", place=voice.place, name=name) if name else voice.place
    if voices == 1:
        return Words("the top voice") if chords else UNSAID
    return Words("the top voice of {where}", where=where) if chords else where
