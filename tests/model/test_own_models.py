"""A checkpoint in ENCORE_MODELS is a style: offered by its name, played by its weights, priors and list of passages."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.__main__ import main
from generation.model import checkpoint, memorised
from generation.model.loaded import load_model, model_for
from generation.model.memorised import Memorised
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.play.asked import Prompt
from generation.play.session import sample
from generation.request import STYLES, Refusal, Request, checkpoint_faults, styles

CARD = {"metres": {"auto": {"5/4": 9}}, "priors": [[[5, 4]], [90, 90], ["E minor"]]}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Dusk is a style; the others are none."""
    torch.manual_seed(0)
    model = AttentiveLSTM(Sizes(width=48, layers=1, heads=2))
    checkpoint.save(tmp_path / "dusk.safetensors", model, CARD)
    checkpoint.save(tmp_path / "jazz.safetensors", model, CARD)
    checkpoint.save(tmp_path / "a@everyone.safetensors", model, CARD)
    (tmp_path / "lonely.safetensors").write_bytes(b"without a card")
    monkeypatch.setenv("ENCORE_MODELS", str(tmp_path))
    return tmp_path


def test_it_is_offered_by_its_name(models: Path):
    assert styles() == STYLES | {"dusk": "dusk"}
    Request(style="dusk")
    with pytest.raises(Refusal, match=r"Choose one of: auto, .*hymn, dusk"):
        Request(style="lonely")


def test_what_is_damaged_is_no_style_and_told(models: Path):
    whole = (models / "dusk.safetensors").read_bytes()
    told = "\n".join(checkpoint_faults())
    assert "jazz.safetensors is no style: its name is that of a built-in style" in told
    assert "lonely.safetensors is no style: lonely.json is missing" in told and "dusk" not in told
    for damage in (whole[:-1], whole + b"0", b"", whole[:300], b"\xff" * 900, b"\2\0\0\0\0\0\0\0[]"):
        (models / "dusk.safetensors").write_bytes(damage)
        assert styles() == STYLES, damage[:20]
        assert "dusk.safetensors is no style: it is damaged" in "\n".join(checkpoint_faults())
    (models / "dusk.safetensors").write_bytes(whole)
    (models / "dusk.json").write_text("[1")
    assert styles() == STYLES and "dusk.json is damaged" in "\n".join(checkpoint_faults())


def test_it_is_loaded_once_and_again_when_it_changes(models: Path):
    ready = {}
    first = model_for("dusk", ready)
    assert model_for("dusk", ready) is first is not model_for("jazz", ready)
    torch.manual_seed(1)
    checkpoint.save(models / "dusk.safetensors", AttentiveLSTM(Sizes(width=24, layers=1, heads=2)), CARD)
    assert model_for("dusk", ready).model.sizes.width == 24


def test_it_plays_from_the_command_line(models: Path, capsys: pytest.CaptureFixture[str]):
    flags = ["--style", "dusk", "--seconds", "5", "--seed", "1", "--formats", "mid,abc", "--out", str(models)]
    assert main(["compose", *flags]) == 0
    assert "E minor, 5/4, 90 quarter notes a minute" in capsys.readouterr().out
    assert "T:Encore: dusk" in (models / "compose-take1.abc").read_text()


def test_a_take_that_copies_is_played_again(models: Path):
    path = models / "dusk.safetensors"
    prompt = Prompt(seconds=20, seed=4)
    first = sample(load_model(path), [prompt])[0].played.song
    memorised.save(Memorised(np.unique(memorised.passages(first)), {"auto": 14}), memorised.beside(path))
    loaded = load_model(path)
    assert loaded.memorised is not None and memorised.longest_run(first, loaded.memorised) == len(first.line)
    second = sample(loaded, [prompt])[0].played.song
    assert memorised.longest_run(second, loaded.memorised) <= 14
    np.testing.assert_array_equal(sample(loaded, [prompt])[0].played.song.line.pitch, second.line.pitch)


def test_what_it_has_not_learned_to_play_it_plays_flat(models: Path):
    dusk = load_model(models / "dusk.safetensors")
    flat = replace(dusk, card=CARD | {"plays": {"timing": False, "dynamics": False}})
    free, even = (sample(loaded, [Prompt(seconds=12, seed=4)])[0].played.song.line for loaded in (dusk, flat))
    assert len(np.unique(free.velocity)) > 3 and len(np.unique(even.velocity)) == 1
    assert np.abs(even.onset * 24 - np.round(even.onset * 24)).max() < 1e-6 < np.abs(free.onset * 24 % 1).max()


def test_a_broken_one_says_so(models: Path):
    (models / "dusk.json").write_text(json.dumps({"model": "attentive_lstm"}))
    with pytest.raises(Refusal, match="trained on another encoding"):
        model_for("dusk", {})


def swapped(names: list[str]) -> list[str]:
    return [names[1], names[0], *names[2:]]


@pytest.mark.parametrize("name", ["styles", "metres", "conditions"])
def test_weights_are_refused_where_a_list_that_they_depend_on_has_another_order(
    name: str, models: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(checkpoint.LISTS, name, swapped(checkpoint.LISTS[name]))
    with pytest.raises(Refusal, match=f"trained with these {name}: .*order"):
        checkpoint.load(models / "dusk.safetensors")
    with pytest.raises(Refusal, match=f"encore.safetensors was trained with these {name}"):
        load_model()


def test_what_is_added_at_the_end_of_a_list_does_no_harm(models: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(checkpoint.LISTS, "styles", [*checkpoint.LISTS["styles"], "polka"])
    checkpoint.load(models / "dusk.safetensors")


def test_a_checkpoint_that_does_not_say_its_lists_is_refused(models: Path):
    card = json.loads((models / "dusk.json").read_text())
    del card["lists"]
    (models / "dusk.json").write_text(json.dumps(card))
    with pytest.raises(Refusal, match="trained with these"):
        checkpoint.load(models / "dusk.safetensors")
