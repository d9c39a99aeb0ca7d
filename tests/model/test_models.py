"""What the network must do with and without attention: shapes, step by step = all at once, learning a tune by heart."""

import pytest
import torch

from generation.learn.batches import Example, collate
from generation.learn.train import loss
from generation.model import tokens
from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.music.key import Key
from generation.play.asked import Prompt
from generation.play.session import sample
from tests.tunes import performance, scale

SMALL = {
    "attentive": Sizes(width=48, heads=2, layers=2, dropout=0.0, window=24),
    "plain LSTM": Sizes(width=48, heads=2, layers=2, dropout=0.0, window=0),
}


def small(name: str) -> AttentiveLSTM:
    torch.manual_seed(0)
    return AttentiveLSTM(SMALL[name]).eval()


@pytest.mark.parametrize("name", SMALL)
@torch.inference_mode()
def test_step_by_step_gives_what_all_at_once_gives(name: str):
    model = small(name)
    encoded = tokens.encode(performance(60), "jazz")
    rows, conditions = torch.from_numpy(encoded.rows)[None], torch.from_numpy(encoded.conditions)[None]
    countdown = torch.arange(61)[None] % 20
    whole, _ = model(rows, conditions, countdown)
    assert whole.shape == (1, 61, 48)
    state, steps = None, []
    for i in range(61):
        x, state = model(rows[:, i : i + 1], conditions, countdown[:, i : i + 1], state)
        steps.append(x)
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-5, rtol=1e-5)
    x, state = model(rows[:, :40], conditions, countdown[:, :40])
    rest, _ = model(rows[:, 40:], conditions, countdown[:, 40:], state)
    torch.testing.assert_close(rest, whole[:, 40:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", SMALL)
@torch.inference_mode()
def test_the_future_does_not_change_the_past(name: str):
    model = small(name)
    encoded = tokens.encode(scale(40, Key("C", "major")))
    rows, conditions = torch.from_numpy(encoded.rows)[None], torch.from_numpy(encoded.conditions)[None]
    countdown = torch.zeros(rows.shape[:2], dtype=torch.long)
    other = rows.clone()
    other[:, 30:, tokens.PITCH] = 90
    a, b = model(rows, conditions, countdown)[0], model(other, conditions, countdown)[0]
    torch.testing.assert_close(a[:, :30], b[:, :30])
    assert (a[:, 30:] - b[:, 30:]).abs().max() > 1e-3


@pytest.mark.parametrize("name", SMALL)
def test_it_learns_a_tune_by_heart(name: str):
    model = small(name).train()
    batch = collate([(Example(tokens.encode(performance(48), "jazz"), True, True, "test"), 0)], 64, None)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    first = last = 0.0
    for step in range(60):
        parts = loss(model, batch)
        total = sum(nats for nats, _ in parts.values()) / 48
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        first, last = (total.item() if step == 0 else first), total.item()
    assert last < first / 4


def test_a_plain_lstm_plays_as_well():
    """A window of 0 is the network without its attention: the same framework trains it, and the sampler plays it."""
    loaded = LoadedModel(small("plain LSTM"), {}, torch.device("cpu"))
    given = scale(24, Key("C", "major"))
    line = sample(loaded, [Prompt(given, seconds=5, seed=1)])[0].played.song.line
    assert len(line) > len(given.line) and (line.pitch[: len(given.line)] == given.line.pitch).all()
