"""Piece → ABC, the text notation that folk musicians exchange."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from generation.finish.paper.harmony import over
from generation.finish.paper.lyrics import abc_line
from generation.finish.paper.notate import Bar, Score
from generation.finish.paper.quantise import beat_of
from generation.finish.piece import Piece
from generation.music.key import MODES, Key
from generation.music.spell import signature, spell

UNIT = Fraction(1, 2)  # L:1/8 in quarters
BARS_A_LINE = 4
MOST_IN_TUPLET = 9  # since most programs read only one digit
SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
KEY_WORDS = {mode: mode[:3] for mode in MODES} | {"major": "", "minor": "m"}


def write_abc(piece: Piece) -> bytes:
    """The melody as an ABC tune in UTF-8: the score, without the timing and dynamics of the performance."""
    score = piece.score
    title = " ".join(piece.title.replace("%", " ").split()) or "Encore"
    lines = [
        "%abc-2.1",
        "X:1",
        f"T:{title}",
        f"N:Encore, seed {piece.seed}{_seam(score)}{'; swing the eighths' if score.swing else ''}",
        f"M:{score.metre[0]}/{score.metre[1]}",
        "L:1/8",
        f"Q:1/4={score.tempo:.0f}",
        f"K:{_key(score.key)}",
    ]
    for line in _lines(score.bars):
        before = score.bars[max(0, score.bars.index(line[0]) - 1)]
        lines += _changes(line[0], before)
        lines.append(" | ".join(map(_bar, line)) + (" |]" if line[-1] is score.bars[-1] else " |"))
        if words := abc_line((symbol for bar in line for symbol in bar.symbols), score.sung):
            lines.append(words)
    return ("\n".join(lines) + "\n").encode()


def _lines(bars: Sequence[Bar]) -> Iterator[Sequence[Bar]]:
    """Bars by line: four, or fewer before a change of metre or key; a pickup does not count."""
    start = 0
    for i in range(1, len(bars) + 1):
        ends = i == len(bars) or i - start - (bars[start].number == 0) == BARS_A_LINE
        if ends or (bars[i].metre, bars[i].key) != (bars[i - 1].metre, bars[i - 1].key):
            yield bars[start:i]
            start = i


def _changes(bar: Bar, before: Bar) -> list[str]:
    """The fields before a bar whose metre or key differs from that of the bar before."""
    metre = [f"M:{bar.metre[0]}/{bar.metre[1]}"] if bar.metre != before.metre else []
    return metre + ([f"K:{_key(bar.key)}"] if bar.key != before.key else [])


def _seam(score: Score) -> str:
    """A remark on the bar in which the new notes begin; "" without an input."""
    if not score.first_new:
        return ""
    bar = next(bar.number for bar in score.bars if any(symbol.note >= score.first_new for symbol in bar.symbols))
    return f"; new from bar {bar}"


def _key(key: Key) -> str:
    return key.tonic + KEY_WORDS[key.mode]


def _bar(bar: Bar) -> str:
    """One bar as ABC; the notes of a beat are written without spaces, so that they share a beam."""
    usual = signature(bar.key)
    altered: dict[tuple[str, int], int] = {}  # (letter, octave) → alteration so far in this bar
    beat, text, counted = beat_of(bar.metre), "", 0
    chords = over(bar.symbols, bar.chords)
    for i, symbol in enumerate(bar.symbols):
        joined = i > 0 and (symbol.start % beat != 0 or (symbol.tuplet is not None and not symbol.first))
        text += "" if joined or not text else " "
        text += "".join(f'"{_plain(chord)}"' for _, chord in chords.get(i, ()))
        if symbol.tuplet is not None:
            counted = 0 if symbol.first else counted + 1
            if counted % MOST_IN_TUPLET == 0:
                left = next(n for n, other in enumerate(bar.symbols[i:], 1) if other.last)
                text += f"({symbol.tuplet[0]}:{symbol.tuplet[1]}:{min(left, MOST_IN_TUPLET)}"
        if symbol.pitch is None:
            text += "z" + _length(symbol.value)
            continue
        name = spell(symbol.pitch, bar.key)
        place = (name.letter, name.octave)
        others = {alter for (letter, _), alter in altered.items() if letter == name.letter}
        # Also if the same letter was altered in another octave: programs disagree on whether that applies here.
        if altered.get(place, usual[name.letter]) != name.alter or others - {name.alter} or name.alter > 1:
            text += SIGNS[name.alter]
            altered[place] = name.alter
        text += _letter(name.letter, name.octave) + _length(symbol.value) + ("-" if symbol.tied else "")
    return text


def _plain(chord: str) -> str:
    """A chord symbol without quotation marks and unprintable characters."""
    return "".join(sign for sign in chord if sign.isprintable() and sign != '"')


def _letter(letter: str, octave: int) -> str:
    """A note's letter in ABC: C is middle C, c the octave above; commas lower, apostrophes raise it further."""
    return letter + "," * (4 - octave) if octave < 5 else letter.lower() + "'" * (octave - 5)


def _length(value: Fraction) -> str:
    units = value / UNIT
    over = "" if units.numerator == 1 and units.denominator > 1 else str(units.numerator)
    return ("" if units == 1 else over) + (f"/{units.denominator}" if units.denominator > 1 else "")
