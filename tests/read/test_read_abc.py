"""ABC: notes are heard as they are written."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from music21.abcFormat import ABCHandler

from generation.music.key import Key
from generation.read.abc import read_abc
from generation.read.abc_fields import tempo, usual_tempo
from generation.read.file import read
from generation.request import Refusal

CASES = Path(__file__).parents[1] / "data" / "cases"
HARD = sorted((Path(__file__).parents[1] / "data" / "hard").glob("*.abc"))


def letters(text: str) -> str:
    """The names of the tones that a tune in C is made of, in the order in which they are heard."""
    return " ".join("C.D.EF.G.A.B"[pitch % 12] for pitch in read_abc(text).line.pitch)


def case(name: str) -> str:
    return (CASES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("a08-endings-13-2-4.abc", "C D C E C D C F G"),
        ("a08b-endings-13-24.abc", "C D C E C D C E F"),
        ("a08e-endings-one-bracket-13.abc", "C D C E C D C E F F"),
        ("a08f-three-endings.abc", "C D C E C F"),
        ("a47-first-ending-alone.abc", "C D C E"),
    ],
)
def test_endings_of_other_peoples_files(name: str, heard: str) -> None:
    assert letters(case(name)) == heard


@pytest.mark.parametrize("path", HARD, ids=lambda path: path.stem)
def test_hard_places(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = [tuple(map(float, pair.split())) for pair in text.splitlines()[0].split(":", 1)[1].split(",")]
    melody = read(path.read_bytes(), path.name).melody
    assert list(zip(melody.line.onset, melody.line.pitch, strict=True)) == expected


def test_a_tune_says_who_it_is() -> None:
    text = "X:3\nT:The Pickup\nT:Other Name\nM:6/8\nL:1/8\nR:jig\nK:Edor\nB|e2f gfe|d2B B2|]\n"
    melody = read_abc(text)
    assert (melody.title, melody.metre, melody.key) == ("The Pickup", (6, 8), Key("E", "dorian"))
    assert melody.downbeat == 0.5
    assert melody.tempo[0].quarters_per_minute == 170
    assert set(melody.line.velocity) == {80}
    assert melody.line.duration.tolist() == [0.5, 1, 0.5, 0.5, 0.5, 0.5, 1, 0.5, 1]


@pytest.mark.parametrize(
    ("music", "heard"),
    [
        ("|:C|1 D:|2 E:|3 F|]", "C D C E C F"),
        ("|:C|[1,2,3 D:|[4 E|]", "C D C D C D C E"),
        ("|:C|[1, 3 D:|[2 , 4 E:|F|]", "C D C E C D C E F"),
        ("|:C|[2 E:|[1 D:|F|]", "C D C E F"),
        ("|:C|1 D|2 E|3 F||G|]", "C D C E C F G"),
        ("|:C|1 D:|3 E|]", "C D C E"),
        ("|:C|1 D|E:|2 F|G|]", "C D E C F G"),
        ("C|1D:|2E|F|1G:|2A|]", "C D C E F G F A"),
        ("C|D|1E:|F|G|]", "C D E C D F G"),
    ],
)
def test_endings(music: str, heard: str) -> None:
    assert letters(f"X:1\nM:4/4\nL:1/1\nK:C\n{music}\n") == heard


@pytest.mark.parametrize(
    ("music", "heard"),
    [
        ("C!segno!|D|E!D.S.!|]", "C D E"),  # without an end: dance on
        ("!segno!C|D!fine!|E!D.S.!|]", "C D E C D"),
        ('C|!segno!D|E "To Coda"|F "D.S. al Coda"|"Coda"G|A|]', "C D E F D E G A"),
        ("C|!segno!D|E !coda!|F !D.S.!|!coda!G|A|]", "C D E F D E G A"),
        ("C|SD|OE|F !D.S.!|OG|]", "C D E F D G"),
        ('C|"^Segno"D|E "^To Coda"|F "_Dal Segno al Coda"|"^Coda"G|]', "C D E F D E G"),
        ('C|D "Fin"|E "Du début à la fin"|]', "C D E C D"),
        ("C|D !dacoda!|E !D.C.alcoda!|!coda!F|G|]", "C D E C D F G"),
        ('|:C|1 D:|2 E !fine!||F|G "^Da Capo al Fine"|]', "C D C E F G C E"),
        ("C|D !fine!|E !dacapo!|F !dacapo!|]", "C D E C D F C D"),
    ],
)
def test_jumps(music: str, heard: str) -> None:
    assert letters(f"X:1\nM:4/4\nL:1/1\nK:C\n{music}\n") == heard


def test_an_accidental_lasts_over_a_sign_within_a_bar() -> None:
    text = "X:1\nL:1/4\nM:4/4\nK:C\n^G G !segno!G G|A4!fine!|D4 !D.S.!|]"
    assert read_abc(text).line.pitch.tolist() == [68, 68, 68, 68, 69, 62, 68, 68, 69]


def test_repeats_can_stay_as_written() -> None:
    text = "X:1\nL:1/4\nK:C\n|:C|1D:|2E|]\n"
    assert read_abc(text).line.pitch.tolist() == [60, 62, 60, 64]
    assert read_abc(text, expand_repeats=False).line.pitch.tolist() == [60, 62, 64]


def test_ties_add_up_exactly() -> None:
    melody = read_abc("X:1\nM:4/4\nL:1/8\nK:C\n(3CDE-E/4-E2-|E4- (3:2:2E2F|G-A|\n")
    third = Fraction(1, 3)
    assert melody.line.pitch.tolist() == [60, 62, 64, 65, 67, 69]
    assert melody.line.duration[2] == float(third + Fraction(1, 8) + 1 + 2 + 2 * third)
    assert melody.line.duration[4:].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("field", "pace"),
    [
        ("1/4=120", 120),
        ("3/8=100", 150),
        ("1/2=60", 120),
        ("1/8=90", 45),
        ('"Allegro" 1/4=132', 132),
        ('1/4=80 "Slow"', 80),
        ('"Andante"', 76),
        ("C=100", 50),
        ("C3=100", 150),
        ("90", 90),
        ("ca. 72", 72),
        ("1/4 = ca. 72", 72),
        ("1/4=100-120", 100),
        ("Allegro", 132),
        ('"Tempo di marcia" 3/8=96', 144),
        ("1/4 1/8=60", 90),
        ("soon", None),
        ("1/4=0", None),
    ],
)
def test_tempo_fields(field: str, pace: float | None) -> None:
    assert tempo(field, Fraction(1, 2)) == pace


def test_tempo_without_a_field_is_that_of_the_dance() -> None:
    assert usual_tempo("Slip Jig", (9, 8)) > usual_tempo("Air", (3, 4))
    assert usual_tempo("", (2, 2)) > usual_tempo("", (2, 4))
    assert read_abc("X:1\nR:reel\nM:C|\nK:D\nd2fd|").tempo[0].quarters_per_minute == 200


def test_tempo_changes_are_played_with_the_repeats() -> None:
    melody = read_abc("X:1\nL:1/4\nQ:1/4=100\nK:C\n|:[Q:1/4=100]C|[Q:1/4=50]D:|\n")
    assert [(mark.onset, mark.quarters_per_minute) for mark in melody.tempo] == [(0, 100), (1, 50), (2, 100), (3, 50)]


def test_one_tune_of_many() -> None:
    text = "M:3/4\nL:1/4\n\nX:1\nT:One\nK:C\nC|\n\nX:02\nT:Two\nK:C\nD|\n"
    assert read_abc(text).title == "One"
    assert read_abc(text, 2).title == read_abc(text, "2").title == "Two"
    assert read_abc(text, 2).metre == (3, 4)
    with pytest.raises(Refusal, match="no tune X:7"):
        read_abc(text, 7)
    reading = read(text.encode(), "tunes.abc")
    assert (reading.melody.title, str(reading.source)) == ("One", "the first of 2 tunes")


def test_voices_are_parts() -> None:
    text = "X:1\nL:1/4\nK:C\nV:1 name=Bass clef=bass\nV:2 name=Melody\n[V:1]C,2D,2|\n[V:2]efga|\nV:1\nC,4|\nV:2\ng4|\n"
    reading = read(text.encode(), "two.abc")
    assert reading.line.pitch.tolist() == [76, 77, 79, 81, 79]
    assert str(reading.source) == "voice 2 (Melody)"
    assert [part.notes.pitch.tolist() for part in reading.song.parts] == [[48, 50, 48], [76, 77, 79, 81, 79]]


def test_a_key_that_nobody_writes_is_no_key() -> None:
    assert read_abc("X:1\nK:D exp ^f _b\nDF|").key is None
    assert read_abc("X:1\nK:none\nDF|").key is None
    assert read_abc("X:1\nK:D exp ^f ^c\nDF|").key == Key("D", "major")
    assert read_abc("X:1\nK:HP\nDF|").key == Key("A", "mixolydian")


def test_the_time_to_read_grows_with_the_length_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """music21's reading grows with the square of what it gets at once, so it only ever gets a handful of notes."""
    given: list[int] = []
    process = ABCHandler.process

    def counting(handler: ABCHandler, text: str) -> None:
        given.append(len(re.findall(r"[A-Ga-g]", text.split("\n", 1)[1])))
        process(handler, text)

    monkeypatch.setattr(ABCHandler, "process", counting)
    notes = np.random.default_rng(1).choice(list("CDEFGABcdefgab"), 2_000)
    melody = read_abc("X:1\nL:1/16\nQ:1/4=200\nK:C\n" + "".join(notes))
    assert len(melody.line) == 2_000
    assert max(given) <= 16
