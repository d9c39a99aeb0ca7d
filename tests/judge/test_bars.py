"""A figure is printed beside its bar, and says truly whether it meets it."""

import pytest

from generation.judge.bars import Figure, card


@pytest.mark.parametrize(
    ("value", "bar", "at_least", "met"),
    [
        (0.55, 0.55, False, True),
        (0.56, 0.55, False, False),
        (0.97, 0.97, True, True),
        (0.96, 0.97, True, False),
        (float("nan"), 0.97, True, False),
        (float("nan"), 0.55, False, False),
        (0.5, None, False, None),
    ],
)
def test_a_bar_is_met_missed_or_not_set(value: float, bar: float | None, at_least: bool, met: bool | None):
    assert Figure("what", "where", value, None, bar, at_least).met is met


def test_the_card_shows_each_figure_beside_its_bar():
    lines = card([Figure("told", "all", 0.981, 0.5, 0.97, True, ".1%"), Figure("nats", "jsb", 1.6, bar=1.55)])
    assert lines.splitlines()[2:] == [
        "| told | all | 98.1% | 50.0% | ≥ 97.0% | met |",
        "| nats | jsb | 1.60 |  | ≤ 1.55 | missed |",
    ]
