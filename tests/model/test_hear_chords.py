"""Chords that are heard in notes."""

import numpy as np
import pytest

from generation.model.band import NO_CHORD, chord_value
from generation.model.hear_chords import hear_chords
from generation.model.tokens import Ints

TRIADS = {"maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "min7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11)}


def struck(chords: list[tuple[int, str]], length: float = 4.0) -> tuple[np.ndarray, np.ndarray, Ints]:
    """Block chords, each so many quarters long, over their root."""
    notes = [
        (i * length, pitch)
        for i, (root, quality) in enumerate(chords)
        for pitch in (36 + root, *(60 + root + tone for tone in TRIADS[quality]))
    ]
    onset, pitch = np.array(notes).T
    return onset, np.full(len(onset), length), pitch.astype(int)


def test_block_chords_are_named() -> None:
    said = [(0, "maj"), (9, "min"), (2, "min7"), (7, "7"), (0, "maj7")]
    heard = hear_chords(*struck(said), bars=((0.0, 4.0),))
    assert heard == tuple((4.0 * i, chord_value(*chord)) for i, chord in enumerate(said))


def test_broken_chords_are_one_harmony() -> None:
    onset = np.arange(16) * 0.5
    pitch = np.tile([48, 55, 60, 64], 4)
    assert hear_chords(onset, np.full(16, 0.5), pitch, ((0.0, 4.0),)) == ((0.0, chord_value(0, "maj")),)


def test_passing_notes_do_not_change_the_harmony() -> None:
    onset, duration, pitch = struck([(5, "maj"), (0, "maj")])
    tune = np.arange(16) * 0.5
    every = np.concatenate([onset, tune])
    order = np.argsort(every, kind="stable")
    line = np.array([77, 79, 81, 82, 81, 79, 77, 76, 76, 77, 79, 77, 76, 74, 72, 71])
    heard = hear_chords(
        every[order],
        np.concatenate([duration, np.full(16, 0.5)])[order],
        np.concatenate([pitch, line])[order],
        ((0.0, 4.0),),
    )
    assert heard == ((0.0, chord_value(5, "maj")), (4.0, chord_value(0, "maj")))


def test_changes_fall_on_bar_lines_after_a_pickup_and_in_compound_time() -> None:
    onset, duration, pitch = struck([(2, "min"), (7, "maj")], 3.0)
    heard = hear_chords(onset + 1.5, duration, pitch, ((1.5, 3.0),))
    assert heard == ((1.5, chord_value(2, "min")), (4.5, chord_value(7, "maj")))


@pytest.mark.parametrize("notes", [0, 1, 3000])
def test_any_number_of_notes_will_do(notes: int) -> None:
    rng = np.random.default_rng(notes)
    onset = np.sort(rng.uniform(0, 400, notes))
    heard = hear_chords(onset, rng.uniform(0.01, 300, notes), rng.integers(0, 128, notes))
    assert (len(heard) > 0) == (notes > 0)
    assert all(value >= NO_CHORD for _, value in heard)
    assert [quarter for quarter, _ in heard] == sorted({quarter for quarter, _ in heard})
