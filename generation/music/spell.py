"""Pitches → note names, spelt as the key suggests."""

from dataclasses import dataclass

from generation.music.key import FIFTHS, PITCH_CLASS, Key
from generation.music.song import Song, heard_key

LETTERS = {position: letter for letter, position in FIFTHS.items()}
ACCIDENTALS = {0: "", 1: "#", -1: "b"}


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


def spell(pitch: int, key: Key) -> Name:
    """The name of a MIDI pitch that is nearest to the key on the line of fifths: in major from the flat sixth to the
    raised tonic, in minor from the flat second to the raised fourth."""
    tonic = FIFTHS[key.tonic[0]] + {"": 0, "b": -7, "#": 7}[key.tonic[1:]]
    lowest = tonic - (4 if key.mode in ("major", "mixolydian", "lydian") else 5)
    position = lowest + (pitch * 7 - lowest) % 12  # fifths from C, of the twelve that the key prefers
    if position < min(-6, key.sharps - 1):  # C flat, F flat or a double flat outside the key is hard to read
        position += 12
    alter, letter = divmod(position + 1, 7)
    name = LETTERS[letter - 1]
    return Name(name, alter, (pitch - PITCH_CLASS[name] - alter) // 12 - 1)


def named(pitch: int, key: Key) -> str:
    """The name of a MIDI pitch for readers: “C♯5”."""
    name = spell(pitch, key)
    return f"{name.letter}{('♯' if name.alter > 0 else '♭') * abs(name.alter)}{name.octave}"


def signature(key: Key) -> dict[str, int]:
    """Letter → its alteration by the key signature: 1, 0 or −1."""
    sharps = "FCGDAEB"[: max(key.sharps, 0)]
    flats = "BEADGCF"[: max(-key.sharps, 0)]
    return {letter: (letter in sharps) - (letter in flats) for letter in PITCH_CLASS}
