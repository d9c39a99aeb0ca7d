"""A score as written: the notes and signs of each part in each bar, before repeats are played out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from generation.music.metre import Metre, bar_length
from generation.read.repeats import Bar
from generation.request import Words

ZERO = Fraction(0)
ROUNDED = Fraction(1, 12)  # quarters by which a bar may miss its metre because a program rounded durations


@dataclass(slots=True)
class Sound:
    """A note as written.

    at, length  quarters, from the beginning of its bar
    pitch       MIDI note as it sounds, or a drum of General MIDI; may lie outside 0 … 127
    ties, tied  whether it goes on into the next note of its pitch, and whether it goes on from the one before
    voice       tells it from other notes of its pitch
    words       verse → syllable, with a hyphen after it where the word goes on
    """

    at: Fraction
    length: Fraction
    pitch: int
    ties: bool = False
    tied: bool = False
    voice: str = ""
    words: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Loudness:
    """A sign of loudness, `at` quarters within its bar.

    level   velocity from here on, None where a hairpin begins or ends
    accent  whether it applies only to the notes at this place (sf)
    swell   +1 where a crescendo begins, −1 where a diminuendo begins, 0 where either ends
    """

    at: Fraction
    level: int | None = None
    accent: bool = False
    swell: int = 0


@dataclass(slots=True)
class Measure:
    """What one part has in one bar.

    filled  quarters that its notes and rests fill; sung  the same for the voices that do more than rest
    rests   quarters of a rest that stands for the whole bar, however long that is
    """

    sounds: list[Sound] = field(default_factory=list)
    loudness: list[Loudness] = field(default_factory=list)
    pedal: list[tuple[Fraction, int]] = field(default_factory=list)
    filled: Fraction = ZERO
    sung: Fraction = ZERO
    rests: Fraction = ZERO


@dataclass
class Line:
    """One part: its bars, and what the score says of its instrument.

    number     of the part in its score, from 1
    program    of General MIDI, 0 … 127; None if unknown
    transpose  (diatonic steps, semitones) from what is written to what sounds
    volume     0 … 127; pan  0 … 127, 64 in the middle; None if unknown
    """

    number: int
    name: str = ""
    measures: list[Measure] = field(default_factory=list)
    program: int | None = None
    drums: bool = False
    transpose: tuple[int, int] = (0, 0)
    volume: int | None = None
    pan: int | None = None


@dataclass(frozen=True)
class Signature:
    """A key signature as it sounds: its sharps (flats are negative), and its mode, empty if unknown.

    odd  whether it is not one of the traditional ones; then the sharps mean nothing
    """

    sharps: int
    mode: str = ""
    odd: bool = False


@dataclass
class Common:
    """Signs of a bar that apply to all parts, at quarters from its beginning; metre and signature if they change."""

    length: Fraction = ZERO
    metre: Metre | None = None
    signature: Signature | None = None
    tempo: dict[Fraction, float] = field(default_factory=dict)
    chords: dict[Fraction, str] = field(default_factory=dict)
    markers: dict[Fraction, str] = field(default_factory=dict)


@dataclass
class Score:
    """Lines whose bars stand one above the other; `common` and `bars` have an entry for each of them.

    doubles    the bars that end with a double bar, which does not mean a repeat
    movements  the first bars of all movements but the first: no repeat and no jump leads out of a movement
    order      the bars in the order of playing, if the score itself states that, whatever its repeats
    """

    lines: list[Line] = field(default_factory=list)
    common: list[Common] = field(default_factory=list)
    bars: list[Bar[None]] = field(default_factory=list)
    doubles: set[int] = field(default_factory=set)
    movements: list[int] = field(default_factory=list)
    order: list[int] | None = None
    title: str = ""
    composer: str = ""
    remarks: list[Words] = field(default_factory=list)


def movements(score: Score) -> list[tuple[int, int]]:
    """(first bar, the bar after the last) of each movement."""
    return list(pairwise([0, *score.movements, len(score.bars)]))


def filled_bar(measures: Sequence[Measure], metre: Metre | None, pickup: bool) -> Fraction:
    """Quarters that a bar lasts: as many as its parts fill. A rest that stands for a whole bar is as long as the bar.

    pickup  whether the bar may be shorter than its metre: then parts that only rest do not make it longer
    """
    usual = bar_length(metre) if metre else Fraction(4)
    sung = max((measure.sung for measure in measures), default=ZERO)
    length = sung if pickup and sung else max((measure.filled for measure in measures), default=ZERO)
    if not (pickup and length):
        length = max(length, max((measure.rests for measure in measures), default=ZERO))
    if not length or abs(length - usual) < ROUNDED:
        return usual
    return length


def column(lines: Iterable[Line], i: int) -> list[Measure]:
    """Bar `i` of all lines."""
    return [line.measures[i] for line in lines if i < len(line.measures)]
