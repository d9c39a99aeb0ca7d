"""Apply the sampling rules, and add notes to the states of all takes."""

import hashlib
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, cast

import numpy as np
from numba.extending import register_jitable
from numba.np.unsafe import ndarray as unsafe
from numpy.typing import NDArray

from generation.model.tokens import TICKS
from generation.play.loops.compiled import Reals, Whole, compiled
from generation.play.state import AT, NUMBERS, PASSAGE, REMEMBERED, WIDTH, State

as_tuple: Any = unsafe.to_fixed_tuple  # turns a row into a tuple; its length must be known at compile time
Rule = Callable[[Any, Any], Any]  # as in `constraints`, for any kind of state
Costs = NDArray[np.float64]
Charge = Callable[[Whole, Any, Costs], None]
Warm = Callable[[Reals, Reals, int, Whole, Whole, Reals], None]


@compiled
def taken(row: Whole) -> State:
    """The state of a take, from its row (WIDTH,) of the table."""
    numbers = as_tuple(row[:NUMBERS], NUMBERS)
    unusual, recent = row[AT.unusual : AT.recent], row[AT.recent : AT.followed]
    followed, passages = row[AT.followed : AT.passages], row[AT.passages : AT.after]
    return State(*(numbers + (unusual, recent, followed, passages, row[AT.after : WIDTH])))  # noqa: RUF005 — compiled


@cache
def warm_under(rules: tuple[Rule, ...], taken: Callable[[Whole], Any] = taken) -> Warm:
    """A loop that applies temperature and rules to a head: it writes into `logits` (B, classes) the first columns of
    `out`, divided by the head's column of `temperature` (B, heads), less the rules' costs for the `values` (classes,)
    of its classes. `taken` turns a take's row of the table into the state that the rules read."""
    loop = FunctionType(_warm.__code__, globals() | {"charge": _charging(rules), "taken": taken})
    # Numba caches loops by name, and not at all if they close over something: it would compile them at every start.
    digest = hashlib.sha256(repr([_text(rule) for rule in rules]).encode()).hexdigest()
    loop.__qualname__ = f"warm.{taken.__name__}.{digest[:16]}"
    return cast(Warm, compiled(loop))


def _warm(out: Reals, temperature: Reals, head: int, values: Whole, table: Whole, logits: Reals) -> None:
    costs = np.empty(logits.shape[1])
    for take in range(len(logits)):
        at, heat = taken(table[take]), temperature[take, head]
        costs[:] = 0
        charge(values, at, costs)
        for c in range(logits.shape[1]):
            logits[take, c] = out[take, c] / heat - np.float32(costs[c])


def _text(rule: Rule) -> tuple[object, ...]:
    """All that the compiled form of a rule depends on: its code, and the constants that it names."""
    code, known = rule.__code__, rule.__globals__
    numbers = [known[name] for name in code.co_names if isinstance(known.get(name), int | float)]
    return rule.__module__, code.co_qualname, code.co_code, code.co_consts, code.co_names, numbers


def _charging(rules: tuple[Rule, ...]) -> Charge:
    """Adds to `costs` (classes,) what several rules cost each of the `values` (classes,). There is a loop for each
    rule, because LLVM inlines one rule into a loop, but not the sum of fifteen, which would be called for each value:
    that takes thirty times as long."""
    if not rules:
        return charge
    rule, rest = _compilable(rules[-1]), _charging(rules[:-1])

    def each(values: Whole, take: State, costs: Costs) -> None:
        for c in range(len(costs)):
            costs[c] = rule(values[c], take) + costs[c]
        rest(values, take, costs)

    return cast(Charge, register_jitable(each))


@cache
def _compilable(rule: Rule) -> Rule:
    jitable: Rule = register_jitable(rule)
    return jitable


@register_jitable
def charge(values: Whole, take: State, costs: Costs) -> None:
    """Add nothing: there is no rule."""


@compiled
def note_down(said: Whole, lengths: Whole, powers: Whole, table: Whole) -> None:
    """`state.note_down` for the classes `said` (heads, B); `lengths` are the ticks of durations."""
    for take in range(len(table)):
        row, step, now, sounding = table[take], said[0, take], said[1, take], lengths[said[2, take]]
        passages, after = row[AT.passages : AT.after], row[AT.after : WIDTH]
        recent, followed = row[AT.recent : AT.followed], row[AT.followed : AT.passages]
        row[AT.run] = row[AT.run] + 1 if now == row[AT.pitch] else 1
        row[AT.trill] = row[AT.trill] + 1 if now == row[AT.before] else 0
        row[AT.before], row[AT.pitch] = row[AT.pitch], now
        row[AT.tick] = row[AT.onset]
        row[AT.least], row[AT.most] = 1, max(sounding, TICKS) + row[AT.longest_rest]
        place = row[AT.heard] % REMEMBERED
        passages[place], after[place] = row[AT.passage], now
        row[AT.new] += 1
        row[AT.heard] += 1
        passage = 0
        for i in range(PASSAGE):
            recent[i] = recent[i + 1] if i + 1 < PASSAGE else step + 512 * now
            passage += recent[i] * powers[i]
        row[AT.passage] = passage
        followed[:] = 0
        for place in range(min(row[AT.heard], REMEMBERED)):
            if passages[place] == passage:
                followed[after[place]] += 1
