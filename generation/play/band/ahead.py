"""Rows that are given ahead of the music, such as chords: their form for the loops, and their effect on other parts."""

from collections.abc import Mapping

import numpy as np

from generation.model import band
from generation.model.band import BAR, CLASSES, FIRST_CHORD, PART, QUALITIES, SINCE, SLOTS, TICK, VALUE
from generation.model.chords import bass_of, value_of
from generation.model.tokens import TICKS, Ints
from generation.music.chart import Chords
from generation.play.band.state import AT, FAR
from generation.play.loops.given import KEPT
from generation.play.plan import MAJOR_THIRD, MINOR_THIRD

# Role → the cost of a tone outside the chord on a strong beat, in thousandths of a nat.
OBEY = {"chords": 12_000, "bass": 12_000, "pad": 12_000, "second": 5_000, "other": 5_000, "lead": 1_500}
MOST_GIVEN = 12_288  # rows
NOTHING_GIVEN = np.array([[0, SLOTS, *[0] * (len(CLASSES) - 2), KEPT, 0, FAR]])


def obeyed(table: Ints, heading: Ints, ahead: Ints) -> None:
    """Write into a take's row (WIDTH,) of the table how strictly each part keeps to the chords, that the take closes on
    the last chord, and the first of the rows `ahead` (n, len(FIELDS))."""
    for role, cost in OBEY.items():
        table[AT.obey + np.flatnonzero(heading[:, 0] == band.ROLES.index(role) + 1)] = cost
    leads = np.flatnonzero(heading[:, 0] == band.ROLES.index("lead") + 1)
    table[AT.leading] = leads[0] if len(leads) else SLOTS
    chords = ahead[ahead[:, VALUE] >= FIRST_CHORD, VALUE]
    if len(chords):
        quality, root = divmod(int(chords[-1]) - FIRST_CHORD, 12)
        minor = QUALITIES[quality] in ("min", "min7", "dim", "hdim7", "dim7", "min6")
        table[[AT.tonic, AT.third]] = root, MINOR_THIRD if minor else MAJOR_THIRD
    if len(ahead):
        table[[AT.next_tick, AT.next_part]] = ahead[0, [TICK, PART]]


def chord_rows(chords: Chords, shift: int, mark: int, bar: int) -> Ints:
    """Rows (n, len(FIELDS)) for chords (quarter, symbol) in harmony's slot, transposed by `shift` semitones. Bars last
    `bar` ticks, counted from tick `mark`."""
    rows = np.tile(band.start_row(), (len(chords), 1))
    for row, (quarter, symbol) in zip(rows, chords, strict=True):
        chord, tick = value_of(symbol), round(quarter * TICKS)
        moved = (chord - FIRST_CHORD) // 12 * 12 + (chord - FIRST_CHORD + shift) % 12 + FIRST_CHORD
        row[[PART, VALUE, TICK]] = 0, chord if chord < FIRST_CHORD else moved, tick
        row[[SINCE, BAR]] = tick - mark, bar
    return rows


def basses(chords: Chords, shift: int) -> dict[int, int]:
    """Tick of each chord (quarter, symbol) → the bass that it asks for, as `State.beneath`, transposed by `shift`."""
    asked = {round(quarter * TICKS): bass_of(symbol) for quarter, symbol in chords}
    return {tick: bass if bass < 0 else (bass + shift) % 12 for tick, bass in asked.items()}


def as_given(ahead: Ints, beneath: Mapping[int, int]) -> Ints:
    """Given rows (n, len(FIELDS)) in the form that `loops.given` reads (n + 1, heads + 3), with a last row that never
    comes; `beneath`: the basses of its chords by their ticks."""
    ahead = ahead[: MOST_GIVEN - 1]
    mark = ahead[:, TICK] - ahead[:, SINCE]
    for i in range(1, len(ahead)):  # a bar of another length has no lines of its own
        mark[i] = mark[i] if ahead[i, BAR] == ahead[0, BAR] else mark[i - 1]
    chord = ahead[:, VALUE] >= FIRST_CHORD - 1
    bass = np.where(chord, [beneath.get(int(tick), -1) for tick in ahead[:, TICK]], KEPT)
    rows = np.column_stack([ahead[:, : band.ARTICULATION + 1], bass, mark, ahead[:, TICK]])
    return np.concatenate([rows, NOTHING_GIVEN])
