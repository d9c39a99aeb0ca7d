"""A melody: a song of one part that plays one note at a time, and its limits."""

from dataclasses import replace

import numpy as np

from generation.music.clock import Clock, Tempo
from generation.music.key import Key
from generation.music.metre import Metre
from generation.music.notes import Notes, Written
from generation.music.song import Part, Song
from generation.request import Refusal

MAX_NOTES = 20_000
MAX_SECONDS = 900.0
CHORD_SECONDS = 0.03  # notes that begin within this time of each other are struck together
LEGATO_SECONDS = 0.12  # the longest overlap of a note with the next one of the same line


def melody_of(
    notes: Notes,
    tempo: tuple[Tempo, ...] = Clock().marks,
    metre: Metre | None = None,
    key: Key | None = None,
    downbeat: float = 0.0,
    title: str = "",
) -> Song:
    """A song of one part: notes whose onsets increase strictly, each of which may overlap the next a little (legato).
    Raises ValueError if they do not, and `Refusal` for more than `MAX_NOTES` notes or `MAX_SECONDS` seconds.

    metre, key  throughout; None if unknown
    downbeat    quarters from 0 to a bar line: the length of the pickup, 0 without one
    """
    check_line(notes, Clock(tempo))
    return Song(
        parts=(Part(notes, role="lead"),),
        tempo=tempo,
        metres=((0.0, metre),) if metre else (),
        keys=((0.0, key),) if key else (),
        pickup=downbeat,
        title=title,
    )


def with_line(song: Song, notes: Notes, written: Written | None = None) -> Song:
    """A melody with other notes; raises as `melody_of` does. `written` as in `Part`."""
    assert written is None or len(written.late) == len(written.duration) <= len(notes)
    check_line(notes, song.clock)
    return replace(song, parts=(replace(song.parts[0], notes=notes, written=written),))


def check_line(notes: Notes, clock: Clock) -> None:
    """Raise ValueError unless the onsets increase strictly, and `Refusal` beyond the limits of a line."""
    if (np.diff(notes.onset) <= 0).any():
        raise ValueError("onsets must increase")
    if len(notes) > MAX_NOTES:
        raise Refusal(
            "This melody has {notes} notes; the limit is {limit}. Send a shorter piece.",
            notes=len(notes),
            limit=MAX_NOTES,
        )
    if (seconds := clock.second(notes.end)) > MAX_SECONDS:
        raise Refusal(
            "This melody lasts {seconds} s; the limit is {limit} s. Send a shorter piece.",
            seconds=round(seconds),
            limit=round(MAX_SECONDS),
        )
