"""Reading: the song that was found in a file, and the line of it that the model continues."""

from dataclasses import dataclass, replace
from functools import cached_property

from generation.music.melody import melody_of
from generation.music.notes import Notes
from generation.music.song import Song
from generation.request import UNSAID, Words

MORE = 1.1  # a part with this many times the notes of its melody plays more than the melody


@dataclass(frozen=True, eq=False)
class Reading:
    """A song and its melody.

    song    everything in the file
    line    the notes of the melody that the model continues: one at a time
    part    index of the song's part that holds it
    source  where it was found, in a musician's words, such as “the top voice of track 2 (Violin)”; empty when the
            file holds one voice only
    why     why it was taken for the melody, in a musician's words
    """

    song: Song
    line: Notes
    part: int = 0
    source: Words = UNSAID
    why: Words = UNSAID

    @cached_property
    def melody(self) -> Song:
        """The line as a song of its own, in the metre and the key at the end of the file."""
        song = self.song
        return melody_of(self.line, song.tempo, song.metre, song.key, song.downbeat, song.title)

    @property
    def program(self) -> int | None:
        """General MIDI program of the melody's part; None if the file names none."""
        return self.song.parts[self.part].program

    @property
    def together(self) -> bool:
        """Whether more sounds than a melody: several parts, one with chords or two hands, or drums alone."""
        notes = sum(len(part.notes) for part in self.song.parts)
        playing = sum(bool(len(part.notes)) for part in self.song.parts)
        return playing > 1 or not self.song.pitched or notes > MORE * len(self.line)


def tune_alone(reading: Reading) -> Reading:
    """The reading with no part but the tune's, which stays as it is unless it plays more than the tune."""
    part = reading.song.parts[reading.part]
    if len(part.notes) > MORE * len(reading.line):
        part = replace(part, notes=reading.line)
    return replace(reading, song=replace(reading.song, parts=(part,)), part=0)
