"""Sampling rules for several parts: the cost in nats of each class for a take. They are written like those of
`generation.play.constraints`, and compiled into loops."""

from collections.abc import Callable
from typing import Any

import numpy as np

from generation.model.band import CLASSES, FIRST_CHORD, FIRST_DRUM, SLOTS
from generation.model.tokens import LENGTHS, TICKS
from generation.play.band.rules_beside import (
    begin_on_the_root,
    keep_its_pattern,
    keep_the_pattern,
    keep_to_the_chord,
    no_muddle,
    stay_under_the_tune,
    strike_the_pattern,
    walk,
)
from generation.play.band.state import OVER, State
from generation.play.constraints import FIFTH, FOREIGN, HOME, LEFTOVER, NEVER, keep_the_grid

ALONE = 8 * NEVER  # nats: any other rule may be broken sooner than a given row is missed
INTERRUPT = 2.0  # nats, the cost of a voice's new note before its old one has ended
STRANGER = 4.0  # nats, the cost at the close of a part that had fallen silent
CROWDED = 4  # semitones above the lowest of a range: the chord may have no tone there
PACE, BALANCE = 2.5, 0.7  # nats for each factor of e by which there are too many rows of all parts, or of one
RETURN = 1.0  # nats by which the odds of a silent part rise with each bar after the first two
OVERDUE = 4.0  # nats by which they rise with each bar from one before its longest rest on
HOLD = 4.0  # nats for each factor of e by which notes were too long or too short of late, and one is
MOSTLY, NEARLY_ALWAYS = 50, 80  # per cent of the bars: such a part plays at the close; returns from a rest
NEAR = 6  # ticks by which the class of a length may miss the goal


def begin_where_the_input_ends(length: Any, take: State) -> Any:
    """The first new row does not come into the input's notes, and the first new note leaves no bar empty."""
    when = take.tick + length
    early = (take.new == 0) & (when < take.begin)
    nobody = (take.new > 0) & (take.tick >= take.latest) & (take.follows == 0)
    late = (take.entered == 0) & (when > take.latest) & (nobody == 0)
    return NEVER * ((early | late) & (when != take.next_tick))


def take_what_is_given(length: Any, take: State) -> Any:
    """No step leads past the next row that is given."""
    return ALONE * (take.tick + length > take.next_tick)


def no_long_silence(length: Any, take: State) -> Any:
    """No step is longer than a bar, or than the longest of the input."""
    return NEVER * ((take.new > 0) & (length > take.longest_rest) & (length < OVER))


def arrive(length: Any, take: State) -> Any:
    """Steps lead to the closing onset, neither past it nor too close before it; there all wait until each part that is
    wanted has played, and then it is over."""
    left = take.last - take.tick - length
    closing = take.tick >= take.last
    given = take.tick + length == take.next_tick
    early = (left < LEFTOVER) & (left != 0) & (take.tick < take.last) & (given == 0)
    late = closing & (((length > 0) & (length < OVER) & (given == 0)) | ((length == OVER) & (take.missing > 0)))
    return NEVER * (early | late)


def no_endless_onset(length: Any, take: State) -> Any:
    """As many rows begin together as the input shows, a few more at most, and only where a part has a hand free."""
    full = (take.here >= take.most_rows) & (take.missing == 0)
    waiting = take.tick == take.next_tick
    return NEVER * ((length == 0) & (take.here > 0) & (full | (take.follows == 0)) & (waiting == 0))


def keep_the_pace(length: Any, take: State) -> Any:
    """Short steps, and rows at one onset, cost more or less as there were more or fewer rows lately than is usual."""
    return PACE * take.pace / 1000 * (length < TICKS) * (TICKS - length) / TICKS


def settle_on_the_root(length: Any, take: State) -> Any:
    """The close is not over before the lowest part has reached the tonic."""
    rootless = (take.before_part == take.lowest) & ((take.before_value - take.tonic) % 12 != 0)
    return FOREIGN * ((length == OVER) & rootless)


def in_order(part: Any, take: State) -> Any:
    """Rows of an onset go by slot, and within a part downward; a voice and the harmony have one at most. Over given
    chords, a part seldom goes on where hardly a tone is left in its range."""
    again = part == take.before_part
    alone = (take.kind[part] == 2) | (take.single[part] > 0) | (take.before_value <= take.low[part])
    crowded = again & (take.obey[part] > 0) & (take.before_value - take.low[part] < CROWDED)
    return NEVER * ((part < take.before_part) | (again & alone)) + FOREIGN * crowded


def leave_what_is_given(part: Any, take: State) -> Any:
    """Rows that are given are taken at their place, and only there; none of another part goes past them."""
    here = take.onset == take.next_tick
    elsewhere = (take.given[part] > 0) & ((here & (part == take.next_part)) == 0)
    return ALONE * elsewhere + NEVER * (here & (part > take.next_part))


def leave_the_input_its_end(part: Any, take: State) -> Any:
    """A part waits until its last notes of the input have ended."""
    return NEVER * (take.free[part] > take.onset)


def has_a_hand_free(part: Any, take: State) -> Any:
    """No part sounds more notes at once than it can; a voice seldom breaks off its note, and never the closing one."""
    full = (take.single[part] == 0) & (take.sounding[part] >= take.most[part])
    busy = (take.single[part] > 0) & (take.sounding[part] > 0)
    return NEVER * (full | (busy & (take.held[part] > 0))) + INTERRUPT * busy


def close_together(part: Any, take: State) -> Any:
    """At the close no part is passed over that is wanted, and one that had fallen silent stays so; the lowest part is
    left on the tonic."""
    closing = take.onset >= take.last
    passed = (take.missing > 0) & (part > take.next_missing)
    strange = (take.wanted[part] == 0) & (part != take.before_part) & (take.kind[part] < 2)
    rootless = (take.before_part == take.lowest) & (part > take.lowest) & ((take.before_value - take.tonic) % 12 != 0)
    over = take.onset > take.last
    return closing * (take.given[part] == 0) * (NEVER * (passed | over) + STRANGER * strange + FOREIGN * rootless)


def keep_the_balance(part: Any, take: State) -> Any:
    """A part that has played less lately than it usually does is likelier to play, one that has played more less so."""
    return BALANCE * take.balance[part] / 1000 * (take.onset < take.last)


def come_back(part: Any, take: State) -> Any:
    """A part that played in most bars of the input returns after some bars of rest; and every part, before it has
    rested longer than it ever did."""
    since, silent = take.onset - take.when[part], take.sounding[part] == 0
    bars = since // take.line - 1
    resting = (bars > 0) & (take.eager[part] > NEARLY_ALWAYS) & silent
    overdue = np.maximum(0, since - take.rest[part] + take.line) / take.line * (take.rest[part] > 0) * silent
    return -RETURN * bars * take.eager[part] / 100 * resting - OVERDUE * overdue


def stay_in_range(value: Any, take: State) -> Any:
    """Each part keeps its range."""
    return NEVER * ((value < take.low[take.part]) | (value > take.high[take.part]))


def go_down(value: Any, take: State) -> Any:
    """Within an onset, a part's notes go from high to low, none twice."""
    return NEVER * ((take.before_part == take.part) & (value >= take.before_value))


def no_second_stroke(value: Any, take: State) -> Any:
    """No part strikes a note that it still holds."""
    tone = value < FIRST_DRUM
    return NEVER * (tone & (take.ringing[value * tone] > 0))


def no_stuck_onset(value: Any, take: State) -> Any:
    """Onsets that repeat the one before end when there are far more of them than in the input."""
    stuck = (take.same >= take.longest_same) & (take.before_part < 0) & (take.onset < take.last)
    return NEVER * (stuck & (value == take.first[take.part]) & (value < FIRST_CHORD))


def no_clash(value: Any, take: State) -> Any:
    """In music without clashes, a semitone from what sounds has a cost, a tritone half of it; less off the beat."""
    beat = (take.onset - take.mark) % TICKS == 0
    beside = take.rubs[(value + 1) % 12] + take.rubs[(value + 11) % 12] > 0
    across = take.rubs[(value + 6) % 12] > 0
    return take.clash / 1000 * (0.5 + 0.5 * beat) * (beside + 0.5 * across) * (value < FIRST_DRUM)


def come_to_rest(value: Any, take: State) -> Any:
    """The closing notes belong to the tonic's triad, the lowest part plays the tonic, and nothing under its lowest one;
    the chord is the tonic's."""
    harmony = value >= FIRST_CHORD
    degree = (value - take.tonic - FIRST_CHORD * harmony) % 12
    root = harmony | ((take.part == take.lowest) & (take.single[take.part] > 0))
    foreign = (degree != 0) & (root | ((degree != take.third) & (degree != FIFTH)))
    tone = (value < FIRST_DRUM) | harmony
    home = (degree == 0) & ((take.part == take.lowest) | harmony)
    under = (take.part == take.lowest) & (degree != 0) & (value - degree < take.low[take.part]) & (value < FIRST_DRUM)
    return (FOREIGN * foreign + 2 * FOREIGN * under - HOME * home) * (tone & (take.onset >= take.last))


def no_endless_note(length: Any, take: State) -> Any:
    """A note lasts a bar at most, or as long as the longest of its part in the input."""
    return NEVER * ((length < 1) | ((length > take.longest[take.part]) & (take.onset < take.last)))


def hold_as_long(length: Any, take: State) -> Any:
    """Where a part's notes were shorter of late than in the input, long ones are likelier, and the other way about."""
    usual, lately = take.length[take.part], take.lately[take.part]
    drift = np.log(np.maximum(lately, 1000) / np.maximum(usual, 1000))
    known = (usual > 0) & (take.onset < take.last)
    return HOLD * known * drift * np.log(np.maximum(length, 1) / TICKS)


def end_together(length: Any, take: State) -> Any:
    """A note ends before the closing ones begin, or else with them."""
    end = take.onset + length
    to_the_end = abs(end - take.goal) <= NEAR
    return NEVER * (((end > take.last) | (take.onset >= take.last)) & (to_the_end == 0))


BAND_RULES: dict[str, tuple[Callable[[Any, Any], Any], ...]] = {
    "step": (
        keep_the_grid,
        begin_where_the_input_ends,
        no_long_silence,
        take_what_is_given,
        arrive,
        no_endless_onset,
        keep_the_pace,
        keep_the_pattern,
        settle_on_the_root,
    ),
    "part": (
        in_order,
        leave_what_is_given,
        leave_the_input_its_end,
        has_a_hand_free,
        close_together,
        keep_the_balance,
        come_back,
        keep_its_pattern,
    ),
    "value": (
        stay_in_range,
        go_down,
        no_second_stroke,
        no_stuck_onset,
        no_clash,
        keep_to_the_chord,
        strike_the_pattern,
        no_muddle,
        walk,
        begin_on_the_root,
        stay_under_the_tune,
        come_to_rest,
    ),
    "duration": (no_endless_note, hold_as_long, end_together),
}
# Head → the values that its classes stand for.
BAND_VALUES = {name: np.arange(classes) for name, classes in CLASSES.items()} | {
    "step": np.append(LENGTHS, OVER),
    "duration": LENGTHS,
}
assert len(BAND_VALUES["step"]) == CLASSES["step"] and len(BAND_VALUES["part"]) == SLOTS
