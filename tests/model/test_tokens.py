"""Melody to rows and back."""

from dataclasses import replace

import numpy as np
import pytest

from generation.model import tokens
from generation.music.key import Key
from generation.music.melody import with_line
from generation.music.song import Song
from tests.tunes import performance, scale


def test_a_flat_score_comes_back_as_it_was():
    melody = scale(key=Key("C", "major"))
    encoded = tokens.encode(melody)
    again = tokens.decode(encoded.rows[1:], encoded.shift, melody)
    assert not encoded.rows[1:, [tokens.TIMED, tokens.SHADED]].any()
    np.testing.assert_allclose(again.line.onset, melody.line.onset)
    np.testing.assert_allclose(again.line.duration, melody.line.duration)
    np.testing.assert_array_equal(again.line.pitch, melody.line.pitch)


def test_a_performance_keeps_its_timing_and_dynamics():
    melody = performance()
    encoded = tokens.encode(melody)
    again = tokens.decode(encoded.rows[1:], encoded.shift, melody)
    assert encoded.rows[1:, [tokens.TIMED, tokens.SHADED]].all()
    assert np.abs(again.line.onset - melody.line.onset).max() <= tokens.DEVIATION_UNIT / 2 + 1e-9
    assert np.abs(again.line.velocity - melody.line.velocity).max() <= 2
    assert np.abs(again.line.duration - melody.line.duration).mean() < 0.03
    np.testing.assert_array_equal(again.line.pitch, melody.line.pitch)


def test_played_notes_are_written_on_the_lines_a_copyist_would_choose():
    tick, duration = tokens.notate(performance().line)
    assert np.mean(tick == np.arange(64) * 12) > 0.95
    assert np.mean(np.isin(duration, (6, 12))) > 0.95


@pytest.mark.parametrize("name", ["D major", "Eb major", "F# minor", "A dorian", "G mixolydian", "B locrian"])
def test_every_key_is_moved_to_a_signature_of_white_keys(name: str):
    key = Key.parse(name)
    degrees = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
               "mixolydian": (0, 2, 4, 5, 7, 9, 10), "locrian": (0, 1, 3, 5, 6, 8, 10)}[key.mode]  # fmt: skip
    pitch = 60 + key.pitch_class + np.array(degrees)
    white = scale(len(pitch), key)
    melody = with_line(white, replace(white.line, pitch=pitch))
    assert set((tokens.encode(melody).rows[1:, tokens.PITCH] % 12).tolist()) == {0, 2, 4, 5, 7, 9, 11}


def test_lengths_have_a_class_each_and_long_ones_the_nearest():
    ticks = np.arange(0, 400)
    said = tokens.LENGTHS[tokens.length_class(ticks)]
    assert (said[:97] == ticks[:97]).all()
    assert np.abs(said - np.minimum(ticks, 384)).max() <= 6


def test_onsets_stay_in_order_however_rows_deviate():
    melody = scale(16)
    rows = tokens.encode(melody).rows[1:].copy()
    rows[:, tokens.TIMED] = 1
    rows[::2, tokens.DEVIATION], rows[1::2, tokens.DEVIATION] = 40, 0
    rows[:, tokens.TICK] = np.arange(16)
    assert isinstance(tokens.decode(rows, 0, melody), Song)  # which refuses onsets out of order
