"""What is promised of a song that is played on: kept, or broken in one way at a time; and the whole command."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.__main__ import main
from generation.judge import evaluate_band
from generation.judge.band import contracts, files
from generation.judge.band.contracts import ALL, CLOSE, DENSITY, LENGTH, PARTS, RANGES, VOICES, kept
from generation.judge.band.excerpts import song as song_of
from generation.model import band_checkpoint, memorised, memorised_lines
from generation.model.memorised_lines import BITS, MemorisedLines
from generation.music.cut import beginning
from generation.music.notes import Notes
from generation.music.song import Song
from tests.judge.test_band import work
from tests.model.test_band import small
from tests.play.test_band_session import quartet

BARS = 8


def going_on(whole: Song | None = None, **new: Notes) -> dict[str, bool]:
    """What is kept if a quartet of eight bars goes on for eight more, at 120 a minute, with one part as named."""
    given, names = quartet(BARS), ("sax", "piano", "bass", "kit")
    parts = []
    for name, part, more in zip(names, given.parts, quartet(BARS).parts, strict=True):
        fresh = new.get(name, more.notes.later(4.0 * BARS))
        parts.append(replace(part, notes=part.notes.then(fresh)))
    return kept(given, whole or replace(given, parts=tuple(parts)), 32.0, seconds=16.0)


def broken(found: dict[str, bool]) -> set[str]:
    assert found[ALL] == all(kept for name, kept in found.items() if name != ALL)
    return {name for name, kept in found.items() if not kept} - {ALL}


def later(index: int) -> Notes:
    return quartet(BARS).parts[index].notes.later(4.0 * BARS)


def test_a_band_that_goes_on_as_it_was_keeps_all():
    assert broken(going_on()) == set()


def test_each_promise_is_broken_by_what_breaks_it():
    sax, bass, kit = later(0), later(2), later(3)
    nothing = sax[:0]
    assert broken(going_on(sax=nothing)) == {PARTS}
    assert broken(going_on(bass=bass[bass.onset < 52])) == {PARTS}  # silent for the last three bars
    assert broken(going_on(bass=bass[bass.onset < 60])) == {CLOSE}
    assert broken(going_on(kit=kit[kit.onset < 59])) == {CLOSE}
    assert broken(going_on(sax=replace(sax, pitch=sax.pitch + 24))) == {RANGES}
    assert broken(going_on(bass=replace(bass, pitch=bass.pitch - 12))) == set()  # an octave is for every part
    assert broken(going_on(bass=replace(bass, pitch=bass.pitch - 13))) == {RANGES}
    longer = np.minimum(np.full(len(sax), 2.0), 64 - sax.onset)
    assert broken(going_on(sax=replace(sax, duration=longer))) == {VOICES}
    many = Notes(np.arange(32, 64, 0.05), np.full(640, 0.05), np.full(640, 65), np.full(640, 80))
    assert broken(going_on(sax=many)) == {DENSITY}
    short = [later(i)[later(i).onset < 44] for i in range(4)]
    assert broken(going_on(sax=short[0], piano=short[1], bass=short[2], kit=short[3])) == {LENGTH}


def test_a_part_may_rest_as_long_as_it_did():
    given = quartet(BARS)
    late = given.parts[0].notes[given.parts[0].notes.onset >= 16]
    rested = replace(given, parts=(replace(given.parts[0], notes=late), *given.parts[1:]))
    parts = [replace(part, notes=part.notes.then(later(i))) for i, part in enumerate(rested.parts)]
    silent = replace(rested, parts=(rested.parts[0], *parts[1:]))
    assert kept(rested, replace(silent, parts=silent.parts), 32.0)[PARTS] is False  # 16 quarters before, 32 now
    shorter = beginning(replace(silent, parts=silent.parts), 56.0)
    assert kept(rested, shorter, 32.0)[PARTS] is True


def test_a_song_is_cut_at_a_bar_line_with_all_that_belongs_to_it():
    whole = quartet(BARS)
    assert [contracts.bar_line(whole, quarter) for quarter in (0.0, 15.9, 16.0)] == [0.0, 12.0, 16.0]
    assert contracts.bar_line(replace(whole, pickup=1.0), 15.9) == 13.0
    cut = beginning(whole, 16.0)
    assert cut.end == 16.0 and cut.chords == whole.chords[:1] and len(cut.parts) == 4
    assert all(len(part.notes) for part in cut.parts)


def test_a_copied_line_of_a_take_is_found():
    torch.set_num_threads(1)
    sent = files.Sent("song", "pop", song_of(work("one").score), None)
    for byte, whole in ((255, False), (0, True)):
        known = MemorisedLines(np.full(BITS // 8, byte, np.uint8), {"pop": 12, "auto": 12})
        [(_, ours, true)] = files.keeping(small(), [sent], known)
        assert ours[contracts.COPIES] is whole and not true
    [(_, ours, _)] = files.keeping(small(), [sent], None)
    assert contracts.COPIES not in ours


def test_the_whole_command_plays_on_from_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    torch.set_num_threads(1)
    folder = tmp_path / "tunes"
    folder.mkdir()
    voice = "GBdg fdBd cegc' bgdB|" * 8
    for i in range(30):
        (folder / f"{i}.abc").write_text(
            f"X:1\nM:4/4\nL:1/8\nQ:1/4=60\nK:G\nV:1\n{voice[i:]}\nV:2 clef=bass\n{'G,2D,2 G,2D,2|' * 9}\n"
        )
    checkpoint = tmp_path / "model.safetensors"
    band_checkpoint.save(checkpoint, small(), {"options": {"keyed": True, "sets": []}, "rows_seen": 5})
    memorised_lines.save(MemorisedLines(np.zeros(BITS // 8, np.uint8), {}), memorised.beside(checkpoint))
    parser = argparse.ArgumentParser()
    evaluate_band.add_arguments(parser)
    few = tmp_path / "few"
    few.mkdir()
    (few / "a.abc").write_bytes((folder / "0.abc").read_bytes())
    (few / "b.abc").write_text("no music")
    places = ["--data", str(folder), "--cache", str(tmp_path / "cache"), "--files", str(few), "--some"]
    assert evaluate_band.main(parser.parse_args([str(checkpoint), *places, "--json", str(tmp_path / "j.json")])) == 0
    found = json.loads((tmp_path / "j.json").read_text())
    assert found["rows_seen"] == 5 and found["nats"]["folder"]["works"] >= 1
    ours, _ = found["promises"]
    assert set(ours) == {*(contracts.PARTS, CLOSE, RANGES, VOICES, DENSITY, LENGTH, ALL), contracts.COPIES}
    assert ours[contracts.COPIES] == 1 and ours[RANGES] == ours[VOICES] == 1
    out = capsys.readouterr().out
    for words in (
        "5 rows learned",
        "at most 16 works",
        "| promise | ours | true |",
        "≥ 99.0%",
        "1 songs",
        "nats a row",
    ):
        assert words in out
    assert evaluate_band.main(parser.parse_args([str(checkpoint), *places, "--only", "promises"])) == 0
    out = capsys.readouterr().out
    assert "| promise | ours | true |" in out and "nats a row" not in out and "AUC" not in out


def test_a_set_that_is_none_is_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate-band", "model.safetensors", "--sets", "jsb,jazz"])
    assert "there is no set jazz; there are pop909," in capsys.readouterr().err
