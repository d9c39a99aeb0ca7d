"""The sustain pedal under new notes, as a pianist moves it: up and down again with every harmony and every bar."""

import math

import numpy as np

from generation.music.metre import bar_length
from generation.music.notes import Notes
from generation.music.song import SUSTAIN, Part, Song, in_force, ruling

DOWN = 64  # a pedal with this value or more is down
PIANOS = range(6)  # General MIDI programs; a harpsichord and a clavinet have no pedal
RECENT = 200  # notes of the input whose pedalling is examined
OFTEN = 0.3  # the part is pedalled if at least this share of them end while the pedal is down
EARLY = 0.15  # quarters by which a note may come before the harmony that it belongs to
CATCH = 0.12  # seconds after a change at which the pedal goes down again, to hold the new harmony alone


def pedals(part: Part, given: Notes) -> bool:
    """Whether a part is a piano whose player held the `given` notes with the pedal."""
    said, ends = part.control(SUSTAIN), given.ends[-RECENT:]
    if not said or not len(ends) or part.drums or (part.program or 0) not in PIANOS:
        return False
    return float(np.mean(in_force(said, ends - 1e-3, 0) >= DOWN)) >= OFTEN


def pedalled(notes: Notes, song: Song) -> tuple[tuple[float, int, int], ...]:
    """The controls (quarter, pedal, value) under one or more `notes`: up at the first note of a harmony or a bar, and
    down again when that note has sounded for a moment; up wherever a bar has no notes to hold."""
    begin, end = float(notes.onset[0]), notes.end
    changes = _changes(song, begin, end)
    found: list[tuple[float, int]] = [(begin, 0)]
    for at, until in zip(changes, [*changes[1:], math.inf], strict=True):
        first = int(np.searchsorted(notes.onset, at - EARLY))
        if first == len(notes) or notes.onset[first] >= until - EARLY:
            found.append((at, 0))
            continue
        up = max(float(notes.onset[first]), found[-1][0])
        down = float(song.clock.quarters(song.clock.second(up) + CATCH))
        found += [(up, 0), (min(down, (up + min(until, end)) / 2), 127)]
    return tuple((quarter, SUSTAIN, value) for quarter, value in dict.fromkeys(found))


def _changes(song: Song, begin: float, end: float) -> list[float]:
    """The quarters from `begin` to `end` at which a bar or a harmony begins, sorted."""
    marks = {float(f"{quarter:.3f}") for quarter, _ in song.chords if begin < quarter < end}
    since, metre = ruling(song.metres, begin) if song.metres else (0.0, (4, 4))
    bar, line = float(bar_length(metre)), since or song.pickup
    first = math.floor((begin - line) / bar) * bar + line
    marks |= {float(f"{quarter:.3f}") for quarter in np.arange(first + bar, end, bar).tolist()}
    return [begin, *sorted(quarter for quarter in marks if quarter > begin + EARLY)]
