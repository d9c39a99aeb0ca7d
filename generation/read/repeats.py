"""Repeats: bars as written → the order in which repeats, endings, parts and “D.C. al Fine” have them played."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from generation.request import Refusal

MAX_BARS = 5_000
Item = TypeVar("Item")


@dataclass
class Bar(Generic[Item]):
    """What stands between two bar lines: `items`, in the form of whoever reads them, and what is done with them.

    opens    a repeat begins here (`|:`)
    repeats  times that what ends here is played again (1 for `:|`)
    closes   a section ends here (`||`, `|]`, `[|`)
    endings  the passes in which this ending is played; empty outside of endings
    part     the label of the part (P:) that begins here
    """

    items: list[Item] = field(default_factory=list)
    opens: bool = False
    repeats: int = 0
    closes: bool = False
    endings: frozenset[int] = frozenset()
    part: str = ""
    fine: bool = False
    da_capo: bool = False


def played(bars: list[Bar[Item]], parts: str = "") -> list[int]:
    """Indices into `bars` in the order of playing: repeats, endings, the order of parts, and da capo."""
    starts = [i for i, bar in enumerate(bars) if bar.part]
    if parts and starts:
        spans = {bars[a].part: (a, b) for a, b in zip(starts, [*starts[1:], len(bars)], strict=True)}
        sections = [(0, starts[0])] + [spans[part] for part in parts if part in spans]
        order = [a + i for a, b in sections for i in _repeated(bars[a:b])]
    else:
        order = _repeated(bars)
    if len(order) > MAX_BARS:
        raise Refusal("With its repeats this piece has more than {limit} bars. Send a shorter one.", limit=MAX_BARS)
    return order


def _repeated(bars: list[Bar[Item]]) -> list[int]:
    sections: dict[int, tuple[range, int]] = {}
    order: list[int] = []
    i = start = 0
    turn, said = 1, False  # said: whether the file says where the repeat begins, or it is the last double bar
    while i < len(bars):
        if bars[i].opens and (i > start or not said):
            start, turn, said = i, 1, True
        section, last = sections.get(start) or sections.setdefault(start, _section(bars, start))
        if bars[i].endings and turn not in bars[i].endings:
            i = next((j for j in section if j > i and turn in bars[j].endings), i)
        order.append(i)
        bar, following = bars[i], bars[i + 1 : i + 2]
        # An ending that another one follows is played again also where `:|` was forgotten.
        forgotten = bool(following and following[0].endings and turn not in following[0].endings and last > 1)
        if (bar.repeats or forgotten) and turn < max(last, bar.repeats + 1):
            i, turn = start, turn + 1
            continue
        i += 1
        ends = turn >= last > 1 or (turn == 1 and not said)
        if bar.repeats or (bar.closes and ends):
            start, turn, said = i, 1, False
    return order + _da_capo(bars)


def _section(bars: list[Bar[Item]], start: int) -> tuple[range, int]:
    """What a repeat from `start` is about, up to the next beginning or the next first ending; and its last turn by
    the numbers of its endings, 1 without any."""
    last, end = 1, start
    while end < len(bars) and (end == start or not (bars[end].opens or (1 in bars[end].endings and last > 1))):
        last = max(last, *bars[end].endings, 1)
        end += 1
    return range(start, end), last


def _da_capo(bars: list[Bar[Item]]) -> list[int]:
    """Once more from the top to “Fine”, with last endings only. Without a Fine, D.C. just means: dance on."""
    fine = next((i for i, bar in enumerate(bars) if bar.fine), None)
    if fine is None or not any(bar.da_capo for bar in bars[fine:]):
        return []
    order: list[int] = []
    skipping = False
    for i, bar in enumerate(bars[: fine + 1]):
        if bar.endings:
            following = next((other.endings for other in bars[i + 1 :] if other.endings), frozenset({1}))
            skipping = 1 not in following and max(following) > max(bar.endings)
        if not skipping:
            order.append(i)
        skipping = skipping and not bar.closes
    return order
