"""The signs around the notes of MusicXML: signatures, tempo, loudness, pedal, marks, jumps, chord symbols."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from xml.etree.ElementTree import Element

from generation.music.key import FIFTHS, MODES
from generation.music.metre import Metre
from generation.music.song import legible
from generation.read.abc_fields import TEMPO_WORDS
from generation.read.signs import Al, Kind, spoken
from generation.read.written import Common, Loudness, Signature

DYNAMICS = {
    "pppp": 20, "ppp": 28, "pp": 40, "p": 54, "mp": 67, "mf": 80, "f": 96, "ff": 111, "fff": 122, "ffff": 126,
    "n": 10, "fp": 54, "pf": 96, "sfp": 54, "sfpp": 40,
}  # fmt: skip
ACCENTS = {"sf": 108, "sfz": 108, "fz": 108, "rf": 100, "rfz": 100, "sffz": 118}
FULL = 90  # the velocity that MusicXML counts as 100 per cent
NUMBER = re.compile(r"\s*([+-]?\d{1,9}(?:\.\d{1,6})?)\d*\s*")
PACE = re.compile(r"(?<!\d)\d{1,3}(?:[.,]\d{1,4})?(?!\d)")
UNITS = {
    "maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8), "whole": Fraction(4), "half": Fraction(2),
    "quarter": Fraction(1), "eighth": Fraction(1, 2), "16th": Fraction(1, 4), "32nd": Fraction(1, 8),
    "64th": Fraction(1, 16), "128th": Fraction(1, 32), "256th": Fraction(1, 64),
}  # fmt: skip
# Note values in words over scores, in quarters.
BEATS = {
    "half": 2.0, "minim": 2.0, "halbe": 2.0, "blanche": 2.0, "𝅗𝅥": 2.0, "\ue1d3": 2.0, "\ueca3": 2.0,
    "quarter": 1.0, "crotchet": 1.0, "viertel": 1.0, "noire": 1.0, "q": 1.0, "♩": 1.0, "𝅘𝅥": 1.0, "\ue1d5": 1.0,
    "\ueca5": 1.0,
    "eighth": 0.5, "quaver": 0.5, "achtel": 0.5, "croche": 0.5, "♪": 0.5, "𝅘𝅥𝅮": 0.5, "\ue1d7": 0.5, "\ueca7": 0.5,
}  # fmt: skip
LONGEST_FIRST = sorted(BEATS, key=len, reverse=True)
NAMED = "|".join(beat for beat in LONGEST_FIRST if beat.isascii())
DRAWN = "|".join(beat for beat in LONGEST_FIRST if not beat.isascii())
FIGURES = re.compile(  # “♩. = 60”, “[quarter-dot] = ca. 60”
    rf"(?P<beat>(?<!\w)(?:{NAMED})|{DRAWN})(?:[- ]?note)?\s*(?P<dot>[.\ue1e7\uecb7]|-dot)?\]?\s*"
    r"=\s*\D{0,8}?(?P<pace>\d{2,3})\b"
)
TEMPO_PRIMO = re.compile(r"\W*(a\s+)?tempo\s*([i1]\W*(mo|o)?|primo)\W*")
# Slower or faster than before: no tempo of its own.
COMPARED = re.compile(r"\b(?:pi[uù]|meno|plus|moins|more|less|mehr|weniger)\s+\w+")
CIRCA = re.compile(r"\b(?:ca|circa|about|etwa|environ)\b\W{0,3}(\d{2,3})\b")  # without a note value: quarters
# The words over scores → quarters a minute. Mild ones often say how to play instead: they count at the beginning only.
WORDS = {word: pace for word, pace in TEMPO_WORDS.items() if word not in ("slow", "fast", "lively", "moderate")} | {
    "grave": 44, "langsam": 56, "lent": 56, "lente": 56, "lentement": 56, "modéré": 92, "lebhaft": 132, "schnell": 152,
    "vif": 152, "vivo": 152, "vivacissimo": 176, "prestissimo": 196,
}  # fmt: skip
MILD = TEMPO_WORDS | {
    "mässig": 92, "mäßig": 92, "bewegt": 112, "animato": 126, "animé": 126, "munter": 126, "rasch": 144, "ruhig": 66,
    "tranquillo": 72, "maestoso": 84, "cantabile": 80, "medium": 108, "swing": 132, "ballad": 66, "up": 176,
}  # fmt: skip
JUMPS: dict[str, Kind] = {
    "segno": "segno", "coda": "coda", "tocoda": "to_coda", "fine": "fine", "dacapo": "da_capo", "dalsegno": "dal_segno",
}  # fmt: skip
KINDS = {
    "major": "", "minor": "m", "augmented": "+", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "m7", "diminished-seventh": "dim7", "augmented-seventh": "+7", "half-diminished": "m7b5",
    "major-minor": "m(maj7)", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11", "dominant-13th": "13",
    "major-13th": "maj13", "minor-13th": "m13", "suspended-second": "sus2", "suspended-fourth": "sus4", "power": "5",
}  # fmt: skip


@dataclass
class Direction:
    """The contents of a direction.

    pace      quarters a minute, in numbers; worded, mild  from words such as “Allegro”, and such as “tranquillo”
    words     all its words, unless they are a jump
    loudness  without their places
    pedal     values of the sustain pedal, 0 … 127
    """

    pace: float | None = None
    worded: float | None = None
    mild: float | None = None
    words: str = ""
    loudness: list[Loudness] = field(default_factory=list)
    pedal: list[int] = field(default_factory=list)
    marker: str = ""
    signs: list[tuple[Kind, Al]] = field(default_factory=list)


def direction(element: Element) -> Direction:
    """Read a `<direction>`, or a `<sound>` that stands by itself."""
    found = Direction()
    words = legible(" ".join(each.text or "" for each in element.iter("words")))
    for sign in (sign for kind in element.findall("direction-type") for sign in kind):
        if sign.tag == "dynamics":
            found.loudness += [each for mark in sign if (each := _dynamic(mark.tag))]
        elif sign.tag == "wedge":
            swell = {"crescendo": 1, "diminuendo": -1, "stop": 0}.get(sign.get("type", ""))
            if swell is not None:
                found.loudness.append(Loudness(Fraction(0), swell=swell))
        elif sign.tag == "metronome":
            found.pace = found.pace or _pace(sign)
        elif sign.tag == "pedal":
            found.pedal += {"start": [127], "sostenuto": [], "stop": [0], "change": [0, 127]}.get(
                sign.get("type", ""), []
            )
        elif sign.tag == "rehearsal" or (sign.tag == "words" and sign.get("enclosure", "none") != "none"):
            found.marker = found.marker or legible("".join(sign.itertext()))
        elif sign.tag == "segno":
            found.signs.append(("segno", ""))
        elif sign.tag == "coda":
            found.signs.append(("coda", ""))
    said = spoken(words)
    if said:
        found.signs = [said]
    elif words:
        typed, found.worded, found.mild = tempo_words(words)
        found.pace = found.pace or typed
        found.words = words
    for sound in element.iter("sound"):
        _sound(sound, found, said[1] if said else "")
    return found


def _sound(element: Element, found: Direction, al: Al) -> None:
    """Read a `<sound>`, which takes precedence over the printed words."""
    pace = number(element.get("tempo"))
    if pace and 10 <= pace <= 600:
        found.pace = float(pace)
    level = number(element.get("dynamics"))
    if level and not any(mark.level for mark in found.loudness):
        found.loudness.append(Loudness(Fraction(0), min(max(round(level * FULL / 100), 1), 127)))
    jumps: list[tuple[Kind, Al]] = [
        (kind, al if "da" in kind else "") for name, kind in JUMPS.items() if element.get(name, "no") not in ("no", "")
    ]
    found.signs = jumps or found.signs


def _dynamic(name: str) -> Loudness | None:
    if name in ACCENTS:
        return Loudness(Fraction(0), ACCENTS[name], accent=True)
    return Loudness(Fraction(0), DYNAMICS[name]) if name in DYNAMICS else None


def tempo_words(words: str) -> tuple[float | None, float | None, float | None]:
    """Quarters a minute from figures (“♩ = 120”), from words that name a tempo, and from words that hint at one."""
    low = words.lower()
    figures, circa = FIGURES.search(low), CIRCA.search(low)
    typed = _typed(figures) if figures else float(circa[1]) if circa else None
    heard = re.findall(r"\w+", COMPARED.sub(" ", low))[:6]
    return (
        typed,
        next((float(WORDS[word]) for word in heard if word in WORDS), None),
        next((float(MILD[word]) for word in heard if word in MILD), None),
    )


def tempo_again(words: str, bars: Sequence[Common]) -> float | None:
    """The first tempo of the bars so far, where words such as “Tempo I” bring it back; else None."""
    if not TEMPO_PRIMO.fullmatch(words.lower()):
        return None
    return next((pace for bar in bars for _, pace in sorted(bar.tempo.items())), None)


def _typed(figures: re.Match[str]) -> float | None:
    """Quarters a minute of a match of `FIGURES`; None if nobody could play that."""
    pace = BEATS[figures["beat"]] * (1.5 if figures["dot"] else 1.0) * float(figures["pace"])
    return pace if 10 <= pace <= 600 else None


def _pace(metronome: Element) -> float | None:
    """Quarters a minute; None where a mark sets one note value equal to another, or gives no number."""
    unit, dots, units = Fraction(0), 0, 0
    for child in metronome:
        if child.tag == "beat-unit":
            unit, units = UNITS.get((child.text or "").strip(), Fraction(0)), units + 1
        elif child.tag == "beat-unit-dot":
            dots += 1
    numbers = [float(number.replace(",", ".")) for number in PACE.findall(metronome.findtext("per-minute") or "")[:2]]
    if units != 1 or not numbers or dots > 3:
        return None
    pace = float(unit * (2 - Fraction(1, 2**dots))) * sum(numbers) / len(numbers)
    return pace if 10 <= pace <= 600 else None


def chord_symbol(element: Element, transpose: tuple[int, int]) -> str:
    """A `<harmony>` as it sounds, in letters: “F#m7b5/C”; empty if there is no symbol for it."""
    kind = element.find("kind")
    name = (kind.text or "").strip() if kind is not None else ""
    if name == "none":
        return "N.C."
    root = _letter(element.find("root"), "root", transpose)
    if not root or kind is None:
        return ""
    suffix = KINDS.get(name)
    if suffix is None:
        suffix = legible(kind.get("text", ""))[:12].replace("♭", "b").replace("♯", "#")
    degrees = "".join(f"({each})" for each in map(_degree, element.findall("degree")) if each)
    bass = _letter(element.find("bass"), "bass", transpose)
    return f"{root}{suffix}{degrees}" + (f"/{bass}" if bass else "")


def _letter(element: Element | None, name: str, transpose: tuple[int, int]) -> str:
    if element is None:
        return ""
    step = (element.findtext(f"{name}-step") or "").strip().upper()
    alter = number(element.findtext(f"{name}-alter")) or Fraction(0)
    if step not in FIFTHS or abs(alter) > 2:
        return ""
    return spelled(FIFTHS[step] + 7 * round(alter) + fifths(transpose))


def _degree(element: Element) -> str:
    value = number(element.findtext("degree-value"))
    alter = round(number(element.findtext("degree-alter")) or 0)
    if not value or not 1 <= value <= 13 or abs(alter) > 1:
        return ""
    kind = (element.findtext("degree-type") or "").strip()
    sign = {1: "#", -1: "b", 0: ""}[alter]
    return f"{'no' if kind == 'subtract' else '' if sign or kind == 'alter' else 'add'}{sign}{int(value)}"


def fifths(transpose: tuple[int, int]) -> int:
    """How far an interval of (diatonic steps, semitones) leads along the line of fifths: a tone up is 2."""
    steps, semitones = transpose
    return 7 * semitones - 12 * steps


def spelled(position: int) -> str:
    """The tone at a place of the line of fifths: -1 → F, 0 → C, 6 → F#; past double accidentals, its enharmonic."""
    while position > 12:
        position -= 12
    while position < -8:
        position += 12
    letter = "FCGDAEB"[(position + 1) % 7]
    accidental = (position + 1) // 7
    return letter + ("#" * accidental if accidental > 0 else "b" * -accidental)


@lru_cache(maxsize=4_096)
def number(text: str | None) -> Fraction | None:
    """A number of the score, exactly; None if there is none, or one so extreme that no score needs it."""
    found = NUMBER.fullmatch(text or "")
    return Fraction(found[1]) if found else None


def metre_of(time: Element) -> Metre | None:
    """A metre such as (6, 8); a sum such as 3+2/8 or 3/4+3/8 becomes one metre; None if there is none."""
    pairs = [
        (sum(int(beat) for beat in re.findall(r"\d{1,2}", beats.text or "")[:6]), int(number(unit.text) or 0))
        for beats, unit in zip(time.findall("beats"), time.findall("beat-type"), strict=False)
    ]
    pairs = [(beats, unit) for beats, unit in pairs if 1 <= beats <= 64 and unit in (1, 2, 4, 8, 16, 32, 64)]
    if not pairs:
        return None
    unit = max(unit for _, unit in pairs)
    return sum(beats * unit // each for beats, each in pairs), unit


def signature_of(key: Element, transpose: tuple[int, int]) -> Signature:
    sharps = number(key.findtext("fifths"))
    if sharps is None or abs(sharps) > 7:
        return Signature(0, odd=sharps is not None or key.find("key-step") is not None)
    sounding = int(sharps) + fifths(transpose)
    while abs(sounding) > 7:
        sounding += -12 if sounding > 0 else 12
    mode = (key.findtext("mode") or "").strip().lower()
    return Signature(sounding, {"aeolian": "minor", "ionian": "major"}.get(mode, mode if mode in MODES else ""))
