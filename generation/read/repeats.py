"""Repeats: bars as written → the order of playing, by repeats, endings, parts, and “D.S. al Coda” and the like."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from generation.request import Refusal

MAX_BARS = 5_000
MAX_JUMPS = 16
Item = TypeVar("Item")


@dataclass(frozen=True)
class Jump:
    """“D.C.” or, with `segno`, “D.S.”: back to the beginning or the sign, and on until what `al` says; "" for whichever
    of the two there is."""

    segno: bool = False
    al: Literal["", "fine", "coda"] = ""


@dataclass
class Bar(Generic[Item]):
    """The `items` between two bar lines, in the form that their reader uses, and their repeats and jumps.

    opens    a repeat begins here (`|:`)
    repeats  times that what ends here is played again (1 for `:|`)
    closes   a section ends here (`||`, `|]`, `[|`), or a bracket over an ending
    endings  the passes in which the ending that begins here is played
    part     the label of the part (P:) that begins here
    segno    “D.S.” goes back to the beginning of this bar
    coda     the coda begins here
    to_coda  after this bar “al Coda” goes on with the coda
    fine     after this bar “al Fine” ends
    jump     what happens after this bar when it has been played for the last time
    within   no bar line stands before this one: a sign within a bar divides it
    """

    items: list[Item] = field(default_factory=list)
    opens: bool = False
    repeats: int = 0
    closes: bool = False
    endings: frozenset[int] = frozenset()
    part: str = ""
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    jump: Jump | None = None
    within: bool = False


@dataclass(frozen=True)
class _Section:
    """The bars of a repeat: `body`, then one of `endings`, each with the passes in which it is played."""

    body: range
    endings: tuple[tuple[frozenset[int], range], ...]
    passes: tuple[int, ...]

    def bars(self, turn: int) -> list[int]:
        """The bars of one pass."""
        ending = next((bars for passes, bars in self.endings if turn in passes), range(0))
        return [*self.body, *ending]


def played(bars: list[Bar[Item]], parts: str = "") -> list[int]:
    """Indices into `bars` in the order of playing: repeats, endings, the order of parts, and jumps.

    If signs contradict each other, this does what players would do: a repeat that begins nowhere begins at the
    last double bar, an ending without `:|` is repeated if another one follows, D.S. without a sign is D.C.
    """
    starts = [i for i, bar in enumerate(bars) if bar.part]
    order: list[int] = []
    if parts and starts:
        spans = {bars[a].part: range(a, b) for a, b in zip(starts, [*starts[1:], len(bars)], strict=True)}
        for span in [range(starts[0]), *(spans[part] for part in parts if part in spans)]:
            order += [span[i] for section in _sections(bars[span.start : span.stop]) for i in _every_pass(section)]
            _limit(order)
    else:
        order = _with_jumps(bars, list(_sections(bars)))
    return order


def _limit(order: list[int]) -> None:
    if len(order) > MAX_BARS:
        raise Refusal("With its repeats, this piece has more than {limit} bars. Send a shorter one.", limit=MAX_BARS)


def _every_pass(section: _Section) -> list[int]:
    return [i for turn in section.passes for i in section.bars(turn)]


def _sections(bars: list[Bar[Item]]) -> Iterator[_Section]:
    """The bars cut where repeats begin and end."""
    start = 0
    while start < len(bars):
        end = start
        while end < len(bars) and not bars[end].endings:
            ends = bars[end].repeats or (bars[end].closes and not bars[start].opens)
            end += 1
            if ends or end == len(bars) or bars[end].opens:
                yield _Section(range(start, end), (), tuple(range(bars[end - 1].repeats + 1)))
                break
        else:
            endings = _endings(bars, end)
            yield _Section(range(start, end), endings, _passes(bars, endings))
            end = endings[-1][1].stop
        start = end


def _endings(bars: list[Bar[Item]], start: int) -> tuple[tuple[frozenset[int], range], ...]:
    """The endings that follow one another from `start` on, as long as none is for a pass that has its own already."""
    found: list[tuple[frozenset[int], range]] = []
    while start < len(bars) and bars[start].endings:
        passes = bars[start].endings
        if any(passes & others for others, _ in found):
            break
        after = next((i for i in range(start + 1, len(bars)) if bars[i].opens or bars[i].endings), len(bars))
        other = after < len(bars) and bool(bars[after].endings)
        marked = next((i + 1 for i in range(start, after) if bars[i].repeats or bars[i].closes), 0)
        more = other and not any(bars[after].endings & others for others in (passes, *(seen for seen, _ in found)))
        if other and bars[after - 1].repeats:  # a double bar may stand within an ending that another one follows
            stop = after
        elif marked or more or not (other and found):
            stop = marked or after
        else:  # nothing says where the last ending ends, and more bars follow: it is as long as the first
            stop = min(start + len(found[0][1]), after)
        found.append((passes, range(start, stop)))
        start = stop
    return tuple(found)


def _passes(bars: list[Bar[Item]], endings: tuple[tuple[frozenset[int], range], ...]) -> tuple[int, ...]:
    """The numbers of the passes that are played. After a first ending that stands alone, the second pass goes on."""
    numbers = frozenset[int]().union(*(passes for passes, _ in endings))
    repeats = max(bars[span[-1]].repeats for _, span in endings)
    if numbers == {1}:
        return (1, *range(2, 2 + repeats))
    return tuple(sorted(numbers | {1} if repeats else numbers))


def _with_jumps(bars: list[Bar[Item]], sections: list[_Section]) -> list[int]:
    """All passes of all sections, and after each D.C. or D.S. the bars that it repeats, with last endings only."""
    once = [i for section in sections for i in section.bars(section.passes[-1])]
    plan = [i for section in sections for i in _every_pass(section)]
    _limit(plan)
    last = {i: at for at, i in enumerate(plan)}
    order: list[int] = []
    left: set[int] = set()  # where “To Coda” was obeyed
    done: set[int] = set()
    at = 0
    while at < len(plan):
        here = plan[at]
        order.append(here)
        jump = bars[here].jump
        if jump is None or here in done or at != last[here] or len(done) >= MAX_JUMPS:
            at += 1
            continue
        done.add(here)
        begin = max((i for i in range(here + 1) if bars[i].segno), default=0) if jump.segno else 0
        again = [i for i in once if begin <= i <= here]
        fine = next((n for n, i in enumerate(again) if bars[i].fine and jump.al != "coda"), None)
        leave = next((n for n, i in enumerate(again) if bars[i].to_coda and i not in left and jump.al != "fine"), None)
        at += 1
        if fine is not None:
            order += again[: fine + 1]
            if not any(bars[i].jump and i not in done for i in plan[at:]):
                break  # else a rondo: what follows, and once more to the Fine
        elif leave is not None:
            order += again[: leave + 1]
            left.add(again[leave])
            coda = next((i for i in range(here + 1, len(bars)) if bars[i].coda), here + 1)
            at = next((n for n in range(at, len(plan)) if plan[n] >= coda), len(plan))
        else:
            order += again
        _limit(order)
    _limit(order)
    return order
