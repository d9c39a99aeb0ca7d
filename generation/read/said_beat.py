"""Whether notes keep the beat that their file says, and whether they keep one a little faster or slower."""

import numpy as np
from numpy.typing import NDArray

# Nats a note by which its place in the beat is predicted from the other stretches of a piece. Of tunes played with
# deviations of 0.03 quarters, 99 in 100 are above `KEPT`; of 100 performances without a click, none is. If the pace is
# sought first, one of these 100 reaches `SOUGHT`.
KEPT, SOUGHT = 0.25, 0.4
NEAR = 0.06  # how much faster or slower the notes may be than their file says
SPREAD = 0.025  # quarters by which notes miss the places where most of them stand
STRETCHES, CELLS = 4, 200  # of a piece, of a quarter
ANYWHERE = 0.1  # the share of notes that stand nowhere in particular
GRIDS = (20, 24, 28, 32)  # places in a quarter
EXACT, ABOUT = 0.9, 0.5  # the share of notes on a grid; how strongly all are drawn to its places, of 1
# Of the notes at the fullest place in a beat: with a smaller share on the file's beats, hardly a note is there.
EMPTY = 0.2
HARMONICS, ENOUGH, FEW = 4, 600, 256  # fractions of a beat that are examined, notes that suffice, factors tried at once

Floats = NDArray[np.float64]


def kept(quarter: Floats, weight: Floats, beat: float) -> float:
    """Nats a note by which its place in a beat of so many quarters is predicted by the places of the notes in the other
    stretches of a piece: straight, swung or in threes, players who keep the beat come back to them; others drift off.

    quarter, weight  (n,) where each note begins, in any order, and how much it counts
    """
    order = np.argsort(quarter, kind="stable")
    cell, weight = _cells(quarter[order], beat), weight[order]
    stretch = np.arange(len(cell)) * STRETCHES // len(cell)
    foreseen = np.zeros(len(cell))
    for here in (stretch == i for i in range(STRETCHES)):
        foreseen[here] = _density(cell[~here], weight[~here], beat)[cell[here]]
    return float(np.average(np.log(ANYWHERE + (1 - ANYWHERE) * foreseen), weights=weight))


def firm(quarter: Floats, weight: Floats) -> bool:
    """Whether notes (n,) stand exactly on a grid, or about the halves, thirds and quarters of a beat. Otherwise a tune
    in a tempo of its own, such as 100, would seem to keep the fifths of the beat that a program wrote by default."""
    exact = max(float((np.abs(quarter * grid - np.round(quarter * grid)) < 0.1).mean()) for grid in GRIDS)
    near = max(float(np.average(np.cos(2 * np.pi * quarter * parts), weights=weight)) for parts in (2, 3, 4))
    return exact >= EXACT or near >= ABOUT


def sought(quarter: Floats, weight: Floats, beat: float) -> tuple[float, float] | None:
    """The factor, near 1, by which times must be multiplied for the notes to keep the beat, and how many quarters late
    the beats are then; None if there is no such beat.

    Arguments as in `kept`. A beat shows as a peak of the notes' spectrum, and so do its half, third and quarter.
    """
    step = -(-len(quarter) // ENOUGH)
    order = np.argsort(quarter, kind="stable")[::step]
    at, share = quarter[order] / beat, weight[order] / weight[order].sum()
    lasts = max(float(np.ptp(at)), 8.0)
    factor = np.arange(1 - NEAR, 1 + NEAR, 1 / (4 * HARMONICS * lasts))
    power = np.concatenate([_power(few, at, share) for few in np.array_split(factor, -(-len(factor) // FEW))])
    best = float(factor[np.argmax(power)])
    if kept(quarter * best, weight, beat) < SOUGHT:
        return None
    density = _density(_cells(quarter * best, beat), weight, beat)
    late = float(np.argmax(density)) / CELLS
    return best, late if density[0] < EMPTY * density.max() else 0.0


def _power(factor: Floats, at: Floats, share: Floats) -> Floats:
    """The power of the notes' spectrum at each beat, and at its half, third and quarter."""
    turns = np.exp(2j * np.pi * np.outer(factor, at))
    return np.asarray(sum(np.abs(turns**harmonic @ share) ** 2 for harmonic in range(1, HARMONICS + 1)))


def _cells(quarter: Floats, beat: float) -> NDArray[np.int64]:
    """(n,) the cell of its beat in which each note begins."""
    return np.asarray(np.floor(quarter * CELLS + 0.5).astype(np.int64) % round(CELLS * beat))


def _density(cell: NDArray[np.int64], weight: Floats, beat: float) -> Floats:
    """How much of the weight begins around each cell of a beat, 1 on average."""
    cells = round(CELLS * beat)
    beside = np.minimum(np.arange(cells), cells - np.arange(cells)) / CELLS
    around = np.fft.rfft(np.exp(-((beside / SPREAD) ** 2) / 2))
    density = np.maximum(np.fft.irfft(np.fft.rfft(np.bincount(cell, weight, cells)) * around, cells), 0)
    return np.asarray(density / density.mean())
