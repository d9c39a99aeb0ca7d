"""Chords as members type them: how they are read, where they stand, and refusals that name the place."""

import re

import pytest

from generation.music.chart import on_bars, parse_chart
from generation.music.key import Key
from generation.request import Refusal

READ = {
    ("C major", "Dm7 G7 Cmaj7 | A7"): "Dm7 G7 Cmaj7 | A7",
    ("C major", "Bb | F#m7b5 | Cmaj7/E | N.C. | C6/9 | G7sus4 | Am(maj7) | E♭m"): (
        "Bb | F#m7b5 | Cmaj7/E | N.C. | C6/9 | G7sus4 | Am(maj7) | Ebm"
    ),
    ("C major", "ii V I"): "Dm | G | C",
    ("Eb major", "Imaj7 vi7 | iiø7 V7b9"): "Ebmaj7 Cm7 | Fø7 Bb7b9",
    ("A minor", "i VI | iv V7 | viio7 | bVII"): "Am F | Dm E7 | G#o7 | G",
    ("A dorian", "i IV"): "Am | D",
    ("F major", "V7/ii | iii7 bIII7"): "D7 | Am7 Ab7",
    ("C major", "|: C :| % | F G | | Am ||"): "C | C | C | F G | G | Am",
    ("C major", "C|:G:|: Am | F :||"): "C | G | G | Am | F | Am | F",
    ("C major", "C7(b9,b13), D‑7 | C∆ | CØ7 | C^7 | Eº"): "C7(b9,b13) D-7 | CΔ | Cø7 | CΔ7 | E°",
    ("C major", "C\u200b\u00a0G\n| F\tAm"): "C G | F Am",
    ("C major", "bII7 | #ivo | bVII | V/V | V7/vi | bVI/V"): "Db7 | F#o | Bb | D | E7 | Eb",
    ("Gb major", "IV | bVII"): "Cb | Fb",
    ("A minor", "bII | bVI | #vio"): "Bb | F | F#o",
    ("C major", "C - F, G"): "C | F | G",
}


@pytest.mark.parametrize(("asked", "found"), READ.items())
def test_symbols_and_degrees_are_read(asked: tuple[str, str], found: str) -> None:
    key, text = asked
    bars = parse_chart(text, Key.parse(key))
    assert " | ".join(" ".join(bar) for bar in bars) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("C | Xyz | G", "“Xyz”, at character 5 of"),
        ("hello", "“hello”, at character 1"),
        ("C H7", "“H7”, at character 3 of the chords, is not a chord. Write B for the German H"),
        ("C/H", "Write B for the German H"),
        ("Cm7 | dm", "“dm”, at character 7"),
        ("C/", "“C/”, at character 1"),
        ("Am | C//E", "“C//E”, at character 6"),
        ("G7 (b9", "“(b9”, at character 4"),
        ("C | Cmaj 7", "“7”, at character 10"),
        ("C\n| Xm", "“Xm”, at character 5"),
        ("Am F C G x4", "“x4”, at character 10"),
        ("V/x", "“V/x”, at character 1"),
        ("Do | Sol", "“Sol”, at character 6"),
        ("C-F", "“C-F”, at character 1"),
        ("[C]", "“[C]”, at character 1"),
        ("C:maj7", "“C:maj7”, at character 1"),
        ("Ｃ", "at character 1"),
        ("   ", "There is no chord in"),
        ("\u200b", "There is no chord in"),
        ("| % | C", "Begin with a chord"),
        ("|: C D | C D E F G A B C D :|", "Bar 2 has more than 8 chords"),
        ("viii", "“viii”"),
        ("C" + "b" * 40, "at character 1"),
        ("%", "Begin with a chord"),
        ("| |", "There is no chord in"),
        ("C D E F G A B C D | C", "Bar 1 has more than 8 chords"),
        ("\u202eC{0}", "“C{0}”, at character 2"),
    ],
)
def test_what_is_no_chord_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(Refusal, match=re.escape(said)):
        parse_chart(text, Key("C", "major"))


def test_chords_share_a_bar_and_begin_on_beats() -> None:
    chart = parse_chart("Dm7 G7 Cmaj7 | A7", Key("C", "major"))
    assert on_bars(chart, ((0.0, 4.0),), 0.0, 12.0) == (
        (0.0, "Dm7"), (1.0, "G7"), (2.0, "Cmaj7"), (4.0, "A7"), (8.0, "Dm7"), (9.0, "G7"), (10.0, "Cmaj7"),
    )  # fmt: skip


def test_chords_follow_the_bars_of_the_song() -> None:
    chart = parse_chart("C G | F", Key("C", "major"))
    assert on_bars(chart, ((-2.5, 3.0),), 0.5, 6.6, 1.5) == ((0.5, "C"), (2.0, "G"), (3.5, "F"), (6.5, "C"))
    assert on_bars(chart, ((0.0, 4.0), (4.0, 3.0)), 0.0, 8.0) == ((0.0, "C"), (2.0, "G"), (4.0, "F"), (7.0, "C"))
