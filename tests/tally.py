"""A table of the things that were tried, how often, and with which result: tests fill it, and the run prints it
last."""

from dataclasses import dataclass


@dataclass
class Row:
    times: int = 0
    found: str = ""


TABLE: dict[str, Row] = {}


def tried(what: str, times: int = 1, found: str = "") -> None:
    """Add `times` to a line of the table; `found` is the text beside the count."""
    row = TABLE.setdefault(what, Row())
    row.times += times
    row.found = found or row.found


def lines() -> list[str]:
    """The table, as it is printed."""
    width = max(map(len, TABLE), default=0)
    return [f"{what:<{width}}  {row.times:>7,}  {row.found}".rstrip() for what, row in TABLE.items()]
