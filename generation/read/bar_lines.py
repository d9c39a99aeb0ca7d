"""Bar lines: bars in the order of playing → the metres of a song, and its pickup."""

from collections.abc import Sequence
from fractions import Fraction

from generation.music.metre import Metre, bar_length

MOST_BEATS, SMALLEST = 64, 64


def metres_of(
    bars: Sequence[tuple[Fraction, Fraction, Metre | None]],
) -> tuple[tuple[tuple[float, Metre], ...], float]:
    """The metre of each bar where it changes, and the quarters before the first bar line.

    bars  (start, length, stated metre) of each, in quarters

    A bar that is shorter or longer than it should be is a metre of its own, unless the next one makes up for it, as
    where a repeat begins with a pickup, or it is the last: that one makes up for the pickup, or was never filled.
    """
    pickup, made_up = 0.0, False
    found: list[tuple[float, Metre]] = []
    for n, (start, length, metre) in enumerate(bars):
        if metre is None:
            continue
        usual = bar_length(metre)
        if not found and start:  # bars without a metre come first
            pickup = float(start % usual)
        if n == 0 and length < usual:
            pickup = float(length)
        elif made_up or length % usual == 0 or n == len(bars) - 1:
            made_up = False
        elif length + bars[n + 1][1] == usual:
            made_up = True
        else:
            metre = _metre(length, metre)
        if not found or found[-1][1] != metre:
            found.append((float(start) if found else 0.0, metre))
    return tuple(found), pickup


def _metre(length: Fraction, usual: Metre) -> Metre:
    """The metre of a bar of some length, in the usual unit or a smaller one."""
    for unit in (usual[1] * 2**n for n in range(5)):
        beats = length * unit / 4
        if beats.denominator == 1 and 1 <= beats <= MOST_BEATS and unit <= SMALLEST:
            return int(beats), unit
    return usual
