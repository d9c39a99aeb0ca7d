"""A drawing → a page: title, legend and a line of small print around it, as a PNG."""

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).parent.parent / "assets" / "fonts" / "DejaVuSerif.ttf"
WIDTH = 1600  # pixels
MARGIN = 40
INK, NEW, GREY = "#1a1a1a", "#d9480f", "#6b6b6b"
GIVEN_LABEL, NEW_LABEL = "your tune", "Encore"


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The one typeface of all pictures, in pixels."""
    return ImageFont.truetype(FONT, size)


def page(drawing: Image.Image, title: str, under: str, both: bool, footer: str = "") -> bytes:
    """A white page of `WIDTH` with `drawing` in the middle. `under` stands under the title, `both` asks for a legend
    of the two colours: there are given notes beside new ones."""
    top, bottom = 130, 70 if footer else 40
    sheet = Image.new("RGB", (WIDTH, top + drawing.height + bottom), "white")
    sheet.paste(drawing, ((WIDTH - drawing.width) // 2, top))
    draw = ImageDraw.Draw(sheet)
    right = WIDTH - MARGIN
    for label, colour in ((NEW_LABEL, NEW), (GIVEN_LABEL, INK)) if both else ():
        right -= round(draw.textlength(label, font(28)))
        draw.text((right, 78), label, colour, font(28), anchor="ls")
        draw.ellipse((right - 32, 58, right - 12, 78), colour)
        right -= 70
    draw.text((MARGIN, 80), _shortened(title, 44, right - MARGIN, draw), INK, font(44), anchor="ls")
    draw.text((MARGIN, 122), under, GREY, font(28), anchor="ls")
    if footer:
        draw.text((WIDTH - MARGIN, sheet.height - 28), footer, GREY, font(24), anchor="rs")
    file = io.BytesIO()
    sheet.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _shortened(text: str, size: int, width: float, draw: ImageDraw.ImageDraw) -> str:
    """As much of a line as fits, without letters that cannot be drawn."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if draw.textlength(text, font(size)) <= width:
        return text
    while text and draw.textlength(text + "…", font(size)) > width:
        text = text[:-1]
    return text.rstrip() + "…"
