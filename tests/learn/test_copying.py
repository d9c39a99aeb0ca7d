"""Passages that a piece shares with the training tunes are found in any key; its own theme does not count as a copy."""

from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from generation.__main__ import main
from generation.learn.copying import learn, nearest
from generation.learn.corpus import Tune
from generation.model.memorised import PASSAGE, Memorised, beside, copies, load, longest_run, passages, save
from generation.music.melody import with_line
from generation.music.notes import Notes
from generation.music.song import Song
from generation.request import Refusal
from tests.tunes import head, line_of


def line(seed: int, notes: int = 40) -> Song:
    """Quavers and crotchets at random."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([0.5, 1.0], notes)
    onset = np.cumsum(steps) - steps[0]
    pitch = 60 + np.cumsum(rng.integers(-3, 4, notes)) % 20
    return line_of(onset, steps * 0.9, pitch, np.full(notes, 80), metre=(4, 4))


def joined(*parts: Song) -> Song:
    end = np.cumsum([0.0] + [float(np.ceil(part.line.onset[-1] + 1)) for part in parts])
    first, *others = [part.line.later(at) for part, at in zip(parts, end[:-1], strict=True)]
    return with_line(parts[0], reduce(Notes.then, others, first))


def tune(melody: Song, name: str, split: str = "train") -> Tune:
    return Tune("folder", name, "irish", split, name, False, False, melody)


MEMORISED = learn([tune(line(seed), str(seed)) for seed in range(30)])


def test_a_tune_learned_by_heart_is_found_in_any_key():
    stolen = line(3)
    assert longest_run(stolen, MEMORISED) == len(stolen.line)
    assert longest_run(with_line(stolen, replace(stolen.line, pitch=stolen.line.pitch + 5)), MEMORISED) == len(
        stolen.line
    )
    assert longest_run(line(99), MEMORISED) == 0


def test_another_rhythm_is_another_tune():
    stolen = line(3)
    even = with_line(stolen, replace(stolen.line, onset=np.arange(len(stolen.line)) * 1.0))
    assert longest_run(even, MEMORISED) < PASSAGE


def test_only_the_run_counts():
    assert longest_run(joined(line(98), head(line(3), 20), line(97)), MEMORISED) == 20


def test_the_musicians_own_theme_is_theirs():
    theme, new = line(3), line(4)
    assert longest_run(joined(theme, theme), MEMORISED, len(theme.line)) < PASSAGE, "a theme comes back"
    assert longest_run(joined(theme, new), MEMORISED, len(theme.line)) == len(new.line), (
        "another one is taken from the book"
    )
    memorised = Memorised(MEMORISED.hashes, {"irish": 16})
    assert copies(joined(theme, new), memorised, "irish", len(theme.line)) == len(new.line) - 16
    assert copies(joined(theme, line(98)), memorised, "irish", len(theme.line)) == 0


def test_the_limit_is_what_held_out_tunes_share():
    half = joined(line(1), line(96))
    shared = [tune(half, str(i), "test") for i in range(5)]
    memorised = learn([tune(line(1), "a"), *shared, tune(line(95), "c", "test")])
    assert memorised.limits == {"irish": 40}


def test_the_list_comes_back_as_it_was(tmp_path: Path):
    save(MEMORISED, beside(tmp_path / "mine.safetensors"))
    again = load(tmp_path / "mine.memorised.npz")
    assert again.limits == MEMORISED.limits
    np.testing.assert_array_equal(again.hashes, MEMORISED.hashes)
    (tmp_path / "mine.memorised.npz").write_bytes(b"PK nothing")
    with pytest.raises(Refusal, match="Restore the file"):
        load(tmp_path / "mine.memorised.npz")


def test_pieces_too_short_to_copy():
    short = line(3, PASSAGE - 1)
    assert len(passages(short)) == 0 and longest_run(short, MEMORISED) == 0
    assert longest_run(line(3), Memorised(np.zeros(0, np.uint32), {})) == 0


def test_the_command_names_the_tune(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    book = tmp_path / "book"
    book.mkdir()
    for name, notes in (
        ("reel", "DEFG ABcd|efga gfed|cBAG FEDE|FGAB c2d2|"),
        ("march", "G2 B2 d4|e2 d2 B4|A2 c2 e4|G8|"),
    ):
        (book / f"{name}.abc").write_text(f"X:1\nT:{name}\nM:4/4\nL:1/8\nK:C\n{notes * 2}\n")
    mine = tmp_path / "mine.abc"
    mine.write_text("X:1\nM:4/4\nL:1/8\nK:C\nc'8|DEFG ABcd|efga gfed|cBAG FEDE|C8|\n")
    assert main(["copying", str(mine), "--data", str(book), "--cache", str(tmp_path / "cache")]) == 0
    assert "24 notes in a row as in folder reel.abc" in capsys.readouterr().out
    assert nearest(line(99), [tune(line(3), "x")]) == (0, "")
