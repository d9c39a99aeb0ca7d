"""What stands above a score comes back from paper: rehearsal marks, changes of tempo, chords; and words below it."""

import re
from collections.abc import Callable
from dataclasses import replace

import music21
import numpy as np
import pytest

from generation.finish.paper.draw_band import band_png
from generation.finish.paper.draw_score import draw_score
from generation.finish.paper.write_abc import write_abc
from generation.finish.paper.write_band_abc import band_abc
from generation.finish.paper.write_band_musicxml import band_musicxml
from generation.finish.paper.write_musicxml import write_musicxml
from generation.finish.piece import Piece
from generation.finish.write_midi import write_midi
from generation.music.clock import Tempo
from generation.music.notes import Notes
from generation.music.song import Part, Song
from generation.read.file import read
from tests.tunes import line_of, scale

MARKS = ((0.0, "Intro"), (16.0, "A & B"), (24.0, "Chorus 2"))
TEMPO = (Tempo(0.0, 120), Tempo(16.0, 90), Tempo(30.0, 60), Tempo(31.0, 90))  # held back for one beat
WORDS = ((0.0, "Hel-"), (0.5, "lo"), (1.0, "my"), (16.0, "ho-"), (16.5, "ney"))
Written = Callable[..., tuple[bytes, bytes, bytes]]  # MusicXML, ABC, picture


def song(metre: tuple[int, int] = (4, 4), **changed: object) -> Song:
    tune, bass = scale(64), np.arange(0.0, 32.0, 2.0)
    low = Notes(bass, np.full(16, 2.0), np.full(16, 40), np.full(16, 80))
    parts = (Part(tune.line, 52, "Voice", role="lead", words=WORDS), Part(low, 32, "Bass"))
    whole = Song(parts, TEMPO, ((0.0, metre),), chords=((0.0, "C"), (16.0, "Am7")), markers=MARKS, written=True)
    return replace(whole, **changed)  # type: ignore[arg-type]


def one_line(whole: Song) -> tuple[bytes, bytes, bytes]:
    notes = whole.parts[0].notes
    melody = line_of(notes.onset, notes.duration, notes.pitch, notes.velocity, whole.tempo, whole.metre)
    piece = Piece(whole, replace(melody, metres=whole.metres), 20.0, homes=(0,))
    return write_musicxml(piece), write_abc(piece), draw_score(piece)


def band(whole: Song) -> tuple[bytes, bytes, bytes]:
    return band_musicxml(whole, 20.0), band_abc(whole, 20.0), band_png(whole, 20.0)


@pytest.mark.parametrize("written", [one_line, band])
def test_marks_tempo_chords_and_words_come_back(written: Written) -> None:
    xml, abc, _ = written(song())
    back, also = read(xml, "a.musicxml").song, read(abc, "a.abc").song
    assert back.markers == also.markers == MARKS
    assert re.findall(r"\[P:(.*?)\]", abc.decode()) == [text for _, text in MARKS]
    for each in (back, also):
        assert [(mark.onset, mark.quarters_per_minute) for mark in each.tempo] == [(0.0, 120), (16.0, 90)]
        assert each.chords == ((0.0, "C"), (16.0, "Am7"))
        assert each.parts[0].words == WORDS
    parsed = music21.converter.parseData(xml.decode(), format="musicxml").flatten()
    assert [mark.content for mark in parsed[music21.expressions.RehearsalMark]] == [text for _, text in MARKS]
    assert [(float(mark.offset), mark.number) for mark in parsed[music21.tempo.MetronomeMark]] == [(0, 120), (16, 90)]


def test_the_parts_of_an_abc_tune_are_its_rehearsal_marks() -> None:
    tune = "X:1\nM:4/4\nL:1/4\nP:A2B\nK:C\nP:A\nCDEF|GABc|\nP:B\ncBAG|[P:no one]F4|\n"
    given = read(tune.encode(), "tune.abc").song
    assert given.markers == ((0.0, "A"), (8.0, "A"), (16.0, "B"))
    also = read(tune.replace("P:A2B\n", "").replace("P:B\n", "P:Trio\n|:").encode(), "tune.abc").song
    assert also.markers == ((0.0, "A"), (8.0, "Trio"), (12.0, "no one"))
    assert read(write_midi(Piece(given, given)), "tune.mid").song.markers == given.markers
    assert [read(sheet, "tune").song.markers for sheet in one_line(given)[:2]] == [given.markers] * 2


@pytest.mark.parametrize("written", [one_line, band])
@pytest.mark.parametrize("change", ["markers", "tempo", "words"])
def test_they_are_in_the_picture(written: Written, change: str) -> None:
    whole = song()
    bare = {
        "markers": replace(whole, markers=()),
        "tempo": replace(whole, tempo=TEMPO[:1]),
        "words": replace(whole, parts=(replace(whole.parts[0], words=()), whole.parts[1])),
    }
    assert written(whole)[2] != written(bare[change])[2]


@pytest.mark.parametrize("written", [one_line, band])
def test_a_tempo_in_a_compound_metre_counts_its_beats(written: Written) -> None:
    xml, abc, _ = written(song((6, 8)))
    assert re.findall(r"<beat-unit-dot/><per-minute>(\d+)<", xml.decode()) == ["80", "60"]
    assert re.findall(r"Q:1/4=(\d+)", abc.decode()) == ["120", "90"]


@pytest.mark.parametrize("written", [one_line, band])
def test_marks_do_no_harm_whatever_they_say(written: Written) -> None:
    odd = song(markers=((0.0, "]|K:F#"), (4.0, "<&> % \\ D.S. al Fine"), (4.0, "\x00"), (8.0, "東"), (40.0, "late")))
    xml, abc, _ = written(odd)
    assert read(xml, "a.musicxml").song.markers == ((0.0, "]|K:F#"), (4.0, "<&> % \\ D.S. al Fine"), (8.0, "東"))
    assert read(abc, "a.abc").song.markers == ((0.0, "|K:F#"), (4.0, "<&> D.S. al Fine"), (8.0, "東"))
    assert read(abc, "a.abc").line.pitch.tolist() == odd.parts[0].notes.pitch.tolist()


def test_a_free_pace_is_no_row_of_tempo_marks() -> None:
    rng = np.random.default_rng(1)
    free = tuple(Tempo(float(at), 120 * rng.uniform(0.8, 1.2)) for at in range(32))
    for written in (one_line, band):
        assert written(song(tempo=free))[0].count(b"<per-minute>") == 1
