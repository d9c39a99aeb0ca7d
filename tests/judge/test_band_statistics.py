"""The six statistics, on notes for which they are known; and our continuations beside true ones."""

import numpy as np
import pytest
import torch

from generation.judge.band import statistics
from generation.judge.band.go_on import heard
from generation.judge.band.statistics import Heard, Notes, within
from tests.judge.test_band import counted, work
from tests.model.test_band import small


def chords(pitches: list[int], bars: int = 4, drums: bool = False) -> Notes:
    """A chord on every quarter, held."""
    onset = np.repeat(np.arange(4.0 * bars), len(pitches))
    pitch = np.tile(pitches, 4 * bars)
    return Notes(onset, onset + 1, pitch, np.full(len(onset), not drums))


def test_a_triad_on_every_beat():
    found = statistics.statistics(chords([48, 60, 64, 67]), 0, 16)
    assert found["entropy"] == pytest.approx(1.5)  # C twice as often as E and G
    assert (found["scale"], found["voices"], found["clashes"], found["groove"], found["density"]) == (1, 4, 0, 1, 4)


def test_clashes_are_semitones_tritones_and_major_sevenths_and_the_scale_is_major():
    found = statistics.statistics(chords([60, 61, 66, 71]), 0, 16)
    assert found["clashes"] == pytest.approx(3 / 6)  # C with C#, F# and B; the other pairs are fourths and a seventh
    assert found["scale"] == pytest.approx(3 / 4)


def test_what_begins_elsewhere_does_not_count_but_sounds_on():
    held = Notes(np.array([0.0, *np.arange(4.0, 12)]), np.array([20.0, *np.arange(5.0, 13)]),
                 np.array([60, *[61] * 8]), np.ones(9, bool))  # fmt: skip
    found = statistics.statistics(held, 4, 12)
    assert found["density"] == 1 and found["voices"] == 2 and found["clashes"] == 1 and found["entropy"] == 0


def test_rhythms_that_differ_from_bar_to_bar_and_drums_that_have_no_pitch():
    one, other = chords([36], 2, drums=True), chords([36], 2, drums=True)
    onset = np.concatenate([one.onset, other.onset + 8.5])
    notes = Notes(onset, onset + 0.1, np.concatenate([one.pitch, other.pitch]), np.concatenate([one.tone, other.tone]))
    found = statistics.statistics(notes, 0, 16)
    # Bars 1 and 2 are alike, 3 and 4 nearly; between these two kinds 8 of 16 sixteenths differ.
    assert set(found) == {"groove", "density"} and 0.5 < found["groove"] < 0.7


def row(ours: float, ngram: float = 0.0) -> Heard:
    true = {"entropy": 2.5, "density": 4.0}
    return Heard("set", {"entropy": 2.3, "density": 4.5}, true, {"entropy": ours, "density": 4.0},
                 {"entropy": ngram, "density": 9.0})  # fmt: skip


def test_a_mean_is_within_the_spread_of_true_continuations_or_not():
    found = statistics.summary([row(2.6), row(2.8)])
    assert found["entropy"] == pytest.approx({"true": 2.5, "ours": 2.7, "3-gram": 0.0, "spread": 0.2})
    assert within(found["entropy"]) and not within(found["entropy"], "3-gram")
    assert not within(statistics.summary([row(2.75)])["entropy"])
    lines = statistics.figures({"set": found}, [{"ours": 0.5, "3-gram": 0.9}, {"ours": 0.7, "3-gram": 0.9}])
    assert [(line.value, line.baseline, line.bar, line.met) for line in lines] == [
        (2.0, 0.0, 2.0, True),
        (0.6, 0.9, 0.62, True),
    ]
    assert "2.50 ± 0.20: 2.70 (0.00)" in statistics.in_words({"set": found}, {"set": 2})


def test_a_classifier_tells_the_3_gram_but_not_what_is_alike():
    rng = np.random.default_rng(0)
    rows = [
        Heard("set", {"entropy": 2.5}, {"entropy": true}, {"entropy": ours}, {"entropy": ngram})
        for true, ours, ngram in rng.normal((2.5, 2.5, 3.5), 0.1, (80, 3))
    ]
    auc = statistics.apart(rows)
    assert auc["ours"] < 0.62 and auc["3-gram"] > 0.95


def test_songs_are_played_on_and_heard_beside_what_truly_follows(monkeypatch: pytest.MonkeyPatch):
    torch.set_num_threads(1)
    monkeypatch.setattr("generation.judge.band.go_on.GIVEN", 8.0)
    monkeypatch.setattr("generation.judge.band.go_on.TRUE", 16.0)
    [found] = heard(small(), counted(), [work("one")])
    assert set(found.true) == set(found.prime) == set(statistics.STATISTICS)
    assert found.prime["density"] == pytest.approx(found.true["density"])  # the song goes on as it began
    assert found.ours["density"] > 0 and found.ngram["density"] > 0 and found.ours != found.true
