"""The fast sampler draws the same as the simplest loop, alone or in company, and never asks the host."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from generation.judge.baselines.plain_loop import draw, play_plainly
from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes
from generation.model.tokens import CLASSES
from generation.music.key import Key
from generation.play import constraints, products
from generation.play.arithmetic import TAKES
from generation.play.asked import Prompt
from generation.play.batch import Batch, Line
from generation.play.constraints import CONSTRAINTS, NEVER, Rule
from generation.play.decode_step import Choose, decode_step, nucleus
from generation.play.fused import fuse
from generation.play.loops import choice
from generation.play.plan import takes_of
from generation.play.products import product
from generation.play.reader import reader
from generation.play.slots import memory
from generation.play.step_on_cpu import StepOnCPU
from tests.tunes import line_of, performance, scale

CPU = torch.device("cpu")
PIECES = {
    "blank page": None,
    "scale": scale(40, Key("C", "major")),
    "performance": performance(50),
    "passages that came back": scale(80, Key("D", "minor")),
    "stuck": line_of(np.arange(20.0), np.ones(20), np.full(20, 62), np.full(20, 80)),
}


@pytest.fixture(scope="module")
def model() -> AttentiveLSTM:
    torch.manual_seed(3)
    return AttentiveLSTM(Sizes(width=48, layers=2, heads=2, window=32)).eval()


def lines_of(model: AttentiveLSTM, prompts: list[Prompt]) -> list[Line]:
    return [take.line for take in takes_of(LoadedModel(model, {}, CPU), prompts, model)]


def step(by: str, batch: Batch, opening: bool, choose: Choose) -> Tensor:
    """As a GPU does it, or by the loops of a CPU."""
    if by == "torch":
        return decode_step(batch.fused, batch._now, opening, choose)
    return torch.from_numpy(StepOnCPU(batch.fused, batch._now)(opening, choose))


def play(
    by: str, model: AttentiveLSTM, lines: list[Line], notes: int, arithmetic: str | None = None
) -> tuple[list[Tensor], list[Tensor]]:
    """The logits of every head and the classes drawn from them, note by note."""
    batch, seen, drawn = Batch(model, CPU, arithmetic=arithmetic), [], []

    def choose(logits: Tensor, tail: Tensor, uniforms: Tensor) -> Tensor:
        seen.append(logits.clone())
        drawn.append(nucleus(logits, tail, uniforms))
        return drawn[-1]

    for line in lines:
        batch.join(line)
    for new in range(notes):
        said = step(by, batch, new == 0, choose)
        tick, last, goal = said[:, -3:].unbind(1)
        if ((tick >= last) | (tick >= goal)).any():
            break
    return seen, drawn


def told(drawn: list[Tensor], seen: list[Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A `choose` of the plain loop that repeats earlier choices."""
    said = iter(drawn)

    def choose(logits: Tensor, top_p: Tensor) -> Tensor:
        seen.append(logits.clone())
        return next(said)

    return choose


@pytest.mark.parametrize("by", ["torch", "loops"])
@pytest.mark.parametrize("open_end", [False, True])
@pytest.mark.parametrize("piece", PIECES)
def test_after_the_same_notes_all_have_the_same_logits(model: AttentiveLSTM, piece: str, open_end: bool, by: str):
    """To the end of the first take: rules included, and where these forbid, both do."""
    prompts = [
        Prompt(PIECES[piece], 12, seed=seed, style="irish", temperature=temperature, open_end=open_end)
        for seed, temperature in ((1, 0.9), (2, 0.1), (3, 1.5))
    ]
    if PIECES[piece] is None:
        prompts = prompts[:1]
    lines, plain = lines_of(model, prompts), []
    seen, drawn = play(by, model, lines, 80, "float32")
    notes = len(seen) // len(CLASSES)
    assert notes >= 5
    play_plainly(model, lines, notes, told(drawn, plain))
    assert len(seen) == len(plain) == notes * len(CLASSES)
    for ours, theirs in zip(seen, plain, strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)
    assert any((logits < -NEVER / 2).any() for logits in seen)


def example() -> Rule:
    """The rule that CONTRIBUTING.md writes to show how, as it stands there."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", text[text.index("Worked example: a rule for sampling") :], re.S)
    names = dict(vars(constraints))
    exec(code, names)
    rule: Rule = names["no_wide_leap"]
    return rule


def test_the_worked_example_of_a_rule_holds_for_all(model: AttentiveLSTM, monkeypatch: pytest.MonkeyPatch):
    """As written in CONTRIBUTING.md: on a CPU, on a GPU, and in the plain loop, with the same logits."""
    prompts = [Prompt(PIECES["scale"], 30, seed=seed, temperature=2.0, top_p=1.0) for seed in range(3)]

    def leaps(by: str) -> int:
        lines, plain = lines_of(model, prompts), []
        seen, drawn = play(by, model, lines, 12, "float32")
        play_plainly(model, lines, len(seen) // len(CLASSES), told(drawn, plain))
        for ours, theirs in zip(seen, plain, strict=True):
            torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)
        return int((torch.stack(drawn[1 :: len(CLASSES)]).diff(dim=0).abs() > 12).sum())

    assert leaps("torch") == leaps("loops") > 5
    monkeypatch.setitem(CONSTRAINTS, "pitch", (*CONSTRAINTS["pitch"], example()))
    assert leaps("torch") == leaps("loops") == 0
    monkeypatch.setitem(CONSTRAINTS, "pitch", (example(),))
    assert leaps("loops") == 0, "a rule alone holds as well"


def test_all_draw_alike_from_the_same_logits():
    """Shares of 40,000 draws; a class that one never draws, no other draws. With the same numbers, ours draw the
    same."""
    torch.manual_seed(5)
    logits = (torch.randn(3, 30) * 2).index_fill(1, torch.tensor([4, 9]), -torch.inf).repeat_interleave(40_000, 0)
    top_p = torch.tensor([[0.6], [0.9], [1.0]]).repeat_interleave(40_000, 0)
    uniforms = torch.rand(len(logits), 1)
    by_torch = nucleus(logits, 1 - top_p, uniforms).numpy()
    by_loops, first = np.empty_like(by_torch), np.zeros_like(by_torch)
    choice.draw(logits.numpy(), (1 - top_p).numpy(), uniforms.numpy()[:, None], first, 0, by_loops)
    plain, torchs, loops = (
        np.stack([np.bincount(drawn, minlength=30) / 40_000 for drawn in said.reshape(3, -1)])
        for said in (draw(logits, top_p).numpy(), by_torch, by_loops)
    )
    for ours in (torchs, loops):
        np.testing.assert_allclose(ours, plain, atol=0.012)
        np.testing.assert_array_equal((ours == 0)[:2], (plain == 0)[:2])
        assert not ours[:, [4, 9]].any()
    assert np.mean(by_torch != by_loops) < 1e-4  # where a number falls between two classes but for rounding


@pytest.mark.parametrize("broken", [np.nan, -np.inf])
def test_no_class_is_drawn_that_there_is_not(broken: float):
    said, wish = np.full(2, 10**12), np.full((2, 1), 0.03, np.float32)
    logits = np.stack([np.full(30, broken, np.float32), np.eye(30, dtype=np.float32)[7] * 100])
    choice.draw(logits, wish, wish[:, None], np.zeros(2, np.int64), 0, said)
    assert said.tolist() == [0, 7]


@torch.inference_mode()
def test_a_take_is_the_same_bit_by_bit_in_any_company(arithmetic: str):
    """All that is kept and told of the first takes of 1 … 33 is equal, not just close."""
    torch.manual_seed(4)
    model = AttentiveLSTM(Sizes(width=96, layers=2, heads=3, window=64)).eval()
    prompts = [Prompt(performance(20 + i), 20, seed=i, style="jazz", temperature=0.7 + 0.02 * i) for i in range(33)]
    batch = Batch(model, CPU, arithmetic=arithmetic)
    for line in lines_of(model, prompts):
        batch.join(line)
    before = [tensor.clone() for tensor in batch._now.tensors()]

    def after(company: int) -> list[Tensor]:
        for tensor, old in zip(batch._now.tensors(), before, strict=True):
            tensor.copy_(old)
        slots = batch._slots.first(company)
        on_cpu = StepOnCPU(batch.fused, slots)
        return [torch.from_numpy(on_cpu()) for _ in range(4)] + [kept.clone() for kept in slots.tensors()]

    everybody = after(33)
    for company in (1, 2, 3, 4, 5, 8, 13, 16, 17, 27, 32):
        for ours, theirs in zip(after(company), everybody, strict=True):
            assert torch.equal(ours, theirs[:company]), company


@torch.inference_mode()
@pytest.mark.parametrize("sizes", [(384, 512), (384, 1152), (768, 1536), (384, 15), (14, 1536)])
def test_a_row_of_a_product_is_the_same_however_many_there_are(sizes: tuple[int, int], arithmetic: str):
    torch.manual_seed(6)
    read, told = sizes
    by, rows = product(torch.randn(told, read) / 20, torch.randn(told), arithmetic), torch.randn(TAKES, read)
    whole = by(rows)
    assert all(torch.equal(by(rows[:few]), whole[:few]) for few in range(1, TAKES))


@torch.inference_mode()
@pytest.mark.parametrize("sizes", [(384, 512), (768, 1536), (48, 15)])
def test_our_loops_and_the_library_give_the_same_product(sizes: tuple[int, int], monkeypatch: pytest.MonkeyPatch):
    """Bit by bit, and near the exact one; on a processor where the library is not exact, it is not asked."""
    torch.manual_seed(7)
    read, told = sizes
    weight, bias, rows = torch.randn(told, read) / 20, torch.randn(told), torch.randn(33, read)
    either = product(weight, bias, "int8")
    exact = rows @ weight.T + bias
    assert float((either(rows) - exact).norm() / exact.norm()) < 0.02
    monkeypatch.setattr(products, "MUCH", 0)
    by_library = either(rows)
    monkeypatch.setattr(products, "_library_is_exact", lambda: False)
    assert torch.equal(product(weight, bias, "int8")(rows), by_library)


@torch.inference_mode()
def test_notes_are_read_as_the_model_reads_them_all_at_once_or_in_stretches(model: AttentiveLSTM, arithmetic: str):
    """But for the rounding to 8 bits; and in stretches exactly the same LSTM, however many tunes are read."""
    reads = reader(model, arithmetic)
    [line] = lines_of(model, [Prompt(PIECES["performance"], 20, style="jazz")])
    rows = torch.from_numpy(line.start).expand(3, -1, -1)
    conditions = torch.from_numpy(line.conditions).repeat(3, 1)
    conditions[:, 0] = torch.tensor([1, 2, 3])
    countdown = torch.full(rows.shape[:2], 5)
    (theirs, _), (ours, state) = model(rows, conditions, countdown), reads(rows, conditions, countdown)
    assert float((ours - theirs).norm() / theirs.norm()) < (0.02 if arithmetic == "int8" else 1e-6)
    before = None
    for some in torch.arange(rows.shape[1]).split(20):
        _, before = reads(rows[:, some], conditions, countdown[:, some], before)
    alone = reads(rows[1:2], conditions[1:2], countdown[1:2])[1]
    for each, other, single in zip(state, before or (), alone, strict=True):
        torch.testing.assert_close(each.hidden, other.hidden, atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(each.cell[:, 1:2], single.cell, atol=1e-3, rtol=1e-3)
    if arithmetic == "int8":
        assert torch.equal(state[0].hidden, before[0].hidden) and torch.equal(state[0].hidden[:, 1:2], alone[0].hidden)


@pytest.mark.parametrize("by", ["torch", "loops"])
def test_rounded_weights_foresee_what_the_exact_ones_do(model: AttentiveLSTM, by: str, arithmetic: str):
    """They differ by well under half a per cent of the nats of the drawn notes."""
    lines = lines_of(model, [Prompt(PIECES["performance"], 40, seed=seed, style="jazz") for seed in range(4)])
    exact, drawn = play(by, model, lines, 20, "float32")
    rounded: list[Tensor] = []
    batch, said = Batch(model, CPU, arithmetic=arithmetic), iter(drawn)

    def choose(logits: Tensor, tail: Tensor, uniforms: Tensor) -> Tensor:
        rounded.append(logits.clone())
        return next(said)

    for line in lines:
        batch.join(line)
    for new in range(len(drawn) // len(CLASSES)):
        step(by, batch, new == 0, choose)

    def nats(seen: list[Tensor]) -> float:
        return sum(float(torch.nn.functional.cross_entropy(*each)) for each in zip(seen, drawn, strict=True))

    assert (arithmetic != "float32") * 1e-12 <= abs(nats(rounded) / nats(exact) - 1) < 0.002


@torch.inference_mode()
def test_a_step_never_waits_for_the_host():
    """On the meta device there are no numbers, and asking for one would fail. So the step can be replayed as a
    graph."""
    nowhere = torch.device("meta")
    model = AttentiveLSTM(Sizes(width=48, layers=2, heads=2, window=32)).eval().to(nowhere)
    said = decode_step(fuse(model), memory(model, 4, nowhere, torch.int8))
    assert said.shape == (4, len(CLASSES) + 4)
