"""ABC bars: the text of a tune → its bars as written, with their repeats, endings and signs."""

import re
from collections.abc import Collection
from dataclasses import replace

from generation.read.abc_words import Item, Lyrics
from generation.read.repeats import MAX_BARS, Bar, Jump
from generation.read.signs import Al, Kind, spoken
from generation.request import Refusal

PIECES = re.compile(
    r'"(?P<words>[^"\n]*)"'
    r"|!(?P<sign>[^!\n|\s]{1,40})!"
    r"|(?P<symbol>[SO](?=[!~.({\[^_=|A-GHLMOPTa-guv]))"
    r"|(?P<old_chord>\+(?!f+\+)(?:[\^_=]{0,2}[A-Ga-g][,'\d/]*){2,8}\+)"  # as before ABC 2.0; “+ff+” is a dynamic
    r"|\+[A-Za-z.]{1,20}\+"
    r"|\{[^{}\n]*\}"
    r"|\[(?P<letter>[A-Za-z+]):(?P<value>[^\]\[\n]{0,2000})\]"
    r"|\[\s*(?P<ending>\d+(?: *[,-] *\d+)*)"
    r"|(?P<bar>(?::*\[?\|[|\]]*)+:*|::+)(?:\s*\[?[ \t]*(?P<number>\d+(?: *[,-] *\d+)*))?"
    r"|(?P<chord>\[[^\]\[|\n]*\]\d{0,4}/*\d{0,4})"
    r"|(?P<tuplet>\((?:[2-9](?!\d)|1\d(?=:))(?::\d{0,2}){0,2})"
    r"|(?P<rests>[ZX]\d{0,2})"
    r"|(?P<note>(?:\^{1,2}|_{1,2}|=)?[A-Ga-g][,']*\d{0,4}/*\d{0,4}|[zx]\d{0,4}/*\d{0,4})"
    r"|(?P<broken><{1,3}|>{1,3})"
    r"|(?P<tie>-)"
    r"|(?P<overlay>&)"
    r"|(?P<line>\n)"
)
NOTE = re.compile(r"(?:\^{1,2}|_{1,2}|=)?[A-Ga-gz][,']*\d{0,4}/*\d{0,4}")

SIGNS = re.compile(r'"[^"\n]*"|![^!\n|\s]{1,40}!|[SO](?=[!~.({\[^_=|A-Ga-g])')
SYMBOLS = {"S": "segno", "O": "coda"}
CHORD = re.compile(
    r"[A-G][#b♯♭]?(?:maj|min|dim|aug|sus|add|alt|omit|no|ma|mi|[mM+°ø△Δ\-#b♯♭()]|6/9|\d{1,2}){0,8}(?:/[A-Ga-g][#b♯♭]?)?|N\.?C\.?"
)


def written(body: str, symbols: Collection[str] = ()) -> list[Bar[Item]]:
    """The bars of one voice, in the order of the page: notes, rests, tuplets and so on, and between them
    ("symbol", a chord such as “Am7”), ("verse", its number and a syllable of the note that follows), ("overlay", "")
    before what a second voice plays from the bar's beginning, and fields by their letters. Grace notes, slurs,
    ornaments and other words are left out. Raises `Refusal` for too many bars.

    symbols  letters that a tune uses in another sense than ABC
    """
    bars: list[Bar[Item]] = [Bar()]
    words = Lyrics()
    overlaid = False
    kinds = {sign[0] for sign in map(_sign, set(SIGNS.findall(body)) - set(symbols)) if sign}
    jumps = kinds & {"da_capo", "dal_segno"} and kinds & {"fine", "coda", "to_coda"}  # without an end: “dance on”
    for found in PIECES.finditer(body):
        kind, text = found.lastgroup, found[0]
        bar = bars[-1]
        if kind == "old_chord":
            kind, text = "chord", f"[{text[1:-1]}]"
        if kind in ("words", "sign", "symbol"):
            if kind == "words" and CHORD.fullmatch(found["words"].strip()):
                bar.items.append(("symbol", found["words"].strip()))
            elif jumps and text not in symbols and (sign := _sign(text)):
                _mark(bars, *sign)
        elif kind in ("bar", "number"):
            overlaid = False
            _end(bar, found["bar"])
            bars.append(Bar(opens=_opens(found["bar"]), endings=_numbers(found["number"] or "")))
        elif kind == "ending":
            _divide(bars)
            bars[-1].endings = _numbers(found["ending"])
        elif kind == "value":
            if found["letter"] == "P":
                _divide(bars)
                bars[-1].part = found["value"].strip()[:1]
                bars[-1].items.append(("P", found["value"]))
            elif found["letter"] in "w+":
                words.add(found["value"], found["letter"] == "+")
            else:
                bar.items.append((found["letter"], found["value"]))
        elif kind == "line":
            words.end_line()
        elif kind == "chord":
            notes = NOTE.findall(text[1 : text.index("]")])
            tie = "-" if "-" in text else ""
            if notes:
                bar.items.append((kind, _plain(f"[{''.join(notes)}{tie}]{text[text.index(']') + 1 :]}")))
        elif kind:
            bar.items.append((kind, _plain(text)))
        overlaid |= kind == "overlay"
        if kind in ("note", "chord") and bar.items and not overlaid and text[0] not in "zx":
            words.notes.append((bar, len(bar.items) - 1))
        if len(bars) > MAX_BARS:
            raise Refusal("This ABC tune has more than {limit} bars. Send a shorter one.", limit=MAX_BARS)
    words.write()
    bars = _without_empty(bars)
    _place_codas(bars)
    return bars


def _sign(text: str) -> tuple[Kind, Al] | None:
    """The jump or sign meant by some words, by a decoration between exclamation marks, or by a symbol above the
    music."""
    words = SYMBOLS.get(text) or text.strip('"!').lstrip("^_<>@")
    return spoken(re.sub(r"\.?al(coda|fine)$", r". al \1", words))


def _mark(bars: list[Bar[Item]], kind: Kind, al: Al) -> None:
    """Write it into the bar."""
    if kind in ("segno", "coda"):
        _divide(bars)
    bar = bars[-1]
    bar.segno |= kind == "segno"
    bar.coda |= kind == "coda"
    bar.fine |= kind == "fine"
    bar.to_coda |= kind == "to_coda"
    if kind in ("da_capo", "dal_segno"):
        bar.jump = Jump(kind == "dal_segno", al)


def _divide(bars: list[Bar[Item]]) -> None:
    """Begin a bar without a bar line, if something sounds in this one already."""
    if _sounds(bars[-1]):
        bars.append(Bar(within=True))


def _place_codas(bars: list[Bar[Item]]) -> None:
    """Coda signs before the first jump say where to leave; those after it say where the coda begins."""
    first = next((i for i, bar in enumerate(bars) if bar.jump), len(bars))
    said = any(bar.to_coda for bar in bars)
    for i, bar in enumerate(bars[: first + 1]):
        if bar.coda and i:
            bars[i - 1].to_coda |= not said
        bar.coda = False


def _sounds(bar: Bar[Item]) -> bool:
    return any(kind in ("note", "chord", "rests") for kind, _ in bar.items)


def _plain(text: str) -> str:
    """A note as music21 reads it: no invisible rests, “/4” for “//”."""
    return re.sub(r"(/{2,6})[/\d]*", lambda found: f"/{2 ** len(found[1])}", text.replace("x", "z"))


def _end(bar: Bar[Item], line: str) -> None:
    """Apply a bar line to the bar before it."""
    line = line.replace("[|]", "")  # the invisible bar line
    before = len(line) - len(line.lstrip(":"))
    bar.repeats = min(1 if set(line) == {":"} else before, 4)
    bar.closes = "||" in line or "]" in line or "[" in line


def _opens(line: str) -> bool:
    """Whether a bar line opens a repeat in the bar after it."""
    return line.endswith(":")


def _numbers(text: str) -> frozenset[int]:
    """“1,3-4” → {1, 3, 4}."""
    numbers: set[int] = set()
    for piece in text.replace(" ", "").strip(",-").split(","):
        first, _, last = piece.partition("-")
        if first.isdigit():
            numbers.update(range(int(first), min(int(last) if last.isdigit() else int(first), 16) + 1))
    return frozenset(number for number in numbers if number <= 16)


def _without_empty(bars: list[Bar[Item]]) -> list[Bar[Item]]:
    """The bars without the silent ones, whose repeats and signs move to their neighbours."""
    kept: list[Bar[Item]] = []
    carried: Bar[Item] = Bar()
    for bar in bars:
        bar.items = carried.items + bar.items
        bar.opens |= carried.opens
        bar.endings |= carried.endings
        bar.part = bar.part or carried.part
        bar.segno |= carried.segno
        bar.coda |= carried.coda
        carried = Bar()
        if _sounds(bar):
            kept.append(bar)
            continue
        carried = replace(bar, repeats=0, closes=False, fine=False, to_coda=False, jump=None)
        if kept:
            kept[-1].repeats = max(kept[-1].repeats, bar.repeats)
            kept[-1].closes |= bar.closes
            kept[-1].fine |= bar.fine
            kept[-1].to_coda |= bar.to_coda
            kept[-1].jump = kept[-1].jump or bar.jump
    return kept
