"""Played: a song of which all parts go on."""

from dataclasses import dataclass

from generation.music.song import Song


@dataclass(frozen=True, eq=False)
class Played:
    """A take of several parts before its files are made.

    song        the given notes of every part, followed by its new ones
    since       quarter where the new music begins; 0 for a fresh piece
    arithmetic  the arithmetic with which it was sampled, in words
    again       whether its tune is mostly the input's, although it was played again several times
    """

    song: Song
    since: float = 0.0
    arithmetic: str = ""
    again: bool = False
