"""Bands for fresh pieces: each part's name, role and General MIDI program."""

from dataclasses import dataclass

from generation.request import BANDS

DRUMS = None  # stands for a program
# Role → mean velocity in a fresh piece.
LEVEL = {"lead": 94, "second": 76, "chords": 70, "bass": 68, "pad": 62, "other": 70, "drums": 80}


@dataclass(frozen=True)
class Player:
    """One part of a fresh piece; program None for drums."""

    name: str
    role: str
    program: int | None


# Band → its parts: the lead, the others from high to low, and drums last.
ENSEMBLES: dict[str, tuple[Player, ...]] = {
    "melody": (Player("Melody", "lead", 0),),
    "piano": (Player("Right hand", "lead", 0), Player("Left hand", "chords", 0)),
    "song": (Player("Voice", "lead", 53), Player("Right hand", "chords", 0), Player("Left hand", "chords", 0)),
    "quartet": (
        Player("Violin I", "lead", 40), Player("Violin II", "second", 40),
        Player("Viola", "second", 41), Player("Cello", "bass", 42),
    ),
    "choir": (
        Player("Soprano", "lead", 52), Player("Alto", "second", 52),
        Player("Tenor", "second", 52), Player("Bass", "bass", 52),
    ),
    "jazz quartet": (
        Player("Saxophone", "lead", 66), Player("Piano", "chords", 0),
        Player("Bass", "bass", 32), Player("Drums", "drums", DRUMS),
    ),
    "pop band": (
        Player("Melody", "lead", 0), Player("Piano", "chords", 0),
        Player("Bass", "bass", 33), Player("Drums", "drums", DRUMS),
    ),
    "rock band": (
        Player("Lead guitar", "lead", 29), Player("Guitar", "chords", 30),
        Player("Bass", "bass", 33), Player("Drums", "drums", DRUMS),
    ),
    "drums": (Player("Drums", "drums", DRUMS),),
}  # fmt: skip
# Bands whose harmony is written above the lead as chord symbols.
WITH_CHORDS = ("piano", "song", "jazz quartet", "pop band", "rock band")
assert set(ENSEMBLES) == set(BANDS)
