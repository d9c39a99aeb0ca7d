"""The rows of a take → its song: the given notes unchanged, then the new ones of every part."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generation.model import band
from generation.model.band import PART, TICK
from generation.model.chords import symbol_of
from generation.model.encode_song import decode, kit_of
from generation.model.tokens import DEVIATION_UNIT, TICKS, Ints
from generation.music.clock import Tempo
from generation.music.notes import Notes, Written
from generation.music.song import FADERS, SUSTAIN, Part, Song, heard_key, mostly
from generation.play.band.accompanists import LEVEL
from generation.play.band.plan import Plan
from generation.play.band.rules import NEAR
from generation.request import Words

CHANGED = 0.02  # a new tempo is written if it differs by more than this share
SHORTEST = 1 / 48  # quarters that a note lasts at least
LOUDNESS = 32.0  # quarters at the end of the input whose loudness goes on
VARIED = 10.0  # standard deviation that new velocities may have, even if the input's are more even
ON_TIME = 20  # the class of no deviation
LATEST = 3  # classes by which all parts may deviate together after an input that is exactly on the grid
APART = 0.3  # the share that is kept of how far rows of one onset deviate from one another


def to_song(plan: Plan, new_rows: Sequence[Sequence[int]], open_end: bool) -> tuple[Song, float]:
    """The whole song, and the quarter where its new music begins. Each new row holds the classes of all heads, then
    the tick."""
    song, piece = plan.song, plan.piece
    rows = rows_of(new_rows)
    if len(song.parts) > 1:
        rows = _together(rows, bool((piece.encoded.rows[:, band.DEVIATION] == ON_TIME).all()))
    if plan.beside:
        slots = {i: slot for i, slot in piece.slots.items() if i in plan.beside.hands}
        played = [
            _going_on(part, rows[rows[:, PART] == slots[i]], plan, i, open_end) if i in slots else part
            for i, part in enumerate(song.parts)
        ]
        return plan.beside.back(played), plan.beside.new_from
    chorded = piece.encoded.heading[0, 0] == band.HARMONY + 1
    key = song.key or heard_key(song)
    chords = [
        (tick / TICKS, symbol_of(value, piece.shift, key))
        for tick, value in rows[rows[:, PART] == 0][:, [TICK, band.VALUE]].tolist()
        if chorded
    ]
    if plan.chords:
        chords = [*plan.chords]
    parts = [
        _going_on(part, rows[rows[:, PART] == piece.slots[i]], plan, i, open_end) if i in piece.slots else part
        for i, part in enumerate(song.parts)
    ]
    first = int(rows[0, TICK]) if len(rows) else plan.begin
    since = min([first / TICKS, *(float(p.notes.onset[len(old.notes)]) for p, old in zip(parts, song.parts, strict=True)
                                  if len(p.notes) > len(old.notes))])  # fmt: skip
    tempo = song.tempo
    if abs(plan.tempo / tempo[-1].quarters_per_minute - 1) > CHANGED and first / TICKS > tempo[-1].onset:
        tempo = (*tempo, Tempo(first / TICKS, plan.tempo))
    whole = replace(
        song, parts=tuple(parts), tempo=tempo, chords=(*(c for c in song.chords if c[0] < first / TICKS), *chords)
    )
    return replace(whole, remarks=(*song.remarks, *_remarks(song, piece.slots))), since


def rows_of(told: Sequence[Sequence[int]]) -> Ints:
    """Rows (n, len(FIELDS)) from those of a take: the classes of all heads, then the tick."""
    rows = np.tile(band.start_row(), (len(told), 1))
    if len(rows):
        said = np.array(told, np.int64)
        rows[:, : said.shape[1] - 1], rows[:, TICK] = said[:, :-1], said[:, -1]
    return rows


def _remarks(song: Song, slots: dict[int, int]) -> list[Words]:
    resting = sum(bool(len(part.notes)) for part in song.parts) - len(slots)
    if resting <= 0:
        return []
    return [
        Words(
            "{count} part rests in the new music, which has {most} at most",
            "{count} parts rest in the new music, which has {most} at most",
            count=resting,
            most=len(slots),
        )
    ]


def _going_on(part: Part, rows: Ints, plan: Plan, index: int, open_end: bool) -> Part:
    """Part `index` of the song with its new notes from `rows` (n, len(FIELDS)): as loud as before, with the pedal up,
    and over by the goal, where an open end cuts them off."""
    if not len(rows):
        return part
    slot, given, goal = plan.piece.slots[index], part.notes, plan.goal / TICKS
    single, role = bool(plan.limits.single[slot]), band.ROLES[plan.piece.encoded.heading[slot, 0] - 1]
    new, written = decode(rows, plan.piece.shift, kit_of(given.pitch) if part.drums else None, single)
    soonest = max(plan.begin / TICKS, float(given.onset[-1]) + DEVIATION_UNIT) if len(given) else 0.0
    onset = np.maximum(new.onset, soonest)
    tick, lasts = new.onset - written.late, written.duration
    if not part.drums:
        ends = np.round((tick + lasts) * TICKS)
        last = (ends >= plan.goal - NEAR) | (open_end & (ends > plan.goal))
        lasts = np.where(last, goal - tick, lasts)
        sounds = np.where(last, goal - onset, np.minimum(new.duration, goal - onset))
    else:
        sounds = new.duration
    notes = Notes(onset, np.maximum(sounds, SHORTEST), new.pitch, _as_loud(new.velocity, given, LEVEL[role]))
    begin = float(onset[0])
    return replace(
        part,
        notes=given.then(notes),
        written=Written(onset - tick, np.maximum(lasts, SHORTEST)),
        controls=(*part.controls, *_settings(part, begin)),
        bends=(*part.bends, (begin, 0)) if part.bends and part.bends[-1][1] else part.bends,
    )


def _as_loud(velocity: Ints, given: Notes, level: float) -> Ints:
    """New velocities (n,) brought to the mean of the last given notes, and to hardly more variety; without given notes,
    to the mean `level`."""
    varied = VARIED
    if len(given):
        heard = given.velocity[given.onset >= given.onset[-1] - LOUDNESS]
        level, varied = float(heard.mean()), max(VARIED, float(heard.std()))
    varied /= max(1.0, float(velocity.std()))
    level = level + (velocity - velocity.mean()) * min(1.0, varied)
    return np.asarray(np.clip(np.round(level), 1, 127), np.int64)


def _together(rows: Ints, flat: bool) -> Ints:
    """The rows (n, len(FIELDS)) with their deviations brought closer to the median of all parts at their onset; after
    an input on the grid (`flat`), that median is brought closer to the grid too."""
    if not len(rows):
        return rows
    rows, late = rows.copy(), rows[:, band.DEVIATION] - ON_TIME
    starts = np.flatnonzero(np.diff(rows[:, TICK], prepend=-1))
    middle = np.repeat([np.median(each) for each in np.split(late, starts[1:])], np.diff(starts, append=len(rows)))
    apart = late - middle
    if flat:
        middle = np.clip(middle / 2, -LATEST, LATEST)
    rows[:, band.DEVIATION] = np.clip(np.round(middle + APART * apart), -ON_TIME, ON_TIME) + ON_TIME
    return rows


def _settings(part: Part, begin: float) -> list[tuple[float, int, int]]:
    """Controllers (quarter, number, value) at the seam: the volume that the part mostly had, if it faded out; and the
    pedal up, if it was down."""
    settings = []
    for number, usual in FADERS.items():
        said = part.control(number)
        if said and len(part.notes) and said[-1][1] != (typical := mostly(said, part.notes.onset, usual)):
            settings.append((begin, number, typical))
    pedal = part.control(SUSTAIN)
    if pedal and pedal[-1][1] >= 64:
        settings.append((begin, SUSTAIN, 0))
    return settings
