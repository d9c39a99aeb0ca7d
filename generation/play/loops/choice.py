"""Choose a class, and go on to the next head. `out` (B, classes + W) is a head's product, the logits first."""

import numpy as np

from generation.play.loops.compiled import ONE, ZERO, Reals, Whole, compiled, exp, gelu


@compiled
def draw(logits: Reals, tail: Reals, uniforms: Reals, new: Whole, head: int, said: Whole) -> None:
    """Draw a class for each take into `said` (B,), as `decode_step.nucleus` does."""
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
        while True:  # add classes from the likeliest down, until the rest is small enough to leave out
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
        wanted, so_far = uniforms[take, new[take] % uniforms.shape[1], head] * kept, ZERO
        said[take] = 0  # broken weights give logits that are not numbers; no class may lie outside the tables
        for c in range(classes):
            if chance[c] >= least:
                said[take], so_far = c, so_far + chance[c]
                if so_far > wanted:
                    break


@compiled
def go_on(out: Reals, classes: int, given: Reals, said: Whole, where: Reals, x: Reals, after: Reals) -> None:
    """Write the next head's input into `after` (B, W); the last W columns of `where` hold what the note's position
    adds."""
    width = x.shape[1]
    for take in range(len(x)):
        more, row, place = out[take, classes:], given[said[take]], where[take, where.shape[1] - width :]
        for c in range(width):
            after[take, c] = x[take, c] + gelu(more[c] + row[c] + place[c])
