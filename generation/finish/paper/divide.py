"""Divide a bar for notation: find its tuplets, and cut long notes into tied ones where that makes them readable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import floor

from generation.music.metre import Metre, bar_length, written_beat

# Metre → the lengths, in quarters, of the groups into which its bar falls, between the bar and the beat.
GROUPS = {
    (4, 4): (2,),
    (2, 2): (2,),
    (3, 2): (2,),
    (4, 2): (4, 2),
    (6, 4): (3,),
    (9, 4): (3,),
    (4, 8): (1,),
    (12, 8): (3,),
}
FINEST = Fraction(1, 256)
REMEMBERED = 4096  # bars and notes whose division is kept: most rhythms come again


@dataclass(frozen=True)
class Cell:
    """A stretch of a bar, in quarters, that is divided in one way. `ratio` (1, 1): by halves; (3, 2): as a triplet."""

    start: Fraction
    length: Fraction
    ratio: tuple[int, int] = (1, 1)


@lru_cache(maxsize=REMEMBERED)
def cells(points: tuple[Fraction, ...], metre: Metre) -> tuple[Cell, ...]:
    """The cells of a bar with events at `points` (quarters from its start). Neighbours without tuplets are joined."""
    bar, beat = bar_length(metre), written_beat(metre)
    cells: list[Cell] = []
    at = Fraction(0)
    while at < bar:
        pair = at % (2 * beat) == 0 and beat == 1 and at + 2 * beat <= bar
        inside = [point - at for point in points if at < point < at + 2 * beat]
        if pair and inside == [Fraction(2, 3), Fraction(4, 3)]:
            found = [Cell(at, 2 * beat, (3, 2))]
        else:
            found = _divide([point for point in points if at <= point < at + beat], at, beat)
        for cell in found:
            if cells and cell.ratio == (1, 1) == cells[-1].ratio:
                cells[-1] = Cell(cells[-1].start, cells[-1].length + cell.length)
            else:
                cells.append(cell)
        at = found[-1].start + found[-1].length
    return tuple(cells)


def _divide(points: Sequence[Fraction], start: Fraction, length: Fraction) -> list[Cell]:
    """Cells of the stretch from `start` to `start + length` for the events at `points`, in quarters."""
    inside = [point - start for point in points if start < point < start + length]
    if all(by_halves(point) for point in inside):
        return [Cell(start, length)]
    thirds, halves = {length / 3, length * 2 / 3}, length / 2
    if length.numerator == 1:
        for actual, normal in ((3, 2), (5, 4), (7, 4)):
            scaled = [point * actual / normal for point in inside]
            if all(by_halves(point / length) for point in scaled) and (
                actual != 3 or (thirds & set(inside) and halves not in inside) or length <= Fraction(1, 16)
            ):
                return [Cell(start, length, (actual, normal))]
        parts = [halves, halves]
    else:  # within a dotted beat, cut into as few pieces as possible
        third = length / 3
        options = ([2 * third, third], [third, 2 * third], [third, third, third])
        parts = next((option for option in options if option[0] in inside), options[2])
    cells = []
    for part in parts:
        if length <= FINEST:
            return [Cell(start, length)]
        cells += _divide([point for point in points if start <= point < start + part], start, part)
        start += part
    return cells


def by_halves(point: Fraction) -> bool:
    """Whether halving quarters, again and again, leads to this point."""
    return point.denominator & (point.denominator - 1) == 0


def drawn(
    spans: Sequence[tuple[Fraction, Fraction, int]], cell: Cell, metre: Metre
) -> Iterator[tuple[Fraction, Fraction, Fraction, int]]:
    """(start, end, drawn value, note) of the spans (start, end, note) in a cell, cut so that each can be read.
    Times in quarters from the bar line; note −1 is a rest."""
    actual, normal = cell.ratio
    for start, end, note in spans:
        start, end = max(start, cell.start), min(end, cell.start + cell.length)
        if start >= end:
            continue
        if cell.ratio == (1, 1):
            for a, b in _split(start, end, note < 0, metre):
                yield a, b, b - a, note
        else:
            a, b = ((x - cell.start) * actual / normal for x in (start, end))
            for x, y in _split_plain(a, b, cell.length / normal):
                yield (
                    cell.start + x * normal / actual,
                    cell.start + y * normal / actual,
                    y - x,
                    note,
                )


@lru_cache(maxsize=REMEMBERED)
def _split(start: Fraction, end: Fraction, rest: bool, metre: Metre) -> Sequence[tuple[Fraction, Fraction]]:
    """Cut a note or rest where the eye needs to see the metre: it may hide one stronger pulse, but no more."""
    levels, beat_level = _levels(metre)
    inner = _strongest_between(start, end, levels)
    if inner is None:
        return [(start, end)]
    at, level = inner
    before, after = _level(start, levels), _level(end, levels)
    stronger, weaker = min(before, after), max(before, after)
    compound = levels[beat_level].numerator == 3
    if rest:
        fits = before < level and after <= level
    elif compound and level <= beat_level:
        fits = weaker <= beat_level
    else:
        fits = weaker <= level + 1 and (stronger <= level or end - start <= 2 * levels[level + 1])
    if fits and _writable(end - start):
        return [(start, end)]
    return [*_split(start, at, rest, metre), *_split(at, end, rest, metre)]


@cache
def _levels(metre: Metre) -> tuple[list[Fraction], int]:
    """The pulses of a metre from the bar down, in quarters, and the index of the beat among them."""
    bar, beat = bar_length(metre), written_beat(metre)
    levels = [bar, *(Fraction(group) for group in GROUPS.get(metre, ()))]
    if beat != bar:
        levels.append(beat)
    beat_level = len(levels) - 1
    levels.append(beat / 3 if beat.numerator == 3 else beat / 2)
    while levels[-1] > FINEST:
        levels.append(levels[-1] / 2)
    return levels, beat_level


def _level(point: Fraction, levels: Sequence[Fraction]) -> int:
    """How weak a moment is: 0 for a bar line, higher for weaker ones."""
    return next((i for i, level in enumerate(levels) if point % level == 0), len(levels))


def _strongest_between(start: Fraction, end: Fraction, levels: Sequence[Fraction]) -> tuple[Fraction, int] | None:
    """(moment, level) of the strongest moment strictly between two; of several, the last if the start is no weaker
    than the end, else the first. None if there is none."""
    for i, level in enumerate(levels):
        first = (floor(start / level) + 1) * level
        if first < end:
            last = -(floor(-end / level) + 1) * level
            return (last if _level(start, levels) <= _level(end, levels) else first), i
    return None


def _writable(value: Fraction) -> bool:
    """Whether one note, plain or dotted, has this value."""
    plain = value / 3 if value.numerator == 3 else value
    return (plain.numerator == 1 or plain in (2, 4)) and by_halves(plain) and value <= 6


def _split_plain(start: Fraction, end: Fraction, unit: Fraction) -> list[tuple[Fraction, Fraction]]:
    """Cut a note within a tuplet of notes of value `unit`: not at all if it can be drawn, else at a multiple of it."""
    if _writable(end - start) or end - start <= FINEST:
        return [(start, end)]
    cut = floor(end / unit) * unit
    if not start < cut < end:
        cut = (floor(start / unit) + 1) * unit
    if not start < cut < end:
        return _split_plain(start, end, unit / 2)
    return _split_plain(start, cut, unit) + _split_plain(cut, end, unit)
