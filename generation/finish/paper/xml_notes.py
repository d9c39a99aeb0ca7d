"""The elements of a note in MusicXML: its pitch, ties, value, accidental, tuplet and beams."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from generation.finish.paper.notate import Bar, Score, Symbol
from generation.music.metre import written_beat
from generation.music.spell import Name

NAMES = {
    Fraction(8): "breve",
    Fraction(4): "whole",
    Fraction(2): "half",
    Fraction(1): "quarter",
    Fraction(1, 2): "eighth",
} | {Fraction(4, n): f"{n}{'nd' if n == 32 else 'th'}" for n in (16, 32, 64, 128, 256, 512, 1024)}
ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
TWO_BEATS = ((4, 4), (2, 4), (2, 2))  # eighths are beamed by fours here

Altered = dict[tuple[str, int], int]  # letter, octave → the alteration since an accidental in this bar


def pitch_element(name: Name) -> str:
    alter = f"<alter>{name.alter}</alter>" if name.alter else ""
    return f"<pitch><step>{name.letter}</step>{alter}<octave>{name.octave}</octave></pitch>"


def ties(symbol: Symbol) -> str:
    """The <tie> elements, for the sound; `notations` has those for the eye."""
    return ('<tie type="stop"/>' if symbol.continued else "") + ('<tie type="start"/>' if symbol.tied else "")


def value_element(symbol: Symbol) -> str:
    """The note value, with its dot."""
    dot = "<dot/>" if symbol.value.numerator == 3 else ""
    return f"<type>{NAMES.get(_undotted(symbol), '1024th')}</type>{dot}"


def accidental(symbol: Symbol, name: Name, usual: Mapping[str, int], altered: Altered) -> str:
    """The accidental that a note needs, noted in `altered`; "" if it needs none. `usual`: the key's `signature`."""
    place = (name.letter, name.octave)
    if symbol.continued or altered.get(place, usual[name.letter]) == name.alter:
        return ""
    altered[place] = name.alter
    return f"<accidental>{ACCIDENTALS[name.alter]}</accidental>"


def ratio(symbol: Symbol) -> str:
    """How many notes of a tuplet take the time of how many others; "" outside."""
    if symbol.tuplet is None:
        return ""
    actual, normal = symbol.tuplet
    return (
        f"<time-modification><actual-notes>{actual}</actual-notes><normal-notes>{normal}</normal-notes>"
        "</time-modification>"
    )


def notations(symbol: Symbol, first: bool = True, plain: bool = False) -> str:
    """Ties and, for the `first` note of a chord, the ends of a tuplet; `plain` leaves out its number."""
    text = ('<tied type="stop"/>' if symbol.continued else "") + ('<tied type="start"/>' if symbol.tied else "")
    look = ' bracket="no" show-number="none"' if plain else ""
    text += f'<tuplet type="start"{look}/>' if first and symbol.first else ""
    text += '<tuplet type="stop"/>' if first and symbol.last else ""
    return f"<notations>{text}</notations>" if text else ""


def beams(bar: Bar, score: Score) -> list[str]:
    """The <beam> elements of every symbol of a bar."""
    texts = [""] * len(bar.symbols)
    for group in _groups(bar, score):
        flags = [_flags(bar.symbols[i]) for i in group]
        for level in range(1, max(flags) + 1):
            for k, i in enumerate(group):
                if flags[k] < level:
                    continue
                before = k > 0 and flags[k - 1] >= level
                after = k + 1 < len(group) and flags[k + 1] >= level
                word = {(False, True): "begin", (True, True): "continue", (True, False): "end"}.get((before, after))
                word = word or ("forward hook" if k == 0 else "backward hook")
                texts[i] += f'<beam number="{level}">{word}</beam>'
    return texts


def _groups(bar: Bar, score: Score) -> Iterator[list[int]]:
    """Indices of the symbols that share a beam: within a beat, or two beats of plain eighths; never across the seam."""
    beat = max(written_beat(bar.metre), Fraction(1))
    even = all(symbol.tuplet is None and symbol.value == Fraction(1, 2) for symbol in bar.symbols if _flags(symbol))
    window = 2 * beat if bar.metre in TWO_BEATS and even else beat
    group: list[int] = []
    place: tuple[int, bool] | None = None
    for i, symbol in enumerate(bar.symbols):
        here = (symbol.start // window, symbol.note >= score.first_new)
        if group and (not _flags(symbol) or here != place):
            if len(group) > 1:
                yield group
            group = []
        if _flags(symbol):
            group.append(i)
            place = here
    if len(group) > 1:
        yield group


def _undotted(symbol: Symbol) -> Fraction:
    """The value of a note without its dot, in quarters."""
    return symbol.value / 3 * 2 if symbol.value.numerator == 3 else symbol.value


def _flags(symbol: Symbol) -> int:
    """The number of flags or beams of a note: 1 for an eighth; 0 for a rest."""
    return 0 if symbol.pitch is None else max(_undotted(symbol).denominator.bit_length() - 1, 0)
