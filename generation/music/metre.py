"""Metres and their beats."""

from fractions import Fraction

Metre = tuple[int, int]  # beats a bar, and the unit: (6, 8)


def bar_length(metre: Metre) -> Fraction:
    """Quarters of a bar: 3 in 6/8."""
    return Fraction(4 * metre[0], metre[1])


def is_compound(metre: Metre | None) -> bool:
    """Whether the beats of a metre are dotted, as in 6/8 or 12/16."""
    return metre is not None and metre[1] >= 8 and metre[0] % 3 == 0


def stated_beat(metre: Metre) -> Fraction:
    """Quarters of the beat that a signature states: 2 in 2/2, 3/2 in 6/8, 1/2 in 7/8."""
    return Fraction(12 if is_compound(metre) else 4, metre[1])


def written_beat(metre: Metre) -> Fraction:
    """Quarters of the beat by which notes are grouped on paper: 1 in 2/2, 3/2 in 6/8, 1/2 in 7/8."""
    return stated_beat(metre) if is_compound(metre) else min(stated_beat(metre), Fraction(1))


def heard_beat(metre: Metre | None) -> float:
    """Quarters of the beat that listeners tap: 1 in 2/2, 3/2 in 6/8, 1 in 7/8 or if the metre is unknown."""
    return float(stated_beat(metre)) if metre and is_compound(metre) else 1.0
