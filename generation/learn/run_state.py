"""The state of a training run on disk, so that a run can resume where it was stopped."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

WEIGHTS, FACTS = "last.safetensors", "last.json"


def keep(
    out: Path,
    run: Mapping[str, Any],
    model: nn.Module,
    average: Mapping[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write weights, their running average, Adam's moments and the facts about the run into the folder `out`."""
    tensors = {f"model.{name}": tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    tensors |= {f"average.{name}": tensor.contiguous() for name, tensor in average.items()}
    for name, parameter in model.named_parameters():
        tensors |= {f"adam.{name}.{key}": value.clone() for key, value in optimizer.state.get(parameter, {}).items()}
    out.mkdir(parents=True, exist_ok=True)
    unfinished = out / "last.part"
    save_file(tensors, unfinished)
    unfinished.rename(out / WEIGHTS)
    (out / FACTS).write_text(json.dumps(run))


def resume(
    out: Path, model: nn.Module, average: Mapping[str, Tensor], optimizer: torch.optim.Optimizer
) -> dict[str, Any] | None:
    """Put back in place what `keep` wrote into `out`, and return the facts about the run; None if there is none."""
    if not (out / FACTS).exists():
        return None
    tensors = load_file(out / WEIGHTS)
    model.load_state_dict({k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")})
    for name, tensor in average.items():
        tensor.copy_(tensors[f"average.{name}"])
    for name, parameter in model.named_parameters():
        moments = {key: tensors.get(f"adam.{name}.{key}") for key in ("step", "exp_avg", "exp_avg_sq")}
        optimizer.state[parameter] = {key: value for key, value in moments.items() if value is not None}
    run: dict[str, Any] = json.loads((out / FACTS).read_text())
    return run
