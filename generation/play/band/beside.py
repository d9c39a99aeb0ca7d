"""A song beside which a band plays: the parts that are given, and the hands that play the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.music.notes import Notes, Written
from generation.music.song import Part, Song

HELD = 0.95  # a legato note sounds for at least this share of its written length


@dataclass(frozen=True)
class Hand:
    """The player of one part, or one hand of a pianist or a guitarist.

    home       index of its part in the song
    before     how many notes it has in `Beside.primed` before the new ones
    low, high  its range in pitches; None for the range of its notes
    under      whether it stays under the tune
    along      whether it moves with the tune
    walks      whether it seldom repeats a note
    places     quarters of a bar at which it plays; empty if it is free
    strokes    a drummer's pattern: (quarter of a bar, drum)
    legato     whether its notes are held
    """

    home: int
    before: int
    low: int | None = None
    high: int | None = None
    under: bool = False
    along: bool = False
    walks: bool = False
    places: tuple[float, ...] = ()
    strokes: tuple[tuple[float, int], ...] = ()
    legato: bool = False


@dataclass(frozen=True, eq=False)
class Beside:
    """A song in which some parts stay as they are while hands play the others.

    song     the whole song with its chords; from `since` on, the hands replace the notes of their parts
    since    the quarter in `song` from which the hands play
    primed   the song as the model hears it: without the notes to be replaced, with a part for each hand, and with
             some bars of a pattern in front
    lead_in  the quarter in `primed` at which the song begins
    hands    by the index of their part in `primed`; all other parts are given
    style    the style in which the hands play
    """

    song: Song
    since: float
    primed: Song
    lead_in: float
    hands: Mapping[int, Hand]
    style: str = "auto"

    @property
    def new_from(self) -> float:
        """The quarter from which a take counts as new: 0 if the hands play from the beginning."""
        return 0.0 if self.lead_in else self.since

    def back(self, played: Sequence[Part]) -> Song:
        """The song with the new notes of `played`, the parts of `primed` after the hands have played."""
        parts = [*self.song.parts]
        for home in {hand.home for hand in self.hands.values()}:
            kept = parts[home].notes[parts[home].notes.onset < self.since - 1e-6]
            new = [_new(played[i], hand, self.lead_in) for i, hand in self.hands.items() if hand.home == home]
            notes, written = _joined(new)
            parts[home] = replace(parts[home], notes=kept.then(notes), written=written)
        return replace(self.song, parts=tuple(parts))


def _new(part: Part, hand: Hand, lead_in: float) -> tuple[Notes, Written]:
    """The new notes of a hand at their place in the song, and how they are written."""
    notes = part.notes[hand.before :].later(-lead_in)
    written = part.written or Written(np.zeros(0), np.zeros(0))
    assert len(notes) == len(written.late)
    if hand.legato:
        notes = replace(notes, duration=np.maximum(notes.duration, HELD * written.duration))
    return notes, written


def _joined(hands: Sequence[tuple[Notes, Written]]) -> tuple[Notes, Written]:
    """The notes of several hands, in order of onset and from high to low."""
    onset, duration, pitch, velocity = (
        np.concatenate([getattr(notes, name) for notes, _ in hands])
        for name in ("onset", "duration", "pitch", "velocity")
    )
    late, lasts = (np.concatenate([getattr(written, name) for _, written in hands]) for name in ("late", "duration"))
    order = np.lexsort((-pitch, onset))
    notes = Notes(onset[order], duration[order], pitch[order], velocity[order])
    return notes, Written(late[order], lasts[order])
