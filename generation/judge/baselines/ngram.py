"""The baseline that every network must beat: an interpolated n-gram over the same rows, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generation.model.hashes import Hashes, mixed
from generation.model.tokens import CLASSES, FIELDS, LENGTHS, PITCH, SHADED, START, STEP, TICK, TIMED, Ints, start_row

HEADS = tuple(CLASSES)
ROOM = np.uint64(1023)  # the low bits of a context's hash, where a class has its place
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """Counts of classes after contexts: `seen` (n,) are sorted hashes of a context, with the class in the low bits;
    `counts` (n,) say how often each occurred.

    sums  counts before each, one longer
    """

    seen: Hashes
    counts: NDArray[np.float64]
    sums: NDArray[np.float64]


@dataclass(eq=False)
class NGram:
    """Counts of each field's classes after contexts of 0 … order − 1 notes and the fields spelled before.

    Orders are interpolated by Witten and Bell's rule (1991, “The zero-frequency problem”): a context that was seen
    n times with t different outcomes trusts itself n / (n + t), and the next shorter one for the rest.
    """

    order: int = 3
    tables: dict[tuple[str, int], Table] = field(default_factory=dict)

    def learn(self, tunes: Iterable[Ints]) -> None:
        """Count rows (n + 1, len(FIELDS)) of tunes, the start row first."""
        found: dict[tuple[str, int], list[Hashes]] = {}
        for rows in tunes:
            for head in HEADS:
                taught = _teaches(head, rows[1:])
                said = rows[1:, FIELDS.index(head)].astype(np.uint64)
                for n in range(self.order):
                    found.setdefault((head, n), []).append((_contexts(head, n, rows) | said)[taught])
        self.tables |= counted(found)

    def nats(self, rows: Ints) -> NDArray[np.float64]:
        """(n, len(HEADS)) surprise of every note; 0 where nothing was played."""
        nats = np.zeros((len(rows) - 1, len(HEADS)))
        for j, head in enumerate(HEADS):
            said = rows[1:, FIELDS.index(head)].astype(np.uint64)
            chance = np.full(len(said), 1 / CLASSES[head])
            for n in range(self.order):
                chance = interpolated(chance, self.tables[head, n], _contexts(head, n, rows), said)
            nats[:, j] = np.where(_teaches(head, rows[1:]), -np.log(chance), 0)
        return nats

    def chances(self, head: str, rows: Ints) -> NDArray[np.float64]:
        """The distribution (classes,) of a field of the last row, given those before and the fields before in it."""
        chance = np.full(CLASSES[head], 1 / CLASSES[head])
        for n in range(self.order):
            chance = spread(chance, self.tables[head, n], _contexts(head, n, rows[-self.order - 1 :])[-1:])
        return chance

    def play_on(self, rows: Ints, until: int, rng: np.random.Generator) -> Ints:
        """The new rows (m, len(FIELDS)) after `rows` (n, len(FIELDS)), content only, up to tick `until`."""
        grown = np.concatenate([rows, np.tile(start_row(), (4096, 1))])
        end = len(rows)
        while grown[end - 1, TICK] < until and end < len(grown):
            for head in HEADS[:3]:
                chance = self.chances(head, grown[: end + 1])
                if head == "step" and end > 1:
                    chance[0] = 0
                grown[end, FIELDS.index(head)] = rng.choice(len(chance), p=chance / chance.sum())
            grown[end, TICK] = grown[end - 1, TICK] + LENGTHS[grown[end, STEP]]
            end += 1
        return grown[len(rows) : end]


def _contexts(head: str, n: int, rows: Ints) -> Hashes:
    """(len(rows) − 1,) hashes, with empty low bits, of the context of a field in every row but the first: the fields
    before it in the row, and the n rows before."""
    before = min(HEADS.index(head), 3)
    here = range(max(0, before - (2 if n else 1)), before)
    columns = [rows[1:, i] for i in here]
    for back in range(1, n + 1):
        past = np.concatenate([np.zeros((back - 1, rows.shape[1]), np.int64), rows])[: len(rows) - 1]
        columns += [past[:, i] for i in range(4 if head == "velocity" else 3)]
    return hashed(columns, n, len(rows) - 1)


def hashed(columns: Iterable[Ints], n: int, rows: int) -> Hashes:
    """(rows,) hashes, with empty low bits, of contexts of number `n` with these columns (rows,)."""
    every = (column.astype(np.uint64) + np.uint64(1) for column in columns)
    return (mixed(every, np.full(rows, n + 1, np.uint64)) * np.uint64(0x9E3779B97F4A7C15)) & ~ROOM


def counted(found: Mapping[tuple[str, int], list[Hashes]]) -> dict[tuple[str, int], Table]:
    """The tables of contexts with a class in their low bits, by head and number of the context."""
    tables = {}
    for name, every in found.items():
        seen, counts = np.unique(np.concatenate(every), return_counts=True)
        tables[name] = Table(seen, counts.astype(float), np.concatenate([[0.0], np.cumsum(counts)]))
    return tables


def interpolated(chance: Floats, table: Table, context: Hashes, said: Hashes) -> Floats:
    """(n,) the probabilities of the classes `said` (n,) after contexts (n,), given those after shorter contexts."""
    if not len(table.seen):  # nobody played this
        return chance
    low, high = _range(table, context)
    total, kinds = table.sums[high] - table.sums[low], high - low
    place = np.minimum(np.searchsorted(table.seen, context | said), len(table.seen) - 1)
    times = np.where(table.seen[place] == context | said, table.counts[place], 0)
    return np.where(kinds > 0, (times + kinds * chance) / np.maximum(total + kinds, 1), chance)


def spread(chance: Floats, table: Table, context: Hashes) -> Floats:
    """(classes,) the distribution after a context (1,), given that after a shorter one."""
    [low], [high] = _range(table, context)
    times, kinds = table.counts[low:high], high - low
    if kinds:
        chance = chance * (kinds / (times.sum() + kinds))
        chance[(table.seen[low:high] & ROOM).astype(int)] += times / (times.sum() + kinds)
    return chance


def _range(table: Table, contexts: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) the indices in the table at which the entries of each of n contexts begin, and (n,) at which they end."""
    return np.searchsorted(table.seen, contexts), np.searchsorted(table.seen, contexts | ROOM, side="right")


def _teaches(head: str, rows: Ints) -> NDArray[np.bool_]:
    """(n,) whether the head can be learned from each of the rows (n, len(FIELDS))."""
    if head == "velocity":
        return np.asarray(rows[:, SHADED] > 0)
    return np.asarray(rows[:, TIMED] > 0 if head in ("deviation", "articulation") else rows[:, PITCH] != START)
