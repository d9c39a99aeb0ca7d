"""Bar lines of MusicXML: repeats, endings and signs, which apply to all parts whichever part has them."""

import re
from xml.etree.ElementTree import Element

from generation.read.musicxml_signs import number
from generation.read.repeats import Bar
from generation.read.signs import Sign
from generation.read.written import ZERO, Score

DOUBLE = ("light-light", "light-heavy", "heavy-light", "heavy-heavy", "heavy")


def take_barline(score: Score, i: int, element: Element, signs: list[Sign]) -> None:
    """Write a `<barline>` of bar `i` into the bars of a score; segno and coda join the signs."""
    bars, bar = score.bars, score.bars[i]
    left = element.get("location", "right") == "left"
    if not left and (element.findtext("bar-style") or "").strip() in DOUBLE:
        score.doubles.add(i)
    for ending in element.findall("ending"):
        if ending.get("type", "start") == "start":
            bar.endings = bar.endings or _passes(ending)
        else:
            bar.closes = True
    for repeat in element.findall("repeat"):
        times = min(max(int(number(repeat.get("times")) or 2) - 1, 1), 15)
        if repeat.get("direction") == "forward":
            (bar if left else bars[i + 1] if i + 1 < len(bars) else Bar[None]()).opens = True
        elif not left or i:
            ended = bars[i - 1] if left else bar
            ended.repeats = max(ended.repeats, times)
    for kind in ("segno", "coda"):
        if element.get(kind) or element.find(kind) is not None:
            signs.append(Sign(i if left else min(i + 1, len(bars) - 1), ZERO, "segno" if kind == "segno" else "coda"))


def _passes(ending: Element) -> frozenset[int]:
    """The passes of an ending: “1, 3”, “1-3”, “1. 2.”; what is printed if that attribute is not a number."""
    text = ending.get("number", "")
    text = text if re.search(r"\d", text) else ending.text or ""
    passes = set[int]()
    for first, last in re.findall(r"(\d{1,2})(?:\s*[-–]\s*(\d{1,2}))?", text)[:16]:
        passes.update(range(int(first), min(int(last or first), 16) + 1))
    return frozenset(each for each in passes if 1 <= each <= 16) or frozenset({1})
