"""Roles: the role of each part of a song, by its name, its instrument and its movement."""

import re
from dataclasses import replace

from generation.music.song import Part, Song
from generation.read.top_line import LINE, overlap

BASS_PROGRAMS, PADS, EFFECTS = range(32, 40), range(88, 96), range(120, 128)
LOW = 52  # MIDI pitch under which the middle of a bass lies
LONG = 2.0  # quarters that the notes of a pad last, typically
BASS = re.compile(r"\bbass\b|\bbasse\b|\bbasso\b|kontrabass|contrabass|ベース", re.I)
PAD = re.compile(r"\bpads?\b|\bstrings?\b|\bchoir\b|\bchor\b", re.I)


def with_roles(song: Song, lead: int) -> Song:
    """The song with a role for every part that has none; the melody is in the part of index `lead`."""
    lowest = min((float(part.notes.pitch.mean()) for part in song.pitched), default=0.0)
    parts = []
    for i, part in enumerate(song.parts):
        role = "lead" if i == lead else "drums" if part.drums else _role(part, song, lowest)
        parts.append(replace(part, role=part.role or role))
    return replace(song, parts=tuple(parts))


def _role(part: Part, song: Song, lowest: float) -> str:
    if not len(part.notes) or part.program in EFFECTS:
        return "other"
    middle = float(part.notes.pitch.mean())
    together = overlap(song.clock.seconds(part.notes.onset), song.clock.seconds(part.notes.ends)) > LINE
    if BASS.search(part.name) or part.program in BASS_PROGRAMS or (not together and middle <= min(LOW, lowest)):
        return "bass"
    if part.program in PADS or (PAD.search(part.name) and part.notes.duration.mean() >= LONG):
        return "pad"
    return "chords" if together else "second"
