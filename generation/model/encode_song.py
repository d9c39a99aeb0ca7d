"""A song → the full score that the model takes, with a role for each part; and rows → the notes of a part."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.model import band, chords, tokens
from generation.model.band import DEVIATION, DURATION, FIRST_DRUM, KIT, NO_FAMILY, TICK, VALUE, VELOCITY
from generation.model.encode_band import Piece, encode
from generation.model.full_score import FullScore
from generation.model.roles import KEYS, Staff, family_of, full_score
from generation.model.tokens import DEVIATION_UNIT, LENGTHS, TICKS, Ints
from generation.music.notes import Notes, Written
from generation.music.song import Part, Song, bar_marks, ruling, tempo_at

GRIDS = (8, 12)  # lines a quarter; an onset off both was played
OFF = 0.1  # a part was played if more than this share of its onsets is off the grid
SHADED = 6  # a part has dynamics if it has more different velocities than this
STROKE = 0.25  # quarters that a drum sounds in files
BREATH = 0.1  # quarters by which a note may overlap the next one of its voice


def encode_song(song: Song, style: str = "auto") -> Piece:
    """Encode a song for the model to continue: in the metre, key and tempo of its end, with its chords up to its last
    note. Every part is declared as played, since new music is always performed; the rows of a part that was not played
    have no expression."""
    last = max((float(part.notes.onset[-1]) for part in song.parts if len(part.notes)), default=0.0)
    song = replace(song, chords=tuple(chord for chord in song.chords if chord[0] <= last))
    piece = encode(full_score_of(song, song.end), style)
    heading = piece.encoded.heading.copy()
    heading[:, 2:] = ((heading[:, 0] > 0) & (heading[:, 0] != band.HARMONY + 1))[:, None]
    return replace(piece, encoded=replace(piece.encoded, heading=heading))


def full_score_of(song: Song, at: float = 0.0) -> FullScore:
    """A song as a full score, its parts in the same order; the first part that leads is the lead. Metre, key and tempo
    are those at the quarter `at`."""
    lead = next((i for i, part in enumerate(song.parts) if part.role == "lead"), -1)
    staves = [_staff(part, i == lead, song.written) for i, part in enumerate(song.parts)]
    onset, duration, pitch, velocity = (
        np.concatenate([getattr(part.notes, name) for part in song.parts])
        for name in ("onset", "duration", "pitch", "velocity")
    )
    return full_score(
        onset,
        duration,
        pitch,
        velocity,
        np.repeat(np.arange(len(song.parts)), [len(part.notes) for part in song.parts]),
        staves,
        metre=ruling(song.metres, at)[1] if song.metres else None,
        bars=bar_marks(song),
        key=ruling(song.keys, at)[1] if song.keys else None,
        tempo=tempo_at(song, at),
        chords=tuple((quarter, chords.value_of(symbol)) for quarter, symbol in song.chords),
        loose=any(float(np.mean(_off(part.notes.duration))) > OFF for part in song.pitched),
    )


def _staff(part: Part, lead: bool, written: bool) -> Staff:
    family = NO_FAMILY if part.program is None else part.program // 8
    staff = Staff(part.name, family=family, lead=lead, drums=part.drums)
    if family_of(staff) == NO_FAMILY and not written:
        staff.family = KEYS  # where a file names no program, General MIDI plays a piano
    if len(part.notes):
        staff.timing = float(np.mean(_off(part.notes.onset))) > OFF
        staff.dynamics = len(np.unique(part.notes.velocity)) > SHADED
    return staff


def _off(quarters: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether each of these times (n,) lies off every grid of `GRIDS`."""
    beside = [np.abs(quarters * grid - np.round(quarters * grid)) / grid for grid in GRIDS]
    return np.asarray(np.minimum.reduce(beside) > 0.006)


def kit_of(pitch: Ints) -> Ints:
    """(len(KIT),) the General MIDI drum for each class of a kit: the one that a part with these pitches (n,) strikes
    most often, or else the usual one."""
    chosen = np.array([usual[0] for usual in KIT.values()])
    drums, count = np.unique(pitch, return_counts=True)
    for drum in drums[np.argsort(count, kind="stable")]:
        chosen[band.drum_value(drum) - FIRST_DRUM] = drum
    return chosen


def decode(rows: Ints, shift: int, kit: Ints | None = None, monophonic: bool = False) -> tuple[Notes, Written]:
    """The notes of one part from its rows (n, len(FIELDS)), in quarters, and how a score would write them.

    shift       semitones by which pitches were transposed
    kit         from `kit_of` for drums; None for tones
    monophonic  whether each note ends at the next onset
    """
    onset = np.maximum(rows[:, TICK] / TICKS + (rows[:, DEVIATION] - 20) * DEVIATION_UNIT, 0.0)
    order = np.lexsort((-rows[:, VALUE], onset))
    rows, onset = rows[order], onset[order]
    tick, value = rows[:, TICK] / TICKS, rows[:, VALUE]
    if kit is None:
        pitch, lasts = np.clip(value - shift, 0, 127), np.maximum(LENGTHS[rows[:, DURATION]], 1) / TICKS
    else:
        pitch, lasts = kit[value - FIRST_DRUM], np.full(len(rows), STROKE)
    if monophonic:
        lasts = np.minimum(lasts, _until_next(tick))
    sounds = lasts if kit is not None else np.maximum(lasts * (rows[:, band.ARTICULATION] + 1) / 10, 1 / 48)
    if monophonic:
        gap = _until_next(onset)
        sounds = np.minimum(sounds, gap + np.minimum(BREATH * gap, BREATH))
    velocity = np.clip(rows[:, VELOCITY] * 4 + 2, 1, 127)
    return Notes(onset, sounds, pitch, velocity), Written(onset - tick, lasts)


def _until_next(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) from each of the sorted times (n,) to the next later one; infinite from the last."""
    places, index = np.unique(times, return_inverse=True)
    return np.diff(places, append=np.inf)[index]


assert tokens.FLAT["deviation"] == 20
