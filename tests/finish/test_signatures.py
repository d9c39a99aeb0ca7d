"""Metres and keys that change, and bars that are short: signatures stand at their bars, and bars stay bars."""

import re
from dataclasses import replace
from pathlib import Path

import music21
import numpy as np
import pytest

from generation.finish.arrange import arrange
from generation.finish.paper.draw_score import draw_score
from generation.finish.paper.notate import Score, notate
from generation.finish.paper.write_abc import write_abc
from generation.finish.paper.write_musicxml import write_musicxml
from generation.finish.piece import Piece
from generation.music.key import Key
from generation.music.melody import with_line
from generation.music.reading import Reading
from generation.music.song import Song
from generation.play.asked import Prompt
from generation.play.entry import around
from generation.read.file import read
from generation.request import Request
from generation.serve.echo import again
from tests.tunes import line_of, song_of

Signs = list[tuple[float, str]]


def tune(quarters: float, step: float = 1.0, metre: tuple[int, int] = (4, 4)) -> Song:
    onset = np.arange(0, quarters, step)
    return line_of(
        onset, np.full(len(onset), step), 60 + np.arange(len(onset)) % 8, np.full(len(onset), 80), metre=metre
    )


def piece(melody: Song, pickup: float = 0.0, **signs: object) -> Piece:
    song = replace(song_of(melody), pickup=pickup, **signs)  # type: ignore[arg-type]
    return Piece(song, song)


def lengths(score: Score) -> list[float]:
    return [float(bar.length) for bar in score.bars]


def read_back(text: str, kind: str) -> tuple[Signs, Signs, list[tuple[float, int]]]:
    """(quarter, metre), (quarter, key signature) and (quarter, pitch), as music21 reads them."""
    part = music21.converter.parseData(text, format=kind).flatten()
    metres = [(float(sign.offset), sign.ratioString) for sign in part[music21.meter.TimeSignature]]
    keys = [(float(sign.offset), str(sign.sharps)) for sign in part[music21.key.KeySignature]]
    notes = [
        (float(note.offset), note.pitch.midi) for note in part.notes if note.tie is None or note.tie.type == "start"
    ]
    return metres, keys, notes


CHANGES = {
    "a waltz behind": (((0.0, (4, 4)), (8.0, (3, 4))), 0.0, [4, 4, 3, 3, 3, 3]),
    "one short bar": (((0.0, (4, 4)), (8.0, (2, 4)), (10.0, (4, 4))), 0.0, [4, 4, 2, 4, 4, 4]),
    "a pickup": (((0.0, (4, 4)), (9.0, (3, 4))), 1.0, [1, 4, 4, 3, 3, 3, 3]),
    "a jig behind": (((0.0, (2, 4)), (4.0, (6, 8))), 0.0, [2, 2, 3, 3, 3, 3, 3]),
    "a bar that breaks off": (((0.0, (4, 4)), (7.0, (3, 4))), 0.0, [4, 3, 3, 3, 3, 3]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_bars_stay_bars(name: str) -> None:
    metres, pickup, expected = CHANGES[name]
    melody = tune(sum(expected), 0.5, metres[-1][1])
    made = piece(melody, pickup, metres=metres)
    assert lengths(made.score) == expected
    signs = [f"{beats}/{unit}" for _, (beats, unit) in metres]
    found, _, notes = read_back(write_musicxml(made).decode(), "musicxml")
    assert found == list(zip([quarter for quarter, _ in metres], signs, strict=True))
    assert notes == list(zip(melody.line.onset.tolist(), melody.line.pitch.tolist(), strict=True))
    text = write_abc(made)
    assert re.findall(r"^M:(\S+)$", text.decode(), re.M) == signs
    ours = read(text, "tune.abc").melody
    assert (ours.line.onset.tolist(), ours.line.pitch.tolist()) == (
        melody.line.onset.tolist(),
        melody.line.pitch.tolist(),
    )


def test_keys_stand_at_their_bars_and_spell_what_follows() -> None:
    line = tune(16).line
    melody = with_line(tune(16), replace(line, pitch=np.tile([61, 63, 66, 68], 4)))
    made = piece(melody, keys=((0.0, Key("Db", "major")), (8.0, Key("E", "major"))), metres=((0.0, (4, 4)),))
    text = write_abc(made).decode()
    assert text.index("\nK:Db\n") < text.index("\nK:E\n")
    _, keys, notes = read_back(write_musicxml(made).decode(), "musicxml")
    assert keys == [(0.0, "-5"), (8.0, "4")] and [pitch for _, pitch in notes] == melody.line.pitch.tolist()
    steps = [note.pitch.name for note in music21.converter.parseData(write_musicxml(made).decode()).flatten().notes]
    assert steps == ["D-", "E-", "G-", "A-"] * 2 + ["C#", "D#", "F#", "G#"] * 2
    assert read(text.encode(), "tune.abc").line.pitch.tolist() == melody.line.pitch.tolist()


def test_what_is_new_goes_on_in_the_last_metre_and_key() -> None:
    given = tune(17, metre=(3, 4))
    song = replace(
        song_of(given),
        metres=((0.0, (4, 4)), (8.0, (3, 4))),
        keys=((0.0, Key("C", "major")), (8.0, Key("A", "major"))),
        pickup=0.0,
    )
    reading = Reading(song, song.line)
    made = arrange(reading, again(Prompt(reading.melody)), Request(data=b"x"), 1, "")
    assert lengths(made.score)[:3] == [4, 4, 3] and set(lengths(made.score)[2:]) == {3.0}
    assert {bar.metre for bar in made.score.bars[2:]} == {(3, 4)}
    assert {str(bar.key) for bar in made.score.bars[2:]} == {"A major"}
    assert draw_score(made)


def test_notes_across_a_change_are_tied_and_played_ones_belong_to_their_bar() -> None:
    onset = np.array([0.0, 1.0, 2.0, 3.0, 6.97, 9.0])
    melody = line_of(onset, np.append(np.diff(onset), 2.0), [60, 62, 64, 65, 67, 69], np.full(6, 80), metre=(3, 4))
    score = notate(replace(melody, metres=((0.0, (4, 4)), (4.0, (3, 4)))))
    assert lengths(score)[:3] == [4, 3, 3]
    held = [symbol for bar in score.bars[:2] for symbol in bar.symbols if symbol.note == 3]
    assert [symbol.tied for symbol in held] == [True, False]
    assert next(symbol.start for symbol in score.bars[2].symbols if symbol.note == 4) == 0


CASES = Path(__file__).parents[1] / "data/cases"
OWN = {
    "slip-jig-behind.abc": "X:1\nM:2/4\nL:1/8\nK:Em\nB,2|EFGA|B2e2|dBAG|\nM:9/8\nK:G\nGAB d2B g2d|edB AGA B2A|G6 g3|\n",
    "two-short-bars.abc": "X:1\nM:3/4\nL:1/4\nK:F\nFAc|[M:2/4]BA|GF|[M:3/4]Acf|e2c|f3|\n",
}


@pytest.mark.parametrize(
    ("name", "metres", "keys", "said"),
    [
        ("k01-key-change.abc", {0.0: "4/4"}, {0.0: "C major", 32.0: "A major"}, ["M:4/4", "K:C", "K:A"]),
        ("k02-metre-change.abc", {0.0: "4/4", 48.0: "3/4"}, {0.0: "D major"}, ["M:4/4", "K:D", "M:3/4"]),
        (
            "k03-one-short-bar.abc",
            {0.0: "4/4", 12.0: "2/4", 14.0: "4/4"},
            {0.0: "G major"},
            ["M:4/4", "K:G", "M:2/4", "M:4/4"],
        ),
        (
            "slip-jig-behind.abc",
            {0.0: "2/4", 7.0: "9/8"},
            {0.0: "E minor", 7.0: "G major"},
            ["M:2/4", "K:Em", "M:9/8", "K:G"],
        ),
        (
            "two-short-bars.abc",
            {0.0: "3/4", 3.0: "2/4", 7.0: "3/4"},
            {0.0: "F major"},
            ["M:3/4", "K:F", "M:2/4", "M:3/4"],
        ),
    ],
)
def test_files_that_change_go_on_as_they_end(
    name: str, metres: dict[float, str], keys: dict[float, str], said: list[str]
) -> None:
    data = OWN[name].encode() if name in OWN else (CASES / name).read_bytes()
    reading = read(data, name)
    assert {at: f"{beats}/{unit}" for at, (beats, unit) in reading.song.metres} == metres
    assert {at: str(key) for at, key in reading.song.keys} == keys
    assert f"{reading.melody.metre[0]}/{reading.melody.metre[1]}" == [*metres.values()][-1]
    assert str(reading.melody.key) == [*keys.values()][-1]
    made = arrange(
        reading,
        again(Prompt(reading.melody, beside=around(reading.song))),
        Request(data=data),
        1,
        "",
    )
    assert re.findall(r"^[MK]:\S+$", write_abc(made).decode(), re.M) == said
    bars = made.score.bars
    new = next(i for i, bar in enumerate(bars) if any(symbol.note >= len(reading.line) for symbol in bar.symbols))
    assert {(bar.metre, str(bar.key)) for bar in bars[new:]} == {(reading.melody.metre, str(reading.melody.key))}
    assert read(write_musicxml(made), "a.musicxml").line.pitch.tolist() == made.melody.line.pitch.tolist()
