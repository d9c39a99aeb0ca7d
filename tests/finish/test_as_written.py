"""A transposing instrument's part comes back as it was written, and its composer with it."""

import re

import pytest

from generation.finish.take import finish
from generation.play.session import Prompt
from generation.read.file import read
from generation.request import Request
from generation.serve.echo import again

# Instrument → the interval by which it sounds higher, and the sharps that it reads in C major.
CASES = {
    "clarinet in B flat": (-1, -2, 0, 2),
    "clarinet in A": (-2, -3, 0, -3),
    "horn in F": (-4, -7, 0, 1),
    "tenor saxophone": (-1, -2, -1, 2),
    "piccolo": (0, 0, 1, 0),
}
NOTE = "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>1</duration><type>quarter</type></note>"


def score(steps: int, semitones: int, octaves: int, sharps: int) -> bytes:
    change = f"<octave-change>{octaves}</octave-change>" if octaves else ""
    bars = ""
    for i, tones in enumerate(("DEFG", "AGFE", "DEFG", "AGFD")):
        said = (
            f"<attributes><divisions>1</divisions><key><fifths>{sharps}</fifths></key><time><beats>4</beats>"
            f"<beat-type>4</beat-type></time><transpose><diatonic>{steps}</diatonic><chromatic>{semitones}</chromatic>"
            f"{change}</transpose></attributes>"
        )
        bars += (
            f'<measure number="{i + 1}">{said if not i else ""}{"".join(NOTE.format(t, 4) for t in tones)}</measure>'
        )
    return (
        '<score-partwise version="4.0"><identification><creator type="composer">Ada Byron</creator></identification>'
        '<part-list><score-part id="P1"><part-name>Solo</part-name></score-part></part-list>'
        f'<part id="P1">{bars}</part></score-partwise>'
    ).encode()


@pytest.mark.parametrize("name", CASES)
def test_the_part_is_written_as_it_was_and_sounds_as_it_did(name: str) -> None:
    data = score(*CASES[name])
    reading = read(data, "a.musicxml")
    whole = again(Prompt(melody=reading.melody))
    request = Request(data=data, formats=("musicxml", "abc", "png"))
    files = finish(reading, whole, len(reading.melody), request, 1).files
    text = files["musicxml"].decode()
    assert "".join(re.findall(r"<step>(\w)</step>", text)[:8]) == "DEFGAGFE", "the letters that the player had"
    assert re.search(r"<fifths>(-?\d+)</fifths>", text)[1] == str(CASES[name][3])
    sounding = read(files["musicxml"], "b.musicxml")
    assert sounding.melody.pitch.tolist() == whole.pitch.tolist()
    assert sounding.song.parts[0].sounds == reading.song.parts[0].sounds
    assert read(files["abc"], "b.abc").melody.pitch.tolist() == whole.pitch.tolist(), "ABC is at concert pitch"
    assert b"C:Ada Byron" in files["abc"] and "Ada Byron" in text
    assert sounding.song.composer == "Ada Byron"
