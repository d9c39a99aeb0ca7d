"""Line → score: bars of notes and rests, with ties and tuplets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor

import numpy as np

from generation.finish.paper.bars import Marks, Stretch, bar_lines, stretched_bars
from generation.finish.paper.divide import by_halves, cells, drawn
from generation.finish.paper.lyrics import syllables
from generation.finish.paper.quantise import quantise
from generation.finish.paper.signs import BARE, NONE, Above, Signs, above, first_tempo
from generation.music.clock import Clock
from generation.music.key import Key
from generation.music.metre import Metre, written_beat
from generation.music.notes import Written
from generation.music.song import Part, Song, ruling
from generation.music.spell import key_of, written_key

EARLY = 0.12  # quarters by which a note may come before the bar line to which it belongs
FINEST = Fraction(1, 64)  # quarters between two notes that would otherwise share one place


@dataclass(frozen=True)
class Symbol:
    """One note or rest as it is drawn.

    start, length  when it sounds, in quarters from its bar line
    pitch          MIDI, or None for a rest
    value          the note value that is drawn: 1 a quarter, 3/2 a dotted one; in a tuplet, longer than it sounds
    tuplet         (actual, normal): (3, 2) for a triplet; None outside
    first, last    whether a tuplet begins or ends here
    tied           whether the note continues in the next symbol
    continued      whether the note began in an earlier symbol
    note           index of the note in the melody, −1 for a rest
    others         the further notes of a chord, MIDI, whose first is `pitch`
    harmony        the chord symbol over which the note begins; "" for none
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
    others: tuple[int, ...] = ()
    harmony: str = ""

    @property
    def pitches(self) -> tuple[int, ...]:
        """All pitches of a chord; empty for a rest."""
        return () if self.pitch is None else (self.pitch, *self.others)


@dataclass(frozen=True)
class Bar:
    """A bar of the score.

    number  counts full bars from 1; a pickup is bar 0
    length  quarters
    signs   chords, tempos and marks above it, in quarters from the bar line
    """

    number: int
    length: Fraction
    symbols: tuple[Symbol, ...]
    metre: Metre
    key: Key
    signs: Above = BARE


@dataclass(frozen=True)
class Frame:
    """A bar before notes are written into it.

    line, until  the quarters of its bar line and of the next
    begin        quarters after its bar line at which it begins: more than 0 in a pickup
    others       as in `Bar`
    """

    line: Fraction
    until: Fraction
    begin: Fraction
    number: int
    metre: Metre
    key: Key
    signs: Above = BARE


@dataclass(frozen=True)
class Score:
    """The bars of a melody.

    tempo      quarter notes a minute at the beginning
    first_new  index of the first new note
    swing      whether the second of two eighths is played late
    error      quarters by which written onsets differ from the played ones: the third quartile
    sung       index of a note → its syllable
    """

    bars: tuple[Bar, ...]
    tempo: float
    first_new: int
    swing: bool
    error: float
    sung: Mapping[int, str] = field(default_factory=dict)

    @property
    def metre(self) -> Metre:
        """The metre at the beginning."""
        return self.bars[0].metre

    @property
    def key(self) -> Key:
        """The key at the beginning."""
        return self.bars[0].key


def notate(melody: Song, since: float = 0.0, signs: Signs = NONE, words: Marks[str] = ()) -> Score:
    """The score of a line with at least one note. Empty bars before the first note are left out.

    since  the quarter where the new music begins; 0 if all of it is new
    signs  what stands above the notes
    words  as in `Part`
    """
    line = melody.line
    first_new = min(line.first(since), len(line) - 1)
    stretches = stretched_bars(melody.metres, melody.pickup, float(line.onset[0]))
    onsets, ends, swung = quantised(melody.parts[0], first_new, stretches, melody.clock)
    keys = [(quarter, written_key(key)) for quarter, key in melody.keys] or [(0.0, key_of(melody))]
    empty = frames(stretches, onsets[0], ends[-1], keys, signs)
    bars = write_into(empty, onsets, ends, line.pitch[:, None].tolist(), signs.chords)
    errors = sorted(abs(float(x) - y) for x, y in zip(onsets, line.onset, strict=True))
    tempo = first_tempo(melody.tempo, float(line.onset[0]))
    error = errors[len(errors) * 3 // 4]
    return Score(bars, tempo, first_new, swung, error, syllables(line.onset, words))


def frames(
    stretches: Sequence[Stretch], first: Fraction, last: Fraction, keys: Marks[Key], signs: Signs = NONE
) -> list[Frame]:
    """The bars from the one in which the `first` note begins to the one in which the `last` ends. A bar line before
    quarter 0 makes a pickup, without the rests before the first note."""
    found: list[Frame] = []
    for line, until, metre in bar_lines(stretches, first):
        begin = Fraction(0)
        if not found and line < 0:
            begin = first - line
            begin = begin if by_halves(begin) else floor(begin / written_beat(metre)) * written_beat(metre)
        before = 1 if (found[0].begin if found else begin) else 0
        key = ruling(keys, float(line))[1]
        found.append(Frame(line, until, begin, len(found) + 1 - before, metre, key, above(signs, line, until)))
        if last <= until:
            break
    return found


def write_into(
    frames: Sequence[Frame],
    onsets: Sequence[Fraction],
    ends: Sequence[Fraction],
    pitches: Sequence[Sequence[int]],
    harmony: Marks[str] = (),
) -> tuple[Bar, ...]:
    """The bars of one voice: chords that do not overlap, with their pitches, in order, under chord symbols."""
    bars: list[Bar] = []
    over = [ruling(harmony, float(at))[1] if harmony and harmony[0][0] <= at else "" for at in onsets]
    note = 0
    for frame in frames:
        line, until = frame.line, frame.until
        spans: list[tuple[Fraction, Fraction, int]] = []
        at = line + frame.begin
        while note < len(onsets) and onsets[note] < until:
            if onsets[note] > at:
                spans.append((at - line, onsets[note] - line, -1))
            at = min(ends[note], until)
            spans.append((max(onsets[note], line) - line, at - line, note))
            if ends[note] > until:
                break
            note += 1
        if at < until:
            spans.append((at - line, until - line, -1))
        came_in = spans[0][2] >= 0 and onsets[spans[0][2]] < line
        goes_on = spans[-1][2] >= 0 and ends[spans[-1][2]] > until
        symbols = tuple(
            replace(symbol, harmony=over[symbol.note]) if symbol.note >= 0 else symbol
            for symbol in _symbols(spans, pitches, frame.metre, until - line, came_in, goes_on)
        )
        bars.append(Bar(frame.number, until - line - frame.begin, symbols, frame.metre, frame.key, frame.signs))
    return tuple(bars)


def quantised(
    part: Part, first_new: int, stretches: Sequence[Stretch], clock: Clock
) -> tuple[list[Fraction], list[Fraction], bool]:
    """Written onsets and ends of all notes of a line, in quarters, and whether it swings."""
    onsets: list[Fraction] = []
    ends: list[Fraction] = []
    swung, stop = False, len(part.notes)
    for stretch in reversed(stretches):  # backwards: a note may last until the next one, even in another metre
        first = stretch is stretches[0]
        begin = 0 if first else int(np.searchsorted(part.notes.onset, float(stretch.start) - EARLY))
        if begin >= stop:
            continue
        bar = stretch.bar
        line = stretch.start % bar - bar if stretch.start % bar else Fraction(0)  # where `quantise` starts to count
        some = _some(part, begin, stop)
        pace = 60 * some.notes.end / clock.second(some.notes.end)
        after = onsets[0] - line if onsets else None
        x, y, feel = quantise(some, max(0, first_new - begin), stretch.metre, float(stretch.start % bar), pace, after)
        least = line if first else stretch.start  # a note that comes a little early belongs to the bar line
        x = [max(at + line, least + i * FINEST) for i, at in enumerate(x)]
        y = [end + line if end + line > x[i] else x[i] + FINEST for i, end in enumerate(y)]
        onsets, ends, stop = x + onsets, y + ends, begin
        swung = swung or feel.swung
    return onsets, ends, swung


def _some(part: Part, begin: int, stop: int) -> Part:
    """The notes from index `begin` to `stop`, with their share of `written`."""
    some, written = replace(part, notes=part.notes[begin:stop], written=None), part.written
    if written is None or stop < len(part.notes):
        return some
    made = min(len(written.late), stop - begin)
    late, duration = (array[len(array) - made :] for array in (written.late, written.duration))
    return replace(some, written=Written(late, duration))


def _symbols(
    spans: Sequence[tuple[Fraction, Fraction, int]],
    pitches: Sequence[Sequence[int]],
    metre: Metre,
    bar: Fraction,
    came_in: bool,
    goes_on: bool,
) -> Iterator[Symbol]:
    """The symbols of one bar, `bar` quarters long, from spans (start, end, note or −1) that fill it without gaps.

    `came_in`: the first note is tied from the bar before; `goes_on`: the last note is tied to the next bar.
    """
    if len(spans) == 1 and spans[0][2] == -1 and spans[0][0] == 0:
        yield Symbol(Fraction(0), bar, None, bar)
        return
    first_of = {note: start for start, _, note in spans}
    last_of = {note: end for _, end, note in spans}
    for cell in cells((*(start for start, _, _ in spans), spans[-1][1]), metre):
        pieces = list(drawn(spans, cell, metre))
        tuplet = cell.ratio if cell.ratio != (1, 1) else None
        for i, (start, end, value, note) in enumerate(pieces):
            yield Symbol(
                start=start,
                length=end - start,
                pitch=pitches[note][0] if note >= 0 else None,
                value=value,
                tuplet=tuplet,
                first=tuplet is not None and i == 0,
                last=tuplet is not None and i == len(pieces) - 1,
                tied=note >= 0 and (end < last_of[note] or (goes_on and end == bar)),
                continued=note >= 0 and (start > first_of[note] or (came_in and start == 0)),
                note=note,
                others=tuple(pitches[note][1:]) if note >= 0 else (),
            )
