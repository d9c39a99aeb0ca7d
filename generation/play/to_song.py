"""A take that was played → the tune, with its new notes."""

from dataclasses import replace

import numpy as np

from generation.model import tokens
from generation.model.tokens import CLASSES, DURATION, LENGTHS, TICK, TICKS
from generation.music.clock import Tempo
from generation.music.melody import with_line
from generation.music.notes import Written
from generation.music.song import Song, tempo_at
from generation.play.plan import Take

VARIED = 12.0  # standard deviation of the velocities in 10 s of a pianist


def written(take: Take) -> Song:
    """The given notes unchanged, then the new ones at the same tempo. After a score without dynamics, the new notes get
    its mean velocity, so that neither half is louder than the other, and vary as a pianist's do, not more."""
    given, encoded = take.given, take.encoded
    rows = np.tile(tokens.start_row(), (len(take.line.rows), 1))
    rows[:, : len(CLASSES)] = [row[:-1] for row in take.line.rows]
    rows[:, TICK] = [row[-1] for row in take.line.rows]
    rows[:, [tokens.TIMED, tokens.SHADED]] = 1
    rows[:, TICK] += take.delay
    new = tokens.decode(rows, encoded.shift, given).line
    tick, lasts = rows[:, TICK] / TICKS, LENGTHS[rows[:, DURATION]] / TICKS
    if not len(given.line):
        return with_line(given, new, Written(new.onset - tick, lasts))
    onset, velocity = tokens.apart(np.maximum(new.onset, given.line.onset[-1] + 1 / TICKS)), new.velocity
    if not encoded.rows[-1, tokens.SHADED]:
        apart = (velocity - velocity.mean()) * min(1.0, VARIED / max(1.0, float(velocity.std())))
        velocity = np.clip(np.round(given.line.velocity.mean() + apart), 1, 127).astype(np.int64)
    tempo, steady = given.tempo, tempo_at(given, given.end)
    if abs(steady / tempo[-1].quarters_per_minute - 1) > 0.02 and onset[0] > tempo[-1].onset:
        tempo = (*tempo, Tempo(float(onset[0]), steady))
    notes = given.line.then(replace(new, onset=onset, velocity=velocity))
    return with_line(replace(given, tempo=tempo), notes, Written(onset - tick, lasts))


def cut_off(whole: Song, given: int, new: int) -> Song:
    """The tune with its `given` notes, and only the first `new` of the others."""
    written = whole.parts[0].written
    assert written is not None
    return with_line(whole, whole.line[: given + new], Written(written.late[:new], written.duration[:new]))
