"""Played: music that goes on."""

from dataclasses import dataclass

from generation.music.song import Song


@dataclass(frozen=True, eq=False)
class Played:
    """A take before its files are made.

    song        the given notes of every part, followed by its new ones
    since       quarter where the new music begins; 0 for a fresh piece
    arithmetic  the arithmetic with which it was sampled, in words
    again       whether its tune is mostly the input's, although it was played again several times
    style       in which it was played: the one that was asked for or, with “auto”, found
    alone       whether the song is a line that goes on without the input's other parts
    """

    song: Song
    since: float = 0.0
    arithmetic: str = ""
    again: bool = False
    style: str = "auto"
    alone: bool = False
