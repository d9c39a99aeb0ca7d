"""The plan of a band that plays beside given parts."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from generation.model import band, hearing
from generation.model.band import BAR, DURATION, FIRST_CHORD, FIRST_DRUM, PART, SINCE, SLOTS, TICK, VALUE
from generation.model.encode_band import Piece
from generation.model.encode_song import encode_song
from generation.model.tokens import LENGTHS, TICKS, Ints
from generation.music.metre import Metre, bar_length, heard_beat
from generation.music.song import tempo_at
from generation.play.asked import BandPrompt
from generation.play.band.ahead import as_given, basses, obeyed
from generation.play.band.beside import Beside
from generation.play.band.limits import limits
from generation.play.band.plan import LONGEST_INPUT, Plan, write_state
from generation.play.band.state import AT, BARS, FAR, PLACES, SIZE, WIDTH, ears_of
from generation.request import STYLES

PHRASE = 4  # bars


def plan_beside(prompt: BandPrompt, beside: Beside) -> Plan:
    """The plan of a band that plays beside given parts."""
    song = beside.primed
    piece = encode_song(song, prompt.style if prompt.style in STYLES else "auto")
    every, heading = piece.encoded.rows, piece.encoded.heading
    begin = round((beside.since + beside.lead_in) * TICKS)
    past = piece.beginning(int(np.searchsorted(every[1:, TICK], begin)))
    held = np.array([slot for i, slot in piece.slots.items() if i not in beside.hands] + [0] * bool(song.chords))
    ahead = every[len(past.encoded.rows) :]
    ahead = ahead[np.isin(ahead[:, PART], held)]
    table = np.zeros(WIDTH, np.int64)
    heard = hearing.listen(past.encoded.rows, heading, ears_of(table))
    now = past.encoded.rows[-1]
    felt, mark = int(now[BAR]) or 4 * TICKS, int(now[TICK] - now[SINCE])
    bounds = limits(past.encoded.rows[1:], heading, felt, mark)
    for i, hand in beside.hands.items():
        if i in piece.slots and hand.low is not None and hand.high is not None:
            slot = piece.slots[i]
            bounds.low[slot], bounds.high[slot] = (
                min(max(0, each + piece.shift), FIRST_DRUM - 1) for each in (hand.low, hand.high)
            )
    for values, given in (
        (bounds.single, 0),
        (bounds.most, hearing.ROOM),
        (bounds.free, 0),
        (bounds.eager, 0),
        (bounds.usual, 0),
    ):
        values[held] = given
    last, goal = _close(ahead, felt, mark, begin)
    ahead = ahead[(ahead[:, PART] > 0) | (ahead[:, VALUE] < FIRST_CHORD - 1) | (ahead[:, TICK] <= last)]
    write_state(table, past, bounds, begin, FAR, last, goal)
    table[AT.tick] = now[TICK]
    table[AT.most_rows] = bounds.together + len(held)
    table[AT.given + held] = 1
    obeyed(table, heading, ahead)
    beneath = basses(song.chords, piece.shift)
    table[AT.beneath] = next((bass for tick, bass in reversed(beneath.items()) if tick <= begin), -1)
    _accustom(table, piece, beside, song.metre or (4, 4), begin)
    return Plan(
        song,
        piece,
        past.encoded.rows[-LONGEST_INPUT:],
        heard[-LONGEST_INPUT:],
        as_given(ahead, beneath),
        table,
        bounds,
        begin,
        goal,
        goal - begin,
        tempo_at(song, song.end),
        beside=beside,
    )


def _accustom(table: Ints, piece: Piece, beside: Beside, metre: Metre, begin: int) -> None:
    """Write each part's habits, such as its pattern, into a take's row (WIDTH,) of the table; the band enters at tick
    `begin`."""
    bar = int(table[AT.line])
    hands = {piece.slots[i]: hand for i, hand in beside.hands.items() if i in piece.slots}
    for slot, hand in hands.items():
        table[AT.under + slot], table[AT.walks + slot] = hand.under, hand.walks
    if bar > PLACES or bar != round(bar_length(metre) * TICKS):
        return
    pattern, drums = table[AT.pattern : AT.pattern + PLACES], table[AT.drums : AT.drums + PLACES]
    for slot, hand in hands.items():
        table[AT.habit + slot] = 2 if hand.along else 1 if hand.places else 0
        if not hand.along:
            pattern[[round(place * TICKS) for place in hand.places]] |= 1 << slot
        for place, drum in hand.strokes:
            drums[round(place * TICKS)] |= 1 << int(band.drum_value(np.array(drum)) - FIRST_DRUM)
    table[AT.fills : AT.fills + SIZE.fills] = _fills(
        round((at * TICKS - begin) / bar) for at, _ in beside.primed.markers
    )
    table[AT.strokes + 1 : AT.strokes + PLACES + 1] = np.cumsum(pattern > 0)
    pattern[np.arange(0, bar, int(TICKS * heard_beat(metre)))] |= 1 << SLOTS
    table[AT.held_to] = all(hand.places for hand in hands.values())


def _fills(strains: Iterable[int]) -> Ints:
    """`State.fills` for strains that begin at these bars, besides the first: a fill ends each strain, and each fourth
    bar of it that is not near its end."""
    ends = np.zeros(BARS, np.int64)
    for first, after in pairwise([0, *(bar for bar in strains if 0 < bar < BARS), BARS]):
        ends[first + PHRASE - 1 : after - PHRASE + 1 : PHRASE] = ends[after - 1] = 1
    words: Ints = (ends.reshape(-1, 32) << np.arange(32)).sum(1)
    return words


def _close(ahead: Ints, bar: int, mark: int, begin: int) -> tuple[int, int]:
    """The ticks where the closing notes begin and end beside the given rows `ahead` (n, len(FIELDS)). Bars last `bar`
    ticks, counted from tick `mark`; the band enters at tick `begin`."""
    played = ahead[ahead[:, VALUE] < FIRST_CHORD - 1]
    if not len(played):
        return begin + TICKS, begin + TICKS + bar
    last, end = int(played[-1, TICK]), int((played[:, TICK] + LENGTHS[played[:, DURATION]]).max())
    if end - last < TICKS:  # the given music does not come to rest by itself: the band holds its last half-bar
        half = bar // 2 if bar % (2 * TICKS) == 0 or bar == 3 * TICKS else bar
        last = max(begin, last - (last - mark) % half)
    return last, max(end, last + TICKS)
