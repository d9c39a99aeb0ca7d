"""Playing on: the input untouched, the wished length, one voice, and the same seed gives the same notes."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.model.likelihood import score
from generation.model.loaded import LoadedModel
from generation.model.tokens import (
    CLASSES,
    FIELDS,
)
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import with_line
from generation.play.asked import Prompt
from generation.play.batch import sampling_parameters
from generation.play.chance import random_stream
from generation.play.constraints import CONSTRAINTS, ECHO, LONGEST_RUN, obey
from generation.play.decode_step import nucleus
from generation.play.plan import WIDER
from generation.play.session import Session, sample
from generation.play.state import WIDTH, note_down, of_all
from tests.tunes import performance, scale


def test_the_input_stays_as_it_was(loaded: LoadedModel):
    melody = performance()
    [take] = sample(loaded, [Prompt(melody, seconds=10, seed=1)])
    n, line = len(melody.line), take.played.song.line
    assert len(line) > n
    for name in ("onset", "duration", "pitch", "velocity"):
        np.testing.assert_array_equal(getattr(line, name)[:n], getattr(melody.line, name))


@pytest.mark.parametrize("seconds", [5, 30])
@pytest.mark.parametrize("melody", [None, scale(32, Key("C", "major")), performance(), scale(1)])
def test_the_new_music_is_as_long_as_wished(loaded: LoadedModel, melody, seconds: float):
    for take in sample(loaded, [Prompt(melody, seconds=seconds, seed=seed, style="irish") for seed in range(2)]):
        n, whole = len(melody.line) if melody is not None else 0, take.played.song
        new = whole.seconds - whole.clock.second(whole.line.onset[n])
        assert abs(new / seconds - 1) <= 0.15


def test_the_random_numbers_of_a_seed_have_nothing_to_do_with_each_other():
    """The seeds of its page, of its notes and of their next attempts differ; so do those of the next seed."""
    streams = [random_stream(seed, "blank page") for seed in (5, 6, 2**40)]
    streams += [random_stream(seed, "notes", attempt) for seed in (5, 6, 2**40) for attempt in range(3)]
    assert len({stream.random() for stream in streams}) == len(streams)
    assert random_stream(5, "notes", 1).random() == random_stream(5, "notes", 1).random()


def test_a_take_says_what_it_was_played_by(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ENCORE_ARITHMETIC", "float32")
    [take] = sample(loaded, [Prompt(scale(16), seconds=5, style="irish")])
    assert take.played.arithmetic.startswith("float32, ") and take.played.style == "irish"


def test_rhythm_loses_less_of_its_tail_than_pitch():
    """Else a player never rests: where pitch leaves out a tenth, steps and durations leave out three hundredths."""
    temperatures, shares = zip(*(sampling_parameters(head, 0.7, 0.9) for head in CLASSES), strict=True)
    assert temperatures == (0.7, 0.7, 0.7, 1, 1, 1), "a tame take is still played with life"
    np.testing.assert_allclose(shares, (0.97, 0.9, 0.97, 0.99, 0.99, 0.99))


def test_who_leaps_and_rests_more_is_given_more_room(loaded: LoadedModel):
    """Among melodies that differ only in style, those in jazz leap further, and have fewer notes."""
    leaps, notes = {}, {}
    for style in ("jazz", "irish"):
        wide, usual = (
            sample(loaded, [Prompt(scale(16), 20, seed=seed, style=style, temperature=heat) for seed in range(6)])
            for heat in (1.0, 1.0 / WIDER.get(style, (1.0, 1.0))[0])
        )
        both = [[take.played.song.line for take in takes] for takes in (wide, usual)]
        leaps[style] = [np.mean([np.abs(np.diff(line.pitch[16:])).mean() for line in lines]) for lines in both]
        notes[style] = [sum(map(len, lines)) for lines in both]
    assert leaps["jazz"][0] > leaps["jazz"][1] and notes["jazz"][0] < notes["jazz"][1]
    assert leaps["irish"][0] == leaps["irish"][1] and notes["irish"][0] == notes["irish"][1]


def test_a_fresh_piece_has_the_key_metre_and_tempo_wished_for(loaded: LoadedModel):
    [take] = sample(loaded, [Prompt(None, 12, key=Key("D", "minor"), tempo=90, metre=(6, 8), style="irish")])
    piece = take.played.song
    assert (piece.key, piece.metre, piece.tempo[0].quarters_per_minute) == (Key("D", "minor"), (6, 8), 90)


@torch.inference_mode()
def test_constraints_hold_whatever_the_model_wants(loaded: LoadedModel):
    """Its heads are made to want one thing alone, at every note."""
    for head, wanted in (("step", 0), ("step", 96), ("pitch", 60), ("pitch", 20), ("duration", 0), ("duration", 120)):
        model = copy.deepcopy(loaded.model)
        linear = getattr(model, f"to_{head}")
        linear.weight.zero_()
        linear.bias.zero_()
        linear.bias[wanted] = 100
        melody = scale(40, Key("C", "major"))
        [take] = sample(replace(loaded, model=model), [Prompt(melody, 15, seed=1, style="irish")])
        new, line = slice(len(melody.line), None), take.played.song.line
        assert np.diff(line.onset[len(melody.line) - 1 :]).min() > 0, "one note at a time"
        assert np.diff(line.onset[new]).max() <= 8, "no long silence"
        assert line.pitch[new].min() >= 60 - 9 and line.pitch[new].max() <= 72 + 9, "in range"
        assert line.duration[new].min() > 0 and line.duration[new].max() <= 4.5, "no endless note"
        runs = "".join("=" if same else "." for same in np.diff(line.pitch[new]) == 0)
        assert "=" * LONGEST_RUN not in runs, "no stuck note"


def test_two_notes_in_turn_come_to_an_end(loaded: LoadedModel):
    melody = scale(40)
    trill = with_line(melody, replace(melody.line, pitch=np.resize([62, 64], 40)))
    [take] = sample(loaded, [Prompt(trill, 10, seed=1, style="irish", temperature=0.1)])
    assert set(take.played.song.line.pitch[40:43].tolist()) - {62, 64}


def test_a_take_keeps_to_the_places_within_a_beat_that_are_usual_or_heard(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beside(prompt: Prompt) -> float:
        [take] = (session := Session(loaded)).add([prompt])
        while session.busy:
            session.step()
        ticks = np.array([row[-1] for row in take.line.rows])
        return float(((ticks % 3 > 0) & (ticks % 4 > 0)).mean())

    plain = Prompt(scale(40), seconds=30, seed=3, temperature=1.5, top_p=1.0)
    notes = replace(scale(40).line, onset=np.arange(40) * 0.5 + 1 / 24, duration=np.full(40, 0.5))
    late = replace(plain, song=with_line(scale(40), notes))
    assert beside(plain) < 0.05 < beside(late), "what the input does is no mistake"
    monkeypatch.setitem(CONSTRAINTS, "step", CONSTRAINTS["step"][1:])
    assert beside(plain) > 0.2, "else it is no test"


def test_a_passage_is_wished_for_less_with_every_return(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(CONSTRAINTS, "pitch", CONSTRAINTS["pitch"][2:3])
    state = of_all(torch.zeros(1, WIDTH, dtype=torch.int64))
    state.recent.fill_(-1)
    state.returns.fill_(1)

    def heard(pitch: int) -> torch.Tensor:
        """The logits of pitch after one more note."""
        note_down(state, torch.tensor([12]), torch.tensor([pitch]), torch.tensor([12]))
        return obey("pitch", torch.zeros(1, 128), state)

    for code in range(60):
        logits = heard(code % 20 + 60)
    assert logits[0, 60] == -ECHO, "what followed twice is wished for less"
    assert logits.sum() == -ECHO, "and nothing else"
    assert not heard(90).any()


def test_the_nucleus_leaves_the_tail_out():
    logits = torch.tensor([[0.15, 0.5, 0.05, 0.3]]).log()

    def drawn(logits: torch.Tensor, top_p: float, most: float, times: int) -> list[int]:
        uniforms = torch.linspace(0, most, times)[:, None]
        return nucleus(logits.expand(times, -1), torch.full((times, 1), 1 - top_p), uniforms).tolist()

    assert set(drawn(logits, 0.9, 0.999, 200)) == {1, 3, 0}
    assert set(drawn(logits, 0.0, 0.999, 200)) == {1}
    assert set(drawn(logits / 0.1, 1.0, 0.98, 200)[1:]) == {1}
    np.testing.assert_allclose(np.bincount(drawn(logits, 1.0, 0.9999, 2000)) / 2000, [0.15, 0.5, 0.05, 0.3], atol=2e-3)


@pytest.mark.parametrize("metre", [(4, 4), (6, 8), (3, 4), None])
def test_the_music_closes_on_a_strong_beat_and_a_tone_of_rest(loaded: LoadedModel, metre: tuple[int, int] | None):
    melody = replace(scale(32, Key("C", "major")), metres=((0.0, metre),) if metre else ())
    for take in sample(loaded, [Prompt(melody, 20, seed=seed, style="irish") for seed in range(8)]):
        bar, line = melody.bar or 1.0, take.played.song.line
        assert line.pitch[-1] % 12 in (0, 4, 7)
        assert min(line.onset[-1] % bar, -line.onset[-1] % bar) < 0.25, "from a bar line"
        end = line.onset[-1] + line.duration[-1]
        assert min(end % bar, -end % bar) < 0.25, "to a bar line"


def test_score_is_a_probability_of_what_comes(loaded: LoadedModel):
    """Nats of a flat file have no velocity; earlier notes do not change when later ones do; the key may be unknown."""
    flat = scale(40, Key("C", "major"))
    nats = score(loaded, flat, 6.0)
    assert nats.velocity is None
    assert nats.total == pytest.approx(nats.onset + nats.pitch + nats.duration)
    assert nats.notes == sum(flat.clock.second(onset) >= 6.0 for onset in flat.line.onset)
    unstated = score(loaded, replace(flat, keys=()), 6.0)
    assert unstated.total < 3 * len(FIELDS) and unstated.total != nats.total
    assert score(loaded, performance(), 3.0).velocity is not None


def test_a_flat_score_is_played_on_with_dynamics_around_its_own_level(loaded: LoadedModel):
    flat = scale(32, Key("C", "major"), velocity=60)
    [take] = sample(loaded, [Prompt(flat, seconds=20, seed=2)])
    new = take.played.song.line.velocity[len(flat.line) :]
    assert len(np.unique(new)) > 3
    assert abs(new.mean() - 60) < 8


def test_the_new_music_runs_at_the_tempo_before_the_last_slowing_down(loaded: LoadedModel):
    even = scale(64, Key("C", "major"))
    slowing = replace(even, tempo=(Tempo(0, 100), Tempo(31, 50)))
    [take] = sample(loaded, [Prompt(slowing, seconds=10, seed=2)])
    whole = take.played.song
    assert whole.tempo[:2] == slowing.tempo
    assert whole.tempo[-1].quarters_per_minute > 85


def test_an_open_end_stops_in_time_and_adds_nothing(loaded: LoadedModel) -> None:
    prompt = Prompt(scale(32), seconds=10, seed=2)
    closed, open_ = (sample(loaded, [one])[0].played.song for one in (prompt, replace(prompt, open_end=True)))
    assert open_.clock.second(open_.line.onset[-1]) - open_.clock.second(open_.line.onset[32]) < 11.6
    assert closed.seconds > closed.clock.second(closed.line.onset[-1]) + 1, "a closing note lasts"
    wild = [replace(prompt, open_end=True, temperature=2.0, top_p=1.0, seed=seed) for seed in range(12)]
    for take in sample(loaded, wild):
        whole = take.played.song
        # The end may move to a bar line near the wished one, see `decode_step.ROUNDING`.
        assert whole.seconds - whole.clock.second(whole.line.onset[32]) < 11.6, "no note rings on when the time is up"


def test_a_checkpoint_without_our_styles_composes_in_its_own_habits(loaded: LoadedModel) -> None:
    own = replace(loaded, card={"metres": {"auto": {"5/4": 3}}, "priors": [[[5, 4]], [90, 90], ["E minor"]]})
    fresh = sample(own, [Prompt(seconds=6, seed=3)])[0].played.song
    assert fresh.metre == (5, 4) and str(fresh.key) == "E minor" and fresh.tempo[0].quarters_per_minute == 90
