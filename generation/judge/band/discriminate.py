"""Test whether the model tells true continuations of all parts from false ones, as is done with melodies.

A continuation is judged in two ways, both from the nats a row of its content (step, part, value, duration):
`likelihood`, the nats given the prime; and `gain`, by how much the prime lowers them, so that a simple continuation
does not count as a fitting one. The gain counts `WITHOUT` of the nats without the prime: if it counted all of them,
music that is unlikely after any prime, such as a 3-gram's, might gain as much as music that fits.

Share of true continuations told from false ones on the validation split, 228 primes:

| `WITHOUT` | 0 | .9 | .95 | 1 |
| another work's | 76.8 % | 96.9 % | 97.8 % | 97.8 % |
| a 3-gram's | 100 % | 100 % | 99.6 % | 98.7 % |
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from tqdm import tqdm

from generation.judge.band.excerpts import TONIC, Excerpt, alone, continued, excerpt, excerpts
from generation.judge.bars import Figure, table
from generation.judge.baselines.row_ngram import RowNGram
from generation.judge.continuation_features import CONTINUATION, PRIME
from generation.learn.band_batches import collate, whole
from generation.learn.band_loss import CONTENT, loss
from generation.learn.full_corpus import Work
from generation.learn.training import fast_precision
from generation.model import band
from generation.model.band import ARTICULATION, PART, SLOTS, TICK, VELOCITY
from generation.model.encode_band import Piece
from generation.model.networks.band_lstm import BandLSTM
from generation.model.tokens import TICKS, Ints

BAR = 0.97
WITHOUT = 0.95
ANOTHER, SAMPLED = "another work's", "a 3-gram's"
JUDGES = ("likelihood", "gain", "3-gram")  # the last is the gain for the 3-gram
# kind of false continuation → for each prime, whether each of `JUDGES` holds the true one for better
Wins = dict[str, list[tuple[bool, ...]]]


def discrimination(
    model: BandLSTM, ngram: RowNGram, works: Sequence[Work], keyed: bool, count: int = 0, seed: int = 0
) -> Wins:
    """Judge `count` excerpts of the works of a set, chosen at random (0: all), against the continuation of another work
    (in the same key, at the same pace, for the same parts, in the same metre where there is one) and one that the
    3-gram makes up."""
    rng = np.random.default_rng(seed)
    every = list(excerpts(works, PRIME, CONTINUATION, seconds=True))
    wins: Wins = {ANOTHER: [], SAMPLED: []}
    picked = rng.permutation(len(every))[: count or len(every)]
    for i in tqdm(picked, desc="true or false", unit="prime", leave=False):
        given = every[i]
        false = {ANOTHER: grafted(given, every, rng), SAMPLED: sampled(given, ngram, rng)}
        kinds = [kind for kind, piece in false.items() if piece and len(piece.encoded.rows) > given.first]
        pieces = [given.piece, *(false[kind] or given.piece for kind in kinds)]
        both = [each for piece in pieces for each in (piece, alone(given, piece))]
        firsts = [given.first, 1] * len(pieces)
        found = np.reshape(nats_since(model, both, firsts, keyed), (-1, 2))
        counted = np.reshape([_counted(ngram, *each) for each in zip(both, firsts, strict=True)], (-1, 2))
        gain, plain = (WITHOUT * nats[:, 1] - nats[:, 0] for nats in (found, counted))
        worth = np.column_stack([-found[:, 0], gain, plain])
        for kind, false_worth in zip(kinds, worth[1:], strict=True):
            wins[kind].append(tuple((worth[0] > false_worth).tolist()))
    return wins


def grafted(given: Excerpt, every: Sequence[Excerpt], rng: np.random.Generator) -> Piece | None:
    """What is given, followed by another work's music from the same place in a bar on; None if no work has any."""
    others = [each for each in every if each.work.group != given.work.group]
    for fit in (_same_parts, _same_bar):
        others = [each for each in others if fit(each, given)] or others
    lasts = given.score.onset.max() - given.split
    for i in rng.permutation(len(others))[:8]:
        other = others[i]
        new = excerpt(other.work, other.start, given.split, lasts)  # in quarters, so at the pace of what is given
        if new:
            rows = new.rows[new.first :]
            part = _places(new, given)[rows[:, PART]]
            rows[:, PART] = part
            if (part < SLOTS).sum() >= len(part) // 2:
                return continued(given, rows[part < SLOTS])
    return None


def _same_parts(other: Excerpt, given: Excerpt) -> bool:
    return bool((other.piece.encoded.heading[:, 0] == given.piece.encoded.heading[:, 0]).all())


def _same_bar(other: Excerpt, given: Excerpt) -> bool:
    return other.bar == given.bar


def _places(other: Excerpt, given: Excerpt) -> Ints:
    """(SLOTS,) for each slot of the other work, the slot of the given one that takes its notes: harmony and drums their
    own, the others in order from the lead downward; `SLOTS` for none."""
    places = np.full(SLOTS, SLOTS)
    theirs, ours = other.piece.encoded.heading, given.piece.encoded.heading
    for kind in range(len(band.KINDS)):
        new, old = (np.flatnonzero((heading[:, 0] > 0) & (band.kinds(heading) == kind)) for heading in (theirs, ours))
        if len(old) and len(new):
            places[new] = old[np.round(np.linspace(0, len(old) - 1, len(new))).astype(int)]
    return places


def sampled(given: Excerpt, ngram: RowNGram, rng: np.random.Generator) -> Piece:
    """What is given, followed by what the 3-gram makes up, as long as the true continuation, in the touch of what is
    given."""
    until = int(given.rows[-1, TICK])
    new = ngram.play_on(given.rows[: given.first], given.piece.encoded.heading, until, rng)
    new = new[(new[:, TICK] >= round(given.split * TICKS)) & (new[:, TICK] <= until)]
    touch = given.rows[rng.integers(1, given.first, len(new)), VELOCITY : ARTICULATION + 1]
    new[:, VELOCITY : ARTICULATION + 1] = touch
    return continued(given, new)


@torch.inference_mode()
def nats_since(model: BandLSTM, pieces: Sequence[Piece], firsts: Sequence[int], keyed: bool = True) -> list[float]:
    """For each piece, the mean nats of the content of its rows from an index on."""
    batch = collate([whole(piece) for piece in pieces])
    for i, first in enumerate(firsts):
        batch.valid[i, : first - 1] = False  # read, but not judged
    if not keyed:
        batch.conditions[:, TONIC] = 0
    device = next(model.parameters()).device
    precision = fast_precision(device)
    with torch.autocast(device.type, precision, enabled=precision != torch.float32):
        found, _ = loss(model, batch.to(device))
    sums = torch.zeros(len(pieces), device=device)
    for head in CONTENT:
        nats, sequence = found[head]
        sums.index_add_(0, sequence, nats)
    return (sums.cpu() / batch.valid.sum(1)).tolist()


def _counted(ngram: RowNGram, piece: Piece, first: int) -> float:
    """The same for the 3-gram."""
    rows = piece.encoded.rows.astype(np.int64)
    both = [sum(ngram.nats(some, ends=False).values()) for some in (rows, rows[:first]) if len(some) > 1]
    return (both[0] - sum(both[1:])) / (len(rows) - first)


def told(wins: Mapping[str, Sequence[tuple[bool, ...]]]) -> dict[str, dict[str, float]]:
    """kind of false continuation → the shares of true ones that each of `JUDGES` told from it, and the number of
    `primes`."""
    return {
        kind: dict(zip(JUDGES, np.mean(each, 0).tolist(), strict=True)) | {"primes": len(each)}
        for kind, each in wins.items()
        if each
    }


def figures(name: str, shares: dict[str, dict[str, float]]) -> list[Figure]:
    """The lines of the card about a set, or about all of them."""
    return [
        Figure(f"true continuation told from {kind}", name, each["gain"], each["3-gram"], BAR, True, ".1%")
        for kind, each in shares.items()
    ]


def in_words(shares: dict[str, dict[str, dict[str, float]]]) -> str:
    """The table of all sets."""
    lines = [
        [name, kind, f"{each['primes']:.0f}", *(f"{each[judge]:.1%}" for judge in JUDGES)]
        for name, kinds in shares.items()
        for kind, each in kinds.items()
    ]
    return table(
        ["true continuation told from", "", "primes", "by likelihood", "by gain", "by the 3-gram's gain"], lines
    )
