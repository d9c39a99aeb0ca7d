"""The baseline for several parts: an interpolated 3-gram over the same rows, field by field.

It is like `ngram`, whose tables and hashes it uses. A field's contexts are: none; the field before it in its row; all
fields before it; these and the row before; these and the two rows before. Each has the weight that Witten and Bell's
rule gives it, and leaves the rest to the context before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generation.judge.baselines.ngram import Table, counted, hashed, interpolated, spread
from generation.model import band
from generation.model.band import CLASSES, DURATION, FIRST_DRUM, PART, STEP, TICK, VALUE
from generation.model.hashes import Hashes
from generation.model.tokens import LENGTHS, Ints

HEADS = ("step", "part", "value", "duration")
CONTEXTS = 5
# Kind of a part (as in `band.KINDS`) → whether it cannot play each value.
FORBIDDEN = np.digitize(np.arange(band.VALUES), [FIRST_DRUM, band.NO_CHORD]) != np.arange(len(band.KINDS))[:, None]


@dataclass(eq=False)
class RowNGram:
    """Counts of each field's classes after each of its contexts."""

    tables: dict[tuple[str, int], Table] = field(default_factory=dict)

    def learn(self, pieces: Iterable[Ints]) -> None:
        """Count rows (n + 1, len(band.FIELDS)) of pieces, the start row first."""
        found: dict[tuple[str, int], list[Hashes]] = {}
        for rows in pieces:
            rows = _ended(rows)
            for i, head in enumerate(HEADS):
                taught = _teaches(head, rows[1:])
                said = rows[1:, i].astype(np.uint64)
                for n in range(CONTEXTS):
                    found.setdefault((head, n), []).append((_contexts(i, n, rows) | said)[taught])
        self.tables |= counted(found)

    def nats(self, rows: Ints, ends: bool = True) -> dict[str, float]:
        """Nats of each field of (n + 1, len(band.FIELDS)) rows and, if the piece `ends` there, of the end, summed."""
        rows, sums = _ended(rows) if ends else rows, {}
        for i, head in enumerate(HEADS):
            said = rows[1:, i].astype(np.uint64)
            chance = np.full(len(said), 1 / CLASSES[head])
            for n in range(CONTEXTS):
                chance = interpolated(chance, self.tables[head, n], _contexts(i, n, rows), said)
            sums[head] = float(-np.log(chance[_teaches(head, rows[1:])]).sum())
        return sums

    def chances(self, head: str, rows: Ints) -> NDArray[np.float64]:
        """The distribution (classes,) of a field of the last row, given those before and the fields before in it."""
        chance = np.full(CLASSES[head], 1 / CLASSES[head])
        for n in range(CONTEXTS):
            chance = spread(chance, self.tables[head, n], _contexts(HEADS.index(head), n, rows[-3:])[-1:])
        return chance

    def play_on(self, rows: Ints, heading: Ints, until: int, rng: np.random.Generator) -> Ints:
        """New rows after `rows` up to tick `until`, content only, for the parts that a heading (SLOTS, 4) declares."""
        grown = np.concatenate([rows, np.tile(band.start_row(), (4096, 1))])
        end, kinds = len(rows), band.kinds(heading)
        while grown[end - 1, TICK] < until and end < len(grown):
            row = grown[end]
            for i, head in enumerate(HEADS):
                chance = self.chances(head, grown[: end + 1])
                if head == "step":
                    chance[band.END] = 0
                elif head == "part":
                    chance[heading[:, 0] == 0] = 0
                elif head == "value":
                    chance[FORBIDDEN[kinds[row[PART]]]] = 0
                row[i] = rng.choice(len(chance), p=chance / chance.sum())
            if row[VALUE] >= FIRST_DRUM:
                row[DURATION] = 0
            row[TICK] = grown[end - 1, TICK] + LENGTHS[row[STEP]]
            end += 1
        return grown[len(rows) : end]


def _ended(rows: Ints) -> Ints:
    """The rows and one more, which marks the end."""
    last = rows[-1:].copy()
    last[:, STEP] = band.END
    return np.concatenate([rows, last])


def _contexts(before: int, n: int, rows: Ints) -> Hashes:
    """(len(rows) − 1,) the context number n of the field with so many `before` it, for every row but the first; low
    bits empty."""
    columns = [rows[1:, i] for i in range(0 if n > 1 else max(0, before - 1), before)] if n else []
    for back in range(1, n - 1):
        past = np.concatenate([np.zeros((back - 1, rows.shape[1]), np.int64), rows])[: len(rows) - 1]
        columns += [past[:, i] for i in range(len(HEADS))]
    return hashed(columns, n, len(rows) - 1)


def _teaches(head: str, rows: Ints) -> NDArray[np.bool_]:
    """Whether each of the rows (n, …) is counted: after the last row only the step is, and durations only for tones."""
    there = np.asarray(rows[:, STEP] != band.END)
    if head == "step":
        return np.ones_like(there)
    return np.asarray(there & (rows[:, VALUE] < FIRST_DRUM)) if head == "duration" else there
