"""ABC fields: the meaning of K:, M:, L:, Q: and P:, of which music21 reads many forms wrongly or not at all."""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from generation.music.key import MODES, Key
from generation.request import Refusal

STEPS = "FCGDAEB"  # in the order in which sharps appear; flats in the reverse order
MODE_NAMES = {"": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor"} | {
    mode[:3]: mode for mode in MODES
}
# Quarters a minute of a tune that states no tempo, by its rhythm or else its metre: the middle of the usual range.
RHYTHMS = {
    "slip jig": 180,
    "hop jig": 180,
    "slipjig": 180,
    "single jig": 180,
    "slide": 200,
    "jig": 170,
    "reel": 200,
    "hornpipe": 150,
    "clog": 150,
    "strathspey": 130,
    "fling": 150,
    "schottische": 140,
    "barndance": 150,
    "polka": 125,
    "march": 110,
    "waltz": 140,
    "mazurka": 140,
    "minuet": 120,
    "set dance": 130,
    "planxty": 140,
    "air": 75,
    "song": 90,
    "lament": 60,
}
METRES = {(6, 8): 160, (9, 8): 170, (12, 8): 180, (2, 2): 180, (2, 4): 110, (3, 8): 140, (3, 2): 160, (6, 4): 160}
TEMPO_WORDS = {
    "larghetto": 63,
    "largo": 50,
    "lento": 52,
    "slow": 66,
    "adagio": 66,
    "andantino": 84,
    "andante": 76,
    "moderato": 100,
    "moderate": 100,
    "allegretto": 112,
    "allegro": 132,
    "lively": 132,
    "fast": 144,
    "vivace": 160,
    "presto": 180,
}


@dataclass(frozen=True)
class Signature:
    """A K: field: its key, if it names one; the semitones by which it alters each step; the transposition of all
    notes."""

    key: Key | None = None
    altered: dict[str, int] = field(default_factory=dict)
    transpose: int = 0


def signature(text: str, before: Signature | None = None) -> Signature:
    """Read a K: field: modes, K:HP, added accidentals (K:D ^g), explicit ones (K:D exp ^f), clefs that transpose. A
    field with a clef alone leaves the signature as it was `before`."""
    shift = transposition(text)
    words = re.sub(r"(?<!\S)[a-z-]+=\s*\"?[\w+,'^-]*\"?", " ", text).replace("♯", "#").replace("♭", "b")
    if before and not re.search(r"[A-GH_^=]|none", words):
        return replace(before, transpose=shift)
    if re.match(r"\s*H[Pp]\b", words):  # bagpipes: A mixolydian, whether the signature is printed or not
        return Signature(Key("A", "mixolydian"), {"F": 1, "C": 1}, shift)
    tonic = re.match(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)", words)
    key = None
    if tonic:
        word = tonic[3].lower()
        mode = MODE_NAMES.get(word[:3], "major")
        key = Key(tonic[1] + tonic[2], mode)
        words = (word if word.startswith("exp") else "") + words[tonic.end() :]
    altered: dict[str, int] = {}
    if key and not re.search(r"\bexp", words):
        for i in range(abs(key.sharps)):
            step = STEPS[i % 7] if key.sharps > 0 else STEPS[-1 - i % 7]
            altered[step] = altered.get(step, 0) + (1 if key.sharps > 0 else -1)
    own = dict(altered)
    for sign, step in re.findall(r"(\^\^?|__?|=)([A-Ga-g])(?![a-z])", words):
        altered[step.upper()] = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}[sign]
    if key and (altered != own or "exp" in words or abs(key.sharps) > 7):
        key = _key_of(key.tonic, {step: alter for step, alter in altered.items() if alter})
    return Signature(key, altered, shift)


def _key_of(tonic: str, altered: dict[str, int]) -> Key | None:
    """The mode on `tonic` that has just these accidentals, if there is one."""
    for mode in MODES:
        key = Key(tonic, mode)
        if abs(key.sharps) <= 7:
            steps = STEPS[: key.sharps] if key.sharps >= 0 else STEPS[key.sharps :]
            if altered == dict.fromkeys(steps, 1 if key.sharps > 0 else -1):
                return key
    return None


def transposition(text: str) -> int:
    """Semitones by which clef, octave= and transpose= in a K: or V: field move the notes."""
    semitones = 0
    if found := re.search(r"\b(?:treble|bass|alto|tenor|[GFC][1-5])([+-])(8|15)", text):
        semitones += {"8": 12, "15": 24}[found[2]] * (1 if found[1] == "+" else -1)
    if found := re.search(r"\boctave=\s*([+-]?\d)\b", text):
        semitones += 12 * int(found[1])
    if found := re.search(r"(?<![\w])(?:transpose|t)=\s*([+-]?\d\d?)\b", text):
        semitones += int(found[1])
    return semitones


def percussive(text: str) -> bool:
    """Whether a K: or V: field says that its notes are drums."""
    return re.search(r"(?<!\w)(?:clef=\s*)?\"?perc\b", text) is not None


def metre(text: str) -> tuple[int, int] | None:
    """Read an M: field: “6/8”, “C”, “C|”, “2+3/8”; None for “none” and for anything that is not a metre."""
    text = text.strip()
    if text.startswith("C|"):
        return (2, 2)
    if text.startswith("C"):
        return (4, 4)
    found = re.match(r"\(?\s*(\d{1,2}(?:\s*\+\s*\d{1,2})*)\s*\)?\s*/\s*(\d{1,2})\b", text)
    if not found:
        return None
    beats, unit = sum(int(beat) for beat in found[1].split("+")), int(found[2])
    return (beats, unit) if 1 <= beats <= 32 and unit in (1, 2, 4, 8, 16, 32) else None


def length(text: str) -> Fraction | None:
    """Read an L: field, in quarters."""
    found = re.match(r"\s*(\d{1,3})(?:\s*/\s*(\d{1,3}))?", text)
    if not found or not int(found[1]) or not int(found[2] or 1):
        return None
    return Fraction(int(found[1]) * 4, int(found[2] or 1))


def usual_length(beats: tuple[int, int] | None) -> Fraction:
    """The unit length without an L: field: an eighth, or a sixteenth in short bars."""
    return Fraction(1, 4) if beats and beats[0] / beats[1] < 0.75 else Fraction(1, 2)


def tuplet(text: str, compound: bool) -> tuple[Fraction, int]:
    """“(3”, “(3:2” or “(3:2:10” → the factor for the length of a note, and the number of notes to which it applies."""
    notes, time, count = [int(number or 0) for number in [*text[1:].split(":"), "", ""][:3]]
    usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(notes, 3 if compound else 2)
    return Fraction(time or usual, notes), count or notes


def tempo(text: str, unit: Fraction) -> float | None:
    """Quarters a minute by a Q: field: “1/4=120”, “3/8=ca. 100”, “1/4 1/8=90”, “C3=80”, “120”, “Allegro”; else None."""
    words = text.lower()
    text = re.sub(r'"[^"]*"', " ", text)
    number = r"=\s*[^\d=]{0,12}?(\d+(?:\.\d+)?)"  # “ca.” may stand before it
    if found := re.search(rf"C\s*(\d*)\s*{number}", text):
        return float(unit) * int(found[1] or 1) * float(found[2]) or None
    if found := re.search(rf"(\d[\d/\s]*){number}", text):
        beats = [length(beat) for beat in found[1].split()]
        return float(sum(beat for beat in beats if beat)) * float(found[2]) or None
    if found := re.search(r"(?<![\d.])(\d{2,3}(?:\.\d+)?)(?![\d/])", text):
        return float(found[1]) or None  # in old tunes this counts quarters, whatever the unit
    return next((float(pace) for word, pace in TEMPO_WORDS.items() if word in words), None)


def usual_tempo(rhythm: str, beats: tuple[int, int] | None) -> float:
    """Quarters a minute without a Q: field."""
    rhythm = " ".join(rhythm.lower().split())
    named = next((pace for name, pace in RHYTHMS.items() if name in rhythm), None)
    return float(named or (METRES.get(beats) if beats else None) or 120)


def parts(text: str) -> str:
    """The order of parts in a P: field of the header: “A2(BC)2” → “AABCBC”. Raises `Refusal` for too many."""
    order = re.sub(r"[^A-Za-z0-9()]", "", text)
    for _ in range(8):
        order = re.sub(r"([A-Za-z]|\([A-Za-z]*\))(\d?)", lambda found: found[1].strip("()") * int(found[2] or 1), order)
        if len(order) > 64:
            raise Refusal("The parts of this ABC tune (P:) repeat more than 64 times. Send a shorter one.")
        if "(" not in order and not re.search(r"\d", order):
            break
    return re.sub(r"[^A-Za-z]", "", order)
