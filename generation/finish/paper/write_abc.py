"""Piece → ABC, the text notation that folk musicians exchange."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

from generation.finish.paper.lyrics import abc_line
from generation.finish.paper.notate import Bar, Frame, Score
from generation.finish.paper.signs import over
from generation.finish.piece import Piece
from generation.music.key import MODES, Key
from generation.music.metre import written_beat
from generation.music.spell import Name, signature, spell

UNIT = Fraction(1, 2)  # L:1/8 in quarters
BARS_A_LINE = 4
MOST_IN_TUPLET = 9  # since most programs read only one digit
SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
SomeBar = TypeVar("SomeBar", Bar, Frame)
KEY_WORDS = {mode: mode[:3] for mode in MODES} | {"major": "", "minor": "m"}


def write_abc(piece: Piece) -> bytes:
    """The melody as an ABC tune in UTF-8, as in the score, without the timing and dynamics of the performance."""
    score = piece.score
    lines = [
        *headed(piece.title, piece.song.composer),
        f"N:Encore, seed {piece.seed}{_seam(score)}{'; swing the eighths' if score.swing else ''}",
        f"M:{score.metre[0]}/{score.metre[1]}",
        "L:1/8",
        f"Q:1/4={score.tempo:.0f}",
        f"K:{key_text(score.key)}",
    ]
    for line in lines_of(score.bars):
        before = score.bars[max(0, score.bars.index(line[0]) - 1)]
        lines += changes(line[0], before)
        lines.append(" | ".join(map(bar_text, line)) + (" |]" if line[-1] is score.bars[-1] else " |"))
        if words := abc_line((symbol for bar in line for symbol in bar.symbols), score.sung):
            lines.append(words)
    return ("\n".join(lines) + "\n").encode()


def headed(title: str, composer: str) -> list[str]:
    """The first lines of a tune."""
    named, by = (" ".join(words.replace("%", " ").split()) for words in (title, composer))
    return ["%abc-2.1", "X:1", f"T:{named or 'Encore'}", *([f"C:{by}"] if by else [])]


def lines_of(bars: Sequence[SomeBar]) -> Iterator[Sequence[SomeBar]]:
    """Bars by line: four, or fewer before a change of metre or key; a pickup does not count."""
    start = 0
    for i in range(1, len(bars) + 1):
        ends = i == len(bars) or i - start - (bars[start].number == 0) == BARS_A_LINE
        if ends or (bars[i].metre, bars[i].key) != (bars[i - 1].metre, bars[i - 1].key):
            yield bars[start:i]
            start = i


def changes(bar: Bar | Frame, before: Bar | Frame) -> list[str]:
    """The fields before a bar whose metre or key differs from that of the bar before."""
    metre = [f"M:{bar.metre[0]}/{bar.metre[1]}"] if bar.metre != before.metre else []
    return metre + ([f"K:{key_text(bar.key)}"] if bar.key != before.key else [])


def _seam(score: Score) -> str:
    """A remark on the bar in which the new notes begin; "" without an input."""
    if not score.first_new:
        return ""
    bar = next(bar.number for bar in score.bars if any(symbol.note >= score.first_new for symbol in bar.symbols))
    return f"; new from bar {bar}"


def key_text(key: Key) -> str:
    return key.tonic + KEY_WORDS[key.mode]


def bar_text(bar: Bar, naming: Callable[[int, Key, str], Name] = spell, elsewhere: Collection[str] = ()) -> str:
    """One bar as ABC; the notes of a beat are written without spaces, so that they share a beam.

    naming     the name of a pitch in a key, over a chord
    elsewhere  letters that another voice of the same staff alters
    """
    usual = signature(bar.key)
    altered: dict[tuple[str, int], int] = {}  # (letter, octave) → alteration so far in this bar
    beat, text, counted = written_beat(bar.metre), "", 0
    chords, words, said = over(bar.symbols, bar.signs.chords), over(bar.symbols, bar.signs.words), _fields(bar)
    for i, symbol in enumerate(bar.symbols):
        joined = i > 0 and (symbol.start % beat != 0 or (symbol.tuplet is not None and not symbol.first))
        text += ("" if joined or not text else " ") + said.get(i, "")
        text += "".join(f'"^{word}"' for _, word in words.get(i, ()))
        text += "".join(f'"{_plain(chord)}"' for _, chord in chords.get(i, ()))
        if symbol.tuplet is not None:
            counted = 0 if symbol.first else counted + 1
            if counted % MOST_IN_TUPLET == 0:
                left = next(n for n, other in enumerate(bar.symbols[i:], 1) if other.last)
                text += f"({symbol.tuplet[0]}:{symbol.tuplet[1]}:{min(left, MOST_IN_TUPLET)}"
        if symbol.pitch is None:
            text += "z" + _length(symbol.value)
            continue
        tones = ""
        for pitch in symbol.pitches:
            name = naming(pitch, bar.key, symbol.harmony)
            place = (name.letter, name.octave)
            others = {alter for (letter, _), alter in altered.items() if letter == name.letter}
            doubtful = name.letter in elsewhere and place not in altered
            # Also if the same letter was altered in another octave: programs disagree on whether that applies here.
            if (
                altered.get(place, usual[name.letter]) != name.alter
                or others - {name.alter}
                or name.alter > 1
                or (name.alter and naming is not spell)  # programs disagree on whether a drum's sign lasts
                or doubtful
            ):
                tones += SIGNS[name.alter]
                altered[place] = name.alter
            tones += letter_text(name.letter, name.octave)
        text += (f"[{tones}]" if symbol.others else tones) + _length(symbol.value) + ("-" if symbol.tied else "")
    return text


def _fields(bar: Bar) -> dict[int, str]:
    """Index of a note or rest → the fields before it: its tempo, and its part or rehearsal mark."""
    found: dict[int, str] = {}
    for i, marks in over(bar.symbols, bar.signs.marks).items():
        words = " ".join(re.sub(r"[\[\]%\\]", " ", text) for _, text in marks)
        found[i] = f"[P:{' '.join(words.split())}]"
    for i, tempos in over(bar.symbols, bar.signs.tempos).items():
        found[i] = found.get(i, "") + f"[Q:1/4={tempos[-1][1]:.0f}]"
    return found


def _plain(chord: str) -> str:
    """A chord symbol without quotation marks and unprintable characters."""
    return "".join(sign for sign in chord if sign.isprintable() and sign != '"')


def letter_text(letter: str, octave: int) -> str:
    """A note's letter in ABC: C is middle C, c the octave above; commas lower, apostrophes raise it further."""
    return letter + "," * (4 - octave) if octave < 5 else letter.lower() + "'" * (octave - 5)


def _length(value: Fraction) -> str:
    units = value / UNIT
    over = "" if units.numerator == 1 and units.denominator > 1 else str(units.numerator)
    return ("" if units == 1 else over) + (f"/{units.denominator}" if units.denominator > 1 else "")
