"""How new music comes to rest: without drums, and where nobody dances, it slows down to its last note."""

from dataclasses import replace

import numpy as np

from generation.finish.piece import Piece
from generation.music.clock import SLOWEST, Tempo
from generation.music.metre import heard_beat

STEADY = ("jazz", "irish", "american", "pop")  # styles that keep their tempo to the end
# A runner who stops (Friberg and Sundberg, Journal of the Acoustical Society of America 105, 1999): the cube of the
# tempo falls evenly. To .8 within four quarters is the median of the 332 pianists' pieces of piano-midi.de, whose last
# four quarters have .97, .94, .90 and .82 of their tempo.
SLOWED, QUARTERS, POWER = 0.8, 4.0, 3
STEP = 0.5  # about so many quarters between two tempo marks
LEAST = 6  # as many times its length the new music must be


def slowing_down(piece: Piece, style: str) -> Piece:
    """The piece with the tempo marks of a ritardando before the onset of its last note, from which on the tempo is the
    old one. The same piece if it keeps time, or if its tempo changes there anyway."""
    if style in STEADY or any(part.drums and len(part.notes) for part in piece.song.parts):
        return piece
    last = max(float(part.notes.onset[-1]) for part in piece.new)
    beat = heard_beat(piece.paper.metre)
    span = int(min(QUARTERS, (last - piece.since) / LEAST) / beat) * beat
    steps, start, tempo = round(span / STEP), last - span, piece.song.tempo
    if not steps or tempo[-1].onset > start:
        return piece
    pace = tempo[-1].quarters_per_minute
    middle = (np.arange(steps) + 0.5) / steps
    slower = np.maximum(pace * (1 + (SLOWED**POWER - 1) * middle) ** (1 / POWER), SLOWEST)
    marks = [Tempo(start + i * span / steps, round(float(each), 2)) for i, each in enumerate(slower)]
    kept = [mark for mark in tempo if mark.onset < start]
    tempo = (*kept, *marks, Tempo(last, pace))
    return replace(piece, song=replace(piece.song, tempo=tempo), paper=replace(piece.paper, tempo=tempo))
