"""An untrained model, and every kind of arithmetic that this processor can do."""

import pytest
import torch

from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.play.arithmetic import KINDS, missing


@pytest.fixture(params=KINDS)
def arithmetic(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    if why := missing(kind, torch.device("cpu")):
        pytest.skip(f"{kind} cannot be had here: {why}")
    return kind


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    """An untrained model, for tests that must pass with any weights."""
    torch.manual_seed(0)
    model = AttentiveLSTM(Sizes(width=48, layers=1, heads=2)).eval()
    return LoadedModel(model, {}, torch.device("cpu"))
