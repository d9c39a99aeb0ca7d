"""Metres and their beats."""

from fractions import Fraction

import pytest

from generation.music.metre import Metre, heard_beat, is_compound, stated_beat, written_beat


@pytest.mark.parametrize(
    ("metre", "stated", "written", "heard"),
    [
        ((4, 4), 1, 1, 1.0),
        ((2, 2), 2, 1, 1.0),
        ((6, 4), 1, 1, 1.0),
        ((6, 8), Fraction(3, 2), Fraction(3, 2), 1.5),
        ((9, 16), Fraction(3, 4), Fraction(3, 4), 0.75),
        ((7, 8), Fraction(1, 2), Fraction(1, 2), 1.0),
    ],
)
def test_the_beats_of_a_metre(metre: Metre, stated: Fraction, written: Fraction, heard: float) -> None:
    assert (stated_beat(metre), written_beat(metre), heard_beat(metre)) == (stated, written, heard)


def test_an_unknown_metre_has_beats_of_a_quarter() -> None:
    assert heard_beat(None) == 1.0
    assert not is_compound(None)
