"""Take given rows as they are, each at its place.

`given` (B, rows, heads + 3) holds the given rows of each take in order: the classes of all heads, the bass that a chord
asks for (as `State.beneath`; `KEPT` if the row is no chord), the tick from which places in bars are counted at the row,
and the row's own tick.
"""

from generation.model.band import PART
from generation.play.band.state import AT
from generation.play.loops.compiled import Whole, compiled

KEPT = -2  # the bass stays what it was


@compiled
def recognise(table: Whole) -> None:
    """After the part: note whether the coming row is given."""
    for take in range(len(table)):
        row = table[take]
        row[AT.forced] = row[AT.onset] == row[AT.next_tick] and row[AT.part] == row[AT.next_part]


@compiled
def impose(head: int, given: Whole, table: Whole, said: Whole) -> None:
    """Write a given row's class for a head into `said` (B,); leave the classes of other takes."""
    for take in range(len(table)):
        if table[take, AT.forced]:
            said[take] = given[take, table[take, AT.taken], head]


@compiled
def pass_by(given: Whole, table: Whole) -> None:
    """After a given row: turn to the next one."""
    for take in range(len(table)):
        row = table[take]
        if row[AT.forced]:
            if given[take, row[AT.taken], -3] != KEPT:
                row[AT.beneath] = given[take, row[AT.taken], -3]
            row[AT.taken] += 1
            following = given[take, row[AT.taken]]
            row[AT.next_tick], row[AT.next_part], row[AT.forced] = following[-1], following[PART], 0
            row[AT.mark] = following[-2]
