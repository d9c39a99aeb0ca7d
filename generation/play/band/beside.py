"""A song beside which a band plays: its parts that are given, and bars before it that set the others going."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.model.chords import symbol_of
from generation.model.harmonise import harmonised
from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.reading import MORE, Reading
from generation.music.song import Part, Song, heard_key, moved
from generation.play.band.accompanists import BANDS, Accompanist
from generation.play.band.ensembles import LEVEL
from generation.play.band.patterns import primer

LEAD_IN = 2  # bars


@dataclass(frozen=True, eq=False)
class Beside:
    """What stays, and who plays beside it.

    song     as it is, with its chords; what the parts that are not given play from `since` on is played again
    given    indices of the parts that stay as they are
    since    quarter from which the others play
    primed   the song as the model hears it: so much as is not played again, with bars of a pattern before it
    lead_in  quarters that it begins later in `primed`
    before   notes of each part in `primed` that come before the new ones
    ranges   part → its lowest and highest pitch, where these are not as in the song
    under    indices of parts that stay under the tune
    """

    song: Song
    given: tuple[int, ...]
    since: float
    primed: Song
    lead_in: float
    before: tuple[int, ...]
    ranges: Mapping[int, tuple[int, int]]
    under: tuple[int, ...] = ()

    def back(self, parts: Sequence[Part]) -> Song:
        """The song with the new notes of `parts`, which are those of `primed` played on."""
        found = []
        for i, (old, new) in enumerate(zip(self.song.parts, parts, strict=True)):
            if i in self.given:
                found.append(old)
                continue
            kept = old.notes[old.notes.onset < self.since - 1e-6]
            played = new.notes[self.before[i] :].later(-self.lead_in)
            found.append(replace(old, notes=kept.then(played), written=new.written))
        return replace(self.song, parts=tuple(found))


def accompanied(reading: Reading, band: str, style: str, temperature: float, rng: np.random.Generator) -> Beside:
    """A band beside the tune of a file."""
    song = tune_of(reading)
    key = song.key or heard_key(song)
    players = BANDS[band].players
    parts = [
        Part(song.parts[0].notes[:0], player.program, player.name, drums=player.program is None, role=player.role)
        for player in players
    ]
    song = harmonised(replace(song, parts=(replace(song.parts[0], role="lead"), *parts)), key, style, temperature, rng)
    return primed(song, (0,), 0.0, dict(enumerate(players, 1)), key)


def tune_of(reading: Reading) -> Song:
    """The song of a file with its tune alone: the part as it is where that is a tune, else its melody."""
    song, part, melody = reading.song, reading.song.parts[reading.part], reading.melody
    if reading.together and len(part.notes) > MORE * len(melody):
        part = replace(part, notes=Notes(melody.onset, melody.duration, melody.pitch, melody.velocity))
    return replace(song, parts=(part,))


def primed(song: Song, given: tuple[int, ...], since: float, players: Mapping[int, Accompanist], key: Key) -> Beside:
    """A song beside which `players` play, by the indices of their parts."""
    parts = [
        part if i in given else replace(part, notes=part.notes[part.notes.onset < since - 1e-6])
        for i, part in enumerate(song.parts)
    ]
    kept = replace(song, parts=tuple(parts))
    before = tuple(len(part.notes) for part in parts)
    lead_in = 0.0
    if since <= 0:
        beats, unit = song.metres[0][1] if song.metres else (4, 4)
        bar = beats * 4 / unit
        lead_in = LEAD_IN * bar - song.pickup
        kept = _later(kept, lead_in)
        first = song.chords[0][1] if song.chords else symbol_of(0, 0, key)
        for i, player in players.items():
            notes = primer(
                kept.parts[i], player.feel, LEAD_IN, (beats, unit), first, key, player.centre, LEVEL[player.role]
            )
            parts[i] = replace(kept.parts[i], notes=notes)
        parts = [parts[i] if i in players else part for i, part in enumerate(kept.parts)]
        kept = replace(kept, parts=tuple(parts), chords=((0.0, first), *kept.chords))
        before = tuple(len(part.notes) for part in parts)
    highest = max((int(song.parts[i].notes.pitch.max()) for i in given if len(song.parts[i].notes)), default=127)
    ranges = {
        i: (player.low, min(player.high, max(highest, player.low + 12)) if player.under else player.high)
        for i, player in players.items()
        if player.program is not None
    }
    return Beside(
        song,
        given,
        since + song.pickup * (since <= 0),
        kept,
        lead_in,
        before,
        ranges,
        tuple(i for i, player in players.items() if player.under),
    )


def _later(song: Song, by: float) -> Song:
    """The song so many quarters later, its first bar line among those that count from quarter 0."""
    later = moved(song, lambda quarters: quarters + by)
    tempo = tuple(replace(mark, onset=mark.onset + by if mark.onset else 0.0) for mark in song.tempo)
    metres = tuple((0.0 if not i else mark[0], mark[1]) for i, mark in enumerate(later.metres))
    keys = tuple((0.0 if not i else mark[0], mark[1]) for i, mark in enumerate(later.keys))
    return replace(later, tempo=tempo, metres=metres, keys=keys, pickup=0.0)
