"""Every kind of arithmetic that this processor can do, for tests that must pass with each."""

import pytest
import torch

from generation.play.arithmetic import KINDS, missing


@pytest.fixture(params=KINDS)
def arithmetic(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    if why := missing(kind, torch.device("cpu")):
        pytest.skip(f"{kind} cannot be had here: {why}")
    return kind
