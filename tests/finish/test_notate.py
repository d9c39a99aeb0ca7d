"""Scores: played notes as a musician would write them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from generation.finish.paper.notate import Score, notate
from generation.finish.paper.write_abc import write_abc
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import with_line
from generation.music.notes import Written
from generation.music.played import Played
from generation.music.song import Song
from generation.music.spell import spell
from generation.serve.pack import pack_played, unpack_played
from tests.tunes import line_of, piece_of, scale


def melody(onset: list[float], end: float, metre: tuple[int, int] = (4, 4), downbeat: float = 0.0) -> Song:
    """Legato notes on one pitch, until `end`."""
    duration = np.diff([*onset, end])
    return line_of(onset, duration, np.full(len(onset), 72), np.full(len(onset), 80), metre=metre, downbeat=downbeat)


def rhythm(score: Score) -> list[list[str]]:
    """Bars of values: 1 a quarter, 3/2 a dotted one, r a rest, ~ tied on, t within a triplet."""
    return [
        [
            ("r" if symbol.pitch is None else "")
            + str(symbol.value)
            + ("t" if symbol.tuplet else "")
            + "~" * symbol.tied
            for symbol in bar.symbols
        ]
        for bar in score.bars
    ]


@pytest.mark.parametrize(
    ("onset", "end", "metre", "expected"),
    [
        ([0, 1, 1.5, 3], 4, (4, 4), [["1", "1/2", "1/2~", "1", "1"]]),  # the middle of the bar is seen
        ([0, 0.5, 1.5, 2], 4, (4, 4), [["1/2", "1", "1/2", "2"]]),  # a syncopation of one beat is not cut
        ([0, 1, 3], 4, (4, 4), [["1", "2", "1"]]),
        ([0, 3.5], 6, (4, 4), [["2~", "3/2", "1/2~"], ["2", "r2"]]),
        ([0, 1 / 3, 2 / 3, 1], 2, (2, 4), [["1/2t", "1/2t", "1/2t", "1"]]),
        ([0, 2 / 3, 4 / 3], 2, (2, 4), [["1t", "1t", "1t"]]),  # a triplet of quarters
        ([0, 0.5, 2 / 3, 5 / 6, 1], 2, (2, 4), [["1/2", "1/4t", "1/4t", "1/4t", "1"]]),
        ([0, 1, 1.5, 2], 3, (6, 8), [["1", "1/2", "1/2", "1"]]),
        ([0, 1], 3, (6, 8), [["1", "1/2~", "3/2"]]),  # both beats are seen
        ([0, 0.75, 1], 1.5, (3, 4), [["3/4", "1/4", "1/2", "r1/2", "r1"]]),
        ([0, 1], 12, (4, 4), [["1", "3~"], ["4~"], ["4"]]),
    ],
)
def test_a_rhythm_is_written_as_musicians_do(
    onset: list[float], end: float, metre: tuple[int, int], expected: list[list[str]]
) -> None:
    assert rhythm(notate(melody(onset, end, metre))) == expected


def test_a_pickup_is_a_short_bar() -> None:
    score = notate(melody([0, 0.5, 1, 2], 4, (3, 4), downbeat=1.0))
    assert [(bar.number, bar.length) for bar in score.bars] == [(0, 1), (1, 3)]


def test_silence_before_the_tune_is_left_out() -> None:
    score = notate(melody([17, 18, 19], 20, (4, 4)))
    assert rhythm(score) == [["r1", "1", "1", "1"]]


def test_a_player_is_written_down_as_if_on_the_beat() -> None:
    rng = np.random.default_rng(4)
    written = melody([0, 1, 1.5, 2, 3, 3.5, 4, 5.5, 6, 7, 7.25, 7.5, 7.75, 8, 8 + 1 / 3, 8 + 2 / 3, 9], 12)
    played = replace(
        written.line,
        onset=np.maximum(written.line.onset + rng.normal(0, 0.015, len(written.line)), 0),
        duration=written.line.duration * rng.uniform(0.7, 1.0, len(written.line)),
    )
    assert rhythm(notate(with_line(written, played))) == rhythm(notate(written))


def test_swing_is_written_as_even_eighths_and_said() -> None:
    rng = np.random.default_rng(5)
    beats = np.repeat(np.arange(32.0), 2)
    onset = beats + np.tile([0, 0.63], 32) + 0.06 + rng.normal(0, 0.012, 64)
    tune = line_of(onset, np.full(64, 0.3), np.tile([60, 64, 67, 72], 16), np.full(64, 80), (Tempo(0, 180),), (4, 4))
    score = notate(tune)
    assert score.swing
    assert rhythm(score)[:7] == [["1/2"] * 8] * 7
    assert not notate(scale(64)).swing


@pytest.mark.parametrize("metre", [(4, 4), (6, 8)])
def test_notes_of_our_own_are_written_as_they_were_meant_however_they_are_played(metre: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    meant = melody([*(np.repeat(np.arange(0, 24, 1.5), 2) + np.tile([0, 1.25], 16))], 24, metre)
    late = np.abs(rng.normal(0, 0.1, 32)).clip(0, 0.2)
    played = replace(meant.line, onset=meant.line.onset + late, duration=meant.line.duration * 0.6)
    assert rhythm(notate(with_line(meant, played))) != rhythm(notate(meant))
    written = Written(late, meant.line.duration)
    known = with_line(meant, played, written)
    assert rhythm(notate(known)) == rhythm(notate(meant))
    given = melody([0, 1, 2, 3, 4.5, 6, 9], 12, metre)
    both = with_line(given, given.line.then(played.later(12.0)), written)
    travelled = unpack_played(pack_played(Played(both, 12.0)))
    assert rhythm(notate(travelled.song, travelled.since)) == rhythm(notate(given)) + rhythm(notate(meant))


def test_a_shuffle_of_our_own_is_written_as_eighths() -> None:
    meant = np.repeat(np.arange(24.0), 2) + np.tile([0, 2 / 3], 24)
    late = np.random.default_rng(8).normal(0, 0.05, 48)
    tune = line_of(meant + late.clip(-0.1, 0.1) + 0.1, np.full(48, 0.3), np.full(48, 60), np.full(48, 80), metre=(4, 4))
    written = Written(tune.line.onset - meant, np.diff(meant, append=24))
    score = notate(with_line(tune, tune.line, written))
    assert score.swing and rhythm(score) == [["1/2"] * 8] * 6


def test_a_late_player_after_a_written_tune_keeps_the_order_of_notes() -> None:
    onset = np.concatenate([np.arange(17) * 0.5, 8.1 + np.arange(1, 40) * 0.5 + np.tile([0.02, 0.03, 0.01], 13)])
    tune = line_of(onset, np.full(56, 0.4), np.arange(40, 96), np.full(56, 80), metre=(4, 4))
    pitches = [
        s.pitch for bar in notate(tune, float(onset[17])).bars for s in bar.symbols if s.pitch and not s.continued
    ]
    assert pitches == tune.line.pitch.tolist()


def test_detached_notes_are_not_torn_by_rests() -> None:
    onset = np.arange(16) + np.random.default_rng(6).normal(0, 0.015, 16).clip(-0.03, 0.03) + 0.04
    tune = line_of(onset, np.full(16, 0.55), np.full(16, 60), np.full(16, 80), metre=(4, 4))
    assert rhythm(notate(tune))[:3] == [["1"] * 4] * 3
    written = line_of(np.arange(16.0), np.full(16, 0.5), np.full(16, 60), np.full(16, 80), metre=(4, 4))
    assert rhythm(notate(written))[0] == ["1/2", "r1/2"] * 4


@pytest.mark.parametrize(
    "metre", [(4, 4), (3, 4), (2, 2), (6, 8), (9, 8), (5, 8), (7, 8), (3, 8), (5, 4), (12, 8), (3, 2)]
)
def test_any_playing_fills_bars_exactly(metre: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(metre))
    onset = np.cumsum(rng.gamma(1.2, 0.4, 150) + 0.01)
    tune = line_of(onset, rng.uniform(0.05, 2, 150), np.full(150, 60), np.full(150, 80), metre=metre, downbeat=0.5)
    score = notate(tune, float(onset[75]))
    drawn = [symbol.note for bar in score.bars for symbol in bar.symbols if symbol.note >= 0]
    assert sorted(set(drawn)) == list(range(150))
    assert drawn == sorted(drawn)
    for bar in score.bars:
        assert sum(symbol.length for symbol in bar.symbols) == bar.length
        for symbol in bar.symbols:
            actual, normal = symbol.tuplet or (1, 1)
            assert symbol.length == symbol.value * normal / actual
            assert symbol.value.numerator in (1, 2, 3, 4, 6) or symbol.pitch is None
        opened = sum(symbol.first for symbol in bar.symbols)
        assert opened == sum(symbol.last for symbol in bar.symbols)
        assert bar.length in (Fraction(metre[0] * 4, metre[1]), score.bars[0].length)


@pytest.mark.parametrize(
    ("key", "pitch", "name"),
    [
        ("D minor", 61, "C#"),
        ("Bb major", 63, "Eb"),
        ("F# minor", 65, "E#"),
        ("C major", 66, "F#"),
        ("C major", 70, "Bb"),
        ("E dorian", 61, "C#"),
        ("Ab major", 64, "E"),
        ("Db major", 69, "A"),
        ("G# minor", 67, "F##"),
    ],
)
def test_notes_are_spelled_in_their_key(key: str, pitch: int, name: str) -> None:
    spelled = spell(pitch, Key.parse(key))
    assert spelled.letter + {-1: "b", 0: "", 1: "#", 2: "##"}[spelled.alter] == name
    assert spelled.octave == 4


def test_every_pitch_is_spelled_right_in_every_key() -> None:
    semitones = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
    for tonic in ("C", "F#", "Bb", "Eb", "C#", "Gb", "A"):
        for mode in ("major", "minor", "dorian", "mixolydian"):
            for pitch in range(128):
                name = spell(pitch, Key(tonic, mode))
                assert semitones[name.letter] + name.alter + 12 * (name.octave + 1) == pitch


def test_a_long_piece_takes_no_longer_than_its_length_asks() -> None:
    rng = np.random.default_rng(7)
    onset = np.cumsum(rng.choice([0.25, 0.5, 0.5, 1.0], 4000))
    tune = line_of(onset, np.full(4000, 0.25), np.full(4000, 60), np.full(4000, 80), (Tempo(0, 240),), (4, 4))
    assert len(notate(tune).bars) > 500


def test_abc_of_a_tune_reads_like_one_written_by_hand() -> None:
    tune = line_of(
        [0, 0.5, 1, 1.5, 2.5, 3, 3.5, 4, 4.5, 5.5, 6, 6.5, 7],
        [0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1.5],
        [69, 74, 76, 78, 81, 73, 72, 73, 85, 83, 59, 57, 74],
        np.full(13, 80),
        (Tempo(0, 180),),
        (6, 8),
        Key("D", "major"),
        downbeat=1.0,
    )
    text = write_abc(piece_of(tune, 8, title="The 100% Jig\nK:C", seed=5)).decode()
    assert text.splitlines() == [
        "%abc-2.1",
        "X:1",
        "T:The 100 Jig K:C",
        "N:Encore, seed 5; new from bar 2",
        "M:6/8",
        "L:1/8",
        "Q:1/4=180",
        "K:D",
        "Ad | ef2 ac=c | cc'2 bB,A, | d3 z3 |]",
    ]
