"""Note names, by the key and by the chord that sounds."""

from dataclasses import replace

import pytest

from generation.finish.piece import Piece
from generation.finish.take import LINE, SCORE
from generation.music.key import Key
from generation.music.song import Song
from generation.music.spell import spell
from tests.tunes import line_of, part_of

C = Key("C", "major")


@pytest.mark.parametrize(
    ("chord", "pitch", "name"),
    [
        ("", 68, ("A", -1)), ("E7", 68, ("G", 1)), ("Fm", 68, ("A", -1)), ("G#dim7", 68, ("G", 1)),
        ("Caug", 68, ("G", 1)), ("A7", 61, ("C", 1)), ("Db", 61, ("D", -1)), ("B7", 63, ("D", 1)),
        ("Cm7", 63, ("E", -1)), ("F7sus4", 70, ("B", -1)), ("F#m7b5", 64, ("E", 0)),
        ("Dmaj7", 61, ("C", 1)), ("G/B", 68, ("A", -1)), ("N.C.", 68, ("A", -1)),
        ("Am", 68, ("G", 1)), ("Em7", 63, ("D", 1)), ("F#m", 68, ("G", 1)), ("C", 68, ("A", -1)),
        ("E7", 70, ("B", -1)), ("D#", 79, ("G", 0)),  # its third, F double sharp, would be hard to read
    ],
)  # fmt: skip
def test_a_tone_of_a_chord_has_the_chords_name(chord: str, pitch: int, name: tuple[str, int]):
    spelt = spell(pitch, C, chord)
    assert (spelt.letter, spelt.alter) == name
    assert (spelt.octave + 1) * 12 + "C D EF G A B".index(spelt.letter) + spelt.alter == pitch


def song(chords: tuple[tuple[float, str], ...]) -> Song:
    """G sharp for two bars, over chords."""
    melody = line_of([0.0, 2.0], [2.0, 6.0], [68, 68], [80, 80])
    lead = replace(part_of(melody, 0, "Lead"), role="lead")
    return replace(melody, parts=(lead,), metres=((0.0, (4, 4)),), keys=((0.0, C),), chords=chords)


@pytest.mark.parametrize("formats", [LINE, SCORE])
def test_a_score_spells_by_its_chords_and_a_tied_note_by_its_first(formats: dict):
    """A minor third of F minor becomes the leading note of A minor."""
    music = song(((0.0, "Fm"), (2.0, "E7"), (4.0, "Fm")))
    piece = Piece(music, music, alone=formats is LINE)
    abc = formats["abc"](piece).decode()
    assert "_A4" in abc and "^G4-" in abc and "^G8" in abc
    xml = formats["musicxml"](piece).decode()
    assert [letter for letter in "AG" for _ in range(xml.count(f"<step>{letter}</step>"))] == ["A", "G", "G"]
    assert xml.count("<alter>-1</alter>") == 1 and xml.count("<alter>1</alter>") == 2
