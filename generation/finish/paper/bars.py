"""Where the bar lines of a piece stand, whatever its metre changes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TypeAlias, TypeVar

from generation.music.melody import Melody

Value = TypeVar("Value")
Marks: TypeAlias = Sequence[tuple[float, Value]]  # (quarter, what holds from there on)

COMMON_TIME = (4, 4)  # where nobody said, or said only what a beat is
GRID = 960  # of a quarter: bar lines stand on it


@dataclass(frozen=True)
class Stretch:
    """Bars of one metre; from the quarter `start` on, or before it by whole bars if it is the first."""

    start: Fraction
    metre: tuple[int, int]

    @property
    def bar(self) -> Fraction:
        """Quarters a bar."""
        return Fraction(self.metre[0] * 4, self.metre[1])


def stretched_bars(melody: Melody, metres: Marks[tuple[int, int]], pickup: float) -> list[Stretch]:
    """The stretches of a piece, from its first note on; one of the melody's own metre where there are no others."""
    if len(metres) < 2:
        return [Stretch(exact(melody.downbeat if melody.metre else 0.0), _counted(melody.metre))]
    found = [Stretch(exact(pickup), _counted(metres[0][1]))]
    for quarter, metre in metres[1:]:
        following = Stretch(exact(quarter), _counted(metre))
        if following.start <= melody.onset[0] and following.start > found[0].start:
            found = [following]
        elif following.metre != found[-1].metre or (following.start - found[-1].start) % found[-1].bar:
            found.append(following)
    return found


def bar_lines(stretches: Sequence[Stretch], first: Fraction) -> Iterator[tuple[Fraction, Fraction, tuple[int, int]]]:
    """(line, next line, metre) of every bar without end, from the one in which the quarter `first` lies."""
    for i, stretch in enumerate(stretches):
        stop = stretches[i + 1].start if i + 1 < len(stretches) else None
        line = stretch.start + (floor((first - stretch.start) / stretch.bar) * stretch.bar if i == 0 else 0)
        while stop is None or line < stop:
            until = line + stretch.bar if stop is None else min(line + stretch.bar, stop)
            yield line, until, stretch.metre
            line = until


def _counted(metre: tuple[int, int] | None) -> tuple[int, int]:
    return metre if metre and metre[0] > 1 else COMMON_TIME


def exact(quarter: float) -> Fraction:
    """A quarter on the grid."""
    return Fraction(round(quarter * GRID), GRID)
