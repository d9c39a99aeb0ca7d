"""Sampling rules for several parts: the cost of each class for a take, in nats. They are written like those in
`generation.play.constraints`, and compiled into loops."""

from collections.abc import Callable
from typing import Any

import numpy as np

from generation.model.band import CLASSES, FIRST_CHORD, FIRST_DRUM, SLOTS
from generation.model.tokens import LENGTHS, TICKS
from generation.play.band.rules_beside import (
    IN_CHORD,
    begin_on_the_root,
    bring_the_third,
    close_from_above,
    close_on_a_whole_chord,
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

ALONE = 8 * NEVER  # nats: breaking any other rule is cheaper than missing a given row
INTERRUPT = 2.0  # nats: a voice begins a note before its old one has ended
TOO_FAR = 4.0  # nats: a single voice leaps further than ever
STRANGER = 4.0  # nats: a part that had fallen silent plays at the close
CROWDED = 4  # semitones above the lowest pitch of a range, where the chord may have no tone
PACE, BALANCE = 2.5, 0.7  # nats for each factor of e by which all parts, or one part, played too many rows
SOLO, FAR_MORE = 7.5, 300  # the same, on top, for drums alone; from which thousandths of log(too many) on
HOLD = 4.0  # nats, times log(too long or too short of late) × log(length of the note in quarters)
MOSTLY = 50  # per cent of the bars: such a part plays at the close
NEAR = 6  # ticks by which a note may miss the goal, since long lengths have coarse classes


def begin_where_the_input_ends(length: Any, take: State) -> Any:
    """The first new row comes after the input's notes, and the first new note comes before a bar would be empty."""
    when = take.tick + length
    early = (take.new == 0) & (when < take.begin)
    nobody = (take.new > 0) & (take.tick >= take.latest) & (take.follows == 0)
    late = (take.entered == 0) & (when > take.latest) & (nobody == 0)
    return NEVER * ((early | late) & (when != take.next_tick))


def take_what_is_given(length: Any, take: State) -> Any:
    """No step passes the next given row."""
    return ALONE * (take.tick + length > take.next_tick)


def no_long_silence(length: Any, take: State) -> Any:
    """No step is longer than a bar, or than the longest step of the input."""
    return NEVER * ((take.new > 0) & (length > take.longest_rest) & (length < OVER))


def arrive(length: Any, take: State) -> Any:
    """Steps lead exactly to the closing onset, and not to a place just before it. There the music is not over until
    every part that belongs to the close has played; after that nothing follows."""
    left = take.last - take.tick - length
    closing = take.tick >= take.last
    given = take.tick + length == take.next_tick
    early = (left < LEFTOVER) & (left != 0) & (take.tick < take.last) & (given == 0)
    late = closing & (((length > 0) & (length < OVER) & (given == 0)) | ((length == OVER) & (take.missing > 0)))
    return NEVER * (early | late)


def no_endless_onset(length: Any, take: State) -> Any:
    """No more rows begin together than in the input, give or take a few, and only if a part can play another."""
    full = (take.here >= take.most_rows) & (take.missing == 0)
    waiting = take.tick == take.next_tick
    return NEVER * ((length == 0) & (take.here > 0) & (full | (take.follows == 0)) & (waiting == 0))


def keep_the_pace(length: Any, take: State) -> Any:
    """After more rows than usual, short steps and rows at the same onset cost more; after fewer rows, less. Drums
    alone, which have no tune to follow, do not play far more than before."""
    far = (take.kind[0] == 1) * np.maximum(take.pace - FAR_MORE, 0)  # drums are the first part if they are alone
    return (PACE * take.pace + SOLO * far) / 1000 * (length < TICKS) * (TICKS - length) / TICKS


def wait_for_the_missed(length: Any, take: State) -> Any:
    """An onset is not over while a part that should come back can still play at it."""
    return -take.missed / 1000 * (length == 0)


def settle_on_the_root(length: Any, take: State) -> Any:
    """The music is not over before the lowest part has reached the tonic."""
    rootless = (take.before_part == take.lowest) & ((take.before_value - take.tonic) % 12 != 0)
    return FOREIGN * ((length == OVER) & rootless)


def in_order(part: Any, take: State) -> Any:
    """The rows of an onset are in the order of slots, and from high to low within a part, as long as lower pitches in
    its range are silent; a single voice and the harmony have one row at most. Over given chords, a part seldom adds a
    tone near the bottom of its range."""
    again = part == take.before_part
    alone = (take.kind[part] == 2) | (take.single[part] > 0) | (take.before_value <= take.floor)
    crowded = again & (take.obey[part] > 0) & (take.before_value - take.low[part] < CROWDED)
    return NEVER * ((part < take.before_part) | (again & alone)) + FOREIGN * crowded


def leave_what_is_given(part: Any, take: State) -> Any:
    """A given part plays its given rows and nothing else; at their onset, no later slot comes before them."""
    here = take.onset == take.next_tick
    elsewhere = (take.given[part] > 0) & ((here & (part == take.next_part)) == 0)
    return ALONE * elsewhere + NEVER * (here & (part > take.next_part))


def leave_the_input_its_end(part: Any, take: State) -> Any:
    """A part does not play until its last notes of the input have ended."""
    return NEVER * (take.free[part] > take.onset)


def has_a_hand_free(part: Any, take: State) -> Any:
    """No part sounds more notes at once than it can. A single voice seldom breaks off its note, and never the closing
    note."""
    full = (take.single[part] == 0) & (take.sounding[part] >= take.most[part])
    busy = (take.single[part] > 0) & (take.sounding[part] > 0)
    return NEVER * (full | (busy & (take.held[part] > 0))) + INTERRUPT * busy


def close_together(part: Any, take: State) -> Any:
    """At the close, no part that belongs to it is passed over, a part that had fallen silent seldom comes back, and the
    lowest part does not stop above the tonic."""
    closing = take.onset >= take.last
    passed = (take.missing > 0) & (part > take.next_missing)
    strange = (take.wanted[part] == 0) & (part != take.before_part) & (take.kind[part] < 2)
    rootless = (take.before_part == take.lowest) & (part > take.lowest) & ((take.before_value - take.tonic) % 12 != 0)
    over = take.onset > take.last
    return closing * (take.given[part] == 0) * (NEVER * (passed | over) + STRANGER * strange + FOREIGN * rootless)


def keep_the_balance(part: Any, take: State) -> Any:
    """A part that has lately played less than usual becomes likelier, a part that has played more less likely."""
    return BALANCE * take.balance[part] / 1000 * (take.onset < take.last)


def come_back(part: Any, take: State) -> Any:
    """A part that played in nearly all bars of the input soon comes back from a rest, and every part comes back before
    it has rested longer than ever in the input."""
    return -take.drawn[part] / 1000


def stay_in_range(value: Any, take: State) -> Any:
    """Each part stays within its range."""
    return NEVER * ((value < take.low[take.part]) | (value > take.high[take.part]))


def go_down(value: Any, take: State) -> Any:
    """The notes of a part at one onset go from high to low, each once."""
    return NEVER * ((take.before_part == take.part) & (value >= take.before_value))


def no_second_stroke(value: Any, take: State) -> Any:
    """No part strikes a pitch that it still holds."""
    tone = value < FIRST_DRUM
    return NEVER * (tone & (take.ringing[value * tone] > 0))


def no_wide_leap(value: Any, take: State) -> Any:
    """A single voice seldom leaps further than ever in the input, and at least an octave is never too far."""
    leap = abs(value - take.sung[take.part])
    known = (take.single[take.part] > 0) & (take.sung[take.part] < FIRST_DRUM) & (take.onset < take.last)
    return TOO_FAR * (known & (leap > take.leap[take.part]) & (value < FIRST_DRUM))


def no_stuck_onset(value: Any, take: State) -> Any:
    """After far more repeated onsets in a row than in the input, the next onset is a different one."""
    stuck = (take.same >= take.longest_same) & (take.before_part < 0) & (take.onset < take.last)
    return NEVER * (stuck & (value == take.first[take.part]) & (value < FIRST_CHORD))


def no_clash(value: Any, take: State) -> Any:
    """In music without clashes, a semitone from a sounding tone has a cost, a tritone half of it, and both half of that
    off the beat."""
    beat = (take.onset - take.mark) % TICKS == 0
    beside = take.rubs[(value + 1) % 12] + take.rubs[(value + 11) % 12] > 0
    across = take.rubs[(value + 6) % 12] > 0
    return take.clash / 1000 * (0.5 + 0.5 * beat) * (beside + 0.5 * across) * (value < FIRST_DRUM)


def come_to_rest(value: Any, take: State) -> Any:
    """The closing notes belong to the tonic's triad and the closing chord is that triad, or a chord that contains it.
    The lowest part plays the tonic, and none of its notes lies too low for a tonic under it."""
    harmony = value >= FIRST_CHORD
    kind = (value - FIRST_CHORD) // 12 * harmony
    strange = harmony & ((IN_CHORD[kind, take.third] & IN_CHORD[kind, FIFTH]) == 0)
    degree = (value - take.tonic - FIRST_CHORD * harmony) % 12
    root = harmony | ((take.part == take.lowest) & (take.single[take.part] > 0))
    foreign = (degree != 0) & (root | ((degree != take.third) & (degree != FIFTH)))
    tone = (value < FIRST_DRUM) | harmony
    home = (degree == 0) & ((take.part == take.lowest) | harmony)
    under = (take.part == take.lowest) & (degree != 0) & (value - degree < take.low[take.part]) & (value < FIRST_DRUM)
    return (FOREIGN * (foreign | strange) + 2 * FOREIGN * under - HOME * home) * (tone & (take.onset >= take.last))


def no_endless_note(length: Any, take: State) -> Any:
    """No note lasts longer than a bar, or than the longest note of its part in the input."""
    return NEVER * ((length < 1) | ((length > take.longest[take.part]) & (take.onset < take.last)))


def hold_as_long(length: Any, take: State) -> Any:
    """If a part's notes have been shorter of late than in the input, long ones become likelier, and the reverse."""
    usual, lately = take.length[take.part], take.lately[take.part]
    drift = np.log(np.maximum(lately, 1000) / np.maximum(usual, 1000))
    known = (usual > 0) & (take.onset < take.last)
    return HOLD * known * drift * np.log(np.maximum(length, 1) / TICKS)


def end_together(length: Any, take: State) -> Any:
    """Every note ends before the closing notes begin, or together with them."""
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
        wait_for_the_missed,
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
        close_on_a_whole_chord,
    ),
    "value": (
        stay_in_range,
        go_down,
        no_second_stroke,
        no_wide_leap,
        no_stuck_onset,
        no_clash,
        keep_to_the_chord,
        strike_the_pattern,
        no_muddle,
        walk,
        begin_on_the_root,
        bring_the_third,
        stay_under_the_tune,
        close_from_above,
        come_to_rest,
    ),
    "duration": (no_endless_note, hold_as_long, end_together),
}
# Head → the value of each of its classes; steps and durations in ticks.
BAND_VALUES = {name: np.arange(classes) for name, classes in CLASSES.items()} | {
    "step": np.append(LENGTHS, OVER),
    "duration": LENGTHS,
}
assert len(BAND_VALUES["step"]) == CLASSES["step"] and len(BAND_VALUES["part"]) == SLOTS
