"""Reading: the song that was found in a file, and the voice of it that the model continues."""

from dataclasses import dataclass, replace

from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.song import Part, Song
from generation.request import UNSAID, Words

MORE = 1.1  # a part with this many times the notes of its melody plays more than the melody


@dataclass(frozen=True, eq=False)
class Reading:
    """A song and its melody.

    song    everything in the file
    melody  the voice that the model continues, on the song's clock
    part    index of the song's part that holds it
    source  where it was found, in a musician's words, such as “the top voice of track 2 (Violin)”; empty when the
            file holds one voice only
    why     why it was taken for the melody, in a musician's words
    """

    song: Song
    melody: Melody
    part: int = 0
    source: Words = UNSAID
    why: Words = UNSAID

    @property
    def program(self) -> int | None:
        """General MIDI program of the melody's part; None if the file names none."""
        return self.song.parts[self.part].program

    @property
    def together(self) -> bool:
        """Whether more sounds than a melody: several parts, one with chords or two hands, or drums alone."""
        notes = sum(len(part.notes) for part in self.song.parts)
        playing = sum(bool(len(part.notes)) for part in self.song.parts)
        return playing > 1 or not self.song.pitched or notes > MORE * len(self.melody)


def tune_alone(reading: Reading) -> Reading:
    """The reading with no part but the tune's, which stays as it is unless it plays more than the tune."""
    part, melody = reading.song.parts[reading.part], reading.melody
    if len(part.notes) > MORE * len(melody):
        part = replace(part, notes=Notes(melody.onset, melody.duration, melody.pitch, melody.velocity))
    return replace(reading, song=replace(reading.song, parts=(part,)), part=0)


def song_of(melody: Melody, program: int | None = None, name: str = "") -> Song:
    """A melody as a song of one part."""
    notes = Notes(melody.onset, melody.duration, melody.pitch, melody.velocity)
    return Song(
        parts=(Part(notes, program, name, role="lead", written=melody.written),),
        tempo=melody.tempo,
        metres=((0.0, melody.metre),) if melody.metre else (),
        keys=((0.0, melody.key),) if melody.key else (),
        pickup=melody.downbeat,
        title=melody.title,
    )
