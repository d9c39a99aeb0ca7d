"""A song beside which a band plays: its parts that are given, and bars before it that set the others going."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from generation.model.chords import symbol_of
from generation.model.harmonise import harmonised
from generation.music.chart import Chart, on_bars, parse_chart
from generation.music.key import Key
from generation.music.played import Played
from generation.music.reading import Reading, tune_alone
from generation.music.song import REDONE_ROLES, Part, Song, bar_marks, heard_key, moved
from generation.play.band.accompanists import BANDS, Accompanist
from generation.play.band.patterns import ALONG, SWUNG, WALKS, bar_of, primer, tones_of
from generation.play.session import random_stream
from generation.request import REDONE, Refusal, Words

LEAD_IN = 2  # bars
NEAR = 0.07  # quarters
EARLIER = 0.1  # quarters by which these bars end before the others play


@dataclass(frozen=True)
class Habit:
    """How a part plays from bar to bar: `along` with the tune, or at `places`, in quarters; whether it `walks`."""

    along: bool
    walks: bool
    places: tuple[float, ...]


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
    style    in which the others play
    habits   part → how it plays from bar to bar, where that is known
    """

    song: Song
    given: tuple[int, ...]
    since: float
    primed: Song
    lead_in: float
    before: tuple[int, ...]
    ranges: Mapping[int, tuple[int, int]]
    under: tuple[int, ...] = ()
    style: str = "auto"
    habits: Mapping[int, Habit] = field(default_factory=dict)

    @property
    def new_from(self) -> float:
        """The quarter from which a take counts as new: all of it, where the others play from the beginning."""
        return 0.0 if self.lead_in else self.since

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


def accompanied(reading: Reading, name: str, style: str, temperature: float, seed: int, chords: str = "") -> Beside:
    """A band, a key of `BANDS`, beside the tune of a file: over `chords` as one types them, else over the file's own,
    else over some that are found. Raises `Refusal` for chords that are none."""
    song, band = tune_alone(reading).song, BANDS[name]
    style = band.style if style == "auto" else style
    key = song.key or heard_key(song)
    tune = song.parts[0]
    if band.joined or tune.program is None:
        tune = replace(tune, program=band.lead, bank=0, programs=(), name=band.called if band.joined else tune.name)
    tune = replace(tune, role="lead", name=tune.name or band.called)
    others = [
        Part(tune.notes[:0], player.program, player.name, drums=player.program is None, role=player.role)
        for player in band.players
    ]
    song = replace(song, parts=(tune, *others))
    if chords:
        song = over(song, parse_chart(chords, key))
    song = harmonised(song, key, style, temperature, random_stream(seed, "harmony"))
    return primed(song, (0,), 0.0, dict(enumerate(band.players, 1)), key, style)


def played_again(played: Played, what: str, name: str, style: str, fresh: bool) -> Beside:
    """The parts of a take that are `what` says, a key of `REDONE`, played again beside all others, from where the music
    was new; `name`: of the band that accompanied, "" for none. Raises `Refusal` if the take has no such part."""
    song = played.song
    again = [i for i, part in enumerate(song.parts) if part.role in REDONE_ROLES[what] and len(part.notes)]
    if not again or len([part for part in song.parts if len(part.notes)]) < 2:
        raise Refusal("This take has no part that could be played again like this: {part}.", part=Words(REDONE[what]))
    given = tuple(i for i in range(len(song.parts)) if i not in again)
    known = {player.name: player for player in BANDS[name].players} if name else {}
    feel = "jazz" if style == "jazz" else "pop"
    players = {}
    for i in again:
        part = song.parts[i]
        low, high = (0, 127) if part.drums else (int(part.notes.pitch.min()), int(part.notes.pitch.max()))
        own = Accompanist(part.name, part.role, part.program, feel, (low + high) // 2, low - 2, high + 2)
        players[i] = known.get(part.name, own)
    style = BANDS[name].style if name and style == "auto" else style
    since = 0.0 if fresh or name else played.since
    return primed(song, given, since, players, song.key or heard_key(song), style)


def over(song: Song, chart: Chart) -> Song:
    """The song over other chords, from its first bar line on."""
    beats, unit = song.metre or (4, 4)
    beat = 1.5 if unit == 8 and beats % 3 == 0 else 4 / unit
    return replace(song, chords=on_bars(chart, bar_marks(song), song.pickup, song.end, beat))


def primed(
    song: Song, given: tuple[int, ...], since: float, players: Mapping[int, Accompanist], key: Key, style: str
) -> Beside:
    """A song beside which `players` play, by the indices of their parts."""
    parts = [
        part if i in given else replace(part, notes=part.notes[part.notes.onset < since - 1e-6])
        for i, part in enumerate(song.parts)
    ]
    metre = song.metres[0][1] if song.metres else (4, 4)
    bar, swung = metre[0] * 4 / metre[1], swings(song)
    bars = {i: bar_of(player.feel, player.role, metre, swung) for i, player in players.items()}
    kept = replace(song, parts=tuple(parts))
    before = tuple(len(part.notes) for part in parts)
    lead_in = 0.0
    if since <= 0:
        lead_in = LEAD_IN * bar - song.pickup
        kept = _later(kept, lead_in)
        first = song.chords[0][1] if song.chords else symbol_of(0, 0, key)
        for i, player in players.items():
            notes = primer(kept.parts[i], LEAD_IN, bars[i], bar, tones_of(first, key), player.centre)
            if not len(notes):  # a part without a pattern begins as it began
                own = song.parts[i].notes
                notes = own[own.onset < LEAD_IN * bar + own.onset[0]].later(-float(own.onset[0]))
                notes = notes[notes.onset < LEAD_IN * bar - EARLIER]
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
    habits = {
        i: Habit(player.feel in ALONG, (player.feel, player.role) == WALKS, tuple(sorted({at for at, _, _ in bars[i]})))
        for i, player in players.items()
        if bars[i]
    }
    under = tuple(i for i, player in players.items() if player.under)
    begins = since if lead_in == 0 else song.pickup
    return Beside(song, given, begins, kept, lead_in, before, ranges, under, style, habits)


def swings(song: Song) -> bool:
    """Whether the off-beats of a song come late, as triplets."""
    place = np.concatenate([part.notes.onset % 1 for part in song.parts if not part.drums])
    return int((abs(place - SWUNG) < NEAR).sum()) > int((abs(place - 0.5) < NEAR).sum())


def _later(song: Song, by: float) -> Song:
    """The song so many quarters later, its first bar line among those that count from quarter 0."""
    later = moved(song, lambda quarters: quarters + by)
    tempo = tuple(replace(mark, onset=mark.onset + by if mark.onset else 0.0) for mark in song.tempo)
    metres = tuple((0.0 if not i else mark[0], mark[1]) for i, mark in enumerate(later.metres))
    keys = tuple((0.0 if not i else mark[0], mark[1]) for i, mark in enumerate(later.keys))
    return replace(later, tempo=tempo, metres=metres, keys=keys, pickup=0.0)
