"""A drawing → a page with a title, a legend and a footer, as a PNG."""

from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import resvg_py
from PIL import ImageFont

FOLDER = Path(__file__).parents[3] / "assets" / "fonts"
FONT = FOLDER / "DejaVuSerif.ttf"
FAMILY = "DejaVu Serif"
# For characters that `FONT` lacks, such as Hebrew, Arabic, Chinese, Japanese and Korean: file → family.
OTHERS = {
    FOLDER / "DejaVuSans-more.ttf": "DejaVu Sans",
    FOLDER / "DroidSansFallbackFull.ttf": "Droid Sans Fallback",
    FOLDER / "EncoreHangul.ttf": "Encore Hangul",
}
PLAINER = str.maketrans("🎵🎶🎼", "♪♫♩")  # emoji that no font here has
WIDTH = 1600  # units, in which everything is laid out
PIXELS = 1080  # width of the picture: sharp on a phone, and drawn in half the time that 1600 would take
MARGIN = 40
TOP = 170  # space above the drawing
TITLE, SMALL = 64, 44  # sizes of letters: on a phone that shows the picture 390 pixels wide, 16 and 11 pixels
INK, NEW, GREY = "#1a1a1a", "#d9480f", "#6b6b6b"
GIVEN_LABEL, NEW_LABEL = "your tune", "Encore"


def page(drawing: str, height: int, title: str, under: str, both: bool, footer: str = "", take: int = 0) -> bytes:
    """A PNG of a white page, `PIXELS` wide, around an SVG `drawing` that is `WIDTH` wide and `height` high.

    under  a line below the title
    take   its number among several takes; 0 if it is the only one
    both   whether there are given and new notes, so that their colours need a legend
    """
    whole = TOP + height + (90 if footer else 40)
    words, right = "", WIDTH - MARGIN
    for label, colour in ((NEW_LABEL, NEW), (GIVEN_LABEL, INK)) if both else ():
        right -= round(text_width(label, SMALL))
        words += text(right, 150, label, SMALL, colour)
        words += f'<circle cx="{right - 28}" cy="135" r="14" fill="{colour}"/>'
        right -= 90
    words += text(MARGIN, 84, _shortened(title, TITLE, WIDTH - 2 * MARGIN), TITLE, INK)
    words += text(MARGIN, 150, f"take {take} · {under}" if take else under, SMALL, GREY)
    if footer:
        words += text(WIDTH - MARGIN, whole - 36, footer, SMALL, GREY, "end")
    written = {letter for letter in words + drawing if letter > "~"}
    fonts = [FONT, *(OTHERS if any(not _has(FONT, letter) for letter in written) else ())]
    sheet = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{PIXELS}" height="{round(whole * PIXELS / WIDTH)}" viewBox="0 0 {WIDTH} {whole}" '
        f'font-family="{FAMILY}">'
        f'{words}<g transform="translate(0 {TOP})">{drawing}</g></svg>'
    )
    png = resvg_py.svg_to_bytes(
        svg_string=sheet,
        background="white",
        font_files=[str(font) for font in fonts],
        serif_family=FAMILY,
        skip_system_fonts=True,
    )
    return bytes(png)


def text(x: float, y: float, words: str, size: int, colour: str, anchor: str = "start") -> str:
    """A line of text as SVG, with its baseline at `y`. If a single typeface has all of its letters, it is set in that
    one, since Arabic letters are joined only within a typeface."""
    able = next((path for path in (FONT, *OTHERS) if all(_has(path, letter) for letter in words)), FONT)
    family = f' font-family="{OTHERS[able]}"' if able in OTHERS else ""
    look = f'font-size="{size}" fill="{colour}" text-anchor="{anchor}"{family}'
    return f'<text x="{x}" y="{y}" {look}>{escape(words)}</text>'


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """A typeface at a size in pixels."""
    return ImageFont.truetype(path, size)


@cache
def _has(path: Path, letter: str) -> bool:
    """Whether a typeface has a sign of its own for a letter, rather than the box for missing ones."""
    font = _font(path, 24)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


def text_width(words: str, size: int) -> float:
    """The width of a line of text, in the unit of `size`."""
    fonts = (next((path for path in (FONT, *OTHERS) if _has(path, letter)), FONT) for letter in words)
    return sum(_font(path, size).getlength(letter) for path, letter in zip(fonts, words, strict=True))


def drawable(words: str) -> str:
    """A line of text without the characters for which no typeface here has a sign: they would appear as boxes."""
    shown = "".join(letter if letter.isprintable() else " " for letter in words.translate(PLAINER))
    return " ".join("".join(letter for letter in shown if any(_has(path, letter) for path in (FONT, *OTHERS))).split())


def _shortened(words: str, size: int, width: float) -> str:
    """A line of text, cut so that it fits into `width`."""
    words = drawable(words)
    if text_width(words, size) <= width:
        return words
    while words and text_width(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip() + "…"
