"""ABC bars: the text of a tune → its bars as written, and the order in which repeats have them played."""

import re
from dataclasses import dataclass, field

from generation.request import Refusal

MAX_BARS = 5_000
PIECES = re.compile(
    r'"(?P<words>[^"\n]*)"'
    r"|!(?P<sign>[^!\n|\s]{1,40})!"
    r"|\+[A-Za-z.]{1,20}\+"
    r"|\{[^}\n]*\}"
    r"|\[(?P<letter>[A-Za-z]):(?P<value>[^\]\n]*)\]"
    r"|\[\s*(?P<ending>\d[\d,\-]*)"
    r"|(?P<bar>:*(?:\[?\|+\]?)+:*|::+)(?:[ \t]*\[?[ \t]*(?P<number>\d[\d,\-]*))?"
    r"|(?P<chord>\[[^\]\[|\n]*\]\d*/*\d*)"
    r"|(?P<tuplet>\([2-9](?!\d)(?::\d?){0,2})"
    r"|(?P<rests>[ZX]\d{0,2})"
    r"|(?P<note>(?:\^{1,2}|_{1,2}|=)?[A-Ga-g][,']*\d*/*\d*|[zx]\d*/*\d*)"
    r"|(?P<broken><{1,3}|>{1,3})"
    r"|(?P<tie>-)"
    r"|(?P<overlay>&)"
)
NOTE = re.compile(r"(?:\^{1,2}|_{1,2}|=)?[A-Ga-gz][,']*\d*/*\d*")

Item = tuple[str, str]  # (kind of piece or letter of a field, its text)


@dataclass
class Bar:
    """What stands between two bar lines.

    opens    a repeat or a section begins here (`|:`, `[|`)
    repeats  times that what ends here is played again (1 for `:|`)
    closes   a section ends here (`||`, `|]`)
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


def written(body: str) -> list[Bar]:
    """The bars of one voice, in the order of the page. Grace notes, slurs, ornaments and words are left out."""
    bars = [Bar()]
    overlaid = False
    for found in PIECES.finditer(body):
        kind, text = found.lastgroup, found[0]
        bar = bars[-1]
        if kind in ("words", "sign"):
            word = re.sub(r"[^a-z]", "", text.lower())
            bar.fine |= word == "fine"
            bar.da_capo |= word.startswith(("dc", "dacapo"))
        elif kind in ("bar", "number"):
            overlaid = False
            _end(bar, found["bar"])
            bars.append(Bar(opens=_opens(found["bar"]), endings=_numbers(found["number"] or "")))
        elif kind == "ending":
            if any(piece in ("note", "chord", "rests") for piece, _ in bar.items):
                bars.append(Bar())
            bars[-1].endings = _numbers(found["ending"])
        elif kind == "value":
            if found["letter"] == "P":
                bar.part = found["value"].strip()[:1]
            else:
                bar.items.append((found["letter"], found["value"]))
        elif kind == "overlay":
            overlaid = True  # a second voice within the bar: the first one is the tune
        elif kind == "chord" and not overlaid:
            notes = NOTE.findall(text[1 : text.index("]")])
            tie = "-" if "-" in text else ""
            if notes:
                bar.items.append((kind, f"[{''.join(notes)}{tie}]{text[text.index(']') + 1 :]}"))
        elif kind and not overlaid:
            bar.items.append((kind, text.replace("x", "z")))
        if len(bars) > MAX_BARS:
            raise Refusal(f"This ABC tune has more than {MAX_BARS:,} bars. Send a shorter one.")
    return _without_empty(bars)


def _end(bar: Bar, line: str) -> None:
    """What a bar line says about the bar before it."""
    before = len(line) - len(line.lstrip(":"))
    bar.repeats = min(1 if set(line) == {":"} else before, 4)
    bar.closes = "||" in line or "]" in line or "[" in line


def _opens(line: str) -> bool:
    """What a bar line says about the bar behind it."""
    return line.endswith(":") or "]" in line or "[" in line


def _numbers(text: str) -> frozenset[int]:
    """“1,3-4” → {1, 3, 4}."""
    numbers: set[int] = set()
    for piece in text.replace(" ", "").strip(",-").split(","):
        first, _, last = piece.partition("-")
        if first.isdigit():
            numbers.update(range(int(first), min(int(last) if last.isdigit() else int(first), 16) + 1))
    return frozenset(number for number in numbers if number <= 16)


def _without_empty(bars: list[Bar]) -> list[Bar]:
    """The same without bars in which nothing sounds; what they say goes to their neighbours."""
    kept: list[Bar] = []
    carried = Bar()
    for bar in bars:
        bar.items = carried.items + bar.items
        bar.opens |= carried.opens
        bar.endings |= carried.endings
        bar.part = bar.part or carried.part
        carried = Bar()
        if any(kind in ("note", "chord", "rests") for kind, _ in bar.items):
            kept.append(bar)
            continue
        carried = Bar(items=bar.items, opens=bar.opens, endings=bar.endings, part=bar.part)
        if kept:
            kept[-1].repeats = max(kept[-1].repeats, bar.repeats)
            kept[-1].closes |= bar.closes
            kept[-1].fine |= bar.fine
            kept[-1].da_capo |= bar.da_capo
    return kept


def played(bars: list[Bar], parts: str = "") -> list[int]:
    """Indices into `bars` in the order of playing: repeats, endings, the order of parts, and da capo."""
    starts = [i for i, bar in enumerate(bars) if bar.part]
    if parts and starts:
        spans = {bars[a].part: (a, b) for a, b in zip(starts, [*starts[1:], len(bars)], strict=True)}
        sections = [(0, starts[0])] + [spans[part] for part in parts if part in spans]
        order = [a + i for a, b in sections for i in _repeated(bars[a:b])]
    else:
        order = _repeated(bars)
    if len(order) > MAX_BARS:
        raise Refusal(f"With its repeats this ABC tune has more than {MAX_BARS:,} bars. Send a shorter one.")
    return order


def _repeated(bars: list[Bar]) -> list[int]:
    sections: dict[int, tuple[range, int]] = {}
    order: list[int] = []
    i = start = 0
    turn = 1
    while i < len(bars):
        if bars[i].opens and i > start:
            start, turn = i, 1
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
        if bar.repeats or (bar.closes and last > 1 and turn >= last):
            start, turn = i, 1
    return order + _da_capo(bars)


def _section(bars: list[Bar], start: int) -> tuple[range, int]:
    """What a repeat from `start` is about, up to the next beginning or the next first ending; and its last turn by
    the numbers of its endings, 1 without any."""
    last, end = 1, start
    while end < len(bars) and (end == start or not (bars[end].opens or (1 in bars[end].endings and last > 1))):
        last = max(last, *bars[end].endings, 1)
        end += 1
    return range(start, end), last


def _da_capo(bars: list[Bar]) -> list[int]:
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
