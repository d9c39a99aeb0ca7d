"""A band that joins a tune, or parts that are played again: the song, its players, and the bars that lead them in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from generation.model.chords import symbol_of
from generation.model.harmonise import harmonised
from generation.music.chart import Chart, on_bars, parse_chart
from generation.music.cut import bar_lines
from generation.music.key import Key
from generation.music.metre import bar_length, stated_beat
from generation.music.notes import Notes
from generation.music.played import Played
from generation.music.reading import Reading, tune_alone
from generation.music.song import REDONE_ROLES, Part, Song, bar_marks, heard_key, moved
from generation.play.band.accompanists import LEVEL, Accompanist, Band
from generation.play.band.beside import Beside, Hand
from generation.play.band.patterns import ALONG, LEGATO, SWUNG, WALKS, Bar, bar_of, primer, tones_of
from generation.play.chance import random_stream
from generation.play.form import chords_return
from generation.request import REDONE, Refusal, Words

LEAD_IN = 2  # bars of a pattern before the song
NEAR = 0.07  # quarters: an off-beat so close to its place counts as there
EARLIER = 0.1  # quarters by which the lead-in ends before the players enter
OCTAVE = 12  # semitones of range that a voice under a low tune keeps
PLAIN, SOFTEST = 80, 20.0  # the velocity of a tune without dynamics; how much softer than beside it a band may play
BEYOND = 2  # semitones by which a part that is played again may leave its old range

# A rest that one hears: quarters, and a share of the time to the next onset.
HEARD = (0.3, 0.25)

Players = Mapping[int, Sequence[Accompanist]]  # index of a part in the song → its hands


def accompanied(reading: Reading, band: Band, style: str, temperature: float, seed: int, chords: str = "") -> Beside:
    """A band beside the tune of a file: over `chords` as a user types them, or else over the file's own chords, or else
    over chords that fit the tune. Raises `Refusal` for chords that cannot be read."""
    song = tune_alone(reading).song
    chordal, style = (style, style) if style != "auto" else (_chordal(song, band.style), band.style)
    key = song.key or heard_key(song)
    tune = song.parts[0]
    if band.joined or tune.program is None:
        tune = replace(tune, program=band.lead, bank=0, programs=(), name=band.called if band.joined else tune.name)
    tune = replace(tune, role="lead", name=tune.name or band.called)
    # The key stays the tune's: with the band's notes another one may be heard.
    song = replace(song, parts=(tune, *band.seats()), keys=song.keys or ((0.0, key),))
    if chords:
        song = over(song, parse_chart(chords, key))
    along = any(hands[0].feel in ALONG for hands in band.players)
    if not song.chords:
        begins = 0.0 if along else song.pickup
        song = chords_return(harmonised(song, key, chordal, temperature, random_stream(seed, "harmony"), begins))
    return primed(song, 0.0, dict(enumerate(band.players, 1)), key, style)


def lead_sheet(tune: Song, centre: int) -> Song:
    """A fresh tune as a band plays it: so many octaves higher or lower that the pitch `centre` is about the middle of
    it, as loud as a lead, and with notes that are written as long as until the next, unless there is a rest that one
    hears."""
    lead = tune.parts[0]
    octaves = round((centre - float(np.median(lead.notes.pitch))) / 12)
    notes = replace(lead.notes, pitch=np.clip(lead.notes.pitch + OCTAVE * octaves, 0, 127))
    written = lead.written
    if written is not None:
        onset = notes.onset - written.late
        gap = np.append(np.diff(onset), written.duration[-1:])
        heard = gap - written.duration > HEARD[0] + HEARD[1] * gap
        written = replace(written, duration=np.where(heard, written.duration, gap))
    louder = LEVEL["lead"] - round(float(notes.velocity.mean()))
    notes = replace(notes, velocity=np.clip(notes.velocity + louder, 1, 127))
    return replace(tune, parts=(replace(lead, notes=notes, written=written),))


def _chordal(song: Song, style: str) -> str:
    """The style of the chords for a tune whose style is unknown: songs in other metres than 4/4 are seldom pop, and a
    tune for a jazz band is a song. The chords of jazz were learned under solos, which say less of them."""
    return "standards" if style == "jazz" or (song.metre not in (None, (4, 4), (2, 2)) and style == "pop") else style


def played_again(played: Played, what: str, band: Band | None, style: str) -> Beside:
    """Some parts of a take, played again beside the others from where its music was new. `what` is a key of `REDONE`;
    `band` is the one that played from the beginning, if one did. Raises `Refusal` if the take has no such part."""
    song = played.song
    again = [i for i, part in enumerate(song.parts) if part.role in REDONE_ROLES[what] and len(part.notes)]
    if not again or sum(bool(len(part.notes)) for part in song.parts) < 2:
        raise Refusal("This take has no part that could be played again like this: {part}.", part=Words(REDONE[what]))
    known = {hands[0].name: hands for hands in band.players} if band else {}
    feel = "jazz" if style == "jazz" else "pop"
    players: dict[int, Sequence[Accompanist]] = {}
    for i in again:
        part = song.parts[i]
        low, high = (0, 127) if part.drums else (int(part.notes.pitch.min()), int(part.notes.pitch.max()))
        own = Accompanist(part.name, part.role, part.program, feel, (low + high) // 2, low - BEYOND, high + BEYOND)
        players[i] = known.get(part.name, (own,))
    style = band.style if band and style == "auto" else style
    return primed(song, 0.0 if band else played.since, players, song.key or heard_key(song), style)


def over(song: Song, chart: Chart) -> Song:
    """The song with the chords of `chart` instead of its own, repeated from its first bar line on, and a remark if it
    has more bars than the song."""
    beat = float(stated_beat(song.metre or (4, 4)))
    last = max(float(part.notes.onset[-1]) for part in song.parts if len(part.notes))
    chords = on_bars(chart, bar_marks(song), song.pickup, last + 0.01, beat)
    spare = len(chart) - len(bar_lines(song))
    if spare <= 0:
        return replace(song, chords=chords)
    remark = Words(
        "{count} bar of the chords comes after the end of the tune, and is left out",
        "{count} bars of the chords come after the end of the tune, and are left out",
        count=spare,
    )
    return replace(song, chords=chords, remarks=(*song.remarks, remark))


def primed(song: Song, since: float, players: Players, key: Key, style: str) -> Beside:
    """A song beside which `players` play from the quarter `since` on; from the beginning, a lead-in sets them going,
    softly if the tune is soft. `key` names the chord of the lead-in where the song has no chords."""
    metre = song.metres[0][1] if song.metres else (4, 4)
    bar, swung = float(bar_length(metre)), swings(song)
    lead_in = LEAD_IN * bar - song.pickup if since <= 0 else 0.0
    along = any(player.feel in ALONG for hands in players.values() for player in hands)
    # Players wait for the first bar line, singers do not.
    begins = (0.0 if along else song.pickup) if lead_in else since
    first = song.chords[0][1] if song.chords else symbol_of(0, 0, key)
    later = _later(song, lead_in) if lead_in else song
    given = [part for i, part in enumerate(song.parts) if i not in players and len(part.notes)]
    highest = max((int(part.notes.pitch.max()) for part in given), default=127)
    loud = [float(part.notes.velocity.mean()) for part in given if part.role == "lead"]
    softer = max(0.0, min(SOFTEST, PLAIN - max(loud, default=PLAIN)))
    parts: list[Part] = []
    playing: dict[int, Hand] = {}
    for home, part in enumerate(later.parts):
        if home not in players:
            parts.append(part)
            continue
        for player in players[home] if lead_in else players[home][:1]:
            strokes = bar_of(player.feel, player.role, metre, swung)
            played = replace(part, role=player.role) if len(players[home]) > 1 and lead_in else part
            notes = part.notes[part.notes.onset < since - 1e-6]
            if lead_in:
                notes = primer(played, LEAD_IN, strokes, bar, tones_of(first, key), player.centre)
                notes = replace(notes, velocity=notes.velocity - round(softer))
                notes = notes if len(notes) else _beginning(song.parts[home].notes, LEAD_IN * bar - EARLIER)
                notes = notes[notes.onset < lead_in + begins - EARLIER]
            playing[len(parts)] = _hand(player, home, len(notes), strokes, highest)
            parts.append(replace(played, notes=notes))
    kept = replace(later, parts=tuple(parts), chords=((0.0, first), *later.chords) if lead_in else later.chords)
    return Beside(song, begins, kept, lead_in, playing, style)


def _hand(player: Accompanist, home: int, before: int, strokes: Bar, highest: int) -> Hand:
    tones, drums = player.program is not None, player.program is None
    high = min(player.high, max(highest, player.low + OCTAVE)) if player.under else player.high
    return Hand(
        home,
        before,
        max(0, player.low) if tones else None,
        min(127, high) if tones else None,
        player.under,
        player.feel in ALONG,
        (player.feel, player.role) == WALKS,
        tuple(sorted({at for at, _, _ in strokes})),
        tuple((at, what) for at, _, what in strokes if isinstance(what, int)) if drums else (),
        player.feel in LEGATO,
    )


def _beginning(notes: Notes, until: float) -> Notes:
    """The notes of a part's first `until` quarters, moved to begin at quarter 0."""
    first = float(notes.onset[0])
    return notes[notes.onset < first + until].later(-first)


def swings(song: Song) -> bool:
    """Whether most off-beats of a song come late, on the last triplet of their beat."""
    place = np.concatenate([part.notes.onset % 1 for part in song.parts if not part.drums])
    return int((abs(place - SWUNG) < NEAR).sum()) > int((abs(place - 0.5) < NEAR).sum())


def _later(song: Song, by: float) -> Song:
    """The song `by` quarters later; its first tempo, metre and key hold from quarter 0 on, and it has no pickup."""
    later = moved(song, lambda quarters: quarters + by)
    tempo = tuple(replace(mark, onset=mark.onset + by if mark.onset else 0.0) for mark in song.tempo)
    metres = tuple((0.0 if not i else mark[0], mark[1]) for i, mark in enumerate(later.metres))
    keys = tuple((0.0 if not i else mark[0], mark[1]) for i, mark in enumerate(later.keys))
    return replace(later, tempo=tempo, metres=metres, keys=keys, pickup=0.0)
