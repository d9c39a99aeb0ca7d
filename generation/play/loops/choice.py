"""What is chosen, and written down. `out` (B, classes + W) is a head's product: its logits come first."""

import numpy as np

from generation.model.tokens import START, TICKS
from generation.play.constraints import PASSAGE, REMEMBERED
from generation.play.loops.compiled import ONE, ZERO, Reals, Whole, compiled, exp, gelu


@compiled
def warm(out: Reals, temperature: Reals, head: int, logits: Reals) -> None:
    """Into `logits` (B, classes) those of a head, divided by its temperature."""
    for take in range(len(logits)):
        for c in range(logits.shape[1]):
            logits[take, c] = out[take, c] / temperature[take, head]


@compiled
def draw(logits: Reals, tail: Reals, luck: Reals, new: Whole, head: int, said: Whole) -> None:
    """A class for each take into `said`, as `advance.nucleus` draws it."""
    classes = logits.shape[1]
    chance = np.empty(classes, np.float32)
    for take in range(len(logits)):
        most, total = -np.float32(np.inf), ZERO
        for c in range(classes):
            most = max(most, logits[take, c])
        for c in range(classes):
            chance[c] = exp(logits[take, c] - most)
            total += chance[c]
        least, left = ONE, total
        while True:  # from the likeliest down, until no more is left out than may be
            weight, next_one = ZERO, ZERO
            for c in range(classes):
                weight += chance[c] if chance[c] == least else ZERO
                next_one = max(next_one, chance[c] if chance[c] < least else ZERO)
            left -= weight
            if left <= tail[take, head] * total or next_one == ZERO:
                break
            least = next_one
        kept = ZERO
        for c in range(classes):
            kept += chance[c] if chance[c] >= least else ZERO
        wanted, so_far = luck[take, new[take] % luck.shape[1], head] * kept, ZERO
        said[take] = 0  # broken weights, whose logits are no numbers, must not lead beyond the tables
        for c in range(classes):
            if chance[c] >= least:
                said[take], so_far = c, so_far + chance[c]
                if so_far > wanted:
                    break


@compiled
def go_on(out: Reals, classes: int, given: Reals, said: Whole, where: Reals, x: Reals, after: Reals) -> None:
    """The input of the next head, (B, W); of `where` the last W columns say what the place of the note adds."""
    width = x.shape[1]
    for take in range(len(x)):
        more, row, place = out[take, classes:], given[said[take]], where[take, where.shape[1] - width :]
        for c in range(width):
            after[take, c] = x[take, c] + gelu(more[c] + row[c] + place[c])


@compiled
def write_down(
    said: Whole,
    lengths: Whole,
    bar: Whole,
    pitch: Whole,
    before: Whole,
    new: Whole,
    run: Whole,
    trill: Whole,
    least: Whole,
    most: Whole,
    place: Whole,
    recent: Whole,
    powers: Whole,
    passage: Whole,
    passages: Whole,
    after: Whole,
) -> None:
    """`constraints.Lines.add`."""
    for take in range(len(pitch)):
        step, now, lasts = said[0, take], said[1, take], lengths[said[2, take]]
        run[take] = run[take] + 1 if now == pitch[take] else 1
        trill[take] = trill[take] + 1 if now == before[take] and before[take] != START else 0
        before[take], pitch[take] = pitch[take], now
        new[take] += 1
        least[take], most[take] = 1, max(lasts, TICKS) + bar[take]
        passages[take, place[take]], after[take, place[take]] = passage[take], now
        place[take] = (place[take] + 1) % REMEMBERED
        sum_ = 0
        for i in range(PASSAGE):
            recent[take, i] = recent[take, i + 1] if i + 1 < PASSAGE else step + 512 * now
            sum_ += recent[take, i] * powers[i]
        passage[take] = sum_
