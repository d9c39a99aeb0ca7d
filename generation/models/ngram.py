"""The baseline that every network must beat: an interpolated n-gram over the same rows, field by field."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generation.tokens import CLASSES, FIELDS, LENGTHS, PITCH, SHADED, START, STEP, TICK, TIMED, Ints, start_row

HEADS = tuple(CLASSES)
Context = tuple[object, ...]
Rows = list[list[int]]


@dataclass(eq=False)
class NGram:
    """Counts of each field's classes after contexts of 0 … order − 1 notes and the fields spelled before.

    Orders are interpolated by Witten and Bell's rule (1991, “The zero-frequency problem”): a context that was seen
    n times with t different outcomes trusts itself n / (n + t), and the next shorter one for the rest.
    """

    order: int = 3
    counts: dict[Context, dict[int, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def learn(self, tunes: Iterable[Ints]) -> None:
        """Count rows (n + 1, len(FIELDS)) of tunes, the start row first."""
        for tune in tunes:
            rows = tune.tolist()  # plain numbers: this loop runs some fifteen million times
            for i in range(1, len(rows)):
                for head in HEADS:
                    if _teaches(head, rows[i]):
                        said = rows[i][FIELDS.index(head)]
                        for context in self._contexts(head, rows, i):
                            self.counts[context][said] += 1

    def chances(self, head: str, rows: Rows, i: int) -> NDArray[np.float64]:
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
        plain = rows.tolist()
        nats = np.zeros((len(rows) - 1, len(HEADS)))
        for i in range(1, len(rows)):
            for j, head in enumerate(HEADS):
                if _teaches(head, plain[i]):
                    nats[i - 1, j] = -np.log(self.chances(head, plain, i)[plain[i][FIELDS.index(head)]])
        return nats

    def play_on(self, rows: Ints, until: int, rng: np.random.Generator) -> Ints:
        """New rows after `rows`, content only, up to tick `until`."""
        grown: Rows = rows.tolist()
        while grown[-1][TICK] < until and len(grown) < len(rows) + 4096:
            grown.append(start_row().tolist())
            for head in HEADS[:3]:
                chance = self.chances(head, grown, len(grown) - 1)
                if head == "step" and len(grown) > 2:
                    chance[0] = 0
                grown[-1][FIELDS.index(head)] = int(rng.choice(len(chance), p=chance / chance.sum()))
            grown[-1][TICK] = grown[-2][TICK] + int(LENGTHS[grown[-1][STEP]])
        return np.array(grown[len(rows) :])

    def _contexts(self, head: str, rows: Rows, i: int) -> Sequence[Context]:
        """From the shortest to the longest: the fields before in this row, then one note more each."""
        fields = 4 if head == "velocity" else 3
        here = tuple(rows[i][: min(HEADS.index(head), 3)][-2:])
        past: list[Context] = []
        known: tuple[int, ...] = ()
        for n in range(self.order):
            if n:
                known = (*rows[i - n][:fields], *known) if i >= n else known
            past.append((head, n, here if n else here[-1:], known))
        return past


def _teaches(head: str, row: list[int]) -> bool:
    if head == "velocity":
        return bool(row[SHADED])
    return bool(row[TIMED]) if head in ("deviation", "articulation") else row[PITCH] != START
