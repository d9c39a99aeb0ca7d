"""Sampling rules for given chords or a given tune: tones keep to the chords, and parts to their patterns."""

from typing import Any

import numpy as np

from generation.model.band import FIRST_CHORD, FIRST_DRUM, KIT, NO_CHORD, SLOTS
from generation.model.hear_chords import TONES
from generation.model.hearing import CHANGED, HEARD, NOW_CHORD
from generation.model.tokens import TICKS
from generation.play.band.state import BARS, OVER, PLACES, State

SOUNDING = len(HEARD)  # the first of the pitch classes that sound, in `State.heard`
OFF_BEAT, ON_BEAT, ON_STRONG = 0.25, 0.15, 0.6  # shares of the cost of a tone outside the chord
OTHER_DRUM = 2.5  # nats: a drum that the pattern does not have at this place
FILL = 3.0  # nats in favour of a drum for a fill, and of a crash after it
SKIP, ELSEWHERE = 2.5, 4.0  # nats: silence where a pattern plays; playing where it is silent
MUDDLE = 3.0  # nats: a second below MIDDLE_C, and again a third or less below MUDDY
MIDDLE_C, MUDDY = 60, 52  # pitches
STANDING = 2.5  # nats: a walking bass repeats its note
ABOVE = 5.0  # nats: a voice that belongs under the tune is above it
ROOTLESS = 4.0  # nats: a bass begins a new chord with another tone than the root
NAMED = 8.0  # nats more, where the chord names its bass
LOW = 48  # a bass is a single voice whose range goes below this pitch
BARE = 4.0  # nats: a voice takes another tone while nobody has the chord's third
THIN = 8.0  # nats: a closing chord that is left before it is whole, or begun too low to become so
WHOLE = 3  # its notes, at least
ROOM = 12  # semitones that its highest note leaves below it in the range of its part
FILLS, CRASH = (sum(1 << [*KIT].index(drum) for drum in drums) for drums in (
    ("snare", "low tom", "mid tom", "high tom"), ("crash",),
))  # fmt: skip
# (qualities, 12): 1 where so many semitones above the root belong to the chord.
IN_CHORD = np.array([[tone in tones for tone in range(12)] for tones, _ in TONES.values()], np.int64)
THIRD = np.array([tones[1] for tones, _ in TONES.values()], np.int64)  # in semitones; the fourth of a sus4


def keep_the_pattern(length: Any, take: State) -> Any:
    """With patterns, a step seldom passes a place where a pattern plays, or stops where none does."""
    bar, now = take.line, (take.tick - take.mark) % take.line
    there = take.tick + length
    place = (there - take.mark) % bar * (take.held_to > 0)
    passed = take.strokes[place] - take.strokes[now * (take.held_to > 0)] + (now + length) // bar * take.strokes[PLACES]
    passed = passed - (take.pattern[now * (take.held_to > 0)] % (1 << SLOTS) > 0)
    away = (take.pattern[place] == 0) & (there != take.next_tick)
    due = (take.late[SLOTS - 1] + take.due[SLOTS - 1] > 0) & (take.here > 0)
    moving = (length > 0) & (length < OVER) & (take.held_to > 0) & (take.tick < take.last)
    return moving * (SKIP * (passed > 0) + SKIP * (passed > 1) + ELSEWHERE * away + SKIP * due)


def keep_its_pattern(part: Any, take: State) -> Any:
    """With patterns, a part seldom plays off its pattern and is seldom left out where its pattern plays. A part that
    moves with the lead may also move on a beat, at half the cost."""
    mask = take.pattern[(take.onset - take.mark) % take.line * (take.held_to > 0)]
    beat = mask >> SLOTS & 1
    along = take.when[take.leading] == take.onset
    elsewhere = (take.habit[part] == 1) & ((mask >> part) & 1 == 0)
    astray = (take.habit[part] == 2) & (along == 0)
    cost = ELSEWHERE * elsewhere + ELSEWHERE * astray * (1 - 0.5 * beat) + SKIP * (take.late[part] > 0)
    return cost * ((take.held_to > 0) & (take.onset < take.last) & (take.given[part] == 0))


def keep_to_the_chord(value: Any, take: State) -> Any:
    """With given chords, a tone outside the chord has a cost: the most where a bar or its second half begins, less on
    other beats, least off the beat."""
    chord, place = take.facts[NOW_CHORD] - FIRST_CHORD, (take.onset - take.mark) % take.line
    strong, beat = (2 * place) % take.line == 0, place % TICKS == 0
    known = (chord >= 0) & (value < FIRST_DRUM)
    inside = IN_CHORD[chord // 12 * known, (value - chord) % 12]
    low = (take.low[take.part] < LOW) & (take.single[take.part] > 0)
    inside = inside | (low & (value % 12 == take.beneath))
    return take.obey[take.part] / 1000 * known * (1 - inside) * (OFF_BEAT + ON_BEAT * beat + ON_STRONG * strong)


def begin_on_the_root(value: Any, take: State) -> Any:
    """With given chords, a bass begins each new chord with its root, or with the bass that it names, as C/E does."""
    chord = take.facts[NOW_CHORD] - FIRST_CHORD
    fresh = (chord >= 0) & (take.obey[take.part] > 0) & (take.when[take.part] < take.facts[CHANGED])
    low = (take.low[take.part] < LOW) & (take.single[take.part] > 0)
    named = take.beneath >= 0
    wanted = chord * (1 - named) + take.beneath * named
    return (ROOTLESS + NAMED * named) * (fresh & low & ((value - wanted) % 12 != 0) & (value < FIRST_DRUM))


def bring_the_third(value: Any, take: State) -> Any:
    """With given chords, voices that move with the tune, and all parts but a bass at the close, seldom leave the third
    of the chord out: the first that has a choice takes it, unless it sounds."""
    chord = take.facts[NOW_CHORD] - FIRST_CHORD
    third = (THIRD[chord // 12 * (chord >= 0)] + chord) % 12
    low = (take.low[take.part] < LOW) & (take.single[take.part] > 0)
    voice = (take.obey[take.part] > 0) & (low == 0) & ((take.habit[take.part] == 2) | (take.onset >= take.last))
    bare = take.heard[SOUNDING + third] == 0
    return BARE * (voice & (chord >= 0) & bare & (value % 12 != third) & (value < FIRST_DRUM))


def walk(value: Any, take: State) -> Any:
    """A walking bass seldom repeats a note."""
    return STANDING * ((take.walks[take.part] > 0) & (value == take.sung[take.part]) & (take.onset < take.last))


def no_muddle(value: Any, take: State) -> Any:
    """With given chords, low notes that a part plays at one onset lie apart, and the lower they are, the further."""
    gap = take.before_value - value
    chord = (take.obey[take.part] > 0) & (take.before_part == take.part) & (value < FIRST_DRUM)
    return MUDDLE * chord * (((gap <= 2) & (value < MIDDLE_C)) + 1.0 * ((gap <= 4) & (value < MUDDY)))


def stay_under_the_tune(value: Any, take: State) -> Any:
    """A voice that belongs under the lead seldom goes above it."""
    tune = take.sung[take.leading]
    return ABOVE * ((take.under[take.part] > 0) & (value > tune) & (tune < FIRST_DRUM) & (value < FIRST_DRUM))


def strike_the_pattern(value: Any, take: State) -> Any:
    """A drummer with a pattern seldom strikes a drum that the pattern does not have at this place, but snare and toms
    are welcome in the second half of a bar that ends with a fill, and a crash on the bar line after it."""
    drum = (value - FIRST_DRUM) * ((value >= FIRST_DRUM) & (value < NO_CHORD))
    place, bar = (take.onset - take.mark) % take.line, (take.onset - take.begin) // take.line % BARS
    before = (bar + BARS - 1) % BARS
    usual = take.drums[place * (take.held_to > 0)] >> drum & 1
    fill = (take.fills[bar // 32] >> bar % 32 & 1) * (2 * place >= take.line)
    after = (take.fills[before // 32] >> before % 32 & 1) * ((place == 0) & (take.onset > take.begin))
    welcome = fill * (FILLS >> drum & 1) + after * (CRASH >> drum & 1)
    known = (take.held_to > 0) & (take.habit[take.part] == 1) & (take.onset < take.last)
    cost = OTHER_DRUM * (usual == 0) * (1 - welcome) - FILL * welcome
    return cost * (known & (value >= FIRST_DRUM) & (value < NO_CHORD))


def close_on_a_whole_chord(part: Any, take: State) -> Any:
    """At the close, a part that plays chords does not leave off before its chord is whole."""
    before = take.before_part * (take.before_part >= 0)
    begun = (take.before_part >= 0) & (take.single[before] == 0) & (take.obey[before] > 0) & (take.kind[before] == 0)
    short = begun & (take.sounding[before] < WHOLE) & (take.given[before] == 0)
    return THIN * ((take.onset >= take.last) & short & (part != before))


def close_from_above(value: Any, take: State) -> Any:
    """At the close, a part that plays chords begins high enough in its range for the rest of the chord."""
    chord = (take.obey[take.part] > 0) & (take.single[take.part] == 0) & (take.before_part != take.part)
    low = value - take.low[take.part] < ROOM
    return THIN * ((take.onset >= take.last) & chord & low & (value < FIRST_DRUM))
