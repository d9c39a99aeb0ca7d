"""Training on a folder of your own: stopping, resuming, and playing with the result."""

import argparse
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.finish.write_midi import write_midi
from generation.learn import corpus, flags, train
from generation.learn.corpus import Tune, _keep, _kept, load
from generation.learn.folder import own_splits
from generation.model import checkpoint, memorised
from generation.model.loaded import load_model
from generation.model.memorised import Memorised
from generation.model.networks.attentive_lstm import Sizes
from generation.music.key import Key
from generation.music.song import Song
from generation.play.asked import Prompt
from generation.play.session import sample
from generation.request import Refusal
from tests.tunes import performance, piece_of, scale

SMALL = ["--width", "24", "--heads", "2", "--layers", "1", "--length", "64", "--notes", "512"]


def midi(melody: Song) -> bytes:
    return write_midi(piece_of(melody))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tunes in two formats, and a file that is not a tune."""
    place = tmp_path / "tunes"
    (place / "deeper").mkdir(parents=True)
    (place / "played.mid").write_bytes(midi(performance(60)))
    (place / "deeper" / "scale.mid").write_bytes(midi(scale(40, Key("C", "major"))))
    (place / "jig.abc").write_text("X:1\nT:Jig\nM:6/8\nL:1/8\nK:D\nDFA dAF|GBd gdB|AFA dcB|AFD E2D|\n")
    (place / "broken.mid").write_bytes(b"MThd nonsense")
    return place


def run(folder: Path, out: Path, *flags: str) -> int:
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    places = ["--data", str(folder), "--out", str(out), "--cache", str(out.parent / "cache")]
    return train.main(parser.parse_args([*places, *SMALL, *flags]))


def test_a_folder_of_tunes_is_learned_and_what_was_learned_plays(folder: Path, tmp_path: Path, capsys):
    out = tmp_path / "run"
    assert run(folder, out, "--epochs", "2", "--device", "cpu") == 0
    said = capsys.readouterr()
    assert "left out 1 of 4 files:\n  broken.mid: " in said.err
    first = (out / "model.safetensors").read_bytes()
    assert run(folder, out, "--epochs", "4", "--device", "cpu") == 0
    said = capsys.readouterr()
    assert "going on after epoch 2" in said.out and "left out 1 of 4 files" in said.err
    assert (out / "model.safetensors").read_bytes() != first
    [take] = sample(load_model(out / "model.safetensors", "cpu"), [Prompt(scale(16), seconds=5, seed=1)])
    assert len(take.played.song.line) > 16


def test_a_run_begins_with_the_weights_of_another_and_keeps_its_sizes(folder: Path, tmp_path: Path):
    run(folder, tmp_path / "first", "--epochs", "1", "--device", "cpu")
    first, _ = checkpoint.load(tmp_path / "first" / "model.safetensors")
    start = ["--start", str(tmp_path / "first" / "model.safetensors"), "--width", "48", "--rate", "1e-9"]
    run(folder, tmp_path / "on", "--epochs", "1", "--device", "cpu", *start)
    on, card = checkpoint.load(tmp_path / "on" / "model.safetensors")
    assert on.sizes == first.sizes and card["options"]["start"]
    torch.testing.assert_close(on.state_dict(), first.state_dict(), atol=2e-3, rtol=0)


def test_passages_of_the_weights_that_it_begins_with_may_not_be_repeated_either(folder: Path, tmp_path: Path):
    known = Memorised(np.array([7, 2**32 - 1], np.uint32), {"irish": 19})
    run(folder, tmp_path / "first", "--epochs", "1", "--device", "cpu")
    first = tmp_path / "first" / "model.safetensors"
    mine = memorised.load(memorised.beside(first))
    memorised.save(known, memorised.beside(first))
    run(folder, tmp_path / "on", "--epochs", "1", "--device", "cpu", "--start", str(first))
    both = memorised.load(memorised.beside(tmp_path / "on" / "model.safetensors"))
    assert {*both.hashes.tolist()} == {*mine.hashes.tolist(), *known.hashes.tolist()}
    assert both.limits == {"irish": 19} | mine.limits


def test_each_flag_is_explained():
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    names = {field.name for field in (*fields(train.Options), *fields(Sizes))}
    assert names == {*flags.WHAT}
    assert "assets/encore.safetensors" in " ".join(parser.format_help().split())


def test_every_tune_of_a_book_is_learned(folder: Path, tmp_path: Path):
    jig, reel = (folder / "jig.abc").read_text(), "X:2\nT:Reel\nM:4/4\nL:1/8\nK:G\n|:GABc dedB|dedB dedB:|\n"
    (folder / "book.abc").write_text(f"{jig}\n{reel}")
    tunes = {tune.id: tune for tune in load(folder, tmp_path / "cache")}
    assert {"book.abc#1", "book.abc#2", "book.abc#2|played", "jig.abc"} <= set(tunes)
    assert len(tunes["book.abc#2|played"].melody.line) == 2 * len(tunes["book.abc#2"].melody.line) == 32
    assert tunes["book.abc#2|played"].split == tunes["book.abc#2"].split


def test_every_kind_of_file_with_notes_is_learned_and_no_other(folder: Path, tmp_path: Path, capsys):
    midi, kern = (folder / "played.mid").read_bytes(), "**kern\n*M4/4\n" + "4c\n4d\n4e\n4f\n" * 4 + "*-\n"
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for name, data in (("a.mid", midi), ("b.KAR", midi), ("c.rmi", midi), ("d.kern", kern.encode())):
        (mixed / name).write_bytes(data)
    for name in ("song.mp3", "hummed.ogg", "letter.txt"):
        (mixed / name).write_bytes(midi)
    assert {tune.id for tune in load(mixed, tmp_path / "cache")} == {"a.mid", "b.KAR", "c.rmi", "d.kern"}
    assert "left out" not in capsys.readouterr().err


def test_the_tune_books_of_music21_are_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(corpus, "MUSIC21", ("nottingham-dataset",))  # two tunes
    assert {tune.id for tune in load(Path("music21"), tmp_path)} >= {
        f"nottingham-dataset/reelsa-c.abc#{n}" for n in (80, 81)
    }


def test_the_same_seed_gives_the_same_weights(folder: Path, tmp_path: Path):
    for name in ("a", "b"):
        run(folder, tmp_path / name, "--epochs", "1", "--seed", "7", "--device", "cpu")
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b"))
    assert a == b


def test_what_is_wrong_is_said_in_words(folder: Path, tmp_path: Path):
    with pytest.raises(Refusal, match="no folder"):
        load(tmp_path / "nowhere", tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="no music"):
        load(tmp_path / "empty", tmp_path / "cache")
    config = tmp_path / "wrong.toml"
    config.write_text("lerning_rate = 1")
    with pytest.raises(Refusal, match="lerning_rate"):
        run(folder, tmp_path / "run", "--config", str(config))


def test_the_cache_gives_back_what_was_read(tmp_path: Path):
    tunes = [("a", performance()), ("b", scale(8, Key("Bb", "dorian")))]
    _keep(tmp_path / "kept.npz", tunes)
    for (name, melody), (again, same) in zip(tunes, _kept(tmp_path / "kept.npz"), strict=True):
        assert (again, same.key, same.metre, same.tempo) == (name, melody.key, melody.metre, melody.tempo)
        np.testing.assert_array_equal(same.line.onset, melody.line.onset)
        np.testing.assert_array_equal(same.line.velocity, melody.line.velocity)


def test_no_group_stands_on_two_sides(folder: Path, tmp_path: Path):
    tunes: list[Tune] = load(folder, tmp_path / "cache")
    assert {tune.id for tune in tunes} == {"played.mid", "deeper/scale.mid", "jig.abc"}
    assert [tune.split for tune in load(folder, tmp_path / "cache")] == [tune.split for tune in tunes]


def test_of_a_small_folder_one_tune_each_is_held_out():
    for count in (3, 5, 12, 400):
        splits = own_splits([f"{number}.mid" for number in range(count)])
        held = [[*splits.values()].count(split) for split in ("test", "valid")]
        assert held == [0, 0] if count < 5 else all(1 <= each <= max(1, count // 10) for each in held)
        assert splits == own_splits([*reversed(splits)])
