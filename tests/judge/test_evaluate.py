"""Judging: the whole command on a small folder, and figures that must be true to their names."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.__main__ import main
from generation.judge import contracts
from generation.judge.baselines.ngram import NGram
from generation.judge.continuation_features import Pair, features, means, told_apart
from generation.judge.contracts import at_rest, on_a_bar_line, on_time
from generation.judge.repetition import returns, until
from generation.learn.corpus import Tune
from generation.model.loaded import LoadedModel, load_model
from generation.model.memorised import Memorised
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.model.tokens import encode
from generation.music.key import Key
from generation.music.melody import with_line
from generation.read.file import read
from tests.learn.test_train import midi
from tests.tunes import performance, scale


def pair(rng: np.random.Generator, apart: float) -> Pair:
    true, ours = rng.normal(size=2), rng.normal(size=2) + apart
    return Pair("set", {"range": true[0], "density": true[1]}, {"range": ours[0], "density": ours[1]})


def test_what_is_alike_is_not_told_apart_and_what_differs_is():
    rng = np.random.default_rng(0)
    assert told_apart([pair(rng, 0) for _ in range(200)]) == pytest.approx(0.5, abs=0.08)
    assert told_apart([pair(rng, 1) for _ in range(200)]) == pytest.approx(0.84, abs=0.05)
    assert told_apart([pair(rng, 9) for _ in range(50)]) > 0.99


def test_means_are_taken_where_a_feature_can_be_told():
    pairs = [
        Pair("a", {"range": 4.0}, {"range": 6.0}),
        Pair("b", {"range": 8.0, "loudness": 3.0}, {"range": 6.0, "loudness": 1.0}),
    ]
    assert means(pairs) == {"range": (6.0, 6.0), "loudness": (3.0, 1.0)}


def test_features_of_a_theme_that_comes_back():
    again = with_line(scale(64), replace(scale(64).line, pitch=np.tile(scale(32).line.pitch, 2)))
    found = features(again, 32, 64, timed=False, shaded=False)
    assert found["in scale"] == found["rhythm"] == 1
    assert found["repetition"] == 1 and found["range"] == 12
    assert found["density"] == pytest.approx(100 / 60 * 2)
    assert "loudness" not in found and "loudness" in features(performance(64), 32, 64, timed=True, shaded=True)


def test_what_comes_back_after_long_is_remembered():
    theme = scale(40)  # 12 s at 100 quarter notes a minute
    other = with_line(theme, replace(theme.line, pitch=theme.line.pitch[::-1] + 5))
    pitch = np.concatenate([m.line.pitch for m in (theme, other, other, theme)])
    rondo = with_line(scale(160), replace(scale(160).line, pitch=pitch))
    assert until(rondo, 12).line.onset[-1] == theme.line.onset[-1]
    notes, rhythm = returns(rondo)
    assert notes == pytest.approx(5 / 15, abs=0.1)  # the theme at the end; the other came back too soon to count
    assert rhythm == 1  # quavers throughout
    climbing = replace(rondo.line, pitch=rondo.line.pitch + np.arange(160) // 20)
    assert returns(with_line(rondo, climbing)) == (0, 1)


def test_promises_tell_kept_from_broken():
    melody = scale(15, Key("C", "major"))  # up and down again: the last is C on a beat
    assert at_rest(melody, Key("C", "major")) and not at_rest(melody, Key("B", "major"))
    assert on_a_bar_line(scale(17)) and not on_a_bar_line(melody)
    new = melody.seconds - melody.clock.second(melody.line.onset[5])
    assert on_time(melody, 5, new * 1.1) and not on_time(melody, 5, new * 1.3)


def test_the_command_prints_every_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder, names = tmp_path / "tunes", (f"{i}.mid" for i in range(1000))
    folder.mkdir()
    sides = {0: 3, 1: 0, 2: 3}  # by the hash of the name: test, valid, train
    for name in names:
        side = min(2, hashlib.sha256(name.encode()).digest()[0] % 20)
        if sides[side]:
            sides[side] -= 1
            (folder / name).write_bytes(midi(performance(90, seed=len(list(folder.iterdir())))))
    where = ["--data", str(folder), "--cache", str(tmp_path / "cache"), "--json", str(tmp_path / "figures.json")]
    assert main(["evaluate", *where, "--primes", "2"]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert 0 < figures["nats"]["folder"]["model"]["content"] < figures["nats"]["folder"]["model"]["total"]
    assert figures["nats"]["folder"]["3-gram"]["tunes"] == 3
    assert figures["discrimination"]["a 3-gram's"]["primes"] == 3
    assert figures["continuations"]["in scale"][0] == 1 and 0 <= figures["told apart, AUC"] <= 1
    assert figures["memory"] == {} or all(0 <= share <= 1 for share in figures["memory"]["auto"][1])
    assert set(figures["promises"]) >= {"extend: length within 15 %", "compose: no copy"}
    assert len(figures["temperature"]) == 9
    out = capsys.readouterr().out
    for words in ("nats per note: model (3-gram)", "by gain over no prime", "AUC", "| promise | kept |", "| 1.8 |"):
        assert words in out


def test_a_warmer_take_of_the_shipped_weights_surprises_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contracts, "TEMPERATURES", (0.2, 0.7, 1.2, 1.8))
    tunes = [read(Path(f"assets/examples/{name}.abc").read_bytes(), "a.abc").melody for name in ("jig", "minuet")]
    held_out = [Tune("examples", name, "irish", "test", name, False, False, m) for m in tunes for name in "abcdefgh"]
    ladder = contracts.warmth(load_model(), held_out, len(held_out))  # a single take may be an odd one
    assert list(ladder) == sorted(ladder) and list(ladder.values()) == sorted(ladder.values()), ladder


def test_weights_of_ones_own_are_judged_in_their_own_style():
    """They know no built-in style, and may be judged on tunes that nobody played."""
    torch.manual_seed(0)
    card = {"metres": {"auto": {"5/4": 9}}, "priors": [[[5, 4]], [90, 90], ["E minor"]]}
    model = AttentiveLSTM(Sizes(width=48, layers=1, heads=2)).eval()
    own = LoadedModel(model, card, torch.device("cpu"))
    tune = Tune("folder", "a", "auto", "test", "a", False, False, scale(40))
    kept = contracts.keeping(own, [tune], Memorised(np.zeros(0, np.uint32), {}), 1)
    assert kept["compose: length within 15 %"] == kept["extend: no copy"] == 1


def test_a_3_gram_of_tunes_that_nobody_played_foresees_a_performance():
    ngram = NGram(3)
    ngram.learn([encode(scale(40)).rows])
    nats = ngram.nats(encode(performance(40)).rows)
    assert np.isfinite(nats).all() and (nats > 0).any(0).all(), "velocity by chance alone"


def test_a_folder_with_nothing_to_judge_by_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.mid").write_bytes(midi(scale(40)))
    assert main(["evaluate", "--data", str(tmp_path), "--cache", str(tmp_path / "cache")]) == 2
    assert "both are needed" in capsys.readouterr().err
