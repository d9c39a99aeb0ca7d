"""Measure the samplers alone: notes a second, beside a plain loop and beside the least time that a step can take."""

import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from generation.model.loaded import LoadedModel
    from generation.music.song import Song
    from generation.play.products import Product

NOTES = 80  # notes of a take that are timed
TAKES, LONG = 48, 64  # takes, and notes of each, whose nats are counted


def measure(checkpoint: Path | None, tune: str, runs: int, companies: Sequence[int] = (1, 8, 32)) -> dict[str, Any]:
    """Medians for takes that continue a tune, warm, on one thread: `sampler` and `plain loop`, notes a second by the
    number of takes played at once; `floor`, the least that a note can cost."""
    import torch

    from generation.judge.baselines.plain_loop import play_plainly
    from generation.model.loaded import load_model
    from generation.play.asked import Prompt
    from generation.play.session import Session
    from generation.read.file import read

    torch.set_num_threads(1)  # as in the model's process
    loaded = load_model(checkpoint, "cpu")
    session, melody = Session(loaded), read(tune.encode(), "a.abc").melody

    def played(takes: int, run: int) -> float:
        prompts = [Prompt(melody, 30, seed=run * takes + take, style="irish") for take in range(takes)]
        return _pace(session, prompts)

    def looped(takes: int, run: int) -> float:
        """Notes a second of the plain loop, reading the tune not counted."""
        torch.manual_seed(run)
        prompts = [Prompt(melody, 30, seed=take, style="irish") for take in range(takes)]
        lines = [take.line for take in Session(loaded).add(prompts)]
        seconds = []
        for notes in (0, NOTES):
            began = perf_counter()
            play_plainly(loaded.model, lines, notes)
            seconds.append(perf_counter() - began)
        return NOTES * takes / (seconds[1] - seconds[0])

    figures: dict[str, Any] = {"sampler": {}, "plain loop": {}}
    for takes in companies:
        seen: dict[str, list[float]] = {name: [] for name in figures}
        for run in range(max(1, runs // 2)):  # alternately, so that both meet the same conditions
            print(f"sampler, {takes} at once: {run + 1}", file=sys.stderr)
            seen["sampler"].append(played(takes, run))
            seen["plain loop"].append(looped(takes, run))
        for name, rates in seen.items():
            figures[name][str(takes)] = round(statistics.median(rates), 1)
    return {**figures, "floor": _floor(checkpoint), "nats": _nats(loaded, melody)}


def measure_band(song: str, runs: int, companies: Sequence[int] = (1, 8)) -> dict[str, Any]:
    """The same for takes of a band that continue a song, without a plain loop: rows a second."""
    import torch

    from generation.model.loaded import band_for
    from generation.play.asked import BandPrompt
    from generation.play.band.fused import band_weights, fuse_band
    from generation.play.band.session import BandSession
    from generation.read.file import read

    torch.set_num_threads(1)
    loaded = band_for("auto", {})
    session, given = BandSession(loaded.model), read(song.encode(), "a.abc").song

    def played(takes: int, run: int) -> float:
        return _pace(session, [BandPrompt(given, 30, seed=run * takes + take) for take in range(takes)])

    rates = {str(takes): round(statistics.median(played(takes, run) for run in range(runs)), 1) for takes in companies}
    fused = fuse_band(loaded.model)
    return {"sampler": rates, "floor": _least_a_note(band_weights(fused), fused.layers[0].lstm)}


def _pace(session: Any, prompts: Sequence[object]) -> float:
    """Notes a second of a session of either kind that plays all prompts at once, after it has read them."""
    takes = session.add(prompts)
    session.step()  # hears what is given
    began, notes = perf_counter(), 0
    while session.busy and notes < NOTES * len(takes):
        notes += sum(take.whole is None for take in takes)
        session.step()
    seconds = perf_counter() - began
    session.drop(takes)
    return notes / seconds


def band_table(figures: dict[str, Any]) -> str:
    """The figures of `measure_band` as lines of text."""
    floor = figures["floor"]
    lines = [
        f"band, {takes:>2} at once       {rate:8,.0f} rows a second   {1000 * int(takes) / rate:.2f} ms a step;"
        f" of these at least {max(floor['ms a note'], int(takes) * floor['ms to multiply']):.2f} ms"
        for takes, rate in figures["sampler"].items()
    ]
    return "\n".join([*lines, f"reading its weights   {floor['ms a note']:.2f} ms: {floor['megabytes']:.1f} MB"])


def table(figures: dict[str, Any]) -> str:
    """The figures of `measure` as lines of text."""
    sampler, loop, floor, nats = (figures[name] for name in ("sampler", "plain loop", "floor", "nats"))
    lines = [
        f"sampler, {takes:>2} at once    {rate:8,.0f} notes a second   {rate / loop[takes]:4.1f} × a plain loop"
        f" of {loop[takes]:,.0f}   {1000 * int(takes) / rate:.2f} ms a step; of these at least"
        f" {max(floor['ms a note'], int(takes) * floor['ms to multiply']):.2f} ms"
        for takes, rate in sampler.items()
    ]
    return "\n".join(
        [
            *lines,
            f"reading the weights   {floor['ms a note']:.2f} ms: {floor['megabytes']:.1f} MB at the"
            f" {floor['gigabytes a second']:.1f} GB/s of a copy; as 32-bit floats, {floor['ms to read 32-bit']:.2f} ms",
            f"multiplying           {floor['ms to multiply']:.3f} ms a note: {floor['million products']:.2f} million"
            f" products at {floor['billion a second']:.0f} billion a second, 64 takes at once",
            f"rounding              {nats['played']:.5f} nats a note instead of {nats['exact']:.5f},"
            f" {100 * nats['played'] / nats['exact'] - 100:+.3f} %",
        ]
    )


def _floor(checkpoint: Path | None) -> dict[str, float]:
    import torch

    from generation.model.loaded import load_model
    from generation.play.fused import fuse, weights

    torch.set_num_threads(1)
    fused = fuse(load_model(checkpoint, "cpu").model)
    return _least_a_note(weights(fused), fused.layers[0].lstm)


def _least_a_note(matrices: "Sequence[Tensor]", lstm: "Product") -> dict[str, float]:
    """The least that a note can cost: for a single take, reading every weight of the step once, at the rate of a large
    copy; for many, its products, at the rate of those of an LSTM layer."""
    import torch

    size = sum(matrix.numel() * matrix.element_size() for matrix in matrices)
    products = sum(matrix.numel() for matrix in matrices)
    source = torch.ones(64 * 2**20)
    target = torch.empty_like(source)
    rate = 2 * source.numel() * source.element_size() / _least(lambda: target.copy_(source), 5)  # read and written
    rows = torch.randn(64, lstm.weight.shape[1])
    speed = len(rows) * lstm.weight.numel() / _least(lambda: lstm(rows), 50)
    return {
        "megabytes": round(size / 1e6, 2),
        "gigabytes a second": round(rate / 1e9, 1),
        "ms a note": round(1000 * size / rate, 3),
        "ms to read 32-bit": round(1000 * 4 * products / rate, 3),
        "million products": round(products / 1e6, 2),
        "billion a second": round(speed / 1e9, 1),
        "ms to multiply": round(1000 * products / speed, 4),
    }


def _nats(loaded: "LoadedModel", melody: "Song") -> dict[str, float]:
    """Nats a note of `TAKES` takes of `LONG` notes drawn with 32-bit floats, by these and by the arithmetic in use."""
    from torch import Tensor
    from torch.nn.functional import cross_entropy

    from generation.play.asked import Prompt
    from generation.play.batch import Batch
    from generation.play.decode_step import decode_step, nucleus
    from generation.play.session import Session

    styles = ("irish", "jazz", "classical", "pop")
    prompts = [Prompt(melody, 60, seed=seed, style=styles[seed % len(styles)]) for seed in range(TAKES)]
    drawn: list[Tensor] = []

    def nats(arithmetic: str | None) -> float:
        batch, total, before = (
            Batch(loaded.model, loaded.device, arithmetic=arithmetic),
            0.0,
            iter([*drawn]),
        )

        def choose(logits: Tensor, tail: Tensor, uniforms: Tensor) -> Tensor:
            nonlocal total
            said = next(before, None)
            if said is None:
                drawn.append(said := nucleus(logits, tail, uniforms))
            total += float(cross_entropy(logits, said, reduction="sum"))
            return said

        for take in Session(loaded).add(prompts):
            batch.join(take.line)
        for note in range(LONG):
            decode_step(batch.fused, batch._now, note == 0, choose)
        return total / LONG / len(prompts)

    return {"exact": nats("float32"), "played": nats(None)}


def _least(work: Callable[[], object], times: int) -> float:
    """The least seconds of several runs."""
    seen = []
    for _ in range(times):
        began = perf_counter()
        work()
        seen.append(perf_counter() - began)
    return min(seen)
