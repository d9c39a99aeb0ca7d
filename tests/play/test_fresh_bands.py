"""A fresh piece for a band is a tune with a form, beside which the others play; they begin and end together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.model.loaded import LoadedModel, load_model
from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.music.played import Played
from generation.music.song import Song
from generation.play.band.ensembles import ENSEMBLES
from generation.play.band.session import play_on
from generation.play.prompts import band_prompts, prompts, tune_first, with_band
from generation.play.session import sample
from generation.request import Request

WITH_A_TUNE = [band for band, ensemble in ENSEMBLES.items() if ensemble.tune and band != "melody"]


@pytest.fixture(scope="module")
def tunes() -> LoadedModel:
    return load_model(device="cpu")


@pytest.fixture(scope="module")
def model() -> BandLSTM:
    """Untrained: it wants anything at all."""
    torch.manual_seed(0)
    return BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=64)).eval()


def fresh(tunes: LoadedModel, model: BandLSTM, request: Request) -> list[Song]:
    assert tune_first(request)
    takes = play_on(model, with_band(request, [take.played.song for take in sample(tunes, prompts(request, None))]))
    return [take.whole for take in takes if take.whole is not None]


@pytest.mark.parametrize("band", WITH_A_TUNE)
@pytest.mark.parametrize("metre", ["3/4", "6/8"])
def test_all_begin_with_the_tune_and_end_with_it(tunes: LoadedModel, model: BandLSTM, band: str, metre: str) -> None:
    [whole] = fresh(tunes, model, Request(seconds=8, band=band, key="D minor", tempo=96, meter=metre, seed=3))
    assert (str(whole.key), f"{whole.metre[0]}/{whole.metre[1]}" if whole.metre else "") == ("D minor", metre)
    lead, *others = whole.parts
    ensemble = ENSEMBLES[band]
    assert (lead.name, lead.role, lead.program) == (ensemble.band.called, "lead", ensemble.band.lead)
    assert [part.name for part in others] == [part.name for part in ensemble.band.seats()]
    assert abs(float(np.median(lead.notes.pitch)) - ensemble.centre) <= 7
    assert lead.written is not None and lead.notes.onset[-1] + lead.written.duration[-1] == pytest.approx(
        whole.end, abs=0.2
    )
    for part in others:
        assert part.notes.onset[0] < 3 and (part.drums or part.notes.end == pytest.approx(whole.end, abs=0.1))
        assert part.written is not None and len(part.written.late) == len(part.notes)
    assert whole.chords and whole.clock.second(whole.end) == pytest.approx(8, abs=3.5)


def test_each_take_has_a_tune_of_its_own_and_a_seed_repeats_it(tunes: LoadedModel, model: BandLSTM) -> None:
    request = Request(seconds=6, band="choir", seed=5, takes=2)
    one, other = fresh(tunes, model, request)
    assert not np.array_equal(one.parts[0].notes.pitch, other.parts[0].notes.pitch)
    [again] = fresh(tunes, model, replace(request, seed=6, takes=1))
    for mine, theirs in zip(other.parts, again.parts, strict=True):
        assert np.array_equal(mine.notes.onset, theirs.notes.onset)
        assert np.array_equal(mine.notes.pitch, theirs.notes.pitch)


def test_a_part_of_a_fresh_piece_is_played_again_by_its_own_hands(tunes: LoadedModel, model: BandLSTM) -> None:
    request = Request(seconds=6, band="song", seed=5)
    [whole] = fresh(tunes, model, request)
    redo = replace(request, redo="chords", wholes=(b"it",), seed=9)
    assert not tune_first(redo)
    [prompt] = band_prompts(redo, None, Played(whole))
    assert prompt.beside is not None and len(prompt.beside.hands) == 2, "a pianist's two"
    [take] = play_on(model, [prompt])
    assert take.whole is not None and take.since == 0.0
    voice, piano = take.whole.parts
    assert np.array_equal(voice.notes.pitch, whole.parts[0].notes.pitch)
    assert not np.array_equal(piano.notes.pitch, whole.parts[1].notes.pitch)


def test_over_given_chords_and_for_drums_alone_there_is_no_tune_first() -> None:
    assert not tune_first(Request(band="pop band", chords="C | G")) and not tune_first(Request(band="drums"))
    assert not tune_first(Request()) and not tune_first(Request(b"X:1", "a.abc", band="choir"))
