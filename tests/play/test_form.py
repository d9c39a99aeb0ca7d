"""A fresh tune for a band has a form: its first strain comes back with its chords, and closes."""

from dataclasses import replace

import numpy as np
import pytest

from generation.model.loaded import LoadedModel, load_model
from generation.music.notes import Notes
from generation.music.reading import Reading
from generation.music.song import Part, Song
from generation.play.band.accompanists import BANDS, LEVEL
from generation.play.band.join import accompanied
from generation.play.band.plan_beside import plan_beside
from generation.play.band.state import AT, SIZE
from generation.play.form import FORMS, chords_return, form_of
from generation.play.prompts import prompts, with_band
from generation.play.session import sample
from generation.request import Request
from tests.tunes import scale


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load_model(device="cpu")


def strain(tune: Song, letter: int, bars: int) -> list[tuple[float, int]]:
    """Place and pitch of the notes in the first bars of a strain, as written."""
    part, start = tune.parts[0], tune.markers[letter][0]
    assert part.written is not None and tune.bar
    tick = part.notes.onset - part.written.late
    here = (tick > start - 1e-6) & (tick < start + bars * tune.bar - 1e-6)
    return [*zip(np.round(tick[here] - start, 3).tolist(), part.notes.pitch[here].tolist(), strict=True)]


@pytest.mark.parametrize("bars", [*np.geomspace(4.5, 170, 40)])
def test_there_is_a_form_for_every_length(bars: float) -> None:
    form = form_of(bars)
    assert form and abs(form.bars / bars - 1) <= 0.15
    assert form.order.count("A") >= 2 and form.order.endswith("A") and sum(form.lengths) == form.bars
    exact = form_of(round(bars), exactly=True)
    assert exact is None or exact.bars == round(bars)


def test_too_short_a_piece_has_none() -> None:
    assert form_of(2) is None and form_of(3, exactly=True) is None
    assert len({form.bars for form in FORMS}) == len(FORMS)


@pytest.mark.parametrize(
    ("band", "bars", "order"), [("pop band", 8, "AA"), ("choir", 16, "AABA"), ("piano", 11, "ABA")]
)
def test_the_first_strain_comes_back_with_its_chords_and_closes(
    model: LoadedModel, band: str, bars: int, order: str
) -> None:
    request = Request(bars=bars, band=band, key="D major", meter="4/4", tempo=100, seed=4)
    [take] = sample(model, prompts(request, None))
    tune = take.played.song
    assert "".join(letter for _, letter in tune.markers) == order and tune.bar and take.since == 0.0
    part = tune.parts[0]
    assert part.written is not None and len(part.written.late) == len(part.notes)
    assert tune.end == pytest.approx(bars * tune.bar, abs=0.1) and int(part.notes.pitch[-1]) % 12 in (2, 6, 9)
    kept = 2  # bars that come back in any case
    first = strain(tune, 0, kept)
    assert first and strain(tune, len(order) - 1, kept) == first
    if order.startswith("AA") and len(order) > 2:
        assert strain(tune, 1, 4) == strain(tune, 0, 4), "the strain in the middle is whole"
    [prompt] = with_band(request, [tune])
    assert prompt.beside is not None
    chords, last = dict(prompt.beside.song.chords), tune.markers[-1][0]
    for at, symbol in chords.items():
        if 0 < at < kept * tune.bar:
            assert chords[at + last] == symbol
    assert prompt.beside.song.markers == tune.markers
    lead = prompt.beside.song.parts[0]
    assert float(lead.notes.velocity.mean()) == pytest.approx(LEVEL["lead"], abs=2), "louder than the band"


def test_a_drummer_fills_before_each_strain_and_in_each_fourth_bar_within_one(model: LoadedModel) -> None:
    request = Request(bars=14, band="rock band", key="E minor", meter="4/4", tempo=120, seed=4)
    [take] = sample(model, prompts(request, None))
    assert [at / 4 for at, _ in take.played.song.markers] == [0, 4, 8, 10]
    for tune, expected in ((take.played.song, [3, 7, 9, 13]), (replace(take.played.song, markers=()), [3, 7, 11])):
        [prompt] = with_band(request, [tune])
        assert prompt.beside is not None
        words = plan_beside(prompt, prompt.beside).table[AT.fills : AT.fills + SIZE.fills]
        assert [bar for bar in range(14) if words[bar // 32] >> bar % 32 & 1] == expected


def test_a_band_beside_a_soft_tune_begins_softly() -> None:
    tunes = scale(32), scale(32, velocity=50)
    usually, softly = (accompanied(Reading(tune, tune.line), BANDS["trio"], "pop", 0.5, 1).primed for tune in tunes)
    for usual, softer in zip(usually.parts[1:], softly.parts[1:], strict=True):
        assert usual.notes.velocity.mean() - softer.notes.velocity.mean() == 20


def test_chords_return_as_far_as_the_tune_is_the_same() -> None:
    pitch = [60, 62, 64, 65, 67, 69, 71, 72, 60, 62, 64, 65, 67, 69, 71, 60]
    notes = Notes(np.arange(16.0), np.ones(16), np.array(pitch), np.full(16, 80))
    song = Song(
        (Part(notes, role="lead"),), metres=((0.0, (4, 4)),), markers=((0.0, "A"), (8.0, "A")),
        chords=((0.0, "C"), (2.0, "F"), (4.0, "G7"), (8.0, "Am"), (12.0, "Dm"), (14.0, "C")),
    )  # fmt: skip
    assert chords_return(song).chords == (
        (0.0, "C"), (2.0, "F"), (4.0, "G7"), (8.0, "C"), (10.0, "F"), (12.0, "Dm"), (14.0, "C"),
    )  # fmt: skip
