"""A full score as a piece to learn from."""

from generation.model import band
from generation.model.encode_band import Piece as Piece
from generation.model.encode_band import encode as encode
from generation.model.tokens import Ints

TONIC = 2  # index of the tonic in the conditions


def transposed(rows: Ints, conditions: Ints, by: int) -> tuple[Ints, Ints]:
    """Rows (n, len(FIELDS)) moved up `by` semitones, and conditions (C,) whose tonic moves with them."""
    moved = conditions.copy()
    moved[TONIC] = (conditions[TONIC] - 1 + by) % 12 + 1 if conditions[TONIC] else 0
    return band.transpose(rows, by), moved
