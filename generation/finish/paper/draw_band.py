"""Song → a picture of the score of all its parts, or of its lead if there are too many parts to read on a phone."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from xml.etree import ElementTree

from generation.finish.paper.draw_roll import draw_roll
from generation.finish.paper.draw_score import BARS_A_LINE, ROOM, SVG, engrave, left, legible, under_chords, width
from generation.finish.paper.notate_band import Sheet, notate_band
from generation.finish.paper.page import INK, NEW, page
from generation.finish.paper.signs import tempo_words
from generation.finish.paper.write_band_musicxml import sheet_musicxml
from generation.finish.piece import Piece
from generation.music.song import Song

MOST_STAVES = 4
LINES = {1: 10, 2: 6, 3: 4, 4: 3}  # staves → lines of a long piece that are shown
NAMES = 5.0  # width of the names before the first line, in widths of a short note
COLOURED = ("note", "rest", "mRest", "beam", "tuplet", "tie", "chord")


def draw_band(piece: Piece) -> bytes:
    """A PNG of the score, or of the lead as a piano roll if it was played too freely to be read as a score."""
    if not legible(piece.score):
        return draw_roll(piece)
    return band_png(piece.paper, piece.since, piece.title, piece.take)


def band_png(song: Song, since: float, title: str = "", take: int = 0) -> bytes:
    """A PNG of the score: of a long piece, the lines around the place where the new music begins.

    since  the quarter of that place; 0 for a fresh piece
    take   its number among several takes; 0 if it is the only one
    """
    sheet = notate_band(song, since).as_read()
    if sheet.staves > MOST_STAVES:
        sheet = sheet.lead()
    lines = _lines(sheet)
    most = LINES[min(sheet.staves, MOST_STAVES)]
    shown = lines
    if len(lines) > most + (2 if sheet.staves == 1 else 0):
        before = 2 if most > 4 else 1
        seam = next((i for i, line in enumerate(lines) if sheet.seam in line), 0) if sheet.seam is not None else 0
        start = max(0, min(seam - before, len(lines) - most))
        shown = lines[start : start + most]
    numbers = [sheet.frames[i].number for line in shown for i in line]
    footer = ""
    if len(shown) < len(lines):
        footer = f"bars {numbers[0]}–{numbers[-1]} of {sheet.frames[-1].number}"
    under = tempo_words(sheet.tempo, sheet.frames[0].metre)
    xml = sheet_musicxml(sheet, shown, new_colour=NEW if since else INK, picture=True)
    seam_bar = None
    if sheet.seam is not None:
        seam_bar = sum(sheet.seam > i for line in shown for i in line)
    drawing, height = engrave(xml, partial(_colour, seam=seam_bar))
    return page(drawing, height, title or sheet.title or "Encore", under, since > 0, footer, take)


def _lines(sheet: Sheet) -> list[list[int]]:
    """The indices of the bars in each line: four, or fewer where they would be crowded; a pickup does not count."""
    lines: list[list[int]] = [[]]
    widths = [_width(sheet, i) for i in range(len(sheet.frames))]
    for i, room in enumerate(widths):
        line = lines[-1]
        full = sum(sheet.frames[other].number > 0 for other in line) >= BARS_A_LINE
        names = NAMES if len(lines) == 1 and len(sheet.players) > 1 else 0.0
        if line and (full or names + room + sum(widths[other] for other in line) > ROOM):
            lines.append([])
        lines[-1].append(i)
    return lines


def _width(sheet: Sheet, i: int) -> float:
    """The width of a bar, in widths of a short note."""
    voices = [voice for player in sheet.players for staff in player.staves for voice in staff.voices]
    moments = {symbol.start for voice in voices for symbol in voice.bars[i].symbols} | {voices[0].bars[i].length}
    sung = {
        symbol.start: voice.sung[symbol.note]
        for voice in voices
        for symbol in voice.bars[i].symbols
        if symbol.note in voice.sung and not symbol.continued
    }
    notes = [(at, width(later - at, sung.get(at, ""))) for at, later in pairwise(sorted(moments))]
    return 1.5 + under_chords(notes, sheet.frames[i].signs.chords)


def _colour(root: ElementTree.Element, seam: int | None) -> None:
    """Give all notes, rests, beams and ties from the first new note on the colour of new music. `seam` is the bar of
    that note, counted in the picture; None if all of it is new."""
    if seam is None:
        return
    measures = [g for g in root.iter(f"{SVG}g") if g.get("class") == "measure"]
    for i, measure in enumerate(measures):
        if i < seam:
            continue
        groups = [g for g in measure.iter(f"{SVG}g") if (g.get("class") or "").split(" ")[0] in COLOURED]
        begin = _first_new(groups) if i == seam else 0
        for g in groups:
            if begin is not None and left(g) >= begin:
                g.set("color", NEW)
                g.set("fill", NEW)


def _first_new(groups: Sequence[ElementTree.Element]) -> int | None:
    """The x coordinate of the first new note; None without one."""
    return min((left(g) for g in groups if g.get("class") == "note" and g.get("color") == NEW), default=None)
