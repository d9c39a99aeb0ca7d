"""A transposing instrument's part comes back as it was written, and its composer with it."""

import re
from dataclasses import replace

import pytest

from generation.finish.paper.write_band_abc import band_abc
from generation.finish.paper.write_band_musicxml import band_musicxml
from generation.finish.take import finish
from generation.play.asked import Prompt
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
    whole = again(Prompt(reading.melody))
    request = Request(data=data, formats=("musicxml", "abc", "png"))
    files = finish(reading, whole, request, 1).files
    text = files["musicxml"].decode()
    assert "".join(re.findall(r"<step>(\w)</step>", text)[:8]) == "DEFGAGFE", "the letters that the player had"
    assert re.search(r"<fifths>(-?\d+)</fifths>", text)[1] == str(CASES[name][3])
    sounding = read(files["musicxml"], "b.musicxml")
    assert sounding.line.pitch.tolist() == whole.song.line.pitch.tolist()
    assert sounding.song.parts[0].sounds == reading.song.parts[0].sounds
    assert read(files["abc"], "b.abc").line.pitch.tolist() == whole.song.line.pitch.tolist(), "ABC is at concert pitch"
    assert b"C:Ada Byron" in files["abc"] and "Ada Byron" in text
    assert sounding.song.composer == "Ada Byron"
    alone = finish(reading, whole, replace(request, only_new=True), 1).files["musicxml"]
    assert f"<fifths>{CASES[name][3]}</fifths>" in alone.decode()
    assert read(alone, "b.musicxml").line.pitch.tolist() == whole.song.line.pitch[len(reading.line) :].tolist()
    assert read(alone, "b.musicxml").song.parts[0].sounds == reading.song.parts[0].sounds


@pytest.mark.parametrize("name", CASES)
def test_in_a_band_each_part_is_written_for_its_player(name: str) -> None:
    beside = score(0, 0, 0, 0).replace(b"P1", b"P2").replace(b"Solo", b"Piano")
    parts = [data.split(b"<part-list>")[1].split(b"</part-list>") for data in (score(*CASES[name]), beside)]
    lists, bars = (b"".join(part[i] for part in parts).replace(b"</score-partwise>", b"") for i in (0, 1))
    by = b'<identification><creator type="composer">Ada Byron</creator></identification>'
    song = read(
        b'<score-partwise version="4.0">' + by + b"<part-list>" + lists + b"</part-list>" + bars + b"</score-partwise>",
        "a.musicxml",
    ).song
    assert len(song.parts) == 2
    text = band_musicxml(song, 8.0)
    back = read(text, "b.musicxml").song
    for part, before in zip(back.parts, song.parts, strict=True):
        assert part.notes.pitch.tolist() == before.notes.pitch.tolist()
        assert part.sounds == before.sounds
    for part in text.decode().split("<part ")[1:]:
        assert "".join(re.findall(r"<step>(\w)</step>", part)[:8]) == "DEFGAGFE", "the letters that the player had"
    abc = read(band_abc(song, 8.0), "b.abc").song
    assert [p.notes.pitch.tolist() for p in abc.parts] == [p.notes.pitch.tolist() for p in song.parts]
    assert back.composer == "Ada Byron" and b"C:Ada Byron" in band_abc(song, 8.0)
