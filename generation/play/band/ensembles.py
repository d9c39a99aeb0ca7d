"""Bands for fresh pieces: the tune with which each begins, and who plays beside it."""

from dataclasses import dataclass

from generation.play.band.accompanists import (
    BASS,
    JAZZ_BASS,
    PIANO,
    QUARTET,
    SINGERS,
    Accompanist,
    Band,
    pianist,
)
from generation.request import BANDS

DRUMS = (Accompanist("Drums", "drums", None, "pop"),)


@dataclass(frozen=True)
class Ensemble:
    """tune    the style of its tune where a request leaves this open; "" if it plays none
    centre  the pitch about which the tune lies
    band    who plays the tune, and who plays beside it
    """

    tune: str
    centre: int
    band: Band


ENSEMBLES: dict[str, Ensemble] = {
    "melody": Ensemble("pop", 69, Band("pop", 0, "Melody", ())),
    "piano": Ensemble("classical", 74, Band("classical", 0, "Right hand", ((
        Accompanist("Left hand", "chords", 0, "fingers", 55, 45, 64),
        Accompanist("Left hand", "bass", 0, "thumb", 43, 31, 52),
    ),))),
    "song": Ensemble("artsong", 67, Band("artsong", 53, "Voice", (PIANO,))),
    "quartet": Ensemble("classical", 74, Band("classical", 40, "Violin I", QUARTET)),
    "choir": Ensemble("hymn", 69, Band("hymn", 52, "Soprano", SINGERS)),
    "jazz quartet": Ensemble("standards", 62, Band("jazz", 66, "Saxophone", (
        pianist("jazz", 45, 76), JAZZ_BASS, (Accompanist("Drums", "drums", None, "jazz"),),
    ))),
    "pop band": Ensemble("pop", 72, Band("pop", 0, "Melody", (pianist("pop"), BASS, DRUMS))),
    "rock band": Ensemble("pop", 67, Band("pop", 29, "Lead guitar", (
        (Accompanist("Guitar", "chords", 30, "rock", 52, 40, 67),),
        (Accompanist("Bass", "bass", 33, "rock", 36, 28, 50),),
        (Accompanist("Drums", "drums", None, "rock"),),
    ))),
    "drums": Ensemble("", 0, Band("pop", 0, "", (DRUMS,))),
}  # fmt: skip
# Bands whose harmony is written above the lead as chord symbols.
WITH_CHORDS = ("piano", "song", "jazz quartet", "pop band", "rock band")
assert set(ENSEMBLES) == set(BANDS)
