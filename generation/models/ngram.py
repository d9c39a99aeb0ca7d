"""The baseline that every network must beat: an interpolated n-gram over the same rows, field by field."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generation.tokens import CLASSES, FIELDS, LENGTHS, PITCH, SHADED, START, STEP, TICK, TIMED, Ints, start_row

HEADS = tuple(CLASSES)
Context = tuple[object, ...]


@dataclass(eq=False)
class NGram:
    """Counts of each field's classes after contexts of 0 … order − 1 notes and the fields spelled before.

    Orders are interpolated by Witten and Bell's rule (1991, “The zero-frequency problem”): a context that was seen
    n times with t different outcomes trusts itself n / (n + t), and the next shorter one for the rest.
    """

    order: int = 3
    counts: dict[Context, dict[int, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def learn(self, tunes: Iterable[Ints], expression: bool = True) -> None:
        """Count rows (n + 1, len(FIELDS)) of tunes, the start row first."""
        for rows in tunes:
            for i in range(1, len(rows)):
                for head in HEADS:
                    if not _teaches(head, rows[i]):
                        continue
                    said = int(rows[i, FIELDS.index(head)])
                    for context in self._contexts(head, rows, i):
                        self.counts[context][said] += 1

    def chances(self, head: str, rows: Ints, i: int) -> NDArray[np.float64]:
        """The distribution (classes,) of a field of row i, given the rows before and the fields before in the row."""
        chance = np.full(CLASSES[head], 1 / CLASSES[head])
        for context in self._contexts(head, rows, i):
            seen = self.counts.get(context)
            if not seen:
                break
            classes, times = np.array(list(seen)), np.array(list(seen.values()), dtype=float)
            total, kinds = times.sum(), len(classes)
            chance = chance * (kinds / (total + kinds))
            chance[classes] += times / (total + kinds)
        return chance

    def nats(self, rows: Ints) -> NDArray[np.float64]:
        """(n, len(HEADS)) surprise of every note; 0 where nothing was played."""
        nats = np.zeros((len(rows) - 1, len(HEADS)))
        for i in range(1, len(rows)):
            for j, head in enumerate(HEADS):
                if _teaches(head, rows[i]):
                    nats[i - 1, j] = -np.log(self.chances(head, rows, i)[rows[i, FIELDS.index(head)]])
        return nats

    def play_on(self, rows: Ints, until: int, rng: np.random.Generator) -> Ints:
        """New rows after `rows`, content only, up to tick `until`."""
        grown = [*rows]
        while grown[-1][TICK] < until and len(grown) < len(rows) + 4096:
            grown.append(start_row())
            here = np.array(grown)
            for head in HEADS[:3]:
                chance = self.chances(head, here, len(here) - 1)
                if head == "step" and len(here) > 2:
                    chance[0] = 0
                here[-1, FIELDS.index(head)] = rng.choice(len(chance), p=chance / chance.sum())
            here[-1, TICK] = here[-2, TICK] + LENGTHS[here[-1, STEP]]
            grown[-1] = here[-1]
        return np.array(grown[len(rows) :])

    def _contexts(self, head: str, rows: Ints, i: int) -> Sequence[Context]:
        """From the shortest to the longest: the fields before in this row, then one note more each."""
        index = HEADS.index(head)
        here = tuple(int(rows[i, FIELDS.index(name)]) for name in HEADS[: min(index, 3)][-2:])
        past = []
        for n in range(self.order):
            notes = rows[max(0, i - n) : i, : len(HEADS)][:, : 4 if head == "velocity" else 3]
            past.append((head, n, here if n else here[-1:], *map(int, notes.ravel())))
        return past


def _teaches(head: str, row: Ints) -> bool:
    if head == "velocity":
        return bool(row[SHADED])
    return bool(row[TIMED]) if head in ("deviation", "articulation") else bool(row[PITCH] != START)
