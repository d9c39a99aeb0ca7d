"""Many takes at once: each plays as if it were alone, a note at a time."""

import numpy as np
import pytest
import torch

from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.model.tokens import (
    CLASSES,
    INTERVAL,
    PITCH,
    SHADED,
    TICK,
    TICKS,
    TIMED,
    countdown_class,
    start_row,
)
from generation.play.asked import Prompt
from generation.play.batch import Batch
from generation.play.decode_step import ending
from generation.play.session import Session, sample
from tests.tunes import performance, scale


def test_the_same_seed_gives_the_same_notes_alone_and_in_company(loaded: LoadedModel):
    melody = performance()
    takes = sample(loaded, [Prompt(melody, seconds=8, seed=seed) for seed in (5, 6, 7)])
    three = [take.played.song.line for take in takes]
    alone = sample(loaded, [Prompt(melody, seconds=8, seed=6)])[0].played.song.line
    np.testing.assert_array_equal(alone.pitch, three[1].pitch)
    np.testing.assert_array_equal(alone.onset, three[1].onset)
    assert not np.array_equal(three[0].pitch, three[1].pitch)


def test_takes_come_and_go_and_nobody_notices(loaded: LoadedModel):
    """Each plays as if it were alone, however many others play, join or leave meanwhile."""
    prompts = [
        Prompt(performance(20 + 9 * i), 6 + 2 * i, seed=i, style="jazz", temperature=0.6 + 0.1 * i) for i in range(7)
    ]
    alone = [sample(loaded, [prompt])[0].played.song.line for prompt in prompts]
    session = Session(loaded)
    takes = session.add(prompts[:3])
    gone = session.add([Prompt(performance(30), 30, seed=99, style="jazz")])
    for prompt in prompts[3:]:
        session.step()
        takes += session.add([prompt])
    session.step()
    session.drop(gone)
    while session.busy:
        session.step()
    for take, line in zip(takes, alone, strict=True):
        assert take.whole is not None
        np.testing.assert_array_equal(take.whole.line.pitch, line.pitch)
        np.testing.assert_array_equal(take.whole.line.onset, line.onset)
    assert gone[0].whole is None


def test_more_takes_than_slots_wait_for_their_turn(loaded: LoadedModel):
    takes = sample(loaded, [Prompt(scale(16), 5, seed=seed, style="irish") for seed in range(70)])
    assert len(takes) == 70 and len({tuple(take.played.song.line.pitch) for take in takes}) > 60


@torch.inference_mode()
@pytest.mark.parametrize("window", [16, 512, 0])
def test_a_note_at_a_time_is_the_model_as_it_was_trained(window: int):
    torch.manual_seed(1)
    model = AttentiveLSTM(Sizes(width=48, layers=2, heads=2, window=window)).eval()
    session = Session(LoadedModel(model, {}, torch.device("cpu")))
    session._batch = Batch(model, torch.device("cpu"), arithmetic="float32")
    session.add([Prompt(performance(50), 90, seed=seed, style="jazz") for seed in (1, 2)])
    [take, _] = session._waiting
    for _ in range(30):
        session.step()
    line = take.line
    new = np.tile(start_row(), (30, 1))
    new[:, : len(CLASSES)], new[:, TICK] = [row[:-1] for row in line.rows], [row[-1] for row in line.rows]
    new[:, [TIMED, SHADED]] = 1
    rows = np.concatenate([line.start, new])
    rows[-30:, INTERVAL] = np.clip(np.diff(rows[-31:, PITCH]), -24, 24) + 24
    _, foreseen = ending(
        *(torch.tensor([x]) for x in (line.begin, line.wished, line.conditions[5], line.conditions[4]))
    )
    goal = np.where(np.arange(len(rows)) < len(line.start), int(foreseen), line.goal)
    left = countdown_class(np.maximum(goal - rows[:, TICK], 0) / TICKS)
    x, _ = model(*(torch.from_numpy(each)[None] for each in (rows, line.conditions, left)))
    torch.testing.assert_close(session._batch._slots.x[0], x[0, -1], atol=1e-4, rtol=1e-4)
