"""Bands that join a tune: each part's name, role, program, range and feel."""

from dataclasses import dataclass

import numpy as np

from generation.music.notes import Notes
from generation.music.song import Part
from generation.request import ACCOMPANISTS

SILENCE = Notes(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))

DRUMS = None  # stands for a program
# Role → mean velocity where nothing is given.
LEVEL = {"lead": 94, "second": 76, "chords": 70, "bass": 68, "pad": 62, "other": 70, "drums": 80}


@dataclass(frozen=True)
class Accompanist:
    """One player beside a tune, or one hand of a player.

    program    of General MIDI; None for drums
    feel       selects its patterns in `patterns.BARS`
    centre     the pitch around which it begins to play
    low, high  its lowest and highest pitch
    under      whether it also stays under the tune
    """

    name: str
    role: str
    program: int | None
    feel: str
    centre: int = 60
    low: int = 0
    high: int = 127
    under: bool = False


def pianist(feel: str, low: int = 43, high: int = 77, centre: int = 60) -> tuple[Accompanist, ...]:
    return (Accompanist("Piano", "chords", 0, feel, centre, low, high),)


BASS = (Accompanist("Bass", "bass", 33, "pop", 38, 28, 50),)
JAZZ_BASS = (Accompanist("Bass", "bass", 32, "jazz", 40, 28, 55),)
QUARTET = (
    (Accompanist("Violin II", "second", 40, "bowed", 64, 55, 79, under=True),),
    (Accompanist("Viola", "second", 41, "bowed", 59, 48, 74, under=True),),
    (Accompanist("Cello", "bass", 42, "bowed", 43, 36, 60, under=True),),
)
SINGERS = (
    (Accompanist("Alto", "second", 52, "sung", 64, 53, 74, under=True),),
    (Accompanist("Tenor", "second", 52, "sung", 57, 48, 67, under=True),),
    (Accompanist("Bass", "bass", 52, "sung", 47, 40, 60, under=True),),
)
# The thumb, or the left hand, plays the bass.
PIANO = (
    Accompanist("Piano", "chords", 0, "fingers", 62, 52, 79),
    Accompanist("Piano", "bass", 0, "thumb", 43, 33, 55),
)
GUITAR = (
    Accompanist("Guitar", "chords", 25, "fingers", 60, 50, 74),
    Accompanist("Guitar", "bass", 25, "thumb", 45, 40, 54),
)


@dataclass(frozen=True)
class Band:
    """A band that joins a tune.

    style    used if the request leaves it open
    lead     the tune's program, if its file names none
    called   the tune's name, if its file gives none
    players  each with one hand or two
    joined   whether the tune itself is a part of the band, and takes `lead` and `called` in any case
    """

    style: str
    lead: int
    called: str
    players: tuple[tuple[Accompanist, ...], ...]
    joined: bool = False

    def seats(self) -> tuple[Part, ...]:
        """A part without notes for each player."""
        first = [hands[0] for hands in self.players]
        return tuple(
            Part(SILENCE, each.program, each.name, drums=each.program is DRUMS, role=each.role) for each in first
        )


BANDS: dict[str, Band] = {
    "trio": Band("pop", 73, "Tune", (pianist("pop"), BASS, (Accompanist("Drums", "drums", DRUMS, "pop"),))),
    "piano": Band("pop", 40, "Tune", (PIANO,)),
    "guitar": Band("pop", 110, "Tune", (GUITAR,)),
    "jazz trio": Band("jazz", 65, "Tune", (
        pianist("jazz", 45, 76), JAZZ_BASS, (Accompanist("Drums", "drums", DRUMS, "jazz"),),
    )),
    "pop band": Band("pop", 73, "Tune", (
        pianist("pop", 57, 82, 66), (Accompanist("Guitar", "chords", 25, "strummed", 55, 43, 67),),
        BASS, (Accompanist("Drums", "drums", DRUMS, "pop"),),
    )),
    "string quartet": Band("classical", 40, "Violin I", QUARTET, joined=True),
    "choir": Band("hymn", 52, "Soprano", SINGERS, joined=True),
}  # fmt: skip
assert set(BANDS) == set(ACCOMPANISTS)
