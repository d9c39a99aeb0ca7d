"""The front door: every format gives the same tune, and nothing but a melody or one plain sentence comes out."""

from pathlib import Path

import numpy as np
import pytest

from generation.music.key import Key
from generation.music.reading import Reading
from generation.read.file import read
from generation.request import Refusal
from tests.hostile_bytes import ABC, TUNE, midi, notes, track
from tests.hostile_files import hostile_files

TINY = sorted(path for path in (Path(__file__).parents[1] / "data" / "tiny").glob("tune.*"))
PITCH = [69, 74, 78, 76, 74, 73, 71, 69, 74]
ONSET = [0, 1, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("path", TINY, ids=lambda path: path.suffix)
def test_every_format_gives_the_same_tune(path: Path) -> None:
    reading = read(path.read_bytes(), path.name)
    melody = reading.melody
    assert melody.line.pitch.tolist() == PITCH
    assert melody.line.onset.tolist() == ONSET
    assert melody.line.duration.tolist() == [1, 2, 1, 1, 1, 1, 1, 1, 4]
    assert set(melody.line.velocity) == {80}
    assert (melody.metre, melody.key, melody.downbeat) == ((4, 4), Key("D", "major"), 1)
    assert melody.tempo[0].quarters_per_minute == pytest.approx(90, abs=1e-4)
    assert len(melody.tempo) == 1
    assert melody.title == "Small Tune"
    assert not reading.source and len(reading.song.parts) == 1


@pytest.mark.parametrize("path", TINY, ids=lambda path: path.suffix)
def test_what_a_file_holds_counts_more_than_its_name(path: Path) -> None:
    for name in ("tune", "tune.mid", "tune.abc", "tune.xml", "message.txt"):
        assert read(path.read_bytes(), name).line.pitch.tolist() == PITCH


OUTCOMES = {  # of some hostile files: the number of notes that are read, or words of the sentence
    "empty.mid": "empty",
    "cut-at-93.mid": 8,
    "no-tracks.mid": "no tracks",
    "division-0.mid": "0 ticks",
    "frames.mid": 8,
    "format-2.mid": 16,
    "huge-track.mid": 8,
    "running-garbage.mid": 98,
    "tempo-0.mid": 8,
    "tempo-10000000.mid": 8,
    "tempo-1.mid": 8,
    "many-tempos.mid": 160,
    "gap-100000000.mid": 2,
    "late-by-100000000.mid": 8,
    "many-events.mid": "200,000 events",
    "too-many-bytes.mid": "5,000,000",
    "many-notes.mid": "20,000",
    "no-note-off.mid": 8,
    "only-note-off.mid": "no notes",
    "200-tracks.mid": 8,
    "only-drums.mid": "only drums",
    "riff.rmi": 8,
    "text.mid": "There is no MIDI in this .mid file",
    "endless-note.abc": "the limit is 900 s",
    "path.abc": "no ABC",
    "url.abc": "no ABC",
    "too-long.abc": "64,000",
    "60-kb-different.abc": "5,000 bars",
    "many-5b.abc": 2,
    "utf-16.abc": 4,
    "laughs.musicxml": "entities",
    "passwd.musicxml": "entities",
    "timewise.xml": "no bars",
    "deep.xml": "not a score",
    "only-drums.xml": "only drums",
    "many-notes.xml": "the limit is 900 s",
    "100000-empty-bars.xml": "the limit is 5,000",
    "key-of-a-million.xml": 1,
    "nearly-a-million-events.mid": "200,000 events",
    "65535-tracks.mid": "1,000",
    "1-mb.abc": "64,000",
    "as-long-as-may-be.abc": "30,000",
    "nested-repeats.abc": "5,000 bars",
    "quadratic.xml": "entities",
    "parameter-entity.xml": "entities",
    "public-entity.xml": "entities",
    "include.xml": 1,
    "zip-in-a-zip.mxl": "damaged",
    "container-to--etc-passwd.mxl": 1,
    "link-to-the-passwords.mxl": "damaged",
    "1000-spines.krn": "64",
    "words-url.abc": "no ABC",
    "title-lines.abc": 16,
    "title-beyond-unicode.abc": 16,
    "title-emoji.abc": 16,
    "title-right-to-left.abc": 16,
    "title-controls.abc": 16,
    "title-long.mid": 8,
    "pickle.mid": "no MIDI",
    "bomb.mxl": "10,000,000",
    "locked.mxl": "unpacked",
    "photo.png": "a picture (PNG)",
    "prose.txt": "does not recognise",
    "../../etc/passwd": 8,
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_what_hostile_files_come_to(name: str) -> None:
    """Some of those that test_hostile.py sends through the processes, seen closer."""
    try:
        found: Reading | str = read(dict(hostile_files())[name], name)
    except Refusal as refusal:
        found = str(refusal)
    expected = OUTCOMES[name]
    if isinstance(expected, int):
        assert isinstance(found, Reading)
        assert len(found.line) == expected
        assert len(found.melody.title) <= 80
        assert found.melody.title.isprintable()
    else:
        assert expected in str(found)


def test_hostile_files_are_the_ones_that_are_expected() -> None:
    names = [name for name, _ in hostile_files()]
    assert set(OUTCOMES) <= set(names)
    assert len(names) == len(set(names)) >= 300


def test_no_file_is_opened_and_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """music21 takes a text for the path of a file if it is let."""
    path = tmp_path / "secret.abc"
    path.write_text(ABC)
    monkeypatch.chdir(tmp_path)
    for text in ("secret.abc", str(path), path.as_uri()):
        for name in ("tune.abc", "tune.krn", "tune.xml", str(path)):
            with pytest.raises(Refusal):
                read(text.encode(), name)


def test_a_pasted_snippet_is_read_and_prose_is_not() -> None:
    assert read(b"|: d2 f e | d c B A :|", "message.txt").line.pitch[:3].tolist() == [74, 77, 76]
    assert read(b"K:D\nf2", "message.txt").line.pitch.tolist() == [78]
    with pytest.raises(Refusal, match="does not recognise"):
        read(b"Here is my tune, a reel in D. Enjoy!", "message.txt")


@pytest.mark.parametrize(
    ("said", "title"),
    [("Butterfly, The", "The Butterfly"), ("Hag's Purse,The", "The Hag's Purse"), ("Oh, Lady", "Oh, Lady")],
)
def test_titles_as_in_an_index(said: str, title: str) -> None:
    assert read(f"X:1\nT:{said}\nK:G\nGABc|\n".encode(), "a.abc").song.title == title
    named = b"\x00\xff\x03" + bytes((len(said),)) + said.encode()
    assert read(midi(track(named + notes(TUNE))), "a.mid").song.title == title


def test_a_tune_of_ten_minutes() -> None:
    rng = np.random.default_rng(4)
    pitches = rng.integers(60, 80, 2_400).tolist()
    melody = read(midi(track(notes(pitches, 240))), "long.mid").melody
    assert melody.line.pitch.tolist() == pitches
    assert melody.seconds == pytest.approx(600)
    melody = read(("X:1\nQ:1/4=120\nL:1/8\nK:C\n" + "CDEF GABc|" * 300).encode(), "long.abc").melody
    assert (len(melody.line), melody.seconds) == (2_400, pytest.approx(600))


def test_one_note_is_a_melody() -> None:
    assert read(midi(track(notes(TUNE[:1]))), "one.mid").line.pitch.tolist() == [60]
    assert read(b"X:1\nK:C\nG", "one.abc").line.pitch.tolist() == [67]
