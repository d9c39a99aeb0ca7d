"""The signs above a score: chord symbols, changes of tempo and rehearsal marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar
from xml.sax.saxutils import escape

from generation.finish.paper.bars import Marks, exact
from generation.finish.paper.harmony import harmony
from generation.music.clock import Tempo
from generation.music.metre import Metre, written_beat
from generation.music.song import Song, legible, ruling

if TYPE_CHECKING:
    from generation.finish.paper.notate import Bar, Symbol

NOTICED = 0.03  # the share by which a tempo must change to be written
LASTING = 4.0  # quarters that a changed tempo must last; anything shorter is a player's freedom
GRADUAL, FEWEST, SLOWER = 2.0, 3, 0.1  # a “rit.”: most quarters between marks, fewest marks, least share it slows by
DOTTED = {Fraction(3, 4): "eighth", Fraction(3, 2): "quarter", Fraction(3): "half"}  # a beat of three → its note
CENTRED, LONGEST = 3, 32  # letters of a rehearsal mark in a picture
Sign = TypeVar("Sign")


@dataclass(frozen=True)
class Signs:
    """The signs of a piece.

    chords  (quarter, symbol)
    tempos  (quarter, quarters a minute) of the changes that a musician would write
    marks   (quarter, text), such as “B” or “Chorus”
    words   (quarter, word) on how it is played, such as “rit.”
    """

    chords: Marks[str] = ()
    tempos: Marks[float] = ()
    marks: Marks[str] = ()
    words: Marks[str] = ()


@dataclass(frozen=True)
class Above:
    """The signs above one bar, in quarters from its bar line."""

    chords: tuple[tuple[Fraction, str], ...] = ()
    tempos: tuple[tuple[Fraction, float], ...] = ()
    marks: tuple[tuple[Fraction, str], ...] = ()
    words: tuple[tuple[Fraction, str], ...] = ()


NONE, BARE = Signs(), Above()


def signs_of(song: Song, first: float) -> Signs:
    """The signs of a song whose score begins with a note at the quarter `first`."""
    marks = [(quarter, text) for quarter, said in song.markers if (text := legible(said))]
    slower = slowing_from(song.tempo)
    words = [] if slower is None or slower <= first else [(slower, "rit.")]
    return Signs(song.chords, written_tempos(song.tempo, first, song.end), marks, words)


def first_tempo(tempo: Sequence[Tempo], first: float) -> float:
    """Quarters a minute at the quarter `first`."""
    return float(ruling([(mark.onset, mark.quarters_per_minute) for mark in tempo], first)[1])


def written_tempos(tempo: Sequence[Tempo], first: float, end: float) -> list[tuple[float, float]]:
    """The changes of tempo that a score has after the quarter `first`, which are those that one hears and that last:
    (quarter, quarters a minute). `end`: the quarter at which the music ends."""
    found, now = [], first_tempo(tempo, first)
    for mark, until in zip(tempo, [*(later.onset for later in tempo[1:]), end], strict=True):
        pace = mark.quarters_per_minute
        if mark.onset > first and until - mark.onset >= LASTING and abs(pace / now - 1) > NOTICED:
            found.append((mark.onset, pace))
            now = pace
    return found


def slowing_from(tempo: Sequence[Tempo]) -> float | None:
    """The quarter from which the music slows down, mark by mark, until its last note, which may have the old tempo;
    None if it does not."""
    pace = [mark.quarters_per_minute for mark in tempo]
    last = len(pace) - 1
    if last and pace[last] > pace[last - 1]:
        last -= 1
    start = last
    while start and pace[start - 1] > pace[start]:
        start -= 1
        if tempo[start + 1].onset - tempo[start].onset > GRADUAL:
            break
    slows = last - start >= FEWEST and pace[last] < (1 - SLOWER) * pace[start]
    return tempo[start + 1].onset if slows else None


def above(signs: Signs, line: Fraction, until: Fraction) -> Above:
    """The signs from one bar line to the next."""

    def some(marks: Marks[Sign]) -> tuple[tuple[Fraction, Sign], ...]:
        return tuple((exact(at) - line, sign) for at, sign in marks if line <= exact(at) < until)

    return Above(some(signs.chords), some(signs.tempos), some(signs.marks), some(signs.words))


def over(symbols: Sequence["Symbol"], signs: Sequence[tuple[Fraction, Sign]]) -> dict[int, list[tuple[Fraction, Sign]]]:
    """Index of a note or rest → the signs that begin during it, as (quarters after its start, sign)."""
    found: dict[int, list[tuple[Fraction, Sign]]] = {}
    for at, sign in signs:
        index = max((i for i, symbol in enumerate(symbols) if symbol.start <= at), default=0)
        found.setdefault(index, []).append((at - symbols[index].start, sign))
    return found


def elements(bar: "Bar", divisions: int, picture: bool) -> dict[int, str]:
    """Index of a note or rest of a bar → the elements of MusicXML before it, for the signs above the bar. `picture`: as
    in `tempo_element`."""
    found = dict.fromkeys(range(len(bar.symbols)), "")
    for i, marks in over(bar.symbols, bar.signs.marks).items():
        for later, text in marks:
            found[i] += _direction(_mark(text, picture), round(later * divisions))
    for i, tempos in over(bar.symbols, bar.signs.tempos).items():
        for later, pace in tempos:
            found[i] += tempo_element(pace, bar.metre, round(later * divisions), picture)
    for i, words in over(bar.symbols, bar.signs.words).items():
        for later, word in words:
            found[i] += _direction(f'<words font-style="italic">{escape(word)}</words>', round(later * divisions))
    for i, chords in over(bar.symbols, bar.signs.chords).items():
        for later, chord in chords:
            found[i] += harmony(chord, round(later * divisions), picture)
    return found


def _mark(text: str, picture: bool) -> str:
    """A rehearsal mark. In a picture, where marks are centred on their note, a long one begins there instead."""
    if picture and len(text) > CENTRED:
        shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
        return f'<words enclosure="rectangle">{escape(shown)}</words>'
    return f"<rehearsal>{escape(text)}</rehearsal>"


def tempo_words(pace: float, metre: Metre) -> str:
    """A tempo in quarters a minute as musicians write it: “♩ = 120”."""
    return f"♩. = {pace / 1.5:.0f}" if written_beat(metre) == Fraction(3, 2) else f"♩ = {pace:.0f}"


def tempo_element(pace: float, metre: Metre, offset: int = 0, picture: bool = False, also: str = "") -> str:
    """A <direction> for a tempo in quarters a minute, `offset` divisions after the start of the next note, with the
    further element `also`. In a `picture`, the tempo is words, since the page is drawn in a font of our own."""
    if picture:
        return _direction(f"<words>{tempo_words(pace, metre)}</words>", offset)
    beat = written_beat(metre)
    unit, dot = (DOTTED[beat], "<beat-unit-dot/>") if beat in DOTTED else ("quarter", "")
    count = f"{pace / float(beat) if dot else pace:.0f}"
    kind = f"<metronome><beat-unit>{unit}</beat-unit>{dot}<per-minute>{count}</per-minute></metronome>"
    return _direction(kind, offset, also, f'<sound tempo="{pace:g}"/>')


def _direction(kind: str, offset: int, also: str = "", sound: str = "") -> str:
    later = f'<offset sound="yes">{offset}</offset>' if offset else ""
    return f'<direction placement="above"><direction-type>{kind}</direction-type>{also}{later}{sound}</direction>'
