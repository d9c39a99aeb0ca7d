"""A song beside which a band plays: its parts that are given, and the hands that play the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.music.notes import Notes, Written
from generation.music.song import Part, Song

HELD = 0.95  # share of its written length that a legato note sounds, at least


@dataclass(frozen=True)
class Hand:
    """What plays one part, or one half of a pianist's or a guitarist's part.

    home       index of its part in the song
    before     notes that it has in `Beside.primed` before the new ones
    low, high  its range; None for that of its notes
    under      whether it stays under the tune
    along      whether it moves with the tune
    walks      whether it seldom repeats a note
    places     quarters of a bar at which it plays; empty if that is open
    strokes    (quarter of a bar, drum) of a drummer
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
    """What stays, and who plays beside it.

    song     as it is, with its chords; what the parts of `hands` play from `since` on is played again
    since    quarter from which they play
    primed   the song as the model hears it: so much as is not played again, with bars of a pattern before it, and a
             part for each hand
    lead_in  quarters that it begins later in `primed`
    hands    by the index of the part in `primed`; all other parts are given
    style    in which they play
    """

    song: Song
    since: float
    primed: Song
    lead_in: float
    hands: Mapping[int, Hand]
    style: str = "auto"

    @property
    def new_from(self) -> float:
        """The quarter from which a take counts as new: all of it, where the others play from the beginning."""
        return 0.0 if self.lead_in else self.since

    def back(self, played: Sequence[Part]) -> Song:
        """The song with the new notes of `played`, which are the parts of `primed` played on."""
        parts = [*self.song.parts]
        for home in {hand.home for hand in self.hands.values()}:
            kept = parts[home].notes[parts[home].notes.onset < self.since - 1e-6]
            new = [_new(played[i], hand, self.lead_in) for i, hand in self.hands.items() if hand.home == home]
            notes, written = _joined(new)
            parts[home] = replace(parts[home], notes=kept.then(notes), written=written)
        return replace(self.song, parts=tuple(parts))


def _new(part: Part, hand: Hand, lead_in: float) -> tuple[Notes, Written]:
    """The new notes of a hand, so much earlier, and how they are written."""
    notes = part.notes[hand.before :].later(-lead_in)
    written = part.written or Written(np.zeros(0), np.zeros(0))
    assert len(notes) == len(written.late)
    if hand.legato:
        notes = replace(notes, duration=np.maximum(notes.duration, HELD * written.duration))
    return notes, written


def _joined(hands: Sequence[tuple[Notes, Written]]) -> tuple[Notes, Written]:
    """What several hands play, in order."""
    onset, duration, pitch, velocity = (
        np.concatenate([getattr(notes, name) for notes, _ in hands])
        for name in ("onset", "duration", "pitch", "velocity")
    )
    late, lasts = (np.concatenate([getattr(written, name) for _, written in hands]) for name in ("late", "duration"))
    order = np.lexsort((-pitch, onset))
    notes = Notes(onset[order], duration[order], pitch[order], velocity[order])
    return notes, Written(late[order], lasts[order])
