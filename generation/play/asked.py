"""What a take should be, whether a line plays it or a band: the part of their prompts that both share."""

from dataclasses import dataclass

from generation.music.key import Key
from generation.music.song import Song


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
