"""New music that is the input again, in place or shifted, is played again, or says so."""

import numpy as np
import pytest
import torch

from generation.finish.paper.notate import notate
from generation.model.loaded import LoadedModel, model_for
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.model.networks.band_lstm import BandLSTM
from generation.model.networks.band_lstm import Sizes as BandSizes
from generation.model.tokens import PITCH, TICK, TICKS
from generation.music.notes import Notes
from generation.music.song import Part, Song
from generation.play import session
from generation.play.asked import BandPrompt, Prompt
from generation.play.band import session as band_session
from generation.play.band.session import play_on
from generation.play.repeats import before_displaced, repeated
from generation.play.session import Session, sample
from generation.read.file import read
from tests.tunes import head, scale

BAR = 4 * TICKS
TUNE = """X:1
M:6/8
L:1/8
Q:3/8=112
K:D
|:DFA dAF|GBd gdB|AFA dAF|GEE E2F|DFA dAF|GBd gdB|Adc dAF|EDD D3:|
"""


def notes(count: int, seed: int = 0) -> np.ndarray:
    """(count, 2) pitches and ticks of a random tune in eighths, a few of them longer."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([12, 12, 24], count)
    return np.stack([60 + rng.integers(0, 13, count), np.cumsum(steps) - steps[:1].sum()], 1)


def later(tune: np.ndarray, ticks: int) -> np.ndarray:
    return np.add(tune, (0, ticks))


def test_music_of_its_own_is_no_repeat() -> None:
    assert repeated(notes(60), later(notes(60, seed=1), 20 * BAR), BAR) == 0
    assert repeated(notes(0), notes(40), BAR) == 0
    assert repeated(notes(6), later(notes(6), 4 * BAR), BAR) == 0, "too short to tell"


def test_four_notes_in_five_may_be_a_strain_that_comes_twice() -> None:
    tune = notes(40)
    answer = later(notes(44, seed=1), int(tune[-1, 1]) + 2 * BAR)
    both = np.concatenate([later(tune, BAR * 20), later(answer, BAR * 40)])
    assert repeated(tune, both[:50], BAR) == 0
    assert repeated(tune, both[:45], BAR) == 40 - 36, "more than four in five are too much"
    assert repeated(tune, later(tune, 20 * BAR), BAR) == 8


def test_a_few_other_notes_hide_no_copy() -> None:
    tune = notes(33)
    copy = later(tune, 20 * BAR)
    copy[[11, 22], 0] += 1
    assert repeated(tune, copy, BAR) == 31 - 26


@pytest.mark.parametrize("shift", [6, 24, 36])
def test_four_bars_shifted_never_pass(shift: int) -> None:
    tune = notes(60)
    four = tune[tune[:, 1] <= 4 * BAR]
    answer = later(notes(90, seed=2), 60 * BAR)
    assert repeated(tune, np.concatenate([later(four, 20 * BAR + shift), answer]), BAR) == len(four)
    assert repeated(tune, np.concatenate([later(four, 20 * BAR), answer]), BAR) == 0, "in place they do"
    assert before_displaced(tune, np.concatenate([later(four, 20 * BAR), answer]), BAR) == len(four) + 90
    whole = np.concatenate([later(tune, 20 * BAR + shift), answer])
    clean = before_displaced(tune, whole, BAR)
    assert clean < len(four) and before_displaced(tune, whole[:clean], BAR) == clean
    assert whole[clean, 1] - whole[0, 1] >= 3.5 * BAR, "no more is cut off than has to be"


def test_a_figure_that_fills_the_input_is_in_place_as_well_as_shifted() -> None:
    figure = np.stack([np.resize([60, 64, 67, 64], 64), np.arange(64) * 12], 1)
    answer = later(notes(90, seed=2), 60 * BAR)
    assert repeated(figure, np.concatenate([later(figure[:40], 8 * BAR), answer]), BAR) == 0


def test_what_repeats_is_played_again_and_says_so_if_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = LoadedModel(AttentiveLSTM(Sizes(width=48, layers=1, heads=2)).eval(), {}, torch.device("cpu"))
    for wrong, attempts, says in (([3, 0], 2, False), ([0], 1, False), ([5, 4, 3, 4], 4, True)):
        left = [*wrong]

        def judged(*_: object, left: list[int] = left) -> int:
            return left.pop(0)

        monkeypatch.setattr(session, "repeated", judged)
        [take] = (played := Session(model)).add([Prompt(scale(16), 5, seed=3, style="irish")])
        while played.busy:
            played.step()
        assert take.whole is not None
        assert (take.prompt.attempt + 1, take.played.again) == (attempts, says) and not left
        assert take.line.returns == 1 - (attempts - 1)


class Judge:
    """Says of each attempt how many of its notes come before a displaced passage; 0: there is none."""

    def __init__(self, *clean: int) -> None:
        self.left = [*clean]

    def before_displaced(self, _: object, new: np.ndarray, __: int) -> int:
        said = self.left.pop(0)
        return said or len(new)

    def repeated(self, *_: object) -> int:
        return self.left[0]


@pytest.mark.parametrize(("clean", "attempts"), [((2, 1, 3, 2, 1, 0), 6), ((3,) * 10, 10)])
def test_what_comes_elsewhere_in_the_bar_never_passes(
    clean: tuple[int, ...], attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    one = LoadedModel(AttentiveLSTM(Sizes(width=48, layers=1, heads=2)).eval(), {}, torch.device("cpu"))
    judge = Judge(*clean)
    monkeypatch.setattr(session, "repeated", judge.repeated)
    monkeypatch.setattr(session, "before_displaced", judge.before_displaced)
    [take] = (played := Session(one)).add([Prompt(scale(16), 5, seed=3, style="irish")])
    while played.busy:
        played.step()
    assert take.whole is not None and take.prompt.attempt + 1 == attempts and not judge.left
    assert (len(take.whole.line) - 16 == clean[-1]) == (clean[-1] > 0), "in the end it is cut off"
    notate(take.whole, 16)

    judge = Judge(*clean)
    monkeypatch.setattr(band_session, "repeated", judge.repeated)
    monkeypatch.setattr(band_session, "before_displaced", judge.before_displaced)
    several = BandLSTM(BandSizes(width=48, heads=2, layers=2, dropout=0.0, window=64)).eval()
    notes = scale(32).line
    tune = Song((Part(Notes(notes.onset, notes.duration, notes.pitch, notes.velocity), 0, role="lead"),))
    [both] = play_on(several, [BandPrompt(tune, 10, seed=3)])
    assert both.whole is not None and both.prompt.attempt + 1 == attempts and not judge.left
    assert (len(both.whole.parts[0].notes) - 32 <= clean[-1]) == (clean[-1] > 0)


def test_of_many_takes_on_a_jig_hardly_one_is_the_jig_again() -> None:
    """It is a tune that wants to come twice: without a second attempt a third of the takes would be little else."""
    loaded = model_for("auto", {})
    given = read(TUNE.encode(), "a.abc").melody
    short = head(given, len(given.line) // 2)
    played = Session(loaded)
    takes = played.add([Prompt(short, 20, seed=seed) for seed in range(16)])
    while played.busy:
        played.step()
    over = 0
    for take in takes:
        new = np.array(take.line.rows)[:, [PITCH, -1]]
        over += repeated(take.encoded.rows[1:, [PITCH, TICK]], new, int(take.encoded.conditions[4])) > 0
    assert over <= 2
    [again] = sample(loaded, [Prompt(short, 20, seed=3)])
    assert again.played.song.line.pitch.tolist() == takes[3].played.song.line.pitch.tolist()
