"""The bounds that a tune, or its absence, sets to the new music; and which of several attempts is kept."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.model import memorised
from generation.model.loaded import LoadedModel
from generation.model.tokens import ARTICULATION, DURATION, LENGTHS, PITCH, TICKS
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import with_line
from generation.music.song import Song
from generation.play.asked import Prompt
from generation.play.batch import Line
from generation.play.constraints import unusual
from generation.play.session import Session, sample
from tests.tunes import scale


@torch.inference_mode()
def wanting(loaded: LoadedModel, head: str, wanted: int) -> LoadedModel:
    """The same, whose model wants one class alone at every note."""
    model = copy.deepcopy(loaded.model)
    linear = getattr(model, f"to_{head}")
    linear.weight.zero_()
    linear.bias.zero_()
    linear.bias[wanted] = 100
    return replace(loaded, model=model)


def played(loaded: LoadedModel, prompt: Prompt) -> tuple[Line, np.ndarray]:
    """A take to its end, and its new notes as the model put them: classes, and the tick."""
    [take] = (session := Session(loaded)).add([prompt])
    while session.busy:
        session.step()
    return take.line, np.array(take.line.rows)


@pytest.mark.parametrize(
    ("copied", "times", "kept"),
    [([5, 3, 4, 4], 4, 1), ([5, 0], 2, 1), ([2, 3, 4, 5], 4, 0), ([4, 4, 4, 4], 4, 0), ([0], 1, 0)],
)
def test_of_four_attempts_the_one_that_copies_least_is_kept(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch, copied: list[int], times: int, kept: int
):
    attempts: list[Song] = []

    def copies(whole: Song, *_: object) -> int:
        attempts.append(whole)
        return copied[len(attempts) - 1]

    monkeypatch.setattr(memorised, "copies", copies)
    knowing = replace(loaded, memorised=memorised.Memorised(np.zeros(0, np.uint64), {}))
    [take] = sample(knowing, [Prompt(scale(16), 5, seed=3, style="irish")])
    assert len(attempts) == times and (take.played.song.line.pitch == attempts[kept].line.pitch).all()
    assert len({attempt.line.pitch.tobytes() for attempt in attempts}) == times, "no attempt is like another"


def test_a_fresh_piece_stays_where_most_instruments_are_at_home(loaded: LoadedModel):
    prompt = Prompt(None, 30, seed=2, style="irish", key=Key("C", "major"), temperature=2.0, top_p=1.0)
    line = sample(loaded, [prompt])[0].played.song.line
    assert len(line) > 20 and line.pitch.min() >= 55 and line.pitch.max() <= 81


@pytest.mark.parametrize("longest", [3, 9])
def test_a_pitch_is_repeated_as_often_as_in_the_tune_or_six_times(loaded: LoadedModel, longest: int):
    pitch = scale(40).line.pitch.copy()
    pitch[10:20] = [64] * longest + [65, 67, 65, 67, 65, 67, 65][: 10 - longest]
    tune = with_line(scale(40), replace(scale(40).line, pitch=pitch))
    [take] = sample(wanting(loaded, "pitch", 67), [Prompt(tune, 20, style="irish")])
    changes = np.flatnonzero(np.diff(take.played.song.line.pitch[40:]) != 0)
    assert np.diff(changes, prepend=-1).max() == max(longest, 6)


@pytest.mark.parametrize(
    ("metre", "longest", "allowed"), [((4, 4), 144, 96), ((3, 4), 84, 84), ((3, 4), 144, 96), ((3, 4), 12, 72)]
)
def test_a_note_lasts_a_bar_or_as_long_as_the_longest_of_the_tune(
    loaded: LoadedModel, metre: tuple[int, int], longest: int, allowed: int
):
    """But no longer than a whole note in four quarters; ticks."""
    duration = np.full(32, 0.5)
    duration[-1] = longest / TICKS
    melody = with_line(replace(scale(32), metres=((0.0, metre),)), replace(scale(32).line, duration=duration))
    wants = wanting(loaded, "duration", int(np.flatnonzero(LENGTHS == 144)[0]))
    assert LENGTHS[played(wants, Prompt(melody, 25, style="irish", open_end=True))[1][:-1, DURATION]].max() <= allowed
    wants = wanting(loaded, "duration", int(np.flatnonzero(allowed == LENGTHS)[0]))
    assert LENGTHS[played(wants, Prompt(melody, 25, style="irish", open_end=True))[1][:-1, DURATION]].max() == allowed


def test_even_a_little_slowing_down_is_not_played_on(loaded: LoadedModel):
    slowing = replace(scale(64, Key("C", "major")), tempo=(Tempo(0, 100), Tempo(31, 90)))
    [take] = sample(loaded, [Prompt(slowing, seconds=6, seed=2)])
    assert take.played.song.tempo[-1].quarters_per_minute > 95


@pytest.mark.parametrize(("key", "triad"), [(("D", "major"), (2, 6, 9)), (("G", "minor"), (7, 10, 2))])
def test_the_closing_note_is_at_rest_in_any_key(loaded: LoadedModel, key: tuple[str, str], triad: tuple[int, ...]):
    prompts = [Prompt(scale(32, Key(*key)), 6, seed=seed, style="irish") for seed in range(6)]
    closing = [take.played.song.line.pitch[-1] % 12 for take in sample(loaded, prompts)]
    assert set(closing) <= set(triad) and closing.count(triad[0]) > 3, "on the tonic most of all"


@pytest.mark.parametrize(("notes", "goes_on"), [(9, True), (10, False)])
def test_two_pitches_in_turn_are_ten_notes_at_most(loaded: LoadedModel, notes: int, goes_on: bool):
    pitch = scale(40).line.pitch.copy()
    pitch[-notes - 1 :] = [69, *np.resize([62, 64], notes)]
    tune = with_line(scale(40), replace(scale(40).line, pitch=pitch))
    _, rows = played(wanting(loaded, "pitch", pitch[-2]), Prompt(tune, 5, style="irish"))
    assert (rows[0, PITCH] == pitch[-2]) == goes_on


def test_places_where_a_twentieth_of_the_notes_lie_are_usual():
    for beside, notes, usual in ((4, 40, True), (3, 80, False), (2, 20, False), (3, 60, True)):
        ticks = np.arange(notes) * 24
        ticks[:beside] += 1
        assert (unusual(ticks)[1] == 0) == usual, (beside, notes)
    assert unusual(np.arange(8) * 24).tolist() == [int(tick % 3 > 0 and tick % 4 > 0) for tick in range(24)]


def test_the_closing_note_does_not_stumble_and_rings_to_the_end(loaded: LoadedModel):
    """Though the model wants a tick between any two notes; a short piece closes on a short note."""
    for seed in range(3):
        line, rows = played(wanting(loaded, "step", 1), Prompt(scale(32), 5, seed=seed, style="irish"))
        assert rows[-1, -1] - rows[-2, -1] >= 6, "not within a sixteenth of the note before"
        lasts = LENGTHS[rows[-1, DURATION]]
        assert rows[-1, -1] + lasts == line.goal and rows[-1, ARTICULATION] == 9, "all of its length"
        assert lasts <= (line.goal - rows[0, -1]) / 3


def test_at_an_open_end_no_note_has_only_just_begun(loaded: LoadedModel):
    line, rows = played(wanting(loaded, "step", 5), Prompt(scale(32), 5, style="irish", open_end=True))
    assert rows[-1, -1] <= line.goal - 6


def test_the_last_note_of_the_tune_is_not_cut_short(loaded: LoadedModel):
    duration = np.full(32, 0.5)
    duration[-1] = 2
    melody = with_line(scale(32), replace(scale(32).line, duration=duration))
    _, rows = played(wanting(loaded, "step", 1), Prompt(melody, 5, style="irish"))
    assert rows[0, -1] >= (15.5 + 2) * TICKS
