"""Learn, in scores whose harmony is known, which chords go under a tune, and count how they follow one another."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from generation.learn import full_corpus
from generation.model import chord_network, harmony
from generation.model.band import FIRST_CHORD
from generation.model.full_score import FullScore
from generation.model.harmony import CHORDS, Table, beats_of
from generation.model.hear_chords import hear_chords
from generation.model.networks.harmony_conv import HarmonyConv, Sizes
from generation.model.tokens import Ints, shift_of
from generation.model.tune_beats import INPUTS, tune_beats, turned
from generation.music.key import find_key

# Set → the style that it teaches, the weight of its beats, and how many of its works are used (0: all).
TAUGHT_BY = {
    "pop909": ("pop", 1.0, 0),
    "wjd": ("jazz", 0.7, 0),
    "ewld1928": ("standards", 1.5, 0),
    "hymns": ("hymn", 1.5, 0),
    "lieder": ("hymn", 0.5, 350),
}
PRIOR = 0.3  # added to the count of each transition, in proportion to how frequent the chords are
FEWEST = 8  # notes of a tune
BEFORE = 4.0  # quarters before a tune that are learned as well
CROP, BATCH = 128, 24  # beats; tunes
RATE, LEAST_RATE, WARM_UP, WEIGHT_DECAY = 4e-3, 1e-5, 40, 0.05  # learning rates; batches that lead to the highest
ASTRAY = 0.1  # share of the crops that are a fifth from their key, since a tune's key is not always found


@dataclass(frozen=True, eq=False)
class Lesson:
    """A tune and its chords, as they are.

    style, weight  of its set
    seen           (beats, INPUTS) as `tune_beats` gives them
    chord          (beats,) 0 … CHORDS − 1, −1 for none
    shifts         semitones to the key without signs: from the score's key, and from the one that its tune suggests
    """

    style: str
    weight: float
    seen: NDArray[np.float32]
    chord: Ints
    shifts: tuple[int, int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with the archives")
    parser.add_argument(
        "--cache", type=Path, default=Path(".cache"), help="folder where tunes are kept once they have been read"
    )
    parser.add_argument("--out", type=Path, default=harmony.TABLE, help="file for the tables; the weights go beside it")
    parser.add_argument("--batches", type=int, default=1300, help="for the network (1,300: minutes on one core)")
    parser.add_argument("--seed", type=int, default=0)


def main(args: argparse.Namespace) -> int:
    rng = np.random.default_rng(args.seed)
    lessons: list[Lesson] = []
    for name, (style, weight, count) in TAUGHT_BY.items():
        works = [work for work in full_corpus.load(args.data, args.cache, [name]) if work.split == "train"]
        works = [works[i] for i in rng.permutation(len(works))[: count or len(works)]]
        found = [lesson(work.score, style, weight) for work in works]
        lessons += [each for each in found if each is not None]
        print(json.dumps({"set": name, "works": len(works)}))
    styles = dict.fromkeys(style for style, *_ in TAUGHT_BY.values())
    harmony.save({style: counted([each for each in lessons if each.style == style]) for style in styles}, args.out)
    network = trained(lessons, args.batches, rng, args.seed)
    card = {"batches": args.batches, "seed": args.seed, "sets": list(TAUGHT_BY)}
    chord_network.save(network, card, args.out.with_suffix(".safetensors"))
    return 0


def lesson(score: FullScore, style: str, weight: float) -> Lesson | None:
    """The tune and the chords of a score; None if it has no tune or no chord."""
    tones = np.array([part.role != "drums" for part in score.parts])[score.part]
    leads = np.array([part.role == "lead" for part in score.parts])[score.part]
    if leads.sum() < FEWEST:
        return None
    onset, duration, pitch = score.onset[leads], score.duration[leads], score.pitch[leads]
    chords = score.chords or hear_chords(score.onset[tones], score.duration[tones], score.pitch[tones], score.bars)
    beats, places = beats_of(float(onset[-1]) + 0.01, score.bars, score.metre)
    when, value = np.array([at for at, _ in chords]), np.array([chord for _, chord in chords])
    ruling = np.searchsorted(when, beats + 1e-6, side="right") - 1
    chord = np.where(ruling >= 0, np.maximum(value[ruling] - FIRST_CHORD, -1), -1)
    seen = tune_beats(beats, places, onset, duration, pitch, style)
    first = int(np.searchsorted(beats, onset[0] - BEFORE))
    if (chord[first:] < 0).all():
        return None
    key = score.key or find_key(score.pitch[tones], score.duration[tones])
    shifts = shift_of(key), shift_of(find_key(pitch, duration))
    return Lesson(style, weight, seen[first:].astype(np.float32), chord[first:], shifts)


def counted(lessons: Sequence[Lesson]) -> Table:
    """The table of some lessons."""
    follow, begin = np.zeros((CHORDS, CHORDS)), np.zeros(CHORDS)
    for each in lessons:
        chord = moved(each.chord, each.shifts[0])
        for i in range(len(chord)):
            if chord[i] < 0:
                continue
            if i and chord[i - 1] >= 0 and chord[i] != chord[i - 1]:
                follow[chord[i - 1], chord[i]] += 1
            begin[chord[i]] += 1
    usual = (begin + 1e-3) / (begin + 1e-3).sum()
    follow += PRIOR * np.sqrt(follow.sum(1, keepdims=True) + 1) * usual
    np.fill_diagonal(follow, 0)
    return Table(np.log(usual), np.log(np.maximum(follow / follow.sum(1, keepdims=True), 1e-6)))


def moved(chord: Ints, semitones: int) -> Ints:
    """Chords (beats,), transposed."""
    return np.where(chord >= 0, chord // 12 * 12 + (chord + semitones) % 12, -1)


def trained(lessons: Sequence[Lesson], batches: int, rng: np.random.Generator, seed: int) -> HarmonyConv:
    """The network after so many batches."""
    torch.manual_seed(seed)
    network = HarmonyConv(Sizes(INPUTS, CHORDS))
    learning = torch.optim.AdamW(network.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    share = np.array([min(3.0, max(1.0, len(each.seen) / CROP)) for each in lessons])
    share /= share.sum()
    for batch in range(batches):
        for group in learning.param_groups:
            group["lr"] = RATE * min(1, batch / WARM_UP) * (1 - batch / batches) + LEAST_RATE
        crops = [crop(lessons[i], rng) for i in rng.choice(len(lessons), BATCH, p=share)]
        learning.zero_grad()
        loss(network, *collated(crops)).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        learning.step()
    return network.eval()


Crop = tuple[NDArray[np.float32], Ints, float]  # what is seen, the chords, the weight


def crop(of: Lesson, rng: np.random.Generator) -> Crop:
    """A stretch of a lesson in the key without signs, or in the one that might be mistaken for it."""
    shift = of.shifts[int(rng.random() < 0.5)] + (int(rng.choice([-5, 5])) if rng.random() < ASTRAY else 0)
    start = int(rng.integers(0, max(0, len(of.seen) - CROP) + 1))
    part = slice(start, start + CROP)
    return turned(of.seen[part], shift), moved(of.chord[part], shift), of.weight


def collated(crops: Sequence[Crop]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Crops as a batch: what is seen (crops, INPUTS, beats), chords and changes (crops, beats), −1 where unknown, and
    weights (crops, beats)."""
    beats = max(len(seen) for seen, _, _ in crops)
    x, y = np.zeros((len(crops), INPUTS, beats), np.float32), np.full((len(crops), beats), -1)
    for i, (seen, chord, _) in enumerate(crops):
        x[i, :, : len(seen)], y[i, : len(chord)] = seen.T, chord
    change = np.full(y.shape, -1.0, np.float32)
    change[:, 1:] = np.where((y[:, 1:] >= 0) & (y[:, :-1] >= 0), y[:, 1:] != y[:, :-1], -1)
    weight = torch.tensor([[weight] for _, _, weight in crops]).expand(-1, beats)
    return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(change), weight


def loss(network: HarmonyConv, seen: Tensor, chord: Tensor, change: Tensor, weight: Tensor) -> Tensor:
    """() mean nats of a beat's chord, and of whether it differs from the one before; arguments as `collated` returns
    them."""
    says, moves = network(seen)
    known, follows = chord >= 0, change >= 0
    nats = nn.functional.nll_loss(says.transpose(1, 2)[known], chord[known], reduction="none")
    turns = nn.functional.binary_cross_entropy_with_logits(moves[follows], change[follows], reduction="none")
    return (nats * weight[known]).sum() / weight[known].sum() + (turns * weight[follows]).sum() / weight[follows].sum()
