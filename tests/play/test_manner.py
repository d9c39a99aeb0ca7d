"""Parts go on in the manner of the input: a voice with grace notes stays one voice, drums alone keep their pace, and
loudness does not vary more than a player's."""

from types import SimpleNamespace

import numpy as np
import pytest

from generation.model.loaded import load_model
from generation.music.notes import Notes
from generation.music.song import Part, Song
from generation.play.band.plan import BandPrompt, plan
from generation.play.band.rules import TOO_FAR, keep_the_pace, no_wide_leap
from generation.play.plan import Prompt
from generation.play.session import sample
from tests.tunes import scale


@pytest.mark.parametrize(("lasts", "single"), [(0.375, 1), (0.75, 0)])
def test_a_voice_that_slurs_its_grace_notes_is_one_voice(lasts: float, single: int) -> None:
    """Each fourth note has a grace note of a sixth before it, which lasts a little longer than that, or much longer."""
    beats = np.arange(32.0)
    onset = np.sort(np.concatenate([beats, beats[4::4] - 1 / 6]))
    grace = onset % 1 > 0.5
    duration = np.where(grace, lasts, np.minimum(np.diff(onset, append=32.0), 1.0))
    pitch = np.where(grace, 74, 67 + np.arange(len(onset)) % 5)
    voice = Part(Notes(onset, duration, pitch, np.full(len(onset), 80)), 40, role="lead")
    bass = Part(Notes(beats[::2], np.full(16, 2.0), np.full(16, 43), np.full(16, 80)), 42, role="bass")
    found = plan(BandPrompt(Song((voice, bass), metres=((0.0, (4, 4)),)), 8))
    assert found.limits.single[found.piece.slots[0]] == single


def test_drums_alone_are_held_back_more_than_a_band_once_they_play_far_more_than_before() -> None:
    together, eighth = np.array([0]), np.array([12])
    drums, band = (SimpleNamespace(kind=[first, -1]) for first in (1, 0))
    for pace, more in ((-500, 0.0), (200, 0.0), (700, 3.0)):
        drums.pace = band.pace = pace
        assert keep_the_pace(together, drums) - keep_the_pace(together, band) == pytest.approx(more)
        assert keep_the_pace(eighth, drums) - keep_the_pace(eighth, band) == pytest.approx(more / 2)


def test_after_a_score_without_dynamics_notes_vary_as_a_pianist_s_do() -> None:
    loaded, tune = load_model(device="cpu"), scale(32)
    for style in ("hymn", "artsong", "irish"):
        for take in sample(loaded, [Prompt(tune, 10, seed=seed, style=style) for seed in range(4)]):
            velocity = take.played.song.line.velocity[32:]
            assert 1 < velocity.std() < 12.5 and abs(velocity.mean() - 80) < 1


def test_a_single_voice_seldom_leaps_further_than_in_the_input_or_an_octave() -> None:
    pitch = np.array([48, 64, 50, 52] * 8), np.array([72, 74, 76, 74] * 8)
    bass, tune = (
        Part(Notes(np.arange(32.0), np.ones(32), each, np.full(32, 80)), program, role=role)
        for each, program, role in zip(pitch, (32, 73), ("bass", "lead"), strict=True)
    )
    found = plan(BandPrompt(Song((tune, bass), metres=((0.0, (4, 4)),)), 8))
    leaps = [int(found.limits.leap[found.piece.slots[i]]) for i in (0, 1)]
    assert leaps == [12, 16]
    state = SimpleNamespace(single=[1, 1], sung=[74, 50], leap=leaps, onset=0, last=96, part=0)
    assert no_wide_leap(np.array([60, 62, 86, 87]), state).tolist() == [TOO_FAR, 0, 0, TOO_FAR]
    state.part = 1
    assert no_wide_leap(np.array([66, 67]), state).tolist() == [0, TOO_FAR]
    state.single = [1, 0]
    assert not no_wide_leap(np.array([66, 67]), state).any(), "chords are no voice"
