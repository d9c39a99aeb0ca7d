"""The figures of a judgement beside their baselines and bars, as tables for a model card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of a model card.

    what, where  what was measured, and on which set
    value        ours; `baseline` is that of the baseline or of true music, None if there is none
    bar          the worst value that is good enough, None if none is set; `at_least`: less is worse, not more
    form         how the numbers are written, as in `format`
    """

    what: str
    where: str
    value: float
    baseline: float | None = None
    bar: float | None = None
    at_least: bool = False
    form: str = ".2f"

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None if there is none. A figure that is not a number meets no bar."""
        if self.bar is None:
            return None
        return bool(self.value >= self.bar if self.at_least else self.value <= self.bar)

    @property
    def cells(self) -> list[str]:
        """The line as it is printed."""
        value, baseline, bar = (
            "" if number is None else format(number, self.form) for number in (self.value, self.baseline, self.bar)
        )
        verdict = {None: "", True: "met", False: "missed"}[self.met]
        return [self.what, self.where, value, baseline, bar and f"{'≥' if self.at_least else '≤'} {bar}", verdict]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def card(figures: Iterable[Figure]) -> str:
    """All figures in one table."""
    return table(["", "set", "ours", "baseline", "bar", ""], [figure.cells for figure in figures])
