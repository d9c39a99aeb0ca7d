"""A melody as a score would have it: bars of notes and rests, with ties and tuplets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from generation.finish.paper.divide import by_halves, cells, drawn
from generation.finish.paper.quantise import beat_of, quantise
from generation.music.key import Key
from generation.music.melody import Melody
from generation.music.spell import key_of

COMMON_TIME = (4, 4)  # where nobody said, or said only what a beat is


@dataclass(frozen=True)
class Symbol:
    """One note or rest as it is drawn.

    start, length  when it sounds, in quarters from its bar line
    pitch          MIDI, or None for a rest
    value          what is drawn: 1 a quarter, 3/2 a dotted one; within a tuplet more than it sounds
    tuplet         (actual, normal): (3, 2) for a triplet; None outside
    first, last    whether a tuplet begins or ends here
    tied           goes on in the next symbol
    continued      goes on from the symbol before
    note           index of the note in the melody, −1 for a rest
    """

    start: Fraction
    length: Fraction
    pitch: int | None
    value: Fraction
    tuplet: tuple[int, int] | None = None
    first: bool = False
    last: bool = False
    tied: bool = False
    continued: bool = False
    note: int = -1


@dataclass(frozen=True)
class Bar:
    """`number` counts full bars from 1; a pickup is bar 0. `length` in quarters."""

    number: int
    length: Fraction
    symbols: tuple[Symbol, ...]


@dataclass(frozen=True)
class Score:
    """Bars in one metre and one key. Notes from index `first_new` on are new; with `swing`, the second of two eighths
    comes late; `error` is how far, in quarters, the worst quarter of the onsets lies from what was played."""

    bars: tuple[Bar, ...]
    metre: tuple[int, int]
    key: Key
    tempo: float
    first_new: int
    swing: bool
    error: float


def notate(melody: Melody, first_new: int = 0) -> Score:
    """The score of a melody with at least one note. Empty bars before the first note are left out."""
    metre = melody.metre if melody.metre and melody.metre[0] > 1 else COMMON_TIME
    bar = Fraction(metre[0] * 4, metre[1])
    onsets, ends, feel = quantise(melody, first_new, metre)
    pickup = melody.metre is not None and melody.downbeat % float(bar) > 1e-9
    skipped = floor(onsets[0] / bar)
    onsets, ends = [x - skipped * bar for x in onsets], [x - skipped * bar for x in ends]
    begin = Fraction(0)
    if pickup and not skipped:
        begin = onsets[0] if by_halves(onsets[0]) else floor(onsets[0] / beat_of(metre)) * beat_of(metre)
    bars: list[Bar] = []
    note = 0
    while note < len(onsets):
        line = len(bars) * bar
        until = line + bar
        spans: list[tuple[Fraction, Fraction, int]] = []
        at = begin if not bars else line
        while note < len(onsets) and onsets[note] < until:
            if onsets[note] > at:
                spans.append((at - line, onsets[note] - line, -1))
            at = min(ends[note], until)
            spans.append((max(onsets[note], line) - line, at - line, note))
            if ends[note] > until:
                break
            note += 1
        if at < until:
            spans.append((at - line, bar, -1))
        number = len(bars) + (0 if begin else 1)
        came_in = spans[0][2] >= 0 and onsets[spans[0][2]] < line
        goes_on = spans[-1][2] >= 0 and ends[spans[-1][2]] > until
        symbols = tuple(_symbols(spans, melody, metre, came_in, goes_on))
        bars.append(Bar(number, bar - (begin if not bars else 0), symbols))
    shift = -(melody.downbeat % float(bar)) % float(bar) - skipped * float(bar)
    errors = sorted(abs(float(x) - (y + shift)) for x, y in zip(onsets, melody.onset, strict=True))
    tempo = melody.tempo[0].quarters_per_minute
    return Score(tuple(bars), metre, key_of(melody), tempo, first_new, feel.swung, errors[len(errors) * 3 // 4])


def _symbols(
    spans: Sequence[tuple[Fraction, Fraction, int]],
    melody: Melody,
    metre: tuple[int, int],
    came_in: bool,
    goes_on: bool,
) -> Iterator[Symbol]:
    """The symbols of one bar from its spans (start, end, note or −1), which fill it without gaps.

    `came_in` says that the first of them is tied from the bar before, `goes_on` that the last is tied to the next.
    """
    bar = Fraction(metre[0] * 4, metre[1])
    if len(spans) == 1 and spans[0][2] == -1 and spans[0][0] == 0:
        yield Symbol(Fraction(0), bar, None, bar)
        return
    first_of = {note: start for start, _, note in spans}
    last_of = {note: end for _, end, note in spans}
    for cell in cells([start for start, _, _ in spans] + [spans[-1][1]], metre):
        pieces = list(drawn(spans, cell, metre))
        tuplet = cell.ratio if cell.ratio != (1, 1) else None
        for i, (start, end, value, note) in enumerate(pieces):
            yield Symbol(
                start=start,
                length=end - start,
                pitch=int(melody.pitch[note]) if note >= 0 else None,
                value=value,
                tuplet=tuplet,
                first=tuplet is not None and i == 0,
                last=tuplet is not None and i == len(pieces) - 1,
                tied=note >= 0 and (end < last_of[note] or (goes_on and end == bar)),
                continued=note >= 0 and (start > first_of[note] or (came_in and start == 0)),
                note=note,
            )
