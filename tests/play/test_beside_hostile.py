"""Broken files, given a band: each is refused in a sentence, or comes back with its tune intact."""

import random

import pytest
import torch

from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.play.band.plan_beside import plan_beside
from generation.play.band.session import play_on
from generation.play.prompts import band_prompts
from generation.request import ACCOMPANISTS, Refusal, Request
from generation.serve.listen import listen
from tests import hostile_files
from tests.play.test_beside import same
from tests.tally import tried

PLAYED = 30  # of the files that can be read, one of so many is played through; the others are planned
SHORT = 40.0  # quarters
ASKED = ({}, {"chords": "Dm7 G7 | Cmaj7"}, {"chords": "C/E F | N.C. | bII7"})


@pytest.mark.filterwarnings("ignore")  # music21's, about what it makes of such files
def test_hostile_files_are_accompanied_or_refused() -> None:
    torch.manual_seed(0)
    model = BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=64)).eval()
    rng = random.Random(7)
    midi, abc, xml = hostile_files._midi(rng), hostile_files._abc(rng), hostile_files._xml(rng)
    planned = refused = 0
    for i, (name, data) in enumerate([*midi, *abc, *xml, *hostile_files._kern(), *hostile_files.words(rng)]):
        band = [*ACCOMPANISTS][i % len(ACCOMPANISTS)]
        request = Request(data, name, accompany=band, seed=i, **ASKED[i % len(ASKED)])
        try:
            reading = listen(request)
            [prompt] = band_prompts(request, reading)
        except Refusal as refusal:
            assert str(refusal)[0].isupper() and str(refusal).endswith("."), (name, str(refusal))
            refused += 1
            continue
        beside = prompt.beside
        assert beside is not None and plan_beside(prompt, beside).song.chords, name
        planned += 1
        if planned % PLAYED == 0 and beside.song.end < SHORT:
            [take] = play_on(model, [prompt])
            assert take.whole is not None and same(take.whole, beside.song, 0), name
    assert planned > 150 and refused > 100
    tried("hostile files with a band", planned + refused, f"{planned} accompanied, {refused} refused in a sentence")
