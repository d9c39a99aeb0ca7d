"""The rows of a take → the song that it is: the given notes unchanged, then the new ones of every part."""

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
from generation.music.song import EXPRESSION, SUSTAIN, VOLUME, Part, Song, heard_key, in_force
from generation.play.band.plan import Plan
from generation.play.band.rules import NEAR
from generation.request import Words

KEPT = {VOLUME: 100, EXPRESSION: 127}  # controllers that may have faded out → General MIDI's defaults
CHANGED = 0.02  # the new tempo is written where it differs by this share
SHORTEST = 1 / 48  # quarters


def to_song(plan: Plan, new_rows: Sequence[Sequence[int]], open_end: bool) -> tuple[Song, float]:
    """The whole song, and the quarter where its new music begins. A row is the classes of all heads, then the tick."""
    song, piece = plan.song, plan.piece
    rows = rows_of(new_rows)
    chorded = piece.encoded.heading[0, 0] == band.HARMONY + 1
    key = song.key or heard_key(song)
    chords = [
        (tick / TICKS, symbol_of(value, piece.shift, key))
        for tick, value in rows[rows[:, PART] == 0][:, [TICK, band.VALUE]].tolist()
        if chorded
    ]
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
    """Rows (n, len(FIELDS)) of what a take was told: the classes of all heads, then the tick."""
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
    """A part with its new notes, which end by the goal: as loud as it was, and with the pedal up."""
    if not len(rows):
        return part
    slot, given, goal = plan.piece.slots[index], part.notes, plan.goal / TICKS
    single = bool(plan.limits.single[slot])
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
    velocity = new.velocity
    if len(given) and not _shaded(plan, slot):
        velocity = np.clip(velocity + round(float(given.velocity.mean() - velocity.mean())), 1, 127)
    notes = Notes(onset, np.maximum(sounds, SHORTEST), new.pitch, velocity)
    begin = float(onset[0])
    return replace(
        part,
        notes=given.then(notes),
        written=Written(onset - tick, np.maximum(lasts, SHORTEST)),
        controls=(*part.controls, *_settings(part, begin)),
        bends=(*part.bends, (begin, 0)) if part.bends and part.bends[-1][1] else part.bends,
    )


def _shaded(plan: Plan, slot: int) -> bool:
    """Whether a part of the input has dynamics of its own."""
    rows = plan.piece.encoded.rows
    return len(np.unique(rows[rows[:, PART] == slot, band.VELOCITY])) > 1


def _settings(part: Part, begin: float) -> list[tuple[float, int, int]]:
    """Controllers at the seam: where the input faded out, the volume that it mostly had; and the pedal up."""
    settings = []
    for number, usual in KEPT.items():
        said = part.control(number)
        if said and len(part.notes):
            typical = round(float(np.median(in_force(said, part.notes.onset, usual))))
            if said[-1][1] != typical:
                settings.append((begin, number, typical))
    pedal = part.control(SUSTAIN)
    if pedal and pedal[-1][1] >= 64:
        settings.append((begin, SUSTAIN, 0))
    return settings
