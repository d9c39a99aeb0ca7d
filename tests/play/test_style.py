"""The style of a tune that does not name it."""

import pytest
import torch

from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.music.key import Key
from generation.music.song import Song
from generation.play import style
from generation.play.style import likeliest_style
from generation.request import STYLES
from tests.tunes import performance, scale


def test_a_style_is_found_for_every_tune_of_some_length(loaded: LoadedModel):
    model, device = loaded.model, loaded.device
    learned = {name: {"4/4": 1} for name in STYLES if name != "auto"}
    assert likeliest_style(model, device, performance(), learned) in learned
    assert likeliest_style(model, device, scale(40), {"hymn": {"4/4": 10**9}, "irish": {"6/8": 10**9}}) == "hymn"
    assert likeliest_style(model, device, scale(3), learned) == "auto"
    assert likeliest_style(model, device, scale(40), {}) == "auto", "it learned no style"


def test_a_style_far_behind_is_heard_no_further(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch):
    """Heard in stretches, a tune has the style that it has when heard as a whole."""
    model, device, rows = loaded.model, loaded.device, []

    def counted(model: AttentiveLSTM, some: torch.Tensor, conditions: torch.Tensor, state: object):
        rows.append((len(some) - 1) * len(conditions))
        return nats(model, some, conditions, state)

    def found(melody: Song, learned: dict[str, dict[str, int]], stretch: int) -> tuple[str, int]:
        rows.clear()
        monkeypatch.setattr(style, "STRETCH", stretch)
        return likeliest_style(model, device, melody, learned), sum(rows)

    nats = style._nats
    monkeypatch.setattr(style, "_nats", counted)
    styles = [name for name in STYLES if name != "auto"]
    alike = {name: {"4/4": 1} for name in styles}
    for melody in (performance(120), scale(200, Key("D", "minor"))):
        everything = len(melody.line) * len(styles)
        assert found(melody, alike, 256) == (found(melody, alike, 40)[0], everything)
        assert found(melody, alike | {"hymn": {"4/4": 10**9}}, 40)[1] < everything
