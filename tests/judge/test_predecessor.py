"""The baseline that preceded Encore: how it spells a melody, and the whole comparison on a tiny archive."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from generation.__main__ import main
from generation.judge.baselines.predecessor import NOTE_OFF, NOTE_ON, NOTHING, judge, on_grid, spell, train
from tests.learn.test_train import midi
from tests.tunes import performance, scale


def test_a_melody_is_spelled_step_by_step():
    said = spell(on_grid(scale(3)))  # quavers at 100: 0.3 s, 2.4 steps of an eighth of a second
    assert said.tolist() == [NOTE_ON + 60, NOTHING, NOTE_ON + 62, NOTHING, NOTHING, NOTE_ON + 64, NOTHING, NOTE_OFF]


def test_it_learns_a_scale_by_heart():
    gridded = on_grid(scale(300))
    model, trained = train([spell(gridded)], 20, seed=1)
    figures = judge(model, [gridded])
    assert figures["perplexity"] < trained["perplexity"] * 1.5 and trained["perplexity"] < 130
    assert figures["nats per note"] < 130 and 0 < figures["accuracy"] <= 1
    assert np.isclose(figures["share of steps where nothing happens"], 0.58, atol=0.03)


SIZES = json.dumps({"width": 24, "heads": 2, "layers": 1})


def test_the_comparison_runs_from_the_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    with tarfile.open(tmp_path / "maestro_v3_train_valid.tar.xz", "w:xz") as archive:
        for name, split in (("a", "train"), ("b", "train"), ("c", "validation")):
            (tmp_path / f"{name}.midi").write_bytes(midi(performance(400, seed=ord(name))))
            archive.add(tmp_path / f"{name}.midi", f"{name}.midi")
            rows.append(f"Nobody,Scale,{split},2004,{name}.midi,,1")
        (tmp_path / "trainvalid.csv").write_text("\n".join(rows) + "\n")
        archive.add(tmp_path / "trainvalid.csv", "trainvalid.csv")
    flags = [
        "--data",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
        "--steps",
        "2",
        "--json",
        str(tmp_path / "f.json"),
    ]
    assert main(["predecessor", *flags]) == 0
    figures = json.loads((tmp_path / "f.json").read_text())
    ours, theirs = figures["ours on the grid, as shipped"], figures["melody events, held out"]
    assert 0 < ours["nats per note"] < theirs["nats per note"]
    assert figures["ours on the grid, same training"]["nats per note"] > 0
    assert "velocity" in figures["ours as played, as shipped"]
    assert "melody events, held out" in capsys.readouterr().out
    assert main(["predecessor", "--data", str(tmp_path / "nowhere")]) == 2
