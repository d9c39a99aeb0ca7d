"""Pitches → note names, spelt as the chord or else the key suggests."""

import re
from dataclasses import dataclass
from functools import cache

from generation.music.key import FIFTHS, PITCH_CLASS, Key, fifths
from generation.music.song import Song, heard_key

LETTERS = {position: letter for letter, position in FIFTHS.items()}
ACCIDENTALS = {0: "", 1: "#", -1: "b"}
SHARPEST, FLATTEST = 10, -6  # A sharp and G flat, in fifths from C: other names of a chord's tones are hard to read
NEARER = 2  # fifths by which another name must be nearer than the key's
CHORD = re.compile(r"([A-G][#b♯♭]?)([^/]*)")


@dataclass(frozen=True)
class Name:
    """A note's name: C4 is MIDI 60. `alter` is in semitones, sharps positive."""

    letter: str
    alter: int
    octave: int


def key_of(song: Song) -> Key:
    """The key at the end of a song, estimated if it is unknown, with at most seven sharps or flats."""
    return written_key(song.key or heard_key(song))


def written_key(key: Key) -> Key:
    """The key itself, or the enharmonic one if it has more than seven sharps or flats."""
    if abs(key.sharps) <= 7:
        return key
    names = [Key(letter + accidental, key.mode) for letter in FIFTHS for accidental in ACCIDENTALS.values()]
    return min((name for name in names if name.pitch_class == key.pitch_class), key=lambda name: abs(name.sharps))


def spell(pitch: int, key: Key, chord: str = "") -> Name:
    """The name of a MIDI pitch: the chord's, if it is one of its tones, such as G♯ in “E7”; else that of the twelve
    that the key prefers, in major from the flat sixth to the raised tonic, in minor from the flat second to the raised
    fourth on the line of fifths, unless another lies much nearer to key and chord there."""
    tones = _tones(chord)
    if FLATTEST <= (position := tones.get(pitch % 12, FLATTEST - 1)) <= SHARPEST:
        return _named(pitch, position)
    tonic = key.fifths
    lowest = tonic - (4 if key.mode in ("major", "mixolydian", "lydian") else 5)
    position = lowest + (pitch * 7 - lowest) % 12
    if position < min(-6, key.sharps - 1):  # C flat, F flat or a double flat outside the key is hard to read
        position += 12
    if tones:
        usual, middles = position, (lowest + 5.5, sum(tones.values()) / len(tones))
        others = [other for other in (usual - 12, usual + 12) if FLATTEST <= other <= SHARPEST]
        position = min(
            (usual, *others), key=lambda at: sum(abs(at - middle) for middle in middles) - NEARER * (at == usual)
        )
    return _named(pitch, position)


def _named(pitch: int, position: int) -> Name:
    """The name of a pitch that lies `position` fifths above C."""
    alter, letter = divmod(position + 1, 7)
    name = LETTERS[letter - 1]
    return Name(name, alter, (pitch - PITCH_CLASS[name] - alter) // 12 - 1)


@cache
def _tones(chord: str) -> dict[int, int]:
    """Pitch class → its place on the line of fifths, in fifths from C, for each tone of a chord symbol, and for the
    leading note of a minor one."""
    found = CHORD.match(chord)
    if found is None:
        return {}
    root, kind = fifths(found[1]), found[2]
    diminished = re.match("dim|o|°|ø|h", kind)
    minor = diminished or re.match("m(?!aj)|min|-", kind)
    fifth = -6 if diminished or "b5" in kind else 8 if re.match(r"aug|\+", kind) or "#5" in kind else 1
    tones = [0, -1 if "sus" in kind else -3 if minor else 4, fifth]
    if re.search("maj|M|Δ", kind):
        tones.append(5)
    elif re.search("7|9|11|13", kind):
        tones.append(-9 if re.match("(dim|o|°)7", kind) else -2)
    elif "6" in kind:
        tones.append(3)
    if minor and not diminished:
        tones.append(5)
    return {(root + tone) * 7 % 12: root + tone for tone in tones}


def named(pitch: int, key: Key) -> str:
    """The name of a MIDI pitch for readers: “C♯5”."""
    name = spell(pitch, key)
    return f"{name.letter}{('♯' if name.alter > 0 else '♭') * abs(name.alter)}{name.octave}"


def signature(key: Key) -> dict[str, int]:
    """Letter → its alteration by the key signature: 1, 0 or −1."""
    sharps = "FCGDAEB"[: max(key.sharps, 0)]
    flats = "BEADGCF"[: max(-key.sharps, 0)]
    return {letter: (letter in sharps) - (letter in flats) for letter in PITCH_CLASS}
