"""The rules of `constraints` on the logits (B, classes) of a head, each by its name there."""

import numpy as np

from generation.model.tokens import START, TICKS
from generation.play.constraints import ECHO, LEFTOVER, LONGEST_TRILL, REMEMBERED
from generation.play.loops.compiled import ONE, ZERO, Reals, Whole, compiled


@compiled
def keep_the_grid(logits: Reals, lengths: Whole, tick: Whole, grid: Reals) -> None:
    places = lengths % TICKS
    for take in range(len(logits)):
        beside = tick[take] % TICKS
        for c in range(len(lengths)):
            place = places[c] + beside
            logits[take, c] += grid[take, place - TICKS if place >= TICKS else place]


@compiled
def keep_moving(logits: Reals, lengths: Whole, least: Whole, most: Whole) -> None:
    for take in range(len(logits)):
        for c in range(len(lengths)):
            if lengths[c] < least[take] or lengths[c] > most[take]:
                logits[take, c] = -np.inf


@compiled
def arrive(logits: Reals, lengths: Whole, tick: Whole, last: Whole) -> None:
    for take in range(len(logits)):
        for c in range(len(lengths)):
            left = last[take] - tick[take] - lengths[c]
            if left < LEFTOVER and left != 0:
                logits[take, c] = -np.inf


@compiled
def no_stuck_note(logits: Reals, pitch: Whole, before: Whole, run: Whole, trill: Whole, longest_run: Whole) -> None:
    for take in range(len(logits)):
        if run[take] >= longest_run[take] and pitch[take] < START:
            logits[take, pitch[take]] = -np.inf
        if trill[take] >= LONGEST_TRILL - 2 and before[take] < START:
            logits[take, before[take]] = -np.inf


@compiled
def no_endless_echo(logits: Reals, passage: Whole, passages: Whole, after: Whole, heard: Whole) -> None:
    """`heard` is how many notes there were, or more."""
    times = np.empty(logits.shape[1], np.float32)
    for take in range(len(logits)):
        times[:] = 0
        for place in range(min(heard[take], REMEMBERED)):
            if passages[take, place] == passage[take]:
                times[after[take, place]] += ONE
        for c in range(len(times)):
            logits[take, c] -= np.float32(ECHO) * max(times[c] - ONE, ZERO)


@compiled
def come_to_rest(logits: Reals, rest: Reals, tick: Whole, last: Whole) -> None:
    for take in range(len(logits)):
        if tick[take] >= last[take]:
            for c in range(logits.shape[1]):
                logits[take, c] += rest[take, c]
