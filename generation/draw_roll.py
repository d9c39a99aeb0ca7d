"""Piece → a piano roll: the picture for music that has no beat a score could show."""

import math

from PIL import Image, ImageColor, ImageDraw

from generation.page import GREY, INK, MARGIN, NEW, WIDTH, font, page
from generation.piece import Piece, seconds_of

ROW_SECONDS = 20.0  # about so much in a row
ROWS, BEFORE = 6, 1  # at most so many rows, of them so many before the seam
LEFT = MARGIN + 60  # the labels of the octaves stand before it
TOP, GAP = 20, 64  # above the first row; between rows, for the seconds
BLACK_KEYS = (1, 3, 6, 8, 10)


def draw_roll(piece: Piece) -> bytes:
    """A PNG with time to the right, pitch upwards; the stronger the note the darker. Of a long piece the part around
    the seam."""
    melody = piece.melody
    begin = seconds_of(melody, melody.onset) - melody.seconds_at(float(melody.onset[0]))
    end = seconds_of(melody, melody.onset + melody.duration) - melody.seconds_at(float(melody.onset[0]))
    rows = max(1, round(float(end.max()) / ROW_SECONDS))
    span = float(end.max()) / rows
    seam_row = int(begin[piece.first_new] // span)
    first_row = max(0, min(seam_row - BEFORE, rows - ROWS)) if rows > ROWS else 0
    shown = range(first_row, min(first_row + ROWS, rows))
    low, high = int(melody.pitch.min()) - 3, int(melody.pitch.max()) + 3
    key = max(5, min(12, 420 // (high - low + 1)))  # pixels
    row_height = key * (high - low + 1)
    picture = Image.new("RGB", (WIDTH, TOP + len(shown) * (row_height + GAP)), "white")
    draw = ImageDraw.Draw(picture)
    scale = (WIDTH - MARGIN - LEFT) / span
    step = 1 if span < 12 else 5
    for place, row in enumerate(shown):
        top, start = place * (row_height + GAP) + TOP, row * span
        _lanes(draw, top, low, high, key)
        for second in range(math.ceil(start), int(start + span) + 1):
            x = LEFT + (second - start) * scale
            draw.line((x, top, x, top + row_height), "#a8a8a8" if second % step == 0 else "#dcdcdc")
            if second % step == 0:
                draw.text((x, top + row_height + 8), f"{second} s", GREY, font(20), anchor="ma")
        for i in range(len(melody)):
            if end[i] <= start or begin[i] >= start + span:
                continue
            left = LEFT + max(begin[i] - start, 0) * scale
            right = LEFT + min(end[i] - start, span) * scale
            y = top + (high - int(melody.pitch[i])) * key
            colour = _faded(NEW if 0 < piece.first_new <= i else INK, int(melody.velocity[i]))
            draw.rounded_rectangle((left, y, max(right - 1, left + 2), y + key - 1), key // 3, colour)
    footer = ""
    if len(shown) < rows:
        footer = f"seconds {shown[0] * span:.0f}–{(shown[-1] + 1) * span:.0f} of {end.max():.0f}"
    return page(picture, piece.title or "Encore", "piano roll", piece.first_new > 0, footer)


def _lanes(draw: ImageDraw.ImageDraw, top: int, low: int, high: int, key: int) -> None:
    """The lanes of black keys in grey, a line and a label at every C."""
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * key
        if pitch % 12 in BLACK_KEYS:
            draw.rectangle((LEFT, y, WIDTH - MARGIN, y + key - 1), "#f3f3f3")
        if pitch % 12 == 0:
            draw.line((LEFT, y + key, WIDTH - MARGIN, y + key), "#bdbdbd")
            draw.text((LEFT - 10, y + key), f"C{pitch // 12 - 1}", GREY, font(20), anchor="rs")


def _faded(colour: str, velocity: int) -> tuple[int, int, int]:
    """The colour of a note of this velocity: paler when soft."""
    share = 0.35 + 0.65 * min(velocity / 100, 1.0)
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return round(255 + (red - 255) * share), round(255 + (green - 255) * share), round(255 + (blue - 255) * share)
