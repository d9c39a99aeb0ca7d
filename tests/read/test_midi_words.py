"""Words in MIDI files: titles that are titles, and words that are sung."""

from dataclasses import replace
from pathlib import Path

import pytest

from generation.finish.piece import Piece
from generation.finish.write_midi import write_midi
from generation.read.file import read
from generation.read.midi import read_midi
from tests.hostile_bytes import TUNE, midi, notes, number, track
from tests.read.test_read_midi import events

CASES = Path(__file__).parents[1] / "data/cases"
NO_TITLES = (
    "Tempo|Tempo Map|Conductor|Master Track|Meta Track|Control Track|Setup|System Setup|SysEx|MIDI out|"
    "MIDI out #2|Sequence 1|Track 1|track-01|Staff|Part 1|Voice 2|Channel 10|Untitled|UNTITLED SONG|"
    "Unnamed-000|No Title|New Song|new project|Song 3|Score|Title|Signature Track|Markers|Lyrics|Words|"
    "Soft Karaoke|GM Reset|GS Reset|XG System On|General MIDI|Roland SC-88|SoundFont Bank|"
    "Created by Some Program|copyright (c) 1997|http://www.example.org|Unbenannt|Ohne Titel|Tempospur|"
    "Sans titre|Piste 1|Sin título|Pista 3|Senza titolo|Traccia 2|Без названия|無題|トラック1|未命名|无标题|"
    "제목 없음|***|1|Acoustic Grand Piano|Lead Guitar|Flute|Right Hand|  "
)
TITLES = (
    "Ode to Joy|Yesterday|The Entertainer|Track of the Wolf|My Song|Prélude|Symphony No. 5|Take Five|"
    "Master of Puppets|Stairway to Heaven|The Voice|Moonlight|さくらさくら|Yellow Submarine|"
    "Flute Concerto in G|Tempo di Valse"
)
HIGH = notes([84, 86, 88, 86] * 8, 240, channel=2)


def meta(kind: int, words: str | bytes) -> bytes:
    data = words if isinstance(words, bytes) else words.encode()
    return bytes((0xFF, kind)) + number(len(data)) + data


def titled(name: str) -> str:
    return read_midi(midi(track(b"\x00" + meta(3, name)), track(notes(TUNE)))).title


@pytest.mark.parametrize("path", sorted(CASES.glob("m18*")), ids=lambda path: path.stem)
def test_names_that_programs_write(path: Path) -> None:
    assert read(path.read_bytes(), path.name).song.title == ""


@pytest.mark.parametrize(
    "name",
    NO_TITLES.split("|"),
)
def test_what_is_no_title(name: str) -> None:
    assert titled(name) == ""


@pytest.mark.parametrize(
    "name",
    TITLES.split("|"),
)
def test_what_is_one(name: str) -> None:
    assert titled(name) == name
    assert titled(name + ".mid") == name
    assert titled(f"C:\\MIDI\\Old ones\\{name}.MID") == titled(f"/home/anna/{name}.mid") == name


@pytest.mark.parametrize("name", ["m16-soft-karaoke.kar", "m16b-lyric-events.mid"])
def test_what_is_sung_is_the_melody(name: str) -> None:
    reading = read((CASES / name).read_bytes(), name)
    assert str(reading.source) == "track 3 (voice)"
    assert reading.line.pitch[:6].tolist() == [64, 64, 65, 67, 67, 65]
    assert reading.song.title == ("Ode to Joy" if "soft" in name else "")
    words = reading.song.parts[reading.part].words
    assert [text for _, text in words[:2]] == ["\\la ", "la "] and len(words) == 30
    assert not reading.song.parts[1].words


def sung(kind: int, late: int, *about: str, words: str = "Words") -> bytes:
    """A tune of 32 notes sung to syllables, some ticks late, under a busier high line."""
    said = [(480 * i + late, meta(kind, "la ")) for i in range(32)]
    head = [(0, meta(3, words)), *((0, meta(1, text)) for text in about)]
    tune = track(notes(TUNE * 4))
    return midi(track(events(*head, *said)), track(HIGH * 2), tune, kind=1)


@pytest.mark.parametrize("late", [-20, 0, 15, 40])
@pytest.mark.parametrize(("kind", "words"), [(5, "Words"), (1, "Words"), (1, "karaoke"), (1, "")])
def test_syllables_beside_their_notes(late: int, kind: int, words: str) -> None:
    reading = read(
        sung(kind, max(late, 0), "@KMIDI KARAOKE FILE", "@LENGL", "@TSmall Song", "@TBy Nobody", words=words), "a.kar"
    )
    assert reading.line.pitch.tolist() == TUNE * 4
    assert reading.song.title == "Small Song"


def test_remarks_are_not_sung() -> None:
    """Texts that stand at no notes, or all at one place."""
    head = [(7 + 100 * i, meta(1, f"Remark {i}")) for i in range(8)] + [(0, meta(1, "By somebody"))] * 9
    song = read_midi(midi(track(events(*head)), track(notes(TUNE * 4, 480))))
    assert [part.words for part in song.parts] == [()]


def test_markers() -> None:
    head = [(0, meta(6, "Verse")), (1920, meta(6, "Chorus"))]
    assert read_midi(midi(track(events(*head)), track(notes(TUNE)))).markers == ((0.0, "Verse"), (4.0, "Chorus"))


def test_names_of_parts() -> None:
    def name(words: str) -> str:
        return read_midi(midi(track(b"\x00" + meta(3, words) + notes(TUNE)))).parts[0].name

    for words in ("Flute", "Lead Guitar", "P", "Anna", "Melody"):
        assert name(words) == words
    for words in ("anna@example.org", "www.example.org", "Track 1", "MIDI out", "Staff-2", "トラック1"):
        assert name(words) == ""


def test_a_part_lends_no_title() -> None:
    assert read((CASES / "m10-mpe.mid").read_bytes(), "m10.mid").song.title == "", "Seaboard is who plays"
    assert read_midi(midi(track(b"\x00" + meta(3, "Air") + notes(TUNE)))).title == "Air", (
        "a file of one track is the tune"
    )


def test_what_encore_calls_music_without_a_title_is_none() -> None:
    untitled = read_midi(midi(track(notes(TUNE))))
    for title, found in (("", ""), ("Encore", ""), ("Encore: pop", ""), ("Encore une fois", "Encore une fois")):
        assert read_midi(write_midi(Piece(replace(untitled, title=title), untitled))).title == found
    assert read_midi(midi(track(b"\x00" + meta(3, "Encore")), track(notes(TUNE)))).title == "Encore"
