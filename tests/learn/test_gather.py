"""Downloaded collections become the archives and the split that training reads."""

import tarfile
from pathlib import Path

import pytest

from generation.__main__ import main
from generation.learn import corpus
from generation.learn.gather import COLLECTIONS, _named
from tests.hostile_bytes import TUNE, midi, notes, track

SONG = midi(track(notes(TUNE)))


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Three files of one collection, one of them in no split, and a collection in another layout than its archive."""
    pop = tmp_path / "downloads" / "pop909" / "POP909"
    for name in ("001/001.mid", "002/002.mid", "910/910.mid", "001/versions/001-v1.mid"):
        (pop / name).parent.mkdir(parents=True, exist_ok=True)
        (pop / name).write_bytes(SONG)
    irish = tmp_path / "downloads" / "irish_cre" / "cre_corpus" / "MIDI"
    irish.mkdir(parents=True)
    (irish / "ATripToGalway.mid").write_bytes(SONG)
    return tmp_path / "downloads"


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_it_keeps_what_the_split_names_and_says_what_is_lacking(
    downloads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "data"
    assert main(["gather", str(downloads), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "pop909: 907 files of the split are lacking\n  POP909/003/003.mid" in printed
    assert "wjd_solos: not downloaded; Weimar Jazz Database" in printed and "oneill_ryan_aird_abc: whole" in printed
    assert names(out / "pop909.tar.xz") == ["POP909/001/001.mid", "POP909/002/002.mid"]
    assert names(out / "irish_cre.tar.xz") == ["MIDI/ATripToGalway.mid"]


def test_what_was_gathered_is_read_for_training(downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert main(["gather", str(downloads), "--out", str(tmp_path / "data")]) == 0
    monkeypatch.setattr(corpus, "DATASETS", {"irish_cre": corpus.DATASETS["irish_cre"]})
    [tune] = corpus.load(tmp_path / "data", tmp_path / "cache")
    assert (tune.id, tune.split) == ("ATripToGalway", "valid") and len(tune.melody.line) > 3


def test_nothing_downloaded_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("generation.learn.gather._folder", lambda downloads, name: None)
    assert main(["gather", str(tmp_path)]) == 2
    assert "There is no collection in" in capsys.readouterr().err


def test_every_set_of_the_split_belongs_to_a_collection():
    rows = "set\tfile\nwjd\tmcsv_melody/a.csv\nairdsAirs\tbook1.abc#X:0001\nhymns\thymnproject.ly#old_100th\n"
    named = _named(rows)
    assert named.keys() == COLLECTIONS.keys()
    assert named["oneill_ryan_aird_abc"] == {"airdsAirs/book1.abc"} and named["mutopia_hymns"] == {"hymnproject.ly"}
