"""The bar lines of a piece, through all changes of metre."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TypeAlias, TypeVar

from generation.music.metre import Metre, bar_length

Value = TypeVar("Value")
Marks: TypeAlias = Sequence[tuple[float, Value]]  # (quarter, value from there on)

COMMON_TIME: Metre = (4, 4)  # where the metre is unknown, or has one beat
GRID = 960  # divisions of a quarter, to which bar lines are rounded


@dataclass(frozen=True)
class Stretch:
    """Bars of one metre, from the quarter `start` on; the first stretch also has whole bars before its `start`."""

    start: Fraction
    metre: Metre

    @property
    def bar(self) -> Fraction:
        """Quarters a bar."""
        return bar_length(self.metre)


def stretched_bars(metres: Marks[Metre], pickup: float, first: float) -> list[Stretch]:
    """The stretches of a piece from its first note on, which begins at the quarter `first`. `metres`, `pickup` as in
    `Song`."""
    if not metres:
        return [Stretch(Fraction(0), COMMON_TIME)]
    found = [Stretch(exact(pickup), _counted(metres[0][1]))]
    for quarter, metre in metres[1:]:
        following = Stretch(exact(quarter), _counted(metre))
        if following.start <= first and following.start > found[0].start:
            found = [following]
        elif following.metre != found[-1].metre or (following.start - found[-1].start) % found[-1].bar:
            found.append(following)
    return found


def bar_lines(stretches: Sequence[Stretch], first: Fraction) -> Iterator[tuple[Fraction, Fraction, Metre]]:
    """(bar line, next bar line, metre) of every bar, in quarters, endlessly, from the bar that holds the quarter
    `first`."""
    for i, stretch in enumerate(stretches):
        stop = stretches[i + 1].start if i + 1 < len(stretches) else None
        line = stretch.start + (floor((first - stretch.start) / stretch.bar) * stretch.bar if i == 0 else 0)
        while stop is None or line < stop:
            until = line + stretch.bar if stop is None else min(line + stretch.bar, stop)
            yield line, until, stretch.metre
            line = until


def _counted(metre: Metre) -> Metre:
    """The metre, or common time for bars of one beat, which mean nothing."""
    return metre if metre[0] > 1 else COMMON_TIME


def exact(quarter: float) -> Fraction:
    """A quarter rounded to the grid."""
    return Fraction(round(quarter * GRID), GRID)
