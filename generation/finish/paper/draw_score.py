"""Piece → a picture of its score, engraved by verovio and drawn by resvg, with the new notes in another colour."""

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise
from xml.etree import ElementTree

import verovio
from defusedxml.ElementTree import fromstring

from generation.finish.paper.draw_roll import draw_roll
from generation.finish.paper.notate import Bar, Score
from generation.finish.paper.page import INK, NEW, WIDTH, page, text_width
from generation.finish.paper.signs import tempo_words
from generation.finish.paper.write_musicxml import musicxml
from generation.finish.piece import Piece

FONTS = str(files("verovio") / "data")
SIDE = 44  # margins, in tenths of verovio's units
SCALE = 120  # per cent of verovio's staff size: of 22 pixels in a picture that a phone shows 390 pixels wide
BARS_A_LINE = 4
ROOM = 34.0  # width of a line, as a multiple of a short note's width
LETTER, CHORD_LETTER = 0.5, 0.75  # width of a letter of the lyrics, and of chord symbols, in the same unit
LINES, BEFORE = 10, 2  # lines of a long piece that are shown; how many of them lie before the seam
ALL_LINES = 12  # a piece with no more lines is shown whole
NARROWER, SIGN = 0.86, 0.5  # sizes of letters, and of flats and sharps of chords, compared with verovio's
LETTERS = {0xEA64: "♭", 0xEA65: "♮", 0xEA66: "♯"}  # SMuFL → Unicode
SVG = "{http://www.w3.org/2000/svg}"
ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
OPTIONS = {
    "pageWidth": round(WIDTH / SCALE * 100),
    "pageHeight": 60_000,
    "adjustPageHeight": True,
    "scale": SCALE,
    "breaks": "encoded",
    "header": "none",
    "footer": "none",
    "pageMarginTop": 20,
    "pageMarginBottom": 20,
    "pageMarginLeft": SIDE,
    "pageMarginRight": SIDE,
    "staffLineWidth": 0.25,
    "stemWidth": 0.22,
    "spacingSystem": 5,
    "lyricTopMinMargin": 3.5,
    "minLastJustification": 0.45,
    "svgViewBox": True,
    "xmlIdSeed": 1,
}


def draw(piece: Piece) -> bytes:
    """A PNG of the score, or of a piano roll if the music was played too freely to be read as a score."""
    return draw_score(piece) if legible(piece.score) else draw_roll(piece)


def legible(score: Score) -> bool:
    """Whether a musician would want to read the score: it was written, or played to a steady beat.

    Free playing that is forced into bars has short, tied, tuplet and off-beat notes everywhere.
    """
    notes = [symbol for bar in score.bars for symbol in bar.symbols if symbol.note >= 0]
    short = sum(symbol.value < Fraction(1, 4) for symbol in notes)
    tied = sum(symbol.continued for symbol in notes)
    odd = sum(symbol.tuplet is not None for symbol in notes)
    aside = sum(symbol.start.denominator > 2 and not symbol.continued for symbol in notes)
    return score.error < 0.01 or short + tied + odd + aside / 2 < len(notes)


def draw_score(piece: Piece) -> bytes:
    """A PNG of the score; of a long piece, the lines around the seam."""
    score = piece.sheet
    lines = _lines(score)
    seam = next(
        i for i, line in enumerate(lines) if any(s.note >= score.first_new for bar in line for s in bar.symbols)
    )
    start = max(0, min(seam - BEFORE, len(lines) - LINES))
    shown = lines if len(lines) <= ALL_LINES else lines[start : start + LINES]
    bars = [bar for line in shown for bar in line]
    footer = ""
    if len(shown) < len(lines):
        footer = f"bars {bars[0].number}–{bars[-1].number} of {score.bars[-1].number}"
    under = tempo_words(score.tempo, score.metre) + (", swing" if score.swing else "")
    return page(*_engrave(score, shown), piece.title or "Encore", under, score.first_new > 0, footer, piece.take)


def _lines(score: Score) -> list[list[Bar]]:
    """The bars of each line: four, or fewer where they would be crowded; a pickup does not count."""
    lines: list[list[Bar]] = [[]]
    for bar in score.bars:
        full = sum(other.number > 0 for other in lines[-1]) >= BARS_A_LINE
        if lines[-1] and (full or sum(_width(each, score.sung) for each in [*lines[-1], bar]) > ROOM):
            lines.append([])
        lines[-1].append(bar)
    return lines


def _width(bar: Bar, sung: Mapping[int, str]) -> float:
    """The width of a bar, in widths of a short note. `sung`: index of a note → its syllable."""
    syllables = ("" if symbol.continued else sung.get(symbol.note, "") for symbol in bar.symbols)
    notes = [(each.start, width(each.length, words)) for each, words in zip(bar.symbols, syllables, strict=True)]
    return 1.5 + under_chords(notes, bar.signs.chords)


def width(length: Fraction, syllable: str = "") -> float:
    """The width of a note of `length` quarters, as a multiple of a short note's width."""
    return max(1 + min(float(length), 4) / 4, LETTER * (len(syllable) + 1) * bool(syllable))


def under_chords(notes: Sequence[tuple[Fraction, float]], chords: Sequence[tuple[Fraction, str]]) -> float:
    """The width of a bar's notes, given as (start, width), with room for the chord symbols above them."""
    limits = [Fraction(-1), *(at for at, _ in chords), Fraction(1_000)]
    symbols = [0.0, *(CHORD_LETTER * (len(chord) + 1) for _, chord in chords)]
    below = (sum(each for at, each in notes if begin <= at < end) for begin, end in pairwise(limits))
    return sum(map(max, below, symbols))


def _engrave(score: Score, lines: Sequence[Sequence[Bar]]) -> tuple[str, int]:
    """The lines as SVG, `WIDTH` pixels wide, and its height in pixels."""
    return engrave(musicxml(score, lines, new_colour=NEW if score.first_new else INK), _colour)


def engrave(xml: str, colour: Callable[[ElementTree.Element], None]) -> tuple[str, int]:
    """MusicXML as SVG, `WIDTH` pixels wide, and its height in pixels. `colour` colours the SVG, given its root."""
    verovio.enableLog(verovio.LOG_OFF)  # it would warn of ties that lead out of the picture
    verovio.setDefaultResourcePath(FONTS)  # verovio keeps its own only for the thread that imported it
    toolkit = verovio.toolkit()
    toolkit.setOptions(OPTIONS)
    if not toolkit.loadData(xml):
        raise RuntimeError("verovio does not read our own MusicXML")
    root: ElementTree.Element = fromstring(toolkit.renderToSVG(1))
    _drop_styles(root)
    _in_our_font(root)
    _, _, width, height = root.attrib["viewBox"].split()
    _fit_boxes(root, int(width) * 1000 // SCALE - 20 * SIDE)
    colour(root)
    root.attrib |= {"width": width, "height": height}
    return ElementTree.tostring(root, encoding="unicode"), int(height)


def _drop_styles(root: ElementTree.Element) -> None:
    """Replace verovio's style sheet by attributes: applying it takes longer than all the rest of the drawing."""
    for parent in list(root.iter()):
        for child in list(parent):
            unseen = "placeholder" in (child.get("class") or "")
            if child.tag in (f"{SVG}style", f"{SVG}desc") or unseen:
                parent.remove(child)
    for group in root.iterfind(f"{SVG}svg"):
        for shape in (f"{SVG}{name}" for name in ("path", "polygon", "polyline", "ellipse", "rect")):
            for drawn in group.iter(shape):
                drawn.attrib.setdefault("stroke", "currentColor")


def _in_our_font(root: ElementTree.Element) -> None:
    """Write the flats and sharps of chord symbols as text, since resvg has no access to verovio's font for them; and
    all text a little smaller, since our font is wider than the one for which verovio made room."""
    for element in root.iter():
        size = element.attrib.get("font-size", "").removesuffix("px")
        share = NARROWER
        if element.text and (plain := element.text.translate(LETTERS)) != element.text:
            element.text, share = plain, SIGN
            element.attrib = {}
        if size.isdigit():
            element.attrib["font-size"] = f"{round(int(size) * share)}px"


def _fit_boxes(root: ElementTree.Element, right: int) -> None:
    """Make the boxes around long rehearsal marks as wide as their words are in our font, and move marks that would
    leave the staves, which end at `right` in verovio's units, to the left."""
    for g in (g for g in root.iter(f"{SVG}g") if g.get("class") == "dir"):
        box, words = g.find(f"{SVG}rect"), g.find(f"{SVG}text")
        if box is None or words is None:
            continue
        sized = next(part for part in words.iter() if (part.text or "").strip())
        before = int(words.attrib["x"]) - int(box.attrib["x"])
        wide = round(text_width(sized.text or "", int(sized.attrib["font-size"].removesuffix("px")))) + 2 * before
        box.set("width", str(wide))
        g.set("transform", f"translate({min(0, right - int(box.attrib['x']) - wide)} 0)")


def _colour(root: ElementTree.Element) -> None:
    """Give beams, rests, ties and tuplet numbers between new notes the colour of the notes."""
    new = False
    for measure in (g for g in root.iter(f"{SVG}g") if g.get("class") == "measure"):
        seam = 0 if new else None  # where in this bar the new notes begin
        for g in measure.iter(f"{SVG}g"):
            kind = (g.get("class") or "").split(" ")[0]
            if kind == "note":
                new = g.get("color") == NEW
                seam = left(g) if new and seam is None else seam
            first = next((note for note in g.iter(f"{SVG}g") if note.get("class") == "note"), None)
            inner = kind in ("beam", "tuplet") and first is not None and first.get("color") == NEW
            after = kind == "tie" and seam is not None and left(g) >= seam
            if inner or after or (kind in ("rest", "mRest") and new):
                g.set("color", NEW)
                g.set("fill", NEW)


def left(g: ElementTree.Element) -> int:
    """The x coordinate of the first shape in a group, in verovio's units; 0 if there is none."""
    drawn = (child.get("d") or child.get("transform") or "" for child in g.iter())
    numbers = re.findall(r"-?\d+", next(filter(None, drawn), "0"))
    return int(numbers[0])
