"""Chords as musicians type them, “Dm7 G7 | Cmaj7” or “ii V I” → bars of chord symbols, and their places in a song."""

import re
import unicodedata
from collections.abc import Sequence

from generation.music.key import MODES, PITCH_CLASS, Key
from generation.music.spell import ACCIDENTALS, spell
from generation.request import Refusal

Chart = tuple[tuple[str, ...], ...]  # bars of symbols
Chords = tuple[tuple[float, str], ...]  # (quarter, symbol)

MOST_IN_A_BAR = 8
BETWEEN = re.compile(r":?\|[|:\]]*|(?:\([^\s|()]*\)|(?!:\|)[^\s|,;–—])+")  # a bar line, or a word
# Signs that look alike, or that programs write for one another.
ALIKE = str.maketrans("‐‑−∆^Øº", "---ΔΔø°")
NO_CHORD = re.compile(r"n\.?c\.?", re.I)
REPEATED = ("%", "𝄎")
# After the root: the kind of triad, the highest third, and what is changed or added.
QUALITY = (
    r"(maj|Maj|MAJ|min|Min|MIN|mi|ma|M|m|-|dim|o|°|aug|\+|ø|h|Δ|j)?"
    r"(6/9|69|2|4|5|6|7|9|11|13)?"
    r"([(,]?(?:maj7|M7|j7|Δ7?|sus[24]?|add(?:2|4|9|11|13)|alt|omit[35]|no[35]|[b#♭♯+-](?:5|9|11|13))\)?)*"
)
SYMBOL = re.compile(rf"[A-G][b#♭♯]{{0,2}}{QUALITY}(/[A-G][b#♭♯]{{0,2}})?")
NUMERAL = "(IV|VII|VI|V|III|II|I|iv|vii|vi|v|iii|ii|i)"
DEGREE = re.compile(rf"([b#♭♯]?){NUMERAL}({QUALITY})(?:/([b#♭♯]?){NUMERAL})?")
NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
LETTERS = "".join(PITCH_CLASS)  # C to B
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)


def parse_chart(text: str, key: Key) -> Chart:
    """The bars of some chords; degrees are those of the key. Bars end at “|”; without any, each chord has a bar. Bars
    between “|:” and “:|” come twice. Raises `Refusal` for a word that is no chord, with its place in the text."""
    bars: list[list[str]] = [[]]
    begun, repeats = 0, list[tuple[int, int]]()  # the bar with which a repeat begins; the first bar, and the one after
    lined = "|" in text
    text = "".join(" " if unicodedata.category(sign) == "Cf" else sign for sign in text.translate(ALIKE))
    for found in BETWEEN.finditer(text):
        word = found[0]
        if "|" in word:
            if bars[-1] or found.start() > 0:
                bars.append([])
            if word.startswith(":"):
                repeats.append((begun, len(bars) - 1))
            if ":" in word:
                begun = len(bars) - 1
            continue
        if word in ("-", "->", "→"):
            continue
        before = next((bar[-1] for bar in reversed(bars) if bar), "")
        if word in REPEATED:
            if not before:
                raise Refusal(
                    "The chords begin with “%”, which repeats the bar before it, but there is none. Begin with a chord."
                )
            last = next(bar for bar in reversed(bars) if bar)
            bars[-1] += [before] if bars[-1] else last
        else:
            bars[-1].append(_symbol(word, found.start() + 1, key))
        if lined and len(bars[-1]) > MOST_IN_A_BAR:
            raise Refusal(
                "Bar {bar} has more than {limit} chords. Put a “|” between bars.", bar=len(bars), limit=MOST_IN_A_BAR
            )
    if not lined:
        bars = [[symbol] for symbol in bars[0]]
    for first, after in reversed(repeats):
        bars[after:after] = bars[first:after]
    if not any(bars):
        raise Refusal("There is no chord in “{text}”. Write some, like Dm7 G7 | C, or ii V I.", text=text[:40])
    return _filled(bars)


def _filled(bars: Sequence[Sequence[str]]) -> Chart:
    """The bars from the first with a chord to the last; an empty one between them holds the chord before it."""
    chordal = [i for i, bar in enumerate(bars) if bar]
    filled: list[tuple[str, ...]] = []
    for bar in bars[chordal[0] : chordal[-1] + 1]:
        filled.append(tuple(bar) or (filled[-1][-1],))
    return tuple(filled)


def _symbol(word: str, place: int, key: Key) -> str:
    """A chord symbol for a word, at a place in the text."""
    if NO_CHORD.fullmatch(word):
        return "N.C."
    if SYMBOL.fullmatch(word):
        return word.replace("♭", "b").replace("♯", "#")
    degree = DEGREE.fullmatch(word)
    if "H" in word and SYMBOL.fullmatch(word.replace("H", "B")):
        raise Refusal(
            "“{word}”, at character {place} of the chords, is not a chord. Write B for the German H, and Bb for the "
            "German B.",
            word=word[:20],
            place=place,
        )
    if degree is None:
        raise Refusal(
            "“{word}”, at character {place} of the chords, is not a chord. Write one like Dm7, F#m7b5, C/E, ii or V7.",
            word=word[:20],
            place=place,
        )
    sign, numeral, kind, of_sign, of = degree[1], degree[2], degree[3], degree[7], degree[8]
    home, root, step = key, key.pitch_class, NUMERALS.index(numeral.lower())
    if of:  # in the key of another degree
        home = Key("C", "major" if of.isupper() else "minor")
        root, step = root + _semitones(of_sign, of, "", key), step + NUMERALS.index(of.lower())
    name = _named((root + _semitones(sign, numeral, kind, home)) % 12, step, key)
    minor = numeral.islower() and not kind.startswith(("dim", "o", "°", "ø", "h", "m", "-"))
    return name + ("m" if minor else "") + kind.replace("♭", "b").replace("♯", "#")


def _named(root: int, step: int, key: Key) -> str:
    """The name of a pitch class that lies `step` steps of the scale above the tonic, such as Db for the lowered second
    of C; where that would take more than one accidental, its usual spelling in the key."""
    letter = LETTERS[(LETTERS.index(key.tonic[0]) + step) % 7]
    alter = (root - PITCH_CLASS[letter] + 6) % 12 - 6
    if abs(alter) > 1:
        usual = spell(root + 60, key)
        letter, alter = usual.letter, usual.alter
    return letter + ACCIDENTALS.get(alter, "")


def _semitones(sign: str, numeral: str, kind: str, key: Key) -> int:
    """The semitones of a degree above the tonic: a major scale's or, without a flat, those of a minor one in minor."""
    step = NUMERALS.index(numeral.lower())
    leading = numeral.lower() == "vii" and kind.startswith(("dim", "o", "°"))
    scale = MINOR if MODES[key.mode] <= MODES["dorian"] and sign not in ("b", "♭") and not leading else MAJOR
    return scale[step] + {"": 0, "b": -1, "♭": -1, "#": 1, "♯": 1}[sign]


def on_bars(chart: Chart, bars: Sequence[tuple[float, float]], since: float, until: float, beat: float = 1.0) -> Chords:
    """The chords at their quarters, repeated from the bar line `since` up to `until`: within a bar, in shares of whole
    beats. `bars` as `song.bar_marks`."""
    found: list[tuple[float, str]] = []
    marks = [mark for mark in bars if mark[1] > 0] or [(0.0, 4.0)]
    line, number = since, 0
    while line < until - 1e-6:
        bar = next((length for at, length in reversed(marks) if at <= line + 1e-6), marks[0][1])
        following = next((at for at, _ in marks if at > line + 1e-6), line + bar)
        bar = min(bar, max(following - line, 0.25))
        symbols = chart[number % len(chart)]
        beats = max(1, round(bar / beat))
        for i, symbol in enumerate(symbols):
            share = i * beats // len(symbols) * bar / beats if len(symbols) <= beats else i * bar / len(symbols)
            if line + share < until - 1e-6 and (not found or found[-1][1] != symbol):
                found.append((line + share, symbol))
        line, number = line + bar, number + 1
    return tuple(found)
