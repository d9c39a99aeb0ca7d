"""What all training runs share: their settings, a step down the slope, the average of the weights, and going on."""

import dataclasses
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from generation.learn import run_state
from generation.request import Refusal

BETAS = (0.9, 0.98)  # Adam's
LONGEST_STEP = 1.0  # the norm to which gradients are cut


@dataclass(frozen=True)
class Settings:
    """The settings of any run. Each field is a line in a TOML file; `flags.WHAT` says what it is."""

    data: str = "data"
    out: str = "runs/latest"
    cache: str = "data/cache"
    start: str = ""
    minutes: float = 0.0
    length: int = 384
    rate: float = 2e-3
    weight_decay: float = 0.05
    expression: float = 0.5
    average: float = 0.998
    seed: int = 1
    threads: int = 0
    device: str = ""


Options = TypeVar("Options", bound=Settings)


@dataclass(frozen=True, eq=False)
class Training:
    """A network in training, and what belongs to it.

    average    name → running average of each weight, since averaged weights play better than the last ones
    longest    share of the average that stays at each step, at most
    precision  in which the network is multiplied
    run        the facts about the run so far that are kept beside the weights: `steps`, `seconds`, `best`, …
    """

    model: nn.Module
    average: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    longest: float
    precision: torch.dtype
    run: dict[str, Any]

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def autocast(self) -> torch.autocast:
        """The context in which the network is to be run."""
        return torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32)

    def step(self, loss: Tensor, rate: float) -> None:
        """Move the weights down the slope of a loss, in nats a note, and their average after them."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), LONGEST_STEP)
        self.optimizer.step()
        stays = min(self.longest, (self.run["steps"] + 1) / (self.run["steps"] + 10))
        for name, tensor in self.model.state_dict().items():
            self.average[name].lerp_(tensor.detach(), 1 - stays)
        self.run["steps"] += 1

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The model with the averaged weights for a while, to be measured and kept."""
        live = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        yield
        self.model.load_state_dict(live)

    def keep(self, out: Path) -> None:
        """Write into the folder `out` what is needed to go on from here."""
        run_state.keep(out, self.run, self.model, self.average, self.optimizer)


def prepare(settings: Settings) -> torch.device:
    """Set PyTorch's threads and its seed; returns the device to train on."""
    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    return torch.device(settings.device or ("cuda" if torch.cuda.is_available() else "cpu"))


def begin(model: nn.Module, settings: Settings, run: dict[str, Any], fused: bool = False) -> Training:
    """A training of a network on its device, from its beginning, whose facts are `run`; or from where it was stopped.
    `fused`: let Adam update all weights at once."""
    average = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.AdamW(
        model.parameters(), settings.rate, BETAS, weight_decay=settings.weight_decay, fused=fused or None
    )
    kept = run_state.resume(Path(settings.out), model, average, optimizer)
    device = next(model.parameters()).device
    return Training(model, average, optimizer, settings.average, fast_precision(device), kept or run)


def fast_precision(device: torch.device) -> torch.dtype:
    """bf16 where the hardware multiplies it quickly, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def known_before(start: str, beside: Callable[[Path], Path]) -> Path | None:
    """The file of the passages that the checkpoint `start` knew by heart, which `beside` finds; None if there is
    none."""
    file = beside(Path(start)) if start else None
    return file if file and file.exists() else None


def configured(
    config: Path | None, given: Mapping[str, Any], kind: type[Options], tables: Mapping[str, type]
) -> tuple[Options, dict[str, Any]]:
    """The settings in a TOML file, and its table [sizes] of the network, both overridden by the flags that are `given`.
    Raises `Refusal` for a file that cannot be read, and for unknown names.

    kind    of the settings
    tables  name of a table → the dataclass whose fields it may have; one of them is “sizes”
    """
    try:
        file = tomllib.loads(config.read_text()) if config else {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refusal(
            "The configuration {file} cannot be read: {why}.",
            file=str(config),
            why=str(getattr(error, "strerror", None) or error),
        ) from error
    names = _names(kind)
    unknown = {name for name in file if name not in names and name not in tables}
    for table, fields in tables.items():
        unknown |= set(file.get(table, {})) - _names(fields)
    if unknown:
        raise Refusal("The configuration has unknown names: {names}.", names=", ".join(sorted(unknown)))
    said = {name: value for name, value in given.items() if value is not None}
    sizes = file.pop("sizes", {}) | {name: value for name, value in said.items() if name in _names(tables["sizes"])}
    return kind(**file | {name: value for name, value in said.items() if name in names}), sizes


def _names(kind: type) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}
