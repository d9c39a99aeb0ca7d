"""What stands above the staves of a picture: chord symbols do not touch, and rehearsal marks stay on the page."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from generation.finish.paper import draw_band, draw_score
from generation.finish.paper.draw_score import SCALE, SVG
from generation.finish.paper.page import WIDTH, text_width
from generation.finish.piece import Piece
from generation.music.song import Song
from tests.tunes import line_of

CHORDS = ("Bbmaj7", "Gm7b5", "C#dim7", "F13(#11)", "Ebm(maj7)/Bb", "C", "F7sus4", "B6/9")
RIGHT = WIDTH * 1000 / SCALE - 440  # the right edge of the page, in verovio's units, counted from its left margin
Box = tuple[float, float, str]  # left, right, words
Draw = Callable[[Song, pytest.MonkeyPatch], ElementTree.Element]


def song(seed: int, chords_a_bar: int) -> Song:
    """Eight bars of notes of all lengths, under chords that change in the middle of notes, too."""
    rng = np.random.default_rng(seed)
    duration = rng.choice([0.5, 1.0, 2.0, 4.0], 48)
    onset = np.cumsum(duration) - duration
    kept = onset < 32
    onset, duration = onset[kept], np.minimum(duration, 32 - onset)[kept]
    pitch = rng.integers(62, 80, len(onset))
    line = line_of(onset, duration, pitch, np.full(len(onset), 80), metre=(4, 4))
    places = np.arange(0, 32, 4 / chords_a_bar)
    chords = tuple((float(at), CHORDS[rng.integers(len(CHORDS))]) for at in places)
    marks = ((0.0, "A"), (8.0, "Introduction with everybody"), (31.0, "The very last of all the notes of the piece"))
    return replace(line, chords=chords, markers=marks, written=True)


def one_line(whole: Song, monkeypatch: pytest.MonkeyPatch) -> ElementTree.Element:
    return _svg(draw_score, lambda: draw_score.draw_score(Piece(whole, whole)), monkeypatch)


def band(whole: Song, monkeypatch: pytest.MonkeyPatch) -> ElementTree.Element:
    two = replace(whole, parts=(whole.parts[0], replace(whole.parts[0], program=32)))
    return _svg(draw_band, lambda: draw_band.band_png(two, 0.0), monkeypatch)


def _svg(module: object, draw: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> ElementTree.Element:
    """The drawing that is put on a page."""
    drawings: list[str] = []
    monkeypatch.setattr(module, "page", lambda drawing, *_: drawings.append(drawing))
    draw()
    return ElementTree.fromstring(drawings[0])


def boxes(root: ElementTree.Element, kind: str) -> dict[float, list[Box]]:
    """Height → the words of a kind that are written there, from left to right."""
    found: dict[float, list[Box]] = defaultdict(list)
    for g in (g for g in root.iter(f"{SVG}g") if g.get("class") == kind):
        text = next(g.iter(f"{SVG}text"))
        pieces = [(part.text.strip(), part.get("font-size")) for part in text.iter() if part.text and part.text.strip()]
        wide = sum(text_width(words, int((size or "360px")[:-2])) for words, size in pieces)
        left = float(text.attrib["x"])
        found[float(text.attrib["y"])].append((left, left + wide, "".join(words for words, _ in pieces)))
    return {y: sorted(row) for y, row in found.items()}


@pytest.mark.parametrize("drawn", [one_line, band])
@pytest.mark.parametrize("chords_a_bar", [1, 2, 3, 4])
def test_chord_symbols_do_not_touch(drawn: Draw, chords_a_bar: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        root = drawn(song(seed, chords_a_bar), monkeypatch)
        rows = boxes(root, "harm")
        assert len(rows) == sum(g.get("class") == "system" for g in root.iter())  # none is moved up to make room
        for row in rows.values():
            assert all(a[1] < b[0] for a, b in pairwise(row)), row
            assert row[-1][1] < RIGHT


@pytest.mark.parametrize("drawn", [one_line, band])
def test_a_chord_is_written_once(drawn: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = replace(song(0, 1), chords=((0.0, "Cm7(b5)"), (8.0, "G7(#5)"), (16.0, "Bb6/9")))
    rows = boxes(drawn(whole, monkeypatch), "harm")
    assert sorted(words for row in rows.values() for _, _, words in row) == ["B♭6/9", "Cm7(♭5)", "G7(♯5)"]


@pytest.mark.parametrize("drawn", [one_line, band])
def test_rehearsal_marks_stay_on_the_page_and_in_their_boxes(drawn: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        root = drawn(song(seed, 1), monkeypatch)
        marks = [g for g in root.iter(f"{SVG}g") if g.get("class") in ("reh", "dir")]
        assert len(marks) == 3
        for g in marks:
            box, text = next(g.iter(f"{SVG}rect")), next(g.iter(f"{SVG}text"))
            left, wide = float(box.attrib["x"]), float(box.attrib["width"])
            moved = float(g.get("transform", "translate(0 0)")[len("translate(") :].split()[0])
            assert left + moved > 0
            assert left + moved + wide < RIGHT
            if text.get("text-anchor") != "middle":
                words = next(part for part in text.iter() if part.text and part.text.strip())
                long = text_width(words.text or "", int(words.attrib["font-size"][:-2]))
                assert left < float(text.attrib["x"]) < float(text.attrib["x"]) + long < left + wide
