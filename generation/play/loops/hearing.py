"""Pass the note that was just chosen through the network."""

from typing import Any

import numpy as np

from generation.model.tokens import TICKS
from generation.play.loops.compiled import ONE, ZERO, Kept, Reals, Whole, compiled, exp, rounded, sigmoid, unit

EPSILON = np.float32(1e-5)  # of torch's layer norm


@compiled
def stand(tick: Whole, downbeat: Whole, waves: Reals, bars: Reals, phases: Reals, where: Reals) -> None:
    """Write what a note's metrical position adds into `where` (B, columns)."""
    columns = where.shape[1]
    for take in range(len(tick)):
        since = tick[take] - downbeat[take]
        row, to = phases[since % len(phases)], where[take]
        for c in range(columns):
            to[c] = row[c]
        for wave in range(0, len(bars), 2):  # sines and cosines: always an even number
            rate, start = waves[take, 0], waves[take, 1]
            one = np.sin(start[wave] + np.float32(since) * rate[wave])
            other = np.sin(start[wave + 1] + np.float32(since) * rate[wave + 1])
            of_one, of_other = bars[wave], bars[wave + 1]
            for c in range(columns):
                to[c] += one * of_one[c] + other * of_other[c]


@compiled
def hear(
    said: Whole,
    offsets: Whole,
    note: Reals,
    where: Reals,
    constant: Reals,
    countdown: Reals,
    edges: Whole,
    tick: Whole,
    goal: Whole,
    x: Reals,
    told: Reals,
) -> None:
    """Write the network's input into `x` (B, W), and what the note adds to every layer's values into `told`
    (B, layers × W), for the classes and the interval just chosen, said (fields, B)."""
    width, rest = x.shape[1], told.shape[1]
    for take in range(len(x)):
        left = max(goal[take] - tick[take], 0) // TICKS
        row = 0
        while row < len(edges) and edges[row] <= left:
            row += 1
        stream, values, place = x[take], told[take], where[take, width:]
        for c in range(width):
            stream[c] = where[take, c] + constant[take, c] + countdown[row, c]
        for c in range(rest):
            values[c] = place[c]
        for field in range(len(offsets)):
            of_field = note[said[field, take] + offsets[field]]
            for_values = of_field[width:]
            for c in range(width):
                stream[c] += of_field[c]
            for c in range(rest):
                values[c] += for_values[c]


@compiled
def norm(x: Reals, weight: Reals, bias: Reals, after: Reals) -> None:
    """Write torch's layer norm of `x` (B, W) into the first W columns of `after`, which may be `x`."""
    width = x.shape[1]
    for take in range(len(x)):
        total, square = ZERO, ZERO
        for c in range(width):
            total += x[take, c]
        mean = total / np.float32(width)
        for c in range(width):
            square += (x[take, c] - mean) * (x[take, c] - mean)
        scale = ONE / np.sqrt(square / np.float32(width) + EPSILON)
        for c in range(width):
            after[take, c] = (x[take, c] - mean) * scale * weight[c] + bias[c]


@compiled
def keep(x: Reals, after: Reals) -> None:
    """Copy `x` (B, W) into the last W columns of `after`."""
    width = x.shape[1]
    for take in range(len(x)):
        to = after[take, after.shape[1] - width :]
        for c in range(width):
            to[c] = x[take, c]


@compiled
def remember(out: Reals, cell: Reals, hidden: Reals, x: Reals) -> None:
    """The LSTM's step after its product `out` (B, 4 W); adds the hidden state to `x` (B, W). tanh x is computed as
    2 σ(2x) − 1, for which the product already holds twice the candidate."""
    width = x.shape[1]
    for take in range(len(x)):
        enters, forgets, leaves = out[take, :width], out[take, width:], out[take, 2 * width :]
        news = out[take, 3 * width :]
        for c in range(width):
            enter, forget = sigmoid(enters[c]), sigmoid(forgets[c])
            leave, new = sigmoid(leaves[c]), sigmoid(news[c])
            now = cell[take, c] * forget + enter * (new + new - ONE)
            state = leave * (sigmoid(now + now) * np.float32(2) - ONE)
            cell[take, c], hidden[take, c] = now, state
            x[take, c] += state


@compiled
def angles(tick: Whole, turn: Reals, sines: Reals, cosines: Reals) -> None:
    """Write sines and cosines (B, pairs) of the angles by which the tick (B,) of a note rotates channels."""
    for take in range(len(tick)):
        for pair in range(len(turn)):
            angle = np.float32(tick[take]) * turn[pair]
            sines[take, pair], cosines[take, pair] = np.sin(angle), np.cos(angle)


@compiled
def turn(x: Reals, sines: Reals, cosines: Reals, to: Reals) -> None:
    """Rotate the first pairs of a head's channels (D,) into `to`, and copy the others."""
    pairs = len(sines)
    first, second, to_second = x[:pairs], x[pairs : 2 * pairs], to[pairs : 2 * pairs]
    for c in range(pairs):
        to[c] = first[c] * cosines[c] - second[c] * sines[c]
    for c in range(pairs):
        to_second[c] = first[c] * sines[c] + second[c] * cosines[c]
    for c in range(2 * pairs, len(to)):
        to[c] = x[c]


@compiled
def lay_down(x: Reals, to: Kept) -> Any:
    """Store `x` (channels,) in `to`, and return the value of a step of 1 there."""
    most = ZERO
    for c in range(len(x)):
        most = max(most, abs(x[c]))
    worth = unit(most, to)
    for c in range(len(x)):
        to[c] = rounded(x[c] / worth, to)
    return worth


@compiled
def weigh(query: Reals, key: Kept, key_unit: Reals, weights: Reals) -> Any:
    """Write the exponentials of a query's products with the first N keys into `weights` (N,), and return their sum."""
    most, total = -np.float32(np.inf), ZERO
    for place in range(len(weights)):
        product = ZERO
        for c in range(len(query)):
            product += query[c] * np.float32(key[place, c])
        weights[place] = product * key_unit[place]
        most = max(most, weights[place])
    for place in range(len(weights)):
        weights[place] = exp(weights[place] - most)
        total += weights[place]
    return total


@compiled
def mix(weights: Reals, value: Kept, to: Reals) -> None:
    """Write the weighted sum of the first values into `to` (D,); four values at a time, to write it less often."""
    to[:] = 0
    fours = len(weights) // 4 * 4
    for place in range(0, fours, 4):
        a, b, c, d = weights[place], weights[place + 1], weights[place + 2], weights[place + 3]
        for i in range(len(to)):
            pair = a * np.float32(value[place, i]) + b * np.float32(value[place + 1, i])
            to[i] += pair + c * np.float32(value[place + 2, i]) + d * np.float32(value[place + 3, i])
    for place in range(fours, len(weights)):
        for i in range(len(to)):
            to[i] += weights[place] * np.float32(value[place, i])


@compiled
def attend(
    look: Reals,
    told: Reals,
    layer: int,
    sines: Reals,
    cosines: Reals,
    seen: Whole,
    next_key: Reals,
    keys: Kept,
    key_unit: Reals,
    values: Kept,
    value_unit: Reals,
    read: Reals,
) -> None:
    """Store the note's key and value and the next note's key, and write into `read` (B, W) the mean of the values seen,
    weighted by the softmax of their keys' products with the query. `look` (B, 3 W) holds the query, the next key and
    the state's part of the value; `seen` (B,) is how many notes came before."""
    heads, window, channels = keys.shape[1:]
    width, memory, x = heads * channels, np.empty(window, np.float32), np.empty(channels, np.float32)
    for take in range(len(look)):
        here, weights = seen[take] % window, memory[: min(seen[take] + 1, window)]
        for head in range(heads):
            start = head * channels
            key, value, following = keys[take, head], values[take, head], next_key[take, head]
            state, note = look[take, 2 * width + start :], told[take, layer * width + start :]
            for c in range(channels):
                x[c] = state[c] + note[c]
            value_unit[take, head, here] = lay_down(x, value[here])
            key_unit[take, head, here] = lay_down(following, key[here])
            turn(look[take, width + start :], sines[take], cosines[take], following)
            turn(look[take, start:], sines[take], cosines[take], x)
            total = weigh(x, key, key_unit[take, head], weights)
            for place in range(len(weights)):
                weights[place] *= value_unit[take, head, place] / total
            mix(weights, value, x)
            to = read[take, start:]
            for c in range(channels):
                to[c] = x[c]
