"""Learning which chords go under tunes: a few songs of one habit are learned, and their changes are counted."""

import numpy as np
import torch

from generation.learn.train_harmony import counted, lesson, moved, trained
from generation.model.band import chord_value
from generation.model.chord_network import heard_by
from generation.model.full_score import FullScore, PartOf
from generation.model.tune_beats import turned
from generation.music.key import Key

ONE, FOUR, FIVE = (chord_value(root, "maj") for root in (0, 5, 7))
OVER = {ONE: (60, 64, 67, 64), FOUR: (65, 69, 72, 69), FIVE: (67, 71, 74, 71)}


def score(chords: tuple[int, ...], up: int = 0) -> FullScore:
    """A bar of broken chord over each chord."""
    pitch = np.array([pitch + up for chord in chords for pitch in OVER[chord]])
    n = len(pitch)
    said = tuple((4.0 * bar, chord_value((chord - ONE + up) % 12, "maj")) for bar, chord in enumerate(chords))
    name = {0: "C", 2: "D"}[up]
    return FullScore(
        np.arange(n, dtype=float), np.ones(n), pitch, np.full(n, 80), np.zeros(n, int), (PartOf("lead"),), (4, 4),
        ((0.0, 4.0),), Key(name, "major"), 100.0, said,
    )  # fmt: skip


def test_what_a_tune_says_of_its_chords_is_learned_in_any_key() -> None:
    torch.set_num_threads(1)
    songs = [(ONE, FOUR, FIVE, ONE), (ONE, FIVE, ONE, FOUR, FIVE, ONE), (FOUR, ONE, FIVE, ONE, ONE, FOUR, ONE)]
    lessons = [lesson(score(song, up), "pop", 1.0) for song in songs for up in (0, 2)]
    assert all(lessons)
    network = trained([each for each in lessons if each], 60, np.random.default_rng(0), 0)
    new = lesson(score((FIVE, ONE, FOUR, ONE, FIVE, FIVE, ONE), 2), "pop", 1.0)
    assert new is not None and new.shifts[0] == -2
    fits, change = heard_by(network, turned(new.seen, new.shifts[0]).astype(float))
    right = fits.argmax(1) == moved(new.chord, new.shifts[0])
    assert right.mean() > 0.8
    assert change[::4][1:].mean() > change[1::4].mean() + 0.2


def test_changes_are_counted_in_the_key_without_signs() -> None:
    lessons = [lesson(score((ONE, FOUR, FIVE, ONE), up), "pop", 1.0) for up in (0, 2)]
    table = counted([each for each in lessons if each])
    one, four, five = (chord - chord_value(0, "maj") for chord in (ONE, FOUR, FIVE))
    assert table.follow[one].argmax() == four and table.follow[five].argmax() == one
    assert table.usual.argmax() == one and np.isclose(np.exp(table.usual).sum(), 1)
