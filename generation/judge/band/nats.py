"""How well the model predicts full scores: its nats a row, beside those of a 3-gram over the same rows."""

from collections.abc import Sequence

import numpy as np
import torch

from generation.judge.bars import Figure, table
from generation.judge.baselines.row_ngram import RowNGram
from generation.learn.band_loss import CONTENT, EXPRESSION, surprise
from generation.learn.training import fast_precision
from generation.model.band import DURATION, TICK
from generation.model.encode_band import Piece
from generation.model.networks.band_lstm import BandLSTM
from generation.model.tokens import LENGTHS, TICKS

FRAME = 0.25  # quarters
FRAMED = "jsb"  # the set that is compared with models of frames
SHARE_BAR = dict.fromkeys(("lieder", "string_quartets", "piano_midi_de", "groove", "pop909"), 0.55)
FRAME_BAR = {True: 1.70, False: 1.55}  # nats a frame: learned from nothing else, or from much else
NATS = (*CONTENT, "model", "3-gram", "share", "frame", "3-gram frame", *EXPRESSION)


def nats(
    model: BandLSTM, ngram: RowNGram, pieces: Sequence[Piece], others: Sequence[BandLSTM] = ()
) -> dict[str, float]:
    """Nats a row of pieces, by head; `model` and `3-gram`, those of all content, and the `share` of the first in the
    second; `frame` and `3-gram frame`, the same for a sixteenth; and the number of `rows`. With `others`, `model` is
    the mixture of all networks.

    The sums include every row (notes, strokes and changes of chord), the end of each piece that was not cut and, where
    its key was estimated, the cost of naming it. Divided by the number of frames, they can be compared with a model of
    frames: both describe the same piece, since frames do not distinguish a held note from a repeated one, and here it
    is one row.
    """
    device = next(model.parameters()).device
    precision = fast_precision(device)
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        found = surprise(model, pieces, *others)
    baseline = [ngram.nats(piece.encoded.rows.astype(np.int64), piece.complete) for piece in pieces]
    rows = sum(each["rows"] for each in found)
    a_frame = rows / sum(round(_end(piece) / FRAME) for piece in pieces)
    figures = {head: sum(each[head] for each in found) / rows for head in CONTENT + EXPRESSION}
    told = sum(piece.told for piece in pieces) / rows
    figures["model"] = sum(figures[head] for head in CONTENT) + told
    figures["3-gram"] = sum(sum(each.values()) for each in baseline) / rows + told
    figures |= {"frame": figures["model"] * a_frame, "3-gram frame": figures["3-gram"] * a_frame}
    return figures | {"share": figures["model"] / figures["3-gram"], "rows": rows, "works": len(pieces)}


def _end(piece: Piece) -> float:
    """Quarters to the end of the last of its rows."""
    if piece.complete:
        return piece.encoded.end / TICKS
    rows = piece.encoded.rows
    return float((rows[:, TICK] + LENGTHS[rows[:, DURATION]]).max()) / TICKS


def figure(name: str, row: dict[str, float], alone: bool) -> Figure:
    """The line of the card about a set. `alone`: whether the model learned from the framed set alone."""
    if name == FRAMED:
        return Figure("nats a frame", name, row["frame"], row["3-gram frame"], FRAME_BAR[alone], form=".3f")
    return Figure("nats a row, share of the 3-gram's", name, row["share"], 1.0, SHARE_BAR.get(name), form=".3f")


def in_words(rows: dict[str, dict[str, float]]) -> str:
    """The table of all sets."""
    lines = [
        [name, f"{row['works']:.0f}", f"{row['rows']:,.0f}", *(f"{row[each]:.3f}" for each in NATS)]
        for name, row in rows.items()
    ]
    return table(["nats a row", "works", "rows", *NATS], lines)
