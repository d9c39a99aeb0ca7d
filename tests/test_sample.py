"""Playing on: the input untouched, the wished length, one voice, and the same seed gives the same notes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.constraints import CONSTRAINTS, LONGEST_TRILL, Line
from generation.melody import Key, Tempo
from generation.models.attentive_lstm import AttentiveLSTM, Sizes
from generation.performer import Performer
from generation.request import STYLES
from generation.sample import Prompt, nucleus, sample
from generation.score import score
from generation.style import likeliest_style
from generation.tokens import CLASSES, FIELDS, PITCH, encode
from tests.tunes import performance, scale


@pytest.fixture(scope="module")
def performer() -> Performer:
    """An untrained model: what must hold for any weights."""
    torch.manual_seed(0)
    model = AttentiveLSTM(Sizes(width=48, layers=1, heads=2)).eval()
    return Performer(model, {}, torch.device("cpu"))


def test_the_input_stays_as_it_was(performer: Performer):
    melody = performance()
    [whole] = sample(performer, [Prompt(melody, seconds=10, seed=1)])
    n = len(melody)
    assert len(whole) > n
    for name in ("onset", "duration", "pitch", "velocity"):
        np.testing.assert_array_equal(getattr(whole, name)[:n], getattr(melody, name))


@pytest.mark.parametrize("seconds", [5, 30])
@pytest.mark.parametrize("melody", [None, scale(32, Key("C", "major")), performance(), scale(1)])
def test_the_new_music_is_as_long_as_wished(performer: Performer, melody, seconds: float):
    for whole in sample(performer, [Prompt(melody, seconds=seconds, seed=seed, style="irish") for seed in range(2)]):
        n = len(melody) if melody is not None else 0
        new = whole.seconds - whole.seconds_at(whole.onset[n])
        assert abs(new / seconds - 1) <= 0.15


def test_the_same_seed_gives_the_same_notes_alone_and_in_company(performer: Performer):
    melody = performance()
    three = sample(performer, [Prompt(melody, seconds=8, seed=seed) for seed in (5, 6, 7)])
    [alone] = sample(performer, [Prompt(melody, seconds=8, seed=6)])
    np.testing.assert_array_equal(alone.pitch, three[1].pitch)
    np.testing.assert_array_equal(alone.onset, three[1].onset)
    assert not np.array_equal(three[0].pitch, three[1].pitch)


def test_a_fresh_piece_has_the_key_metre_and_tempo_wished_for(performer: Performer):
    [piece] = sample(performer, [Prompt(None, 12, key=Key("D", "minor"), tempo=90, metre=(6, 8), style="irish")])
    assert (piece.key, piece.metre, piece.tempo[0].quarters_per_minute) == (Key("D", "minor"), (6, 8), 90)


def test_constraints_hold_in_a_thousand_draws(performer: Performer):
    """Even when the model wants nothing else."""
    rng = np.random.default_rng(0)
    rows = encode(scale(16, Key("C", "major"))).rows
    for _ in range(1000):
        line = Line(rows.copy(), (55, 80), 96, len(rows))
        kind = rng.integers(3)
        if kind == 1:
            line.rows[-line.longest_run :, PITCH] = 60
        if kind == 2:
            line.rows[-LONGEST_TRILL:, PITCH] = np.resize([62, 64], LONGEST_TRILL)
        logits = {name: rng.normal(0, 1, CLASSES[name]) for name in ("step", "pitch")}
        logits["pitch"][[60, 62, 20, 110]] += 100
        logits["step"][0] += 100
        for name, scores in logits.items():
            for constraint in CONSTRAINTS:
                constraint(name, scores, line)
        assert logits["step"].argmax() > 0
        pitch = int(logits["pitch"].argmax())
        assert 55 <= pitch <= 80
        assert not (kind == 1 and pitch == 60)
        assert not (kind == 2 and pitch == 62)


def test_the_nucleus_leaves_the_tail_out():
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]]))
    drawn = {int(nucleus(logits, 1.0, 0.9, np.array([luck]))[0]) for luck in np.linspace(0, 0.999, 200)}
    assert drawn == {0, 1, 2}
    cold = {int(nucleus(logits, 0.1, 1.0, np.array([luck]))[0]) for luck in np.linspace(0, 0.98, 200)}
    assert cold == {0}


def test_score_is_a_probability_of_what_comes(performer: Performer):
    """Nats of a flat file have no velocity; earlier notes do not change when later ones do; the key may be unknown."""
    flat = scale(40, Key("C", "major"))
    nats = score(performer, flat, 6.0)
    assert nats.velocity is None
    assert nats.total == pytest.approx(nats.onset + nats.pitch + nats.duration)
    assert nats.notes == sum(flat.seconds_at(onset) >= 6.0 for onset in flat.onset)
    unstated = score(performer, replace(flat, key=None), 6.0)
    assert unstated.total < 3 * len(FIELDS) and unstated.total != nats.total
    assert score(performer, performance(), 3.0).velocity is not None


def test_a_style_is_found_for_every_tune_of_some_length(performer: Performer):
    model, device = performer.model, performer.device
    learned = {name: {"4/4": 1} for name in STYLES if name != "auto"}
    assert likeliest_style(model, device, performance(), learned) in learned
    assert likeliest_style(model, device, scale(40), {"hymn": {"4/4": 10**9}, "irish": {"6/8": 10**9}}) == "hymn"
    assert likeliest_style(model, device, scale(3), learned) == "auto"
    assert likeliest_style(model, device, scale(40), {}) == "auto", "it learned no style"


def test_a_flat_score_is_played_on_with_dynamics_around_its_own_level(performer: Performer):
    flat = scale(32, Key("C", "major"), velocity=60)
    [whole] = sample(performer, [Prompt(flat, seconds=20, seed=2)])
    new = whole.velocity[len(flat) :]
    assert len(np.unique(new)) > 3
    assert abs(new.mean() - 60) < 8


def test_the_new_music_runs_at_the_tempo_before_the_last_slowing_down(performer: Performer):
    even = scale(64, Key("C", "major"))
    slowing = replace(even, tempo=(Tempo(0, 100), Tempo(31, 50)))
    [whole] = sample(performer, [Prompt(slowing, seconds=10, seed=2)])
    assert whole.tempo[:2] == slowing.tempo
    assert whole.tempo[-1].quarters_per_minute > 85


def test_an_open_end_stops_in_time_and_adds_nothing(performer: Performer) -> None:
    prompt = Prompt(scale(32), seconds=10, seed=2)
    [closed], [open_] = sample(performer, [prompt]), sample(performer, [replace(prompt, open_end=True)])
    assert open_.seconds_at(open_.onset[-1]) - open_.seconds_at(open_.onset[32]) < 10.6
    shared = min(len(closed), len(open_)) - 1  # the close changes the last note alone
    assert closed.pitch[:shared].tolist() == open_.pitch[:shared].tolist()


def test_a_checkpoint_without_our_styles_composes_in_its_own_habits(performer: Performer) -> None:
    own = replace(performer, card={"metres": {"auto": {"5/4": 3}}, "habits": [[[5, 4]], [90, 90], ["E minor"]]})
    [fresh] = sample(own, [Prompt(seconds=6, seed=3)])
    assert fresh.metre == (5, 4) and str(fresh.key) == "E minor" and fresh.tempo[0].quarters_per_minute == 90
