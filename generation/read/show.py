"""Show a reading: as plain data for programs, as a table and a piano roll for people."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.reading import Reading
from generation.music.song import Part, Song, heard_key
from generation.music.sounds import SOUNDS
from generation.music.spell import key_of, named

TALLEST, LABEL = 24, 5  # rows of a piano roll; columns before it
STRUCK, HELD, BACKGROUND = "█", "▬", "·"


def plain(reading: Reading) -> dict[str, Any]:
    """A reading as numbers and words. Times are in quarters, after repeats are played out.

    If a file names no key, the key is the one that its tones suggest; drums alone have none.
    """
    song = reading.song
    return {
        "title": song.title,
        "keys": [[quarter, str(key)] for quarter, key in song.keys or _heard(song)],
        "metres": [[quarter, list(metre)] for quarter, metre in song.metres],
        "tempi": [[mark.onset, mark.quarters_per_minute] for mark in song.tempo],
        "pickup": song.pickup,
        "chords": [[quarter, symbol] for quarter, symbol in song.chords],
        "melody": reading.part,
        "why": str(reading.why),
        "parts": [_plain(part) for part in song.parts],
    }


def _plain(part: Part) -> dict[str, Any]:
    notes = part.notes
    columns = (notes.onset.tolist(), notes.duration.tolist(), notes.pitch.tolist(), notes.velocity.tolist())
    return {
        "name": part.name,
        "program": part.program,
        "role": part.role,
        "drums": part.drums,
        "notes": [list(note) for note in zip(*columns, strict=True)],
    }


def lines(reading: Reading, width: int = 80) -> Iterator[str]:
    """A reading for a terminal of `width` columns: the facts, the parts, and the melody as a piano roll."""
    song, key = reading.song, None if reading.song.parts[reading.part].drums else key_of(reading.melody)
    yield song.title or "(no title)"
    yield from _facts(reading)
    yield ""
    yield f"  {'part':24} {'instrument':18} {'role':7} {'notes':>6}  range"
    for i, part in enumerate(song.parts):
        mark = "♪" if i == reading.part else " "
        name = (part.name or str(part.place) or f"part {i + 1}")[:24]
        yield f"{mark} {name:24} {_instrument(part):18} {part.role:7} {len(part.notes):6}  {_range(part, key)}"
    where = f" ({reading.source})" if reading.source else ""
    yield ""
    yield f"The melody{where}: {len(reading.line)} notes; {reading.why}."
    yield from _roll(reading.line, key, width)
    for remark in song.remarks:
        yield f"Note: {remark}."


def _facts(reading: Reading) -> Iterator[str]:
    song = reading.song
    seconds = song.clock.second(song.end)
    for _, key in () if song.keys else _heard(song):
        yield f"key: {key}, by ear"
    if song.keys:
        yield _changes("key", [(quarter, str(key)) for quarter, key in song.keys])
    yield _changes("metre", [(at, f"{beats}/{unit}") for at, (beats, unit) in song.metres]) or "metre: not said"
    paces = [mark.quarters_per_minute for mark in song.tempo]
    marks = f" at first, {len(paces)} marks from {min(paces):.4g} to {max(paces):.4g}" if len(paces) > 1 else ""
    pickup = f"; a pickup of {song.pickup:g} quarters" if song.pickup else ""
    yield f"tempo: {paces[0]:.4g} quarters a minute{marks}; {song.end:g} quarters, {seconds:.1f} s{pickup}"


def _changes(what: str, marks: list[tuple[float, str]]) -> str:
    """“key: C major, from quarter 32 on A major”; of many changes, the first few."""
    words = [
        value if i == 0 else f"from quarter {quarter:g} on {value}" for i, (quarter, value) in enumerate(marks[:6])
    ]
    more = f", and {len(marks) - 6} more" if len(marks) > 6 else ""
    return f"{what}: {', '.join(words)}{more}" if words else ""


def _heard(song: Song) -> tuple[tuple[float, Key], ...]:
    return ((0.0, heard_key(song)),) if song.pitched else ()


def _instrument(part: Part) -> str:
    if part.drums:
        return "drums"
    return "not said" if part.program is None else SOUNDS[part.program]


def _range(part: Part, key: Key | None) -> str:
    if part.drums or not len(part.notes):
        return ""
    return f"{_pitch(int(part.notes.pitch.min()), key)} to {_pitch(int(part.notes.pitch.max()), key)}"


def _pitch(pitch: int, key: Key | None) -> str:
    """“C♯5”, as the key would spell it; the number of a drum where there is no key."""
    return str(pitch) if key is None else named(pitch, key)


def _roll(notes: Notes, key: Key | None, width: int) -> Iterator[str]:
    """Time to the right, pitch upwards; a column is as many quarters as it takes."""
    columns = max(20, width - LABEL)
    first, last = np.floor(notes.onset[0]), notes.end
    step = max((last - first) / columns, 1 / 4)
    low, high = int(notes.pitch.min()), int(notes.pitch.max())
    tall = max(1, -(-(high - low + 1) // TALLEST))  # semitones a row
    rows = [[BACKGROUND] * min(columns, int(np.ceil((last - first) / step))) for _ in range((high - low) // tall + 1)]
    for onset, end, pitch in zip(notes.onset, notes.ends, notes.pitch, strict=True):
        row = rows[(int(pitch) - low) // tall]
        begin, stop = int((onset - first) / step), int(np.ceil((end - first) / step - 0.25))
        for column in range(begin, min(max(stop, begin + 1), len(row))):
            row[column] = STRUCK if column == begin else HELD if row[column] == BACKGROUND else row[column]
    for i in reversed(range(len(rows))):
        yield f"{_pitch(low + i * tall, key):{LABEL}}{''.join(rows[i])}"
    yield f"{'':{LABEL}}from quarter {first:g} to {last:g}, {step:.3g} a column"
