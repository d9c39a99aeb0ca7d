"""Keys: their names, their signatures, and how to find a tune's key from its notes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.request import Refusal

# The line of fifths: letter → its place, seven more for a sharp, seven less for a flat.
FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Mode → sharps of its signature, less those of the major signature on the same tonic.
MODES = {"major": 0, "minor": -3, "dorian": -2, "phrygian": -4, "lydian": 1, "mixolydian": -1, "locrian": -5}


def fifths(tone: str) -> int:
    """The place of a tone's name, such as “Eb” or “F♯”, on the line of fifths, C = 0."""
    sharps, flats = (sum(tone[1:].count(sign) for sign in signs) for signs in ("#♯", "b♭"))
    return FIFTHS[tone[0]] + 7 * (sharps - flats)


@dataclass(frozen=True)
class Key:
    """A tonic such as "Bb" or "F#" and a mode out of `MODES`."""

    tonic: str
    mode: str

    def __post_init__(self) -> None:
        letter, accidental = self.tonic[:1], self.tonic[1:]
        if letter not in FIFTHS or accidental not in ("", "b", "#") or self.mode not in MODES:
            name = f"{self.tonic} {self.mode}"
            raise Refusal("“{text}” is not a key. Write one like “D minor”, “Bb major” or “A dorian”.", text=name)

    @property
    def fifths(self) -> int:
        """The tonic's place on the line of fifths, C = 0."""
        return fifths(self.tonic)

    @property
    def sharps(self) -> int:
        """Sharps of the signature; flats are negative. Beyond ±7 for keys that nobody writes."""
        return self.fifths + MODES[self.mode]

    @property
    def pitch_class(self) -> int:
        """The tonic as a pitch class, C = 0."""
        return (PITCH_CLASS[self.tonic[0]] + {"": 0, "b": -1, "#": 1}[self.tonic[1:]]) % 12

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"

    @staticmethod
    def signed(sharps: int, mode: str) -> "Key":
        """The key of this mode whose signature has so many sharps, −7 … 7; flats are negative."""
        accidental, letter = divmod(sharps - MODES[mode] + 1, 7)
        return Key(tuple(FIFTHS)[letter] + {-1: "b", 0: "", 1: "#"}[accidental], mode)

    @staticmethod
    def parse(text: str) -> "Key":
        """Read a key such as "D minor", "d min", "Bbm", "A dorian", "F# major" or "G". Raises `Refusal` for any other
        text."""
        words = text.replace("♭", "b").replace("♯", "#").split()
        if len(words) == 1 and len(words[0]) > 1 and words[0].endswith("m"):
            words = [words[0][:-1], "minor"]
        tonic = words[0][:1].upper() + words[0][1:] if words else ""
        wanted = words[1].lower() if len(words) > 1 else "major"
        mode = next((mode for mode in MODES if mode.startswith(wanted) and len(wanted) >= 3), wanted)
        if len(words) > 2:
            raise Refusal("“{text}” is not a key. Write one like “D minor”, “Bb major” or “A dorian”.", text=text[:40])
        return Key(tonic, mode)


# How well each pitch class fits a major and a minor key on C: the probe-tone ratings of
# Krumhansl and Kessler (1982), “Tracing the dynamic changes in perceived tonal organization”.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
FEWEST = 12  # notes; fewer are no evidence against a stated key
# By how much another key must fit better: the relative minor, the relative major, any other.
RELATIVE, RELATIVE_MAJOR, UNLIKE = 0.08, 0.15, 0.35
MAJOR_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


def find_key(pitch: NDArray[np.int64], weight: NDArray[np.float64]) -> Key:
    """The major or minor key whose profile correlates best with the pitch classes of pitch (n,), each note counted by
    its weight (n,), for example its duration; C major where none fits better than another."""
    fits = _fits(pitch, weight)
    return max(fits, key=lambda key: fits[key]) if fits else Key("C", "major")


def believed(said: Key, pitch: NDArray[np.int64], weight: NDArray[np.float64]) -> Key:
    """The key that a file states, if its notes agree; else the relative key, or else the key that the notes suggest.
    Programs often write a major key where the music is in minor, or an arbitrary key where none is known.

    said           the stated key; a mode other than major and minor is always believed
    pitch, weight  (n,) the notes that it is stated for
    """
    fits = _fits(pitch, weight)
    if said.mode not in ("major", "minor") or len(pitch) < FEWEST or not fits:
        return said
    own = next((key for key in fits if (key.pitch_class, key.mode) == (said.pitch_class, said.mode)), said)
    best = max(fits, key=lambda key: fits[key])
    doubt = UNLIKE if best.pitch_class != own.pitch_class or best.mode != own.mode else 0.0
    relative = next(
        key
        for key in fits
        if key.mode != own.mode and key.pitch_class == (own.pitch_class + (9 if own.mode == "major" else 3)) % 12
    )
    if fits[relative] > fits[own] + (RELATIVE if said.mode == "major" else RELATIVE_MAJOR):
        return Key.signed(said.sharps, relative.mode)
    return modal(said, best, pitch, weight) if doubt and fits[best] > fits[own] + doubt else said


def modal(said: Key, heard: Key, pitch: NDArray[np.int64], weight: NDArray[np.float64]) -> Key:
    """The heard key; or, if the stated signature is that of a dorian or mixolydian key on the same tonic and the notes
    (n,), by their weight (n,), prefer the degree that sets it apart, that key. Many programs state it as major."""
    mode, lowered = ("dorian", 8) if heard.mode == "minor" else ("mixolydian", 10)
    modal = Key(heard.tonic, mode)
    own, other = (weight[pitch % 12 == (heard.pitch_class + lowered + raised) % 12].sum() for raised in (0, 1))
    agrees = other > own if mode == "dorian" else own > other
    return modal if agrees and modal.sharps == said.sharps else heard


def _fits(pitch: NDArray[np.int64], weight: NDArray[np.float64]) -> dict[Key, float]:
    """Each major and minor key's correlation with the pitch classes, −1 … 1; empty where all are equally frequent.
    pitch, weight: (n,)."""
    heard = np.bincount(pitch % 12, weights=weight, minlength=12)
    if np.ptp(heard) == 0:
        return {}
    return {
        Key(names[tonic], mode): float(np.corrcoef(np.roll(profile, tonic), heard)[0, 1])
        for mode, profile, names in (("major", MAJOR, MAJOR_TONICS), ("minor", MINOR, MINOR_TONICS))
        for tonic in range(12)
    }
