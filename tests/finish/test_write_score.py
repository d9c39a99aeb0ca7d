"""ABC and MusicXML are read back, by music21 and by ourselves, to the notes that were notated."""

from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import music21
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.finish.paper.draw_score import draw_score
from generation.finish.paper.notate import Score, notate
from generation.finish.paper.write_abc import write_abc
from generation.finish.paper.write_musicxml import write_musicxml
from generation.finish.piece import Piece
from generation.music.key import Key
from generation.music.melody import with_line
from generation.music.song import Song
from generation.read.file import read
from tests.listening import score_notes
from tests.tunes import line_of, part_of, performance, piece_of, scale, song_of


def notated(score: Score) -> list[tuple[Fraction, Fraction, int]]:
    """(onset, duration, pitch) of every note, tied symbols joined."""
    notes: list[tuple[Fraction, Fraction, int]] = []
    before = Fraction(0)
    for bar in score.bars:
        line = before - bar.symbols[0].start
        for symbol in bar.symbols:
            if symbol.pitch is None:
                continue
            if symbol.continued:
                onset, duration, pitch = notes.pop()
                notes.append((onset, duration + symbol.length, pitch))
            else:
                notes.append((line + symbol.start, symbol.length, symbol.pitch))
        before += bar.length
    return notes


def check(melody: Song) -> None:
    piece = piece_of(melody, len(melody.line) // 2, title="Tune & <Reel>", seed=3)
    expected = notated(notate(melody, piece.since))
    assert [pitch for *_, pitch in expected] == melody.line.pitch.tolist()
    assert score_notes(write_abc(piece).decode(), "abc") == expected
    assert score_notes(write_musicxml(piece).decode(), "musicxml") == expected
    ours = read(write_abc(piece), "tune.abc").melody
    begins = ours.line.onset[0] - float(expected[0][0])  # bars before the first note are not for us
    assert ours.line.pitch.tolist() == melody.line.pitch.tolist()
    assert (ours.line.onset - begins).tolist() == pytest.approx([float(onset) for onset, *_ in expected])
    assert ours.line.duration.tolist() == pytest.approx([float(duration) for _, duration, _ in expected])


def test_a_tuplet_of_many_symbols_is_read_back() -> None:
    onset = np.array([0, 8, 20, 31, 32, 33, 34, 35, 44, 56, 64, 72]) / 24
    tune = line_of(onset, np.diff([*onset, 4]), 60 + np.arange(12), np.full(12, 80), metre=(2, 4))
    assert "(3:2:9" in write_abc(piece_of(tune, 0)).decode()  # of ten: music21 and abcjs read one digit
    check(tune)


@pytest.mark.parametrize("key", ["C major", "F# minor", "Db major", "A dorian", "C# major", "Ab minor", "E mixolydian"])
def test_accidentals_are_read_back(key: str) -> None:
    rng = np.random.default_rng(8)
    pitch = np.concatenate([np.arange(55, 90), rng.integers(58, 80, 60)])
    onset = np.arange(len(pitch)) * 0.5
    check(line_of(onset, np.full(len(pitch), 0.5), pitch, np.full(len(pitch), 80), metre=(4, 4), key=Key.parse(key)))


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (9, 8), (5, 8), (2, 2)])
@pytest.mark.parametrize("downbeat", [0.0, 0.5])
def test_a_played_tune_is_read_back(metre: tuple[int, int], downbeat: float) -> None:
    rng = np.random.default_rng(metre[0])
    onset = np.cumsum(rng.choice([0.25, 0.5, 0.5, 1, 1 / 3, 0.75, 2.5], 40)) + rng.normal(0, 0.02, 40) - 0.1
    onset = np.maximum.accumulate(np.maximum(onset, 0)) + np.arange(40) * 1e-4
    duration = rng.uniform(0.2, 1.0, 40)
    check(line_of(onset, duration, rng.integers(50, 90, 40), np.full(40, 80), metre=metre, downbeat=downbeat))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from([1 / 8, 1 / 6, 1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 1.5, 2, 3]),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 4)]),
)
def test_any_rhythm_is_read_back(steps: list[float], metre: tuple[int, int]) -> None:
    onset = np.cumsum([0, *steps])[:-1]
    pitch = 60 + np.arange(len(steps)) % 12
    check(line_of(onset, np.array(steps) * 0.9, pitch, np.full(len(steps), 80), metre=metre))


@pytest.mark.parametrize("melody", [scale(1), scale(3), performance(50)], ids=["one note", "three notes", "played"])
def test_small_tunes(melody: Song) -> None:
    check(melody)


def test_every_measure_of_musicxml_is_full() -> None:
    melody = performance(48)
    root = ElementTree.fromstring(write_musicxml(piece_of(melody, 0, title="x")))
    divisions = int(root.findtext(".//divisions", ""))
    for measure in root.iter("measure"):
        assert sum(int(duration.text or 0) for duration in measure.iter("duration")) == 4 * divisions


def test_beams_open_and_close() -> None:
    rng = np.random.default_rng(9)
    onset = np.cumsum(rng.choice([0.25, 0.5, 1, 1 / 3, 0.125], 80))
    melody = line_of(onset, np.full(80, 0.5), np.full(80, 67), np.full(80, 80), metre=(4, 4))
    root = ElementTree.fromstring(write_musicxml(piece_of(melody, 40, title="x")))
    open_beams: set[str] = set()
    for beam in root.iter("beam"):
        number, word = beam.get("number", ""), beam.text
        if word == "begin":
            assert number not in open_beams
            open_beams.add(number)
        elif word in ("continue", "end"):
            assert number in open_beams
            if word == "end":
                open_beams.remove(number)
    assert not open_beams
    assert any(True for _ in root.iter("beam"))


def test_titles_cannot_break_a_file() -> None:
    melody, title = scale(4), 'Bad\x00 "title"\n%%deco\nK:Q </work-title> ]]>'
    piece = piece_of(melody, 0, title=title)
    assert len(score_notes(write_abc(piece).decode(), "abc")) == 4
    assert len(score_notes(write_musicxml(piece).decode(), "musicxml")) == 4


def test_chord_symbols_stand_where_they_stood() -> None:
    given = scale(16)
    chords = (
        (0.0, "C"), (1.0, "F#m7b5"), (2.0, "Bb/D"), (3.0, "Gsus4"), (4.0, "Cmaj7"), (5.25, "G7(b9)"), (6.0, "N.C."),
    )  # fmt: skip
    piece = piece_of(given, title="Changes")
    piece = replace(piece, song=replace(piece.song, chords=(*chords, (7.0, "whatever <you> like"))))
    abc, xml = read(write_abc(piece), "a.abc").song.chords, read(write_musicxml(piece), "a.musicxml").song.chords
    assert xml == chords
    assert [chord for _, chord in abc][:7] == [chord for _, chord in chords]
    assert [at for at, _ in abc][:5] == [at for at, _ in chords][:5] and abs(abc[5][0] - 5.25) <= 0.25
    parsed = music21.converter.parseData(write_musicxml(piece).decode(), format="musicxml").flatten()
    figures = [symbol.root().name for symbol in parsed[music21.harmony.ChordSymbol] if symbol.chordKind != "none"]
    assert figures == ["C", "F#", "B-", "G", "C", "G"]
    assert draw_score(piece)


def test_words_stand_under_their_notes() -> None:
    given = tune = line_of(np.arange(9.0), np.ones(9), 60 + np.arange(9), np.full(9, 80), metre=(3, 4))
    words = (
        (0.0, "Hel-"),
        (1.0, "lo"),
        (2.0, "my"),
        (4.0, "ho-"),
        (5.0, "ney-"),
        (6.0, "bee,"),
        (8.0, "rock ’n’ roll"),
    )
    song = song_of(given, 0)
    song = replace(song, parts=(replace(song.parts[0], words=words), part_of(tune.line.later(9.0))))
    piece = Piece(song, with_line(given, given.line.then(tune.line.later(9.0))), 9.0, homes=(0,))
    for text, name in ((write_abc(piece), "a.abc"), (write_musicxml(piece), "a.musicxml")):
        assert read(text, name).song.parts[0].words == words
    parsed = music21.converter.parseData(write_musicxml(piece).decode(), format="musicxml").flatten().notes
    assert [note.lyrics[0].syllabic for note in parsed if note.lyrics] == [
        "begin", "end", "single", "begin", "middle", "end", "single"
    ]  # fmt: skip
    assert draw_score(piece)
