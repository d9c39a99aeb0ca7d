"""Where the drums of General MIDI are written on a percussion staff."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A place on the staff, named as in the treble clef, and the head of the note: “x” for cymbals. So that no two
    drums have the same name, those on one line differ in `alter`, in semitones; only text notation writes it."""

    letter: str
    octave: int
    head: str = ""
    alter: int = 0


PLACES = {
    35: Place("E", 4),
    36: Place("F", 4),
    37: Place("C", 5, "x", 1),
    38: Place("C", 5),
    39: Place("A", 4, "x", -1),
    40: Place("C", 5, "", -2),
    41: Place("G", 4),
    42: Place("G", 5, "x"),
    43: Place("A", 4),
    44: Place("D", 4, "x"),
    45: Place("B", 4),
    46: Place("G", 5, "circle-x", 1),
    47: Place("D", 5),
    48: Place("D", 5, "", 1),
    49: Place("A", 5, "x"),
    50: Place("E", 5),
    51: Place("F", 5, "x"),
    52: Place("B", 5, "x", 1),
    53: Place("F", 5, "diamond", 1),
    54: Place("G", 4, "triangle", -1),
    55: Place("B", 5, "x", -1),
    57: Place("B", 5, "x"),
}
SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
ABOVE, HIGHER = 60, 24  # rare drums, from this one on, are written above the staff, so many semitones higher


def place_of(drum: int) -> Place:
    """The place of a drum, 0 … 127. Each rare drum has a place of its own below or above the staff."""
    if drum in PLACES:
        return PLACES[drum]
    tone = drum if drum <= ABOVE else drum + HIGHER if drum + HIGHER <= 127 else drum - ABOVE
    name = SHARPS[tone % 12]
    return Place(name[0], max(tone // 12 - 1, 0), "", len(name) - 1)
