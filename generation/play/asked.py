"""What a take should be: the prompt of a line, that of a band, and what both share."""

from dataclasses import dataclass

from generation.music.chart import Chart
from generation.music.key import Key
from generation.music.song import Song
from generation.play.band.beside import Beside
from generation.play.entry import Around


@dataclass(frozen=True, eq=False)
class Asked:
    """What one take should be.

    song               the song to continue; None for a fresh piece
    seconds, bars      length of the new music; `bars` counts unless it is 0
    key, tempo, metre  of a fresh piece; tempo in quarter notes a minute
    open_end           whether to cut the music off when the time is up, instead of bringing it to a close
    attempt            how many takes of this seed were discarded because they copied training music or the input
    """

    song: Song | None = None
    seconds: float = 20.0
    bars: int = 0
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    key: Key | None = None
    tempo: float | None = None
    metre: tuple[int, int] | None = None
    open_end: bool = False
    attempt: int = 0


@dataclass(frozen=True, eq=False)
class Prompt(Asked):
    """What one take of a line should be; its `song` has one part.

    beside  when the song's other parts sound; None if there are none
    formal  whether the first strain of a fresh piece comes back, as in `play.form`
    """

    beside: Around | None = None
    formal: bool = False


@dataclass(frozen=True, eq=False)
class BandPrompt(Asked):
    """What one take of several parts should be.

    band    of a fresh piece: a name in `ENSEMBLES`
    over    bars of chords for the new music, repeated
    beside  what stays and who plays beside it; replaces `song` and all that is said about its length
    """

    band: str = "piano"
    over: Chart = ()
    beside: Beside | None = None
