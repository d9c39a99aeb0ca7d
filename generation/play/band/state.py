"""The state of a take of several parts, as rules and loops use it: a row of whole numbers in the table of all takes."""

from itertools import accumulate
from typing import Any, NamedTuple

from generation.model.band import FIELDS, SLOTS
from generation.model.hearing import SIZES, Ears
from generation.model.tokens import TICKS

OVER = 1000 * TICKS  # the value of the step class that says that nothing follows
FAR = 2**40  # a tick that never comes


class State(NamedTuple):
    """The state of one take. Times are in ticks, pitches transposed like the rows.

    One number each, about the take:

    tick                  of the last row
    onset, part           tick and slot of the coming row, each once it is known
    before_part           slot of the row before the coming one at the same onset; −1 if there is none
    before_value          value of that row
    floor                 lowest value in the range of that row's part that did not sound before it
    missed                the highest `drawn` of the parts that can still play at the onset of the last row
    count, new            rows so far; how many of them are new
    entered               whether any new row is a note
    here, most_rows       rows at the present onset so far; how many are allowed
    follows               whether another row may follow at this onset
    begin, latest         earliest and latest onset of the first new row
    last, goal            onset of the closing notes, FAR for a take that does not close; the end of the music
    mark                  tick from which places in bars are counted
    bar, line             length of a bar, 0 if unknown; the same, but a 4/4 bar's if unknown
    longest_rest          longest step
    tonic, third          pitch class of the tonic; semitones from it to the third of its triad
    clash                 cost of a clash, in thousandths of a nat
    same, longest_same    how many onsets in a row have repeated the one before; how many may
    code, code_before     hashes of the rows of the present onset and of the one before
    pace                  thousandths of log(rows of late ÷ rows that are usual)
    missing, next_missing number of parts that have yet to play at the close; slot of the first of them
    lowest                slot of the lowest part at the close
    next_tick, next_part  of the next given row; FAR and SLOTS if there is none
    taken                 given rows so far
    beneath               pitch class of the bass that the chord asks for, as C/E does; −1: its root
    forced                whether the coming row is given
    leading               slot of the lead
    held_to               whether every part that is not given has a pattern

    An array each, about places in time:

    unusual (TICKS)       1 for each place within a quarter where no note should begin
    pattern (PLACES)      for each place in a bar: bit s if part s plays there, bit SLOTS if it is a beat
    drums (PLACES)        for each place in a bar: bit d if drum d is struck there
    strokes (PLACES + 1)  for each place in a bar: how many places before it have a part that plays
    fills (BARS / 32)     for each bar from `begin` on, a bit, the lowest first: whether it ends with a fill

    A number for each slot (SLOTS,):

    kind                  as in `band.kinds`; −1 for an empty slot
    low, high             range of values
    single, most          whether it plays one note at a time; most notes at once
    given                 whether its rows are given
    free                  tick until which its notes of the input sound
    longest               longest note
    leap                  widest leap from note to note
    under                 whether it stays under the lead
    habit                 1 if it has a pattern, 2 if it moves with the lead, otherwise 0
    walks                 whether it seldom repeats a note
    due, late             whether its pattern wants it at this onset; how many slots before it are wanted too
    obey                  cost of a tone outside the chord on a strong beat, in thousandths of a nat
    eager                 per cent of the input's bars in which it played
    usual, recent         thousandths of rows in the last bars, where later rows count more: usually; at present
    balance               thousandths of log(recent ÷ usual)
    rest                  longest usual time from one of its onsets to the next; 0 if unknown
    drawn                 how likely its rest makes it to come back, in thousandths of a nat
    length, lately        mean length of its notes in thousandths of a tick: in the input, 0 if unknown; of late
    sounding, held        how many of its notes sound at the onset; whether one of them lasts to the goal
    wanted                whether it has yet to play at the close
    first                 value of the first row at its last onset

    The rest:

    ringing (128)         1 for each pitch that sounds in `part`
    rubs (12)             for each pitch class, how many notes sound on after `part` begins
    row (fields)          the coming row as far as it is known
    ends … heard          see `hearing.Ears`
    """

    tick: Any
    onset: Any
    part: Any
    before_part: Any
    before_value: Any
    floor: Any
    missed: Any
    count: Any
    new: Any
    entered: Any
    here: Any
    most_rows: Any
    follows: Any
    begin: Any
    latest: Any
    last: Any
    goal: Any
    mark: Any
    bar: Any
    line: Any
    longest_rest: Any
    tonic: Any
    third: Any
    clash: Any
    same: Any
    longest_same: Any
    code: Any
    code_before: Any
    pace: Any
    missing: Any
    next_missing: Any
    lowest: Any
    next_tick: Any
    next_part: Any
    taken: Any
    beneath: Any
    forced: Any
    leading: Any
    held_to: Any
    unusual: Any
    pattern: Any
    drums: Any
    strokes: Any
    fills: Any
    kind: Any
    low: Any
    high: Any
    single: Any
    most: Any
    given: Any
    free: Any
    longest: Any
    leap: Any
    under: Any
    habit: Any
    walks: Any
    due: Any
    late: Any
    obey: Any
    eager: Any
    usual: Any
    recent: Any
    balance: Any
    rest: Any
    drawn: Any
    length: Any
    lately: Any
    sounding: Any
    held: Any
    wanted: Any
    first: Any
    ringing: Any
    rubs: Any
    row: Any
    ends: Any
    pitches: Any
    slots: Any
    sung: Any
    when: Any
    over: Any
    facts: Any
    heard: Any


PLACES = 192  # ticks of the longest bar that a pattern can fill
BARS = 512  # after so many, the fills begin again
ROWS = {
    "unusual": TICKS,
    "pattern": PLACES,
    "drums": PLACES,
    "strokes": PLACES + 1,
    "fills": BARS // 32,
    "ringing": 128,
    "rubs": 12,
    "row": len(FIELDS),
} | dict(zip(("ends", "pitches", "slots", "sung", "when", "over", "facts", "heard"), SIZES, strict=True))
NUMBERS = State._fields.index("unusual")
SIZE = State(*(ROWS.get(name, 1 if i < NUMBERS else SLOTS) for i, name in enumerate(State._fields)))
*_starts, WIDTH = accumulate(SIZE, initial=0)
AT = State(*_starts)  # the first column of each field in a table


def state_of(row: Any) -> State:
    """The fields of one take's row (WIDTH,) of the table: single numbers as copies, arrays as views."""
    numbers = (row[at] for at in AT[:NUMBERS])
    return State(*numbers, *(row[at : at + n] for at, n in zip(AT[NUMBERS:], SIZE[NUMBERS:], strict=True)))


def ears_of(row: Any) -> Ears:
    """A take's ears, as views of its row."""
    at = state_of(row)
    return Ears(at.ends, at.pitches, at.slots, at.sung, at.when, at.over, at.facts, at.heard)
