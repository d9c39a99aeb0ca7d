"""The fields of **kern and its companions: notes, signatures, loudness, syllables, chords, titles."""

import html
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from generation.music.key import FIFTHS, MODES
from generation.music.metre import Metre
from generation.music.song import legible
from generation.read.musicxml_signs import ACCENTS, DYNAMICS, KINDS, spelled, tempo_words
from generation.read.repeats import MAX_BARS
from generation.read.written import Loudness, Signature
from generation.request import Refusal

NOTE = re.compile(r"(?P<steps>([a-gA-G])\2*)(?P<sign>#{1,3}|-{1,3}|n)?")
RHYTHM = re.compile(r"(\d{1,4})(?:%(\d{1,4}))?(\.{0,4})")
HEADING = re.compile(r"\W*((no|nr|n|n[oº°ro]+|№)\W*(\d+|[ivx]+)|introdu\w+|finale|trio|maggiore|minore)\W*", re.I)
NATURAL = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
SCALE = {"major": (0, 2, 4, -1, 1, 3, 5), "minor": (0, 2, -3, -1, 1, -4, -2)}  # degrees, in fifths from the tonic
NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
NUMERAL = re.compile(
    r"(?P<sign>[#-]?)(?P<numeral>I{1,3}|IV|VI{0,2}|i{1,3}|iv|vi{0,2})(?P<kind>[o+]?)(?P<seventh>[mMD]?7?)[a-d]?"
)
MODE_NAMES = {"dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
              "aeo": "minor", "ion": "major"}  # fmt: skip
# Accents in TeX's notation, since old files cannot hold the letters themselves: \"o → ö.
ACCENT = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "v": "\u030c", "c": "\u0327",
          "u": "\u0306", "=": "\u0304", ".": "\u0307", "H": "\u030b", "r": "\u030a"}  # fmt: skip
LETTERS = {
    "ss": "ß",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
}
CODES = {
    "piano": 0, "forte": 0, "cemba": 6, "hpsch": 6, "clavi": 7, "organ": 19, "guita": 24, "liuto": 24, "lute": 24,
    "violn": 40, "viola": 41, "cello": 42, "viola da": 42, "cbass": 43, "arpa": 46, "harp": 46, "timpa": 47,
    "strin": 48, "sopr": 52, "soprn": 52, "alto": 52, "mezzo": 52, "tenor": 52, "barit": 52, "bass": 52, "canto": 52,
    "vox": 52, "cant": 52, "coro": 52, "tromp": 56, "cornt": 56, "tromb": 57, "tuba": 58, "ophic": 58, "cor": 60,
    "oboe": 68, "ob": 68, "corno": 60, "cangl": 69, "fagot": 70, "bassn": 70, "cfago": 70, "clars": 71, "clari": 71,
    "picco": 72, "flt": 73, "flute": 73, "recor": 74, "fltda": 74, "soprano": 52,
}  # fmt: skip


@dataclass(frozen=True)
class Tone:
    """A tone of a field: MIDI note, and how it is tied."""

    pitch: int
    ties: bool
    tied: bool


@dataclass(frozen=True)
class Field:
    """A field of notes that begin together: a chord, a note, or a rest of no tones."""

    length: Fraction
    tones: tuple[Tone, ...]


@lru_cache(maxsize=20_000)
def field(text: str) -> Field | None:
    """The notes of a field; None for grace notes and for notes without a length."""
    if "q" in text or "Q" in text:
        return None
    length: Fraction | None = None
    tones = []
    for piece in text.split(" "):
        if length is None and (found := RHYTHM.search(piece)):
            length = _quarters(found)
        note = NOTE.search(piece)
        if note and "r" not in piece:
            letters, sign = note["steps"], note["sign"] or ""
            low = letters[0].isupper()
            octave = 4 - len(letters) if low else 3 + len(letters)
            alter = sign.count("#") - sign.count("-")
            pitch = 12 * (octave + 1) + NATURAL[letters[0].lower()] + alter
            tones.append(Tone(pitch, "[" in piece or "_" in piece, "]" in piece or "_" in piece))
    return Field(length, tuple(tones)) if length else None


def _quarters(found: re.Match[str]) -> Fraction | None:
    """“4.” → 3/2, “0” → 8 (a breve), “3%2” → 8/3."""
    digits = found[1]
    if set(digits) == {"0"}:
        length = Fraction(4 * 2 ** min(len(digits), 3))
    else:
        length = Fraction(4, int(digits)) * int(found[2] or 1)
    return length * (2 - Fraction(1, 2 ** len(found[3])))


def signature(text: str, before: Signature | None) -> Signature | None:
    """“*k[f#]” and “*G:”, “*d:dor”: each leaves the other as it was."""
    if found := re.fullmatch(r"\*k\[((?:[a-g][#-]+)*)\]", text):
        sharps = found[1].count("#") - found[1].count("-")
        alike = before is not None and before.sharps == sharps
        return Signature(sharps, before.mode if before and alike else "") if abs(sharps) <= 7 else None
    if found := re.fullmatch(r"\*([A-Ga-g])([#-]?):(\w*)", text):
        mode = MODE_NAMES.get(found[3][:3], "minor" if found[1].islower() else "major")
        sharps = FIFTHS[found[1].upper()] + {"": 0, "#": 7, "-": -7}[found[2]] + MODES[mode]
        return Signature(sharps, mode) if abs(sharps) <= 7 else None
    return None


def metre(text: str) -> Metre | None:
    """“*M6/8”, “*M3+2/8”."""
    found = re.fullmatch(r"\*M(\d{1,2}(?:\+\d{1,2}){0,5})/(\d{1,2})", text)
    beats = sum(int(each) for each in found[1].split("+")) if found else 0
    unit = int(found[2]) if found else 0
    return (beats, unit) if 1 <= beats <= 64 and unit in (1, 2, 4, 8, 16, 32) else None


def pace(text: str) -> float | None:
    """“*MM120”, in quarters a minute."""
    found = re.fullmatch(r"\*MM(\d{1,3}(?:\.\d{1,6})?)(?:-\d+)?", text)
    return float(found[1]) if found and 10 <= float(found[1]) <= 600 else None


def loudness(text: str, at: Fraction) -> list[Loudness]:
    """A field of **dynam: “p”, “sf”, “<” and “[” for the beginning and the end of a crescendo."""
    found = []
    if "[" in text or "]" in text:
        found.append(Loudness(at))
    word = re.sub(r"[^a-z]", "", text)
    if word in ACCENTS:
        found.append(Loudness(at, ACCENTS[word], accent=True))
    elif word in DYNAMICS:
        found.append(Loudness(at, DYNAMICS[word]))
    if "<" in text or ">" in text:
        found.append(Loudness(at, swell=1 if "<" in text else -1))
    return found


def syllable(text: str) -> str:
    """A field of **text: “-le-” → “le-”."""
    return legible(plain(text).lstrip("-").replace("|", " "))


def chord(text: str, kind: str, key: Signature | None) -> str:
    """A chord symbol of **mxhm (“A minor-seventh”) or **harm (“V7”, in its key); empty for anything else."""
    if kind == "**harm":
        return _of_numeral(text, key)
    if kind != "**mxhm":
        return ""
    found = re.fullmatch(r"\(?([A-G])([#b-]*)\s*([a-z0-9-]*)(?:\s*/\s*([A-G])([#b-]*))?\)?", text.strip())
    if not found or (found[3] and found[3] not in KINDS):
        return (
            legible(text.replace("-", "b"))[:16] if re.match(r"[A-G][#b-]?(m|maj|min|dim|aug|sus|\d|/|$)", text) else ""
        )
    bass = f"/{found[4]}{found[5].replace('-', 'b')}" if found[4] else ""
    return f"{found[1]}{found[2].replace('-', 'b')}{KINDS[found[3] or 'major']}{bass}"


def _of_numeral(text: str, key: Signature | None) -> str:
    """A degree of the scale as a chord: “V7” → “D7” in G major; “V/V” is the V of the degree after the stroke."""
    chord_of, _, within = text.strip("()").partition("/")
    found = NUMERAL.fullmatch(chord_of)
    if not found or key is None:
        return ""
    tonic = key.sharps - (MODES[key.mode] if key.mode else 0)
    mode = "minor" if key.mode in ("minor", "dorian", "phrygian", "locrian") else "major"
    if within:
        degree = NUMERAL.fullmatch(within)
        if not degree:
            return ""
        tonic, mode = _place(degree, tonic, mode), "minor" if degree["numeral"].islower() else "major"
    place, small, seventh = _place(found, tonic, mode), found["numeral"].islower(), found["seventh"]
    if found["kind"] == "o":
        return spelled(place) + ("dim7" if "D" in seventh else "m7b5" if seventh else "dim")
    major = seventh and not small and found["numeral"] != "V" and (mode, found["numeral"]) != ("minor", "VII")
    return (
        spelled(place)
        + {"+": "+", "": "m" if small else ""}[found["kind"]]
        + ("maj7" if major else "7" if seventh else "")
    )


def _place(found: re.Match[str], tonic: int, mode: str) -> int:
    """A degree's place on the line of fifths; vii is the leading tone, in minor as well."""
    mode = "major" if found["numeral"] == "vii" else mode
    degree = NUMERALS.index(found["numeral"].lower())
    return tonic + SCALE[mode][degree] + {"": 0, "#": 7, "-": -7}[found["sign"]]


def part_name(text: str) -> str:
    """The name of a part in “*I"Flute”, without an editor's brackets; empty where the source has a tempo, a number or a
    heading before its staves."""
    name = re.sub(r"^\[([^\[\]]+)\]$", r"\1", legible(plain(text)))
    return "" if HEADING.fullmatch(name) or any(tempo_words(name)) else name


def plain(text: str) -> str:
    """A title or a word without the escapes of HTML and TeX: “Fr&uuml;hling”, “Fr\\"uhling” → “Frühling”."""
    text = html.unescape(text).replace("&colon;", ":").replace("\\n", " ")
    text = re.sub(r"\\([0-3][0-7]{2})", lambda found: bytes([int(found[1], 8)]).decode("latin-1"), text)
    text = re.sub(rf"\\(?:{'|'.join(LETTERS)})(?![A-Za-z])\s?", lambda found: LETTERS[found[0][1:].strip()], text)
    text = re.sub(
        r"\{?\\([\"'`^~=.]|[vcuHr](?=[\s{]))\s?\{?\\?([A-Za-zı])\}?\}?",
        lambda found: unicodedata.normalize("NFC", found[2] + ACCENT[found[1]]),
        text,
    )
    return legible(text)


def expanded(sections: list[str], first: dict[str, int], bars: int) -> list[int] | None:
    """The bars in the order of a list of sections such as *>[A,A,B], of which `first` says where each begins. Raises
    `Refusal` for too many bars."""
    ends = dict(pairwise([*sorted(set(first.values())), bars]))
    order: list[int] = []
    for label in sections:
        if label in first and len(order) <= MAX_BARS:
            order += range(first[label], ends.get(first[label], bars))
    if len(order) > MAX_BARS:
        raise Refusal("With its repeats, this piece has more than {limit} bars. Send a shorter one.", limit=MAX_BARS)
    return [i for i in order if i < bars] or None
