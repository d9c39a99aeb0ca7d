"""Scores of all parts of a song: ABC and MusicXML are read back, and pictures of any music are drawn."""

import io
import re
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from xml.etree import ElementTree

import numpy as np
import pytest
import verovio
from PIL import Image

from generation.finish.paper.draw_band import MOST_STAVES, band_png
from generation.finish.paper.notate_band import Sheet, notate_band
from generation.finish.paper.page import NEW, PIXELS
from generation.finish.paper.write_band_abc import band_abc
from generation.finish.paper.write_band_musicxml import band_musicxml, sheet_musicxml
from generation.music.key import Key
from generation.music.notes import Notes, Written
from generation.music.song import Part, Song
from generation.read.file import READERS

Heard = list[tuple[float, float, int]]


def line(
    pitches: list[int],
    step: float = 1.0,
    start: float = 0.0,
    program: int | None = 0,
    name: str = "",
    drums: bool = False,
) -> Part:
    """A part that plays its pitches one after another."""
    n = len(pitches)
    notes = Notes(start + step * np.arange(n), np.full(n, step), np.array(pitches, int), np.full(n, 80))
    return Part(notes, program, name, drums=drums)


def together(*parts: Part) -> Part:
    """The notes of several parts as one."""
    columns = [np.concatenate([getattr(p.notes, c) for p in parts]) for c in ("onset", "duration", "pitch", "velocity")]
    order = np.argsort(columns[0], kind="stable")
    return Part(Notes(*(column[order] for column in columns)), parts[0].program, parts[0].name)


RIGHT, LEFT = line([72, 74, 76, 77] * 8, 0.5), together(line([48, 43] * 4, 2), line([55, 60, 64, 60] * 8, 0.5))
VOICE = line([67, 69, 71, 72] * 4, 1, program=52, name="Voice")
DRUMS = together(line([42] * 32, 0.5), line([36, 38] * 8, 1.0))
KIT = Part(DRUMS.notes, 0, "Drums", drums=True)
BASS = line([36, 43] * 8, 1.0, program=33, name="Bass")
QUARTET = [
    line([base, base + 2, base + 4, base + 5] * 4, 1, program=p) for base, p in ((76, 40), (69, 40), (60, 41), (43, 42))
]
PIANO = together(RIGHT, LEFT)


def song(*parts: Part, written: bool = True, metre: tuple[int, int] | None = (4, 4), pickup: float = 0.0) -> Song:
    metres = ((0.0, metre),) if metre else ()
    chords = ((pickup, "C"), (pickup + 4.0, "G7/B"))
    return Song(parts, metres=metres, keys=((0.0, Key("C", "major")),), pickup=pickup, chords=chords, written=written)


SONGS = {
    "two-hand piano": song(PIANO),
    "song with piano": song(VOICE, PIANO),
    "quartet": song(*QUARTET),
    "pop band": song(VOICE, line([60, 64] * 8, 1, program=27, name="Guitar"), BASS, KIT),
    "big band": song(VOICE, PIANO, *QUARTET, BASS, KIT),
    "pickup": song(line([67, *[72, 74, 76, 77] * 4]), line([48, 43] * 4, 2, 1.0), pickup=1.0),
    "no metre": song(VOICE, PIANO, metre=None),
    "a part without notes": song(VOICE, line([]), PIANO),
    "sixteen parts": song(*[line([48 + i, 50 + i, 52 + i], 2.0, program=i) for i in range(16)]),
    "only drums": song(KIT),
    "two hands on two tracks": song(VOICE, replace(LEFT, name="Piano L.H."), replace(RIGHT, name="Piano")),
    "rare drums": song(line(list(range(27, 88)), 0.5, drums=True)),
    "all at one tick": song(Part(Notes(np.zeros(9), np.full(9, 2.0), 50 + 3 * np.arange(9), np.full(9, 80)), 0)),
    "a note of three minutes": song(line([60], 360.0), BASS),
    "one key in two voices": song(together(line([48, 55] * 4, 2.0), line([60, 48, 64, 55, 67, 60, 64, 48] * 2, 1.0))),
    "played": song(PIANO, BASS, written=False),
}


def on_paper(sheet: Sheet) -> dict[int, Heard]:
    """Number of a player → (onset, duration, pitch) of all notes, ties joined, in quarters from the first bar."""
    found: dict[int, Heard] = {}
    begin = sheet.frames[0].line + sheet.frames[0].begin
    for number, player in enumerate(sheet.players, 1):
        ends: list[list[float]] = []
        for voice in (voice for staff in player.staves for voice in staff.voices):
            sounding: dict[tuple[int, int], list[float]] = {}
            for frame, bar in zip(sheet.frames, voice.bars, strict=True):
                for symbol in (symbol for symbol in bar.symbols if symbol.pitch is not None):
                    for pitch in (symbol.pitch, *symbol.others):
                        if not symbol.continued:
                            sounding[symbol.note, pitch] = [float(frame.line + symbol.start - begin), 0.0, pitch]
                            ends.append(sounding[symbol.note, pitch])
                        sounding[symbol.note, pitch][1] += float(symbol.length)
        found[number] = sorted((onset, length, int(pitch)) for onset, length, pitch in ends)
    return found


def heard(data: bytes, kind: str) -> tuple[dict[int, Heard], Song]:
    """The notes of each part, or of all staves in ABC, that are read from a file."""
    back, found = READERS[kind](data), defaultdict(list)
    for part in back.parts:
        notes = part.notes
        found[int(part.place.values["number"])] += zip(
            notes.onset.tolist(), notes.duration.tolist(), notes.pitch.tolist(), strict=True
        )
    return {number: sorted(notes) for number, notes in found.items()}, back


def alike(notes: Heard, others: Heard) -> bool:
    return np.allclose(np.array(sorted(notes)), np.array(sorted(others)), atol=1e-3)


@pytest.mark.parametrize("name", SONGS)
def test_all_parts_are_read_back(name: str) -> None:
    tune = SONGS[name]
    since = 0.0 if name == "all at one tick" else 8.0 + tune.pickup
    sheet = notate_band(tune, since)
    expected = on_paper(sheet)
    assert sum(map(len, expected.values())) == sum(len(part.notes) for part in tune.parts)
    found, back = heard(band_musicxml(tune, since), "musicxml")
    assert found.keys() == expected.keys()
    assert all(alike(found[number], expected[number]) for number in expected)
    assert [part.drums for part in back.parts] == [player.drums for player in sheet.players]
    assert [part.program for part in back.parts if not part.drums] == [p.program for p in sheet.players if not p.drums]
    shown = sheet if sheet.staves <= MOST_STAVES else sheet.lead()
    found, back = heard(band_abc(tune, since), "abc")
    assert alike([*chain(*found.values())], [*chain(*on_paper(shown).values())])
    assert [chord for _, chord in back.chords] == ["C", "G7/B"][: 1 if name == "all at one tick" else 2]


@pytest.mark.parametrize("name", SONGS)
def test_all_parts_are_drawn(name: str) -> None:
    picture = Image.open(io.BytesIO(band_png(SONGS[name], 8.0)))
    assert picture.size[0] == PIXELS
    assert 150 < picture.size[1] < 3000


@pytest.mark.parametrize("name", SONGS)
def test_verovio_has_nothing_to_say(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    verovio.enableLog(verovio.LOG_WARNING)
    try:
        assert verovio.toolkit().loadData(band_musicxml(SONGS[name], 8.0).decode())
    finally:
        verovio.enableLog(verovio.LOG_OFF)
    assert capfd.readouterr().err == ""


def test_new_notes_alone_are_coloured() -> None:
    root = ElementTree.fromstring(band_musicxml(SONGS["song with piano"], 8.0))
    for part in root.iter("part"):
        for number, measure in enumerate(part.iter("measure"), 1):
            assert {note.get("color") for note in measure.iter("note")} == {NEW if number > 2 else None}


def test_a_violin_with_a_double_stop_is_one_voice_in_eighths_and_sixteenths() -> None:
    """The written lengths in a played file are unknown; short notes must not be taken for overlapping ones."""
    figure = [(0.0, 0.5), (0.5, 0.25), (0.75, 0.25), (1.0, 0.5), (1.5, 0.125), (1.625, 0.125), (1.75, 0.25)]
    onset, lasts = (np.array([each[i] + 2 * bar * (1 - i) for bar in range(8) for each in figure]) for i in (0, 1))
    notes = Notes(onset, lasts, 67 + np.arange(len(onset)) % 5, np.full(len(onset), 80))
    stop = Part(Notes(np.array([16.0]), np.array([1.0]), np.array([62]), np.array([80])), 40)
    violin = together(Part(notes, 40), Part(stop.notes, 40), line([67], 1.0, 16.0, 40))
    [player] = notate_band(song(violin, written=False), 0.0).players
    [staff] = player.staves
    assert len(staff.voices) == 1
    lengths = [symbol.length for bar in staff.voices[0].bars[:4] for symbol in bar.symbols]
    assert [float(length) for length in lengths] == [length for _, length in figure] * 8


@pytest.mark.parametrize(("pitches", "sign"), [([42, 55, 66, 69], "F"), ([62, 67, 69, 71], "G"), ([36, 48], "F")])
def test_a_cello_is_written_in_the_bass_clef_unless_it_stays_high(pitches: list[int], sign: str) -> None:
    [player] = notate_band(song(line(pitches * 4, program=42)), 0.0).players
    assert player.staves[0].clef[0] == sign


@pytest.mark.parametrize(
    ("program", "pitch", "clef"), [(0, 28, ("F", 4, 0)), (0, 96, ("G", 2, 0)), (48, 28, ("F", 4, -1))]
)
def test_pianists_read_no_octave_clefs(program: int, pitch: int, clef: tuple[str, int, int]) -> None:
    [player] = notate_band(song(line([pitch, pitch + 1, pitch + 3] * 4, program=program)), 0.0).players
    assert player.staves[0].clef == clef


def test_chords_stand_over_the_first_part_once_and_over_the_lead_alone() -> None:
    lead = Part(VOICE.notes, 52, "Voice", role="lead")
    sheet = notate_band(song(QUARTET[0], lead, BASS), 0.0)

    def over(sheet: Sheet) -> list[bool]:
        return [any(bar.signs.chords for bar in player.staves[0].voices[0].bars) for player in sheet.players]

    assert over(sheet) == [True, False, False] and over(sheet.lead()) == [True]


@pytest.mark.parametrize(
    ("upper", "lower", "on_paper"),
    [
        ("Piano right", "Piano left", [("Piano", 2)]),
        ("Fortepian", "Fortepian", [("Fortepian", 2)]),
        ("rechte Hand", "linke Hand", [("Piano", 2)]),
        ("Klavier (RH)", "Klavier (LH)", [("Klavier", 2)]),
        ("MELODY", "PIANO", [("MELODY", 1), ("PIANO", 1)]),
        ("Piano 1", "Piano 2", [("Piano 1", 1), ("Piano 2", 1)]),
    ],
)
def test_the_hands_of_a_pianist_share_a_brace(upper: str, lower: str, on_paper: list[tuple[str, int]]) -> None:
    sheet = notate_band(song(replace(RIGHT, name=upper), replace(LEFT, name=lower), BASS), 0.0)
    assert [(player.name, len(player.staves)) for player in sheet.players[:-1]] == on_paper


@pytest.mark.parametrize(("pitches", "sign"), [([52, 57, 60, 64], "F"), ([67, 71, 74, 72], "G")])
def test_a_left_hand_is_written_in_the_bass_clef_unless_it_stays_high(pitches: list[int], sign: str) -> None:
    high, low = (line([pitch + by for pitch in pitches * 4], 1, name="Piano") for by in (12, 0))
    [player] = notate_band(song(high, low), 0.0).players
    assert [staff.clef[0] for staff in player.staves] == ["G", sign]


def test_pianists_who_play_alike_have_a_staff_each() -> None:
    low, high = line([60, 62, 64, 65], name="Piano"), line([72, 74, 76, 77], name="Piano")
    for parts in ((low, low), (low, high, high), (low, BASS, high)):
        assert len(notate_band(song(*parts), 0.0).players) == len(parts)


def test_new_jazz_is_written_by_ear() -> None:
    """Its shuffle, its triplets and its sixteenths lie on no common grid that a reader could follow."""
    beats = [(0.0, 2 / 3), (1.0, 1.25, 1.5), (2.0, 2 + 7 / 24, 2 + 2 / 3), (3.0, 3 + 17 / 24)]
    onset = np.array([4 * bar + at for bar in range(8) for beat in beats for at in beat])
    late = np.where(np.arange(len(onset)) % 3 == 0, 0.02, -0.01)
    lasts = np.full(len(onset), 5 / 24)
    notes = Notes(np.maximum(onset + late, 0.0), lasts, 60 + np.arange(len(onset)) % 7, np.full(len(onset), 80))
    solo = Part(notes, 66, "Sax", role="lead", written=Written(late, lasts))
    [player] = notate_band(song(solo, BASS), 0.0).players[:1]
    lengths = [symbol.length for bar in player.staves[0].voices[0].bars for symbol in bar.symbols]
    assert min(lengths) >= Fraction(1, 8) and sum(length >= Fraction(1, 3) for length in lengths) > len(onset) / 2


def test_drums_have_no_key_in_the_picture() -> None:
    lead = Notes(np.arange(8.0), np.ones(8), 66 + np.arange(8), np.full(8, 80))
    band = replace(song(Part(lead, 0, role="lead"), KIT), keys=((0.0, Key("D", "major")), (4.0, Key("A", "major"))))
    sheet = notate_band(band, 0.0)
    for picture, said in ((True, [0]), (False, [2, 3])):
        text = sheet_musicxml(sheet, [range(len(sheet.frames))], picture=picture)
        tune, drums = text.split('<part id="P2">')
        assert [int(sharps) for sharps in re.findall(r"<fifths>(-?\d+)", tune)] == [2, 3]
        assert [int(sharps) for sharps in re.findall(r"<fifths>(-?\d+)", drums)] == said


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Electric piano", "E. piano"),
        ("Acoustic Guitar Nylon", "A. Guitar"),
        ("Piano accompaniment", "Piano"),
        ("Violoncello", "Violoncello"),
    ],
)
def test_long_names_are_shortened_before_a_staff_and_nowhere_else(name: str, short: str) -> None:
    sheet = notate_band(song(line([60, 62, 64, 65], program=4, name=name), BASS), 0.0)
    for picture, said in ((True, short), (False, name)):
        assert f"<part-name>{said}</part-name>" in sheet_musicxml(sheet, [range(len(sheet.frames))], picture=picture)
