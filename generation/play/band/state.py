"""The state of a take of several parts, as rules and loops use it: one row of whole numbers in a table of all takes."""

from itertools import accumulate
from typing import Any, NamedTuple

from generation.model.band import FIELDS, SLOTS
from generation.model.hearing import SIZES, Ears
from generation.model.tokens import TICKS

OVER = 1000 * TICKS  # the value of the step class that says that nothing follows
FAR = 2**40  # a tick that never comes


class State(NamedTuple):
    """Times in ticks, pitches transposed like the rows. A slot's number stands at its index.

    tick, onset           of the last row; of the coming row, once its step is known
    part                  slot of the coming row, once it is known
    before_part           slot of the row before it at its onset, −1 if there is none; before_value: that row's value
    count, new            rows so far; of these, new ones; entered: whether one of these is a note
    here                  rows at the present onset; most_rows: allowed
    follows               whether another row may follow at this onset
    begin, latest         earliest and latest onset of the first new row
    last, goal            onset of the closing notes, FAR for a take that does not close; the end of the music
    mark, bar, line       tick from which places in bars are counted; length of a bar, 0 if unknown, and as it is felt
    longest_rest          longest step
    tonic, third          pitch class of the tonic; semitones from it to the third of its triad
    clash                 cost of a clash in thousandths of a nat
    same, longest_same    onsets just like the one before them, in a row; allowed
    code, code_before     stand for the rows of the present onset and of the one before
    pace                  log of how many rows there were lately, to how many are usual, in thousandths
    missing, next_missing parts that have yet to play at the close; slot of the first of them
    lowest                slot of the lowest part at the close
    next_tick, next_part  of the next row that is given, FAR and SLOTS if there is none; taken: given rows so far
    forced                whether the coming row is given
    leading               slot of the lead
    held_to               whether patterns are known of all parts that are not given
    pattern (PLACES)      bit s of each place in a bar: part s plays there; bit SLOTS: a beat
    drums (PLACES)        bit d of each place in a bar: the drum d is struck there
    strokes (PLACES + 1)  places before each place in a bar where any part plays
    unusual (TICKS)       1 for each place within a quarter where no note should begin
    kind                  as in `band.kinds`; −1 for a slot that is empty
    low, high             range of values
    single, most          whether it plays one note at a time; notes at once
    given                 whether its rows are given
    free                  tick until which notes of the input sound
    longest               longest note
    under                 whether it stays under the lead
    habit                 1: it has a pattern, 2: it moves with the lead, 0: neither
    walks                 whether it seldom repeats a note
    due, late             whether its pattern wants it at this onset; how many before it are wanted
    obey                  cost of a tone outside the chord on a strong beat, in thousandths of a nat
    eager                 the share of the input's bars in which it played, in per cent
    usual, recent         rows in the last bars, of which later ones count more, in thousandths: usual; so far
    balance               log of the second to the first, in thousandths
    rest                  ticks from one of its onsets to the next that are usual at most; 0 if unknown
    length, lately        mean ticks that its notes last, in thousandths: in the input, 0 if unknown; of late
    sounding, held        notes that sound at the onset; whether one of these lasts to the goal
    wanted                whether it has yet to play at the close
    first                 value of the first row at the last onset of each part
    ringing (128)         1 for each pitch that sounds in `part`
    rubs (12)             notes that sound, by pitch class, and will not end where `part` begins
    row (fields)          the coming row as far as it is known
    ends … heard          as in `hearing.Ears`
    """

    tick: Any
    onset: Any
    part: Any
    before_part: Any
    before_value: Any
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
    forced: Any
    leading: Any
    held_to: Any
    unusual: Any
    pattern: Any
    drums: Any
    strokes: Any
    kind: Any
    low: Any
    high: Any
    single: Any
    most: Any
    given: Any
    free: Any
    longest: Any
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
    facts: Any
    heard: Any


PLACES = 192  # ticks of the longest bar that a pattern can fill
ROWS = {
    "unusual": TICKS,
    "pattern": PLACES,
    "drums": PLACES,
    "strokes": PLACES + 1,
    "ringing": 128,
    "rubs": 12,
    "row": len(FIELDS),
} | dict(zip(("ends", "pitches", "slots", "sung", "when", "facts", "heard"), SIZES, strict=True))
NUMBERS = State._fields.index("unusual")
SIZE = State(*(ROWS.get(name, 1 if i < NUMBERS else SLOTS) for i, name in enumerate(State._fields)))
*_starts, WIDTH = accumulate(SIZE, initial=0)
AT = State(*_starts)  # the first column of each field in a table


def state_of(row: Any) -> State:
    """The fields of one take's row (WIDTH,) of the table: numbers, and views."""
    numbers = (row[at] for at in AT[:NUMBERS])
    return State(*numbers, *(row[at : at + n] for at, n in zip(AT[NUMBERS:], SIZE[NUMBERS:], strict=True)))


def ears_of(row: Any) -> Ears:
    """A take's ears, as views of its row."""
    at = state_of(row)
    return Ears(at.ends, at.pitches, at.slots, at.sung, at.when, at.facts, at.heard)
