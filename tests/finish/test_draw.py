"""Pictures of any music: nothing stops the engraver, and no picture grows beyond measure."""

import asyncio
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from generation.finish.arrange import arrange
from generation.finish.paper.draw_roll import draw_roll
from generation.finish.paper.draw_score import draw_score, legible
from generation.finish.paper.notate import notate
from generation.finish.paper.page import PIXELS, drawable
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.request import Request
from tests.tunes import going_on, head, line_of, performance, piece_of, reading_of, scale

METRES = (None, (4, 4), (6, 8), (5, 8), (3, 16), (13, 8), (2, 2), (12, 8))


@pytest.mark.parametrize("seed", range(8))
def test_any_melody_can_be_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = (
        rng.choice([0.25, 1, 1 / 3, 0.2, 1 / 7, 0.125, 0.0625, 5], 60),
        rng.gamma(1, 0.4, 60) + 0.004,
        np.full(60, (0.01, 12.0)[seed // 4]),
        rng.choice([0.5, 1, 0.75], 60) + rng.normal(0, 0.02, 60),
    )[seed % 4]
    melody = line_of(
        np.cumsum(steps),
        rng.uniform(0.01, 3, 60),
        rng.integers(0, 128, 60),
        rng.integers(1, 128, 60),
        (Tempo(0, 200),),
        METRES[seed],
        Key(("C", "F#", "Bb", "Cb")[seed % 4], ("major", "dorian")[seed % 2]),
        downbeat=(0.0, 0.3, 0.5, 7.0)[seed // 2],
    )
    piece = piece_of(melody, seed * 7)
    for png in (draw_score(piece), draw_roll(piece)):
        width, height = Image.open(io.BytesIO(png)).size
        assert width == PIXELS
        assert 200 < height < 5000


def test_a_long_title_is_cut_and_odd_letters_do_no_harm() -> None:
    melody = scale(8)
    short, long, odd = (
        draw_score(piece_of(melody, 4, title=title)) for title in ("x", "A very long title " * 30, "東\x00\n<&>")
    )
    assert {Image.open(io.BytesIO(png)).size[0] for png in (short, long, odd)} == {PIXELS}


async def test_a_score_can_be_drawn_in_any_thread() -> None:
    piece = piece_of(scale(16), title="A")
    assert await asyncio.to_thread(draw_score, piece) == draw_score(piece)


def test_scores_are_drawn_where_they_can_be_read() -> None:
    assert legible(notate(scale(40)))
    assert legible(notate(performance(40)))
    rng = np.random.default_rng(2)
    onset = np.cumsum(rng.gamma(2.0, 0.13, 200))
    free = line_of(onset, np.full(200, 0.2), rng.integers(50, 80, 200), np.full(200, 80))
    assert not legible(notate(free))


@pytest.mark.parametrize("title", ["茉莉花", "さくら さくら", "아리랑", "أغنية", "שיר השירים", "♪ 😀 ☕"])
def test_titles_in_any_script_are_no_boxes(title: str) -> None:
    """A box would be the same for every letter: a title backwards would look like the title."""

    def header(words: str) -> bytes:
        return Image.open(io.BytesIO(draw_score(piece_of(scale(16), title=words)))).crop((0, 0, 700, 70)).tobytes()

    letters = title.replace(" ", "")
    assert drawable(title) == title
    assert len({header(letter) for letter in set(letters)}) == len(set(letters))
    assert header(letters[0]) != header("")


def test_what_no_font_has_is_left_out() -> None:
    assert drawable("A \U0001fae8 tune\u200b 🎵") == "A tune ♪"


def test_each_of_several_takes_says_which_it_is() -> None:
    made = [draw_score(replace(piece_of(scale(16), title="A"), take=take)) for take in (0, 1, 2)]
    assert len(set(made)) == 3
    tune = scale(32)
    for takes, numbers in ((1, [0]), (3, [1, 2, 3])):
        request = Request(data=b"x", takes=takes, seed=7)
        pieces = [arrange(reading_of(head(tune, 16)), going_on(tune, 16), request, 7 + i, "") for i in range(takes)]
        assert [piece.take for piece in pieces] == numbers
