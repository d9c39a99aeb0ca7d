"""The arithmetic is the processor's own, or the one that an admin asks for; if that is impossible, a sentence says
so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.play.arithmetic import KINDS, SETTING, arithmetic, missing
from generation.play.fused import fuse
from generation.request import Refusal

CPU = torch.device("cpu")


def test_by_itself_it_is_one_that_the_processor_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ("", "auto"):
        monkeypatch.setenv(SETTING, said)
        assert arithmetic(CPU) in KINDS and not missing(arithmetic(CPU), CPU)
    monkeypatch.delenv(SETTING)
    assert not missing(arithmetic(CPU), CPU)


def test_the_setting_forces_it(arithmetic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, arithmetic)
    model = AttentiveLSTM(Sizes(width=24, layers=1, heads=2))
    assert fuse(model).kind == arithmetic


def test_what_cannot_be_had_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "half")
    with pytest.raises(Refusal, match="is “half”"):
        arithmetic(CPU)
    monkeypatch.setenv(SETTING, "int8")
    with pytest.raises(Refusal, match="ENCORE_ARITHMETIC is int8, which is not available here: a GPU plays in float32"):
        arithmetic(torch.device("cuda"))
    monkeypatch.setenv(SETTING, "auto")
    assert arithmetic(torch.device("cuda")) == "float32"


def test_it_reaches_the_process_that_plays(tmp_path: Path) -> None:
    """From the command line: the refusal comes from there."""
    command = [sys.executable, "-m", "generation", "compose", "--seconds", "5", "--out", str(tmp_path)]
    ended = subprocess.run(command, env={**os.environ, SETTING: "half"}, capture_output=True, text=True, check=False)
    assert ended.returncode and "ENCORE_ARITHMETIC is “half”" in ended.stderr
    assert len(ended.stderr.splitlines()) < 3, ended.stderr
