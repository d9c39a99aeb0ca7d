"""Excerpts of held-out works: a given beginning, as rows and as a song, and the way the work truly goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.learn.full_corpus import Work
from generation.model import band
from generation.model.band import DURATION, PART, TICK, VALUE, VELOCITY
from generation.model.chords import symbol_of
from generation.model.encode_band import Piece, encode
from generation.model.full_score import FullScore
from generation.model.tokens import LENGTHS, TICKS, Ints
from generation.music.clock import Tempo
from generation.music.key import find_key
from generation.music.metre import Metre, bar_length
from generation.music.notes import Notes
from generation.music.song import Part, Song

PLACES = (0.0, 1 / 3, 2 / 3)  # of a work, where excerpts begin: at the next bar line
FEWEST = 8  # rows that are given, and that truly follow
USUAL_PACE = 100.0  # quarters a minute if a work does not say
SHORTEST = 1 / 48  # quarters
TONIC = 2  # its index in the conditions


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A stretch of a work, from a bar line on. Its rows are in the key without signs.

    start  quarter of the work at which it begins
    score  everything that is given and that truly follows, from quarter 0
    split  quarter at which the given part ends
    piece  the score, encoded
    first  index in its rows of the first that is not given
    """

    work: Work
    start: float
    score: FullScore
    split: float
    piece: Piece
    first: int

    @property
    def rows(self) -> Ints:
        """(n + 1, len(FIELDS)) the start row and all others."""
        return self.piece.encoded.rows.astype(np.int64)

    @property
    def bar(self) -> float:
        """Quarters a bar; 0 if unknown."""
        return self.score.bars[0][1] if self.score.bars else 0.0


def pace(score: FullScore) -> float:
    """Quarters a second."""
    return (score.tempo or USUAL_PACE) / 60


def excerpts(works: Sequence[Work], given: float, true: float, seconds: bool = False) -> Iterator[Excerpt]:
    """The excerpts of works that are long enough, with so much `given` and so much that truly follows, in quarters or
    in `seconds` at the tempo of the work."""
    for work in works:
        factor = pace(work.score) if seconds else 1.0
        end = float((work.score.onset + work.score.duration).max())
        starts = [_bar_line(work.score, place * end) for place in PLACES]
        for start in dict.fromkeys(starts):
            if start + (given + true) * factor <= end + 1e-6:
                found = excerpt(work, start, given * factor, true * factor)
                if found:
                    yield found


def excerpt(work: Work, start: float, given: float, true: float) -> Excerpt | None:
    """The excerpt from the bar line `start` on, with so many quarters given and true; None if it has too few rows."""
    score = cut(work.score, start, start + given + true)
    if len(score.onset) < 2 * FEWEST:
        return None
    piece = encode(score, work.style)
    tick = piece.encoded.rows[1:, TICK]
    first = 1 + int(np.searchsorted(tick, round(given * TICKS)))
    if min(first - 1, len(tick) + 1 - first) < FEWEST:
        return None
    return Excerpt(work, start, score, given, replace(piece, complete=False), first)


def _bar_line(score: FullScore, quarter: float) -> float:
    """The first bar line at or after a quarter, or the quarter itself, rounded up, if bars are unknown."""
    since, bar = next((mark for mark in reversed(score.bars) if mark[0] <= quarter + 1e-6), (0.0, 0.0))
    bar = bar or 1.0
    return since + float(np.ceil((quarter - since) / bar - 1e-6)) * bar


def cut(score: FullScore, start: float, stop: float) -> FullScore:
    """The notes that begin in start … stop − 1, in quarters from the bar line `start`, with everything that applies to
    them."""
    here = (score.onset >= start - 1e-6) & (score.onset < stop - 1e-6)
    bars, chords = (
        tuple((max(at, start) - start, value) for at, value in _ruling(marks, start) if at < stop)
        for marks in (score.bars, score.chords)
    )
    return replace(
        score,
        onset=np.maximum(score.onset[here] - start, 0.0),
        duration=score.duration[here],
        pitch=score.pitch[here],
        velocity=score.velocity[here],
        part=score.part[here],
        late=None if score.late is None else score.late[here],
        bars=bars,
        chords=tuple((at, int(value)) for at, value in chords),
    )


def _ruling(marks: Sequence[tuple[float, float]], start: float) -> Sequence[tuple[float, float]]:
    """The marks, beginning with the one in force at `start`."""
    before = [i for i, (at, _) in enumerate(marks) if at <= start + 1e-6]
    return marks[before[-1] :] if before else marks


def song(score: FullScore) -> Song:
    """A score as a song, as it is written: with the metre, key and tempo of its beginning."""
    key = score.key or find_key(score.pitch, score.duration)
    parts = []
    for i, about in enumerate(score.parts):
        order = np.flatnonzero(score.part == i)
        order = order[np.argsort(score.onset[order], kind="stable")]
        notes = Notes(
            score.onset[order],
            np.maximum(score.duration[order], SHORTEST),
            score.pitch[order],
            np.clip(score.velocity[order], 1, 127),
        )
        drums = about.role == "drums"
        program = None if drums or about.family == band.NO_FAMILY else 8 * about.family
        if len(notes):
            parts.append(Part(notes, program, drums=drums, role=about.role))
    return Song(
        tuple(parts),
        (Tempo(0.0, 60 * pace(score)),),
        tuple((at, _metre(score, bar)) for at, bar in score.bars if bar),
        ((0.0, score.key),) if score.key else (),
        chords=tuple((at, symbol_of(value, 0, key)) for at, value in score.chords),
    )


def _metre(score: FullScore, bar: float) -> Metre:
    """The metre of a bar that lasts `bar` quarters: the score's own, if it fits."""
    if score.metre and abs(float(bar_length(score.metre)) - bar) < 1e-6:
        return score.metre
    return (round(bar), 4) if abs(bar - round(bar)) < 1e-6 else (max(1, round(2 * bar)), 8)


def continued(given: Excerpt, rows: Ints) -> Piece:
    """The given rows of an excerpt followed by other rows (n, len(FIELDS)), which have its parts and come later."""
    return _as_piece(given, np.concatenate([given.rows[1 : given.first], rows]), 0)


def alone(given: Excerpt, piece: Piece) -> Piece:
    """What follows the given rows in a piece, as if nothing came before the bar line at which it begins."""
    rows = piece.encoded.rows[given.first :]
    bar = round(given.bar * TICKS)
    return _as_piece(given, rows, int(rows[0, TICK]) // bar * bar if bar else int(rows[0, TICK]))


def _as_piece(given: Excerpt, rows: Ints, line: int) -> Piece:
    """Rows (n, len(FIELDS)) as a piece with the parts of an excerpt, from the tick `line` on."""
    bars = [(max(0, round(at * TICKS) - line), round(bar * TICKS)) for at, bar in given.score.bars]
    made = band.rows_of(
        rows[:, TICK] - line,
        rows[:, PART],
        rows[:, VALUE],
        LENGTHS[rows[:, DURATION]],
        rows[:, VELOCITY : VELOCITY + 3],
        bars,
    )
    return replace(given.piece, encoded=replace(given.piece.encoded, rows=made))
