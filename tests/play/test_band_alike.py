"""The fast step for several parts against the network as it was trained, and takes in company against takes alone."""

import numpy as np
import pytest
import torch

from generation.model import band
from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.play.asked import BandPrompt
from generation.play.band.decode_step import decode_step
from generation.play.band.fused import fuse_band
from generation.play.band.session import BandSession
from generation.play.band.slots import band_memory, move_in
from generation.play.band.step_on_cpu import StepOnCPU
from generation.play.prompts import band_prompts
from tests.play.test_band_session import hostile, quartet
from tests.play.test_beside import JIG, asked


def model_of(window: int = 24, held: int = 0) -> BandLSTM:
    torch.manual_seed(3)
    model = BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=window, held=held)).eval()
    for layer in model.layers:  # as after training
        torch.nn.init.normal_(layer.nothing)
    for layer in (model.beside, model.beside_next, model.to_held, model.to_ends) if held else ():
        torch.nn.init.normal_(layer.weight, std=0.1)
        torch.nn.init.normal_(layer.bias)
    return model


PROMPTS = {
    "quartet": BandPrompt(quartet(), 8.0, seed=1),
    "wild": BandPrompt(quartet(3), 5.0, seed=2, temperature=1.5, top_p=1.0),
    "no metre": BandPrompt(hostile()["no metre"], 5.0, seed=3),
    "fresh": BandPrompt(None, 5.0, seed=4, band="pop band"),
    "drums": BandPrompt(hostile()["drums alone"], 5.0, seed=5),
    "beside a tune": band_prompts(*asked(JIG, accompany="trio"))[0],
    "over chords": band_prompts(*asked(JIG, chords="D | A7"))[0],
}


@torch.inference_mode()
@pytest.mark.parametrize("held", [0, 3])
@pytest.mark.parametrize("name", PROMPTS)
def test_both_have_the_same_logits_and_draw_the_same(name: str, held: int):
    """Through more onsets than the attention can see."""
    model = model_of(held=held)
    session = BandSession(model, "float32")
    [take] = session.add([PROMPTS[name]])
    ours, plain = session._line(take), session._line(take)
    fused = fuse_band(model, "float32")
    slots = band_memory(model, fused, 1)
    move_in(slots, 0, model, fused, ours, int(take.plan.rows[-1, band.TICK]))
    fast = StepOnCPU(model, fused, slots)
    for _ in range(90):
        seen: dict[int, np.ndarray] = {}
        told = fast.step(lambda head, logits, seen=seen: seen.update({head: logits.copy()}))[0].tolist()

        def compare(head: int, logits: np.ndarray, seen: dict[int, np.ndarray] = seen) -> None:
            finite = logits > -1e6
            np.testing.assert_array_equal(seen[head] > -1e6, finite)
            np.testing.assert_allclose(seen[head][finite], logits[finite], atol=2e-4, rtol=2e-4)

        theirs = decode_step(model, plain, compare)
        if told[0] == band.END:
            assert theirs[0] == band.END
            break
        assert told == theirs


@torch.inference_mode()
def test_a_take_is_the_same_bit_by_bit_in_any_company(arithmetic: str):
    model = model_of(64, held=3)
    session = BandSession(model, arithmetic)
    prompts = [BandPrompt(quartet(2 + i % 3), 8.0, seed=i, temperature=0.7 + 0.05 * i) for i in range(9)]
    takes = session.add(prompts)
    fused = fuse_band(model, arithmetic)
    lines = [session._line(take) for take in takes]

    def after(company: int) -> list[np.ndarray]:
        slots = band_memory(model, fused, company)
        for i in range(company):
            move_in(slots, i, model, fused, lines[i], int(takes[i].plan.rows[-1, band.TICK]))
        fast = StepOnCPU(model, fused, slots)
        return [fast.step().copy() for _ in range(6)] + [array.copy() for array in slots.arrays()]

    everybody = after(9)
    for company in (1, 2, 3, 5, 8):
        for ours, theirs in zip(after(company), everybody, strict=True):
            np.testing.assert_array_equal(ours, theirs[:company])


@torch.inference_mode()
def test_rounded_weights_foresee_what_the_exact_ones_do():
    """In 8 bits, the logits are near those of the network, after the same rows."""
    model = model_of(64, held=3)
    session = BandSession(model, "int8")
    [take] = session.add([PROMPTS["quartet"]])
    plain = session._line(take)
    seen: list[np.ndarray] = []
    for _ in range(30):
        decode_step(model, plain, lambda head, logits: seen.append(logits.copy()))
    fused = fuse_band(model, "int8")
    slots = band_memory(model, fused, 1)
    move_in(slots, 0, model, fused, session._line(take), int(take.plan.rows[-1, band.TICK]))
    rounded: list[np.ndarray] = []
    StepOnCPU(model, fused, slots).step(lambda head, logits: rounded.append(logits.copy()))
    step, exact = rounded[0], seen[0]
    finite = exact > -1e6
    assert 0 < np.abs(step[finite] - exact[finite]).max() < 0.05
