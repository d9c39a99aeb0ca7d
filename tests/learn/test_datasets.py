"""Each special format gives the melodies that its files hold; the files here are made up for the purpose."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.finish.piece import Piece
from generation.finish.write_midi import write_midi
from generation.learn.datasets import DATASETS, lilypond, midi_files, scores, tunebooks, wjd
from generation.learn.gather import COLLECTIONS
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.pulse import steady
from generation.request import STYLES
from tests.tunes import line_of, part_of, performance, song_of


def test_jazz_solos_come_onto_their_beats_with_loudness_as_velocity(tmp_path: Path):
    for folder in ("mcsv_melody", "mcsv_beat"):
        (tmp_path / folder).mkdir()
    (tmp_path / "wjd_meta.csv").write_text("id,key\nSolo#1.sv,Bb-maj\n")
    beats = "".join(f"{10 + i * 0.4:.3f},{i % 4 + 1},'4/4'\n" for i in range(16))
    (tmp_path / "mcsv_beat" / "Solo#1_beattrack.csv").write_text("onset,beat,signature\n" + beats)
    notes = "".join(f"{10.01 + i * 0.2:.3f},0.15,{60 + i},{60 + i}\n" for i in range(12))
    (tmp_path / "mcsv_melody" / "Solo#1.csv").write_text("onset,duration,pitch,loud_median\n" + notes)
    [(name, melody)] = wjd.melodies(tmp_path)
    assert (name, melody.key, melody.metre) == ("Solo#1", Key("Bb", "major"), (4, 4))
    np.testing.assert_allclose(melody.line.onset, np.arange(12) * 0.5 + 0.025, atol=1e-6)
    np.testing.assert_allclose(melody.line.duration, 0.375, atol=1e-6)
    assert melody.tempo[0].quarters_per_minute == pytest.approx(150)
    assert (
        np.diff(melody.line.velocity) > 0
    ).all() and melody.line.velocity.min() < 60 < 100 < melody.line.velocity.max()


SONG = """<score-partwise><part-list/><part id="piano">
<measure><note><rest/><duration>4</duration></note></measure></part>
<part id="voice"><measure><attributes><divisions>2</divisions><key><fifths>-2</fifths><mode>minor</mode></key>
<time><beats>3</beats><beat-type>4</beat-type></time></attributes>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><lyric><text>Ah</text></lyric></note></measure>
<measure><note><grace/><pitch><step>C</step><octave>5</octave></pitch></note>
<note><pitch><step>B</step><alter>-1</alter><octave>4</octave></pitch><duration>4</duration><tie type="start"/></note>
<note><pitch><step>A</step><octave>4</octave></pitch><duration>2</duration></note></measure>
<measure><note><pitch><step>A</step><octave>4</octave></pitch><duration>2</duration><tie type="stop"/></note>
<backup><duration>2</duration></backup>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>6</duration><voice>2</voice></note></measure>
</part></score-partwise>"""


def test_songs_give_the_part_that_is_sung(tmp_path: Path):
    (tmp_path / "scores").mkdir()
    with zipfile.ZipFile(tmp_path / "scores" / "lc1.mxl", "w") as archive:
        archive.writestr("score.xml", SONG)  # and no container that says so, as some have none
    [(name, melody)] = scores.lieder(tmp_path)
    assert (name, melody.key, melody.metre, melody.downbeat) == ("lc1", Key("G", "minor"), (3, 4), 1.0)
    assert melody.line.pitch.tolist() == [74, 70, 69]
    assert melody.line.onset.tolist() == [0, 1, 3]
    assert melody.line.duration.tolist() == [1, 2, 2]


def test_hymns_are_read_from_lilypond():
    notes = r"d'4 g'2 b'8 g' | \times 2/3 { a'8 b' c'' } fis'4~ fis'"
    text = r"{ \time 3/4 \partial 4 \transpose g f { \key g \major " + notes + " } }"
    melody = lilypond.line(text)
    assert melody is not None
    assert (melody.key, melody.metre, melody.downbeat) == (Key("F", "major"), (3, 4), 1.0)
    assert melody.line.pitch.tolist() == [60, 65, 69, 65, 67, 69, 70, 64]
    np.testing.assert_allclose(melody.line.onset, [0, 1, 3, 3.5, 4, 4 + 1 / 3, 4 + 2 / 3, 5])
    assert melody.line.duration[-1] == 2


def test_tune_books_give_each_tune_as_written_and_as_played(tmp_path: Path):
    (tmp_path / "book").mkdir()
    text = "X: 1\nT:One\nM:2/4\nL:1/8\nK:G\n|:GABc|d2B2:|\n\nX: 2\nT:Two\nM:2/4\nL:1/8\nK:D\nDEFG|A4|\n"
    (tmp_path / "book" / "b.abc").write_text(text, encoding="latin-1")
    tunes = dict(tunebooks.books("book")(tmp_path))
    assert {name: len(melody.line) for name, melody in tunes.items()} == {
        "b.abc#1": 6,
        "b.abc#1|played": 12,
        "b.abc#2": 5,
    }
    assert tunes["b.abc#2"].key == Key("D", "major")


def test_piano_gives_its_top_line_and_keeps_its_rubato_in_the_notes(tmp_path: Path):
    (tmp_path / "midis").mkdir()
    line = performance(32)
    under = line_of(line.line.onset, line.line.duration, line.line.pitch - 20, line.line.velocity, line.tempo, (4, 4))
    parts = (part_of(line, 0, "right"), part_of(under, 0, "left"))
    (tmp_path / "midis" / "piece.mid").write_bytes(write_midi(Piece(replace(song_of(line), parts=parts), line)))
    [(name, melody)] = midi_files.piano(tmp_path)
    assert name == "piece"
    assert melody.line.pitch.tolist() == line.line.pitch.tolist()
    assert len(melody.tempo) == 1


@pytest.mark.parametrize("beside", [0.0, 0.09, 0.4, 3.7])
def test_a_pop_song_is_put_on_the_beat_that_its_notes_keep(tmp_path: Path, beside: float):
    """The file's beat lies beside the song's; its bars begin with the bass, and the song with a pickup of a quaver."""
    (tmp_path / "POP909" / "001").mkdir(parents=True)
    flat = line_of(np.arange(32) / 2 + 3.5 + beside, np.full(32, 0.45), np.full(32, 72), np.full(32, 90), metre=(1, 4))
    bass = line_of(np.arange(1, 5) * 4.0 + beside, np.full(4, 3.5), np.full(4, 40), np.full(4, 70), metre=(1, 4))
    chords = line_of(np.arange(4, 20) + beside, np.full(16, 0.5), np.full(16, 60), np.full(16, 70), metre=(1, 4))
    parts = [part_of(m, 0, name) for m, name in ((flat, "MELODY"), (bass, "PIANO"), (chords, "BRIDGE"))]
    song = replace(song_of(flat), parts=tuple(parts))
    (tmp_path / "POP909" / "001" / "001.mid").write_bytes(write_midi(Piece(song, flat)))
    [(name, melody)] = midi_files.pop909(tmp_path)
    assert (name, melody.metre) == ("001", (4, 4))
    np.testing.assert_allclose(melody.line.onset, np.arange(32) / 2 + 3.5, atol=0.005)


def test_a_breathing_tempo_becomes_deviation_of_the_notes():
    """Every fourth beat is slow: the sound stays where it was, on one steady tempo."""
    quarters = np.arange(32.0)
    tempo = tuple(Tempo(float(q), 100 if q % 4 == 3 else 120) for q in quarters)
    melody = line_of(quarters, np.full(32, 0.9), np.full(32, 60), np.full(32, 80), tempo, (4, 4))
    even = steady(melody)
    before = np.array([melody.clock.second(q) for q in melody.line.onset])
    after = np.array([even.clock.second(q) for q in even.line.onset])
    np.testing.assert_allclose(np.diff(after), np.diff(before), atol=0.03)
    off = np.abs(even.line.onset - np.round(even.line.onset))
    assert len(even.tempo) == 1 and 0.02 < off.max() < 0.3


def test_every_source_names_a_style_that_there_is_and_where_it_comes_from():
    for name, source in DATASETS.items():
        assert source.style in STYLES, name
        assert COLLECTIONS[source.archive].terms, name
        assert "maestro" not in source.archive, "benchmarks only: nothing trained on it ships"
