"""Piece → a piano roll: the picture of music that has no beat for a score to show."""

import math
from collections.abc import Iterator

from PIL import ImageColor

from generation.finish.paper.page import GREY, INK, MARGIN, NEW, WIDTH, page, text
from generation.finish.piece import Piece

ROW_SECONDS = 20.0  # in a row, roughly
ROWS, BEFORE = 6, 1  # rows of a long piece that are shown; how many of them lie before the seam
LEFT = MARGIN + 76  # where rows begin, to the right of the labels of the octaves
TOP, GAP = 20, 84  # space above the first row; space below each row, for the labels of the seconds
LABEL = 36  # size of the labels
BLACK_KEYS = (1, 3, 6, 8, 10)


def draw_roll(piece: Piece) -> bytes:
    """A PNG: time to the right, pitch upwards; louder notes are darker. A long piece is cut to the part at the seam."""
    line, clock, first_new = piece.melody.line, piece.melody.clock, piece.score.first_new
    begin, end = (clock.seconds(at) - clock.second(float(line.onset[0])) for at in (line.onset, line.ends))
    rows = max(1, round(float(end.max()) / ROW_SECONDS))
    span = float(end.max()) / rows
    seam_row = int(begin[first_new] // span)
    first_row = max(0, min(seam_row - BEFORE, rows - ROWS)) if rows > ROWS else 0
    shown = range(first_row, min(first_row + ROWS, rows))
    low, high = int(line.pitch.min()) - 3, int(line.pitch.max()) + 3
    key = max(5, min(12, 420 // (high - low + 1)))  # pixels
    row_height = key * (high - low + 1)
    drawn: list[str] = []
    scale = (WIDTH - MARGIN - LEFT) / span
    step = 1 if span < 12 else 5
    for place, row in enumerate(shown):
        top, start = place * (row_height + GAP) + TOP, row * span
        drawn += _lanes(top, low, high, key)
        for second in range(math.ceil(start), int(start + span) + 1):
            x = LEFT + (second - start) * scale
            drawn.append(_line(x, top, x, top + row_height, "#a8a8a8" if second % step == 0 else "#dcdcdc"))
            if second % step == 0:
                drawn.append(text(round(x, 1), top + row_height + 40, f"{second} s", LABEL, GREY, "middle"))
        for i in range(len(line)):
            if end[i] <= start or begin[i] >= start + span:
                continue
            left = LEFT + max(begin[i] - start, 0) * scale
            right = LEFT + min(end[i] - start, span) * scale
            y = top + (high - int(line.pitch[i])) * key
            colour = _faded(NEW if 0 < first_new <= i else INK, int(line.velocity[i]))
            drawn.append(_box(left, y, max(right - left - 1, 2), key - 1, colour, key // 3))
    footer = ""
    if len(shown) < rows:
        footer = f"seconds {shown[0] * span:.0f}–{(shown[-1] + 1) * span:.0f} of {end.max():.0f}"
    height = TOP + len(shown) * (row_height + GAP)
    return page("".join(drawn), height, piece.title or "Encore", "piano roll", first_new > 0, footer, piece.take)


def _lanes(top: int, low: int, high: int, key: int) -> Iterator[str]:
    """SVG of the lanes of black keys, in grey, and a line and a label at every C."""
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * key
        if pitch % 12 in BLACK_KEYS:
            yield _box(LEFT, y, WIDTH - MARGIN - LEFT, key, "#f3f3f3")
        if pitch % 12 == 0:
            yield _line(LEFT, y + key, WIDTH - MARGIN, y + key, "#bdbdbd")
            yield text(LEFT - 10, y + key + 4, f"C{pitch // 12 - 1}", LABEL, GREY, "end")


def _box(x: float, y: float, width: float, height: float, colour: str, round_by: int = 0) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="{round_by}" fill="{colour}"/>'


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y}L{to_x:.1f} {to_y}" stroke="{colour}"/>'


def _faded(colour: str, velocity: int) -> str:
    """The colour of a note of this velocity: paler for soft ones."""
    share = 0.35 + 0.65 * min(velocity / 100, 1.0)
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in ImageColor.getrgb(colour)[:3])
