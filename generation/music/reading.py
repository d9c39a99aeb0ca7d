"""Reading: what was found in a file, and which voice of it the model goes on with."""

from dataclasses import dataclass

from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.song import Part, Song
from generation.request import UNSAID, Words


@dataclass(frozen=True, eq=False)
class Reading:
    """A song and its melody.

    song    all that the file holds
    melody  the voice that the model continues, on the song's clock
    part    index of the part of the song in which it lies
    source  a musician's words for where it came from, such as “the top voice of track 2 (Violin)”;
            empty when the file holds one voice only
    why     a musician's words for why it is taken for the melody
    """

    song: Song
    melody: Melody
    part: int = 0
    source: Words = UNSAID
    why: Words = UNSAID

    @property
    def program(self) -> int | None:
        """General MIDI program of the melody's part, None where nobody said."""
        return self.song.parts[self.part].program


def song_of(melody: Melody, program: int | None = None, name: str = "") -> Song:
    """A melody as a song of one part."""
    notes = Notes(melody.onset, melody.duration, melody.pitch, melody.velocity)
    return Song(
        parts=(Part(notes, program, name, role="lead"),),
        tempo=melody.tempo,
        metres=((0.0, melody.metre),) if melody.metre else (),
        keys=((0.0, melody.key),) if melody.key else (),
        pickup=melody.downbeat,
        title=melody.title,
    )
