"""A song → the score of all its parts: staves with at most two voices each, on common bar lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from statistics import median

import numpy as np

from generation.finish.paper.bars import Marks, stretched_bars
from generation.finish.paper.notate import Bar, Frame, Score, frames, write_into
from generation.finish.paper.pianists import KEYBOARDS, by_player, instrument
from generation.finish.paper.place import Struck, place
from generation.finish.paper.signs import BARE, first_tempo, signs_of
from generation.finish.paper.transposed import CONCERT, Interval, as_read
from generation.finish.paper.voices import Chord, drum_voices, hands, voices
from generation.music.song import Part, Song, heard_key, legible
from generation.music.spell import written_key

GUITARS, BASSES, VIOLA = range(24, 32), (*range(32, 40), 43), 41
BOTH = 0.06  # the share of the notes that must lie well within each hand's staff
MOST_IN_CHORD = 10
TREBLE = 56  # the lowest median pitch in the treble clef, nearly in the middle between the two staves
HIGH, DEEP = 88, 36  # median pitches from which on, and below which, a clef has an octave change
PERCUSSION = ("percussion", 2, 0)
# Cello, trombone, tuba, bassoon: written in the bass clef unless they stay high, as a pianist's lower staff is.
LOW = (42, 57, 58, 70)
# Names of General MIDI's families, for parts without a name.
FAMILIES = (
    "Piano", "Mallets", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass",
    "Reeds", "Flute", "Lead", "Pad", "Effects", "Plucked", "Percussion", "Sounds",
)  # fmt: skip


@dataclass(frozen=True)
class Staff:
    """A staff.

    voices  the upper one first, each in all bars
    clef    sign, line and octave change
    """

    voices: tuple[Score, ...]
    clef: tuple[str, int, int]


@dataclass(frozen=True)
class Player:
    """A part of the song on its staves, or the two of a pianist. `program` 0 … 127; `sounds` as in `Part`."""

    name: str
    program: int
    drums: bool
    lead: bool
    staves: tuple[Staff, ...]
    sounds: Interval = CONCERT

    def bar(self, i: int) -> Bar:
        """Bar `i` of its first voice."""
        return self.staves[0].voices[0].bars[i]


@dataclass(frozen=True)
class Sheet:
    """The score of a song.

    players  those that play at least one note, in the order of the song; the first has the signs above the score
    frames   the bars, with the signs above them
    tempo    quarters a minute at the beginning
    seam     index of the bar in which the new music begins; None if all of it is new
    """

    players: tuple[Player, ...]
    frames: tuple[Frame, ...]
    tempo: float
    seam: int | None
    title: str
    composer: str = ""

    @property
    def staves(self) -> int:
        return sum(len(player.staves) for player in self.players)

    def lead(self) -> "Sheet":
        """The score of the lead alone, with the signs above it."""
        lead = next((player for player in self.players if player.lead), self.players[0])
        return replace(self, players=(_signed(lead, self.frames),))

    def as_read(self) -> "Sheet":
        """The score as the players of transposing instruments read it."""
        return replace(self, players=tuple(_as_read(player) for player in self.players))


@lru_cache(maxsize=2)
def notate_band(song: Song, since: float) -> Sheet:
    """The score of a song with at least one note, made once for all formats that write or draw it.

    since  the quarter where the new music begins; 0 for a fresh piece
    """
    playing = [part for part in song.parts if len(part.notes)]
    assert playing, "a song without notes has no score"
    first = min(float(part.notes.onset[0]) for part in playing)
    stretches = stretched_bars(song.metres, song.pickup, first)
    placed = [place(part, since, song, stretches) for part in playing]
    grouped = by_player(playing)
    staves = [
        [_staff(placed[i]) for i in some] if len(some) > 1 else _staves(playing[some[0]], placed[some[0]])
        for some in grouped
    ]
    chords = [chord for player in staves for staff in player for voice in staff for chord in voice]
    keys = [(quarter, written_key(key)) for quarter, key in song.keys] or [(0.0, written_key(heard_key(song)))]
    signs = signs_of(song, first)
    bars = frames(stretches, min(each.onset for each in chords), max(each.end for each in chords), keys, signs)
    seam = None
    if since > 0:
        new = [chord.onset for chord in chords if chord.new]
        moment = min(new) if new else Fraction(since)
        seam = next((i for i, frame in enumerate(bars) if moment < frame.until), None)
    leads = [part for part in playing if part.role == "lead"] or [part for part in playing if not part.drums] or playing
    tempo = first_tempo(song.tempo, first)
    plain = [replace(frame, signs=BARE) for frame in bars]
    players = []
    for some, player_staves in zip(grouped, staves, strict=True):
        part = playing[some[0]]
        written = tuple(
            Staff(tuple(_voice(plain, voice, tempo, signs.chords) for voice in staff), _clef(part, staff, n))
            for n, staff in enumerate(player_staves)
        )
        name = legible(part.name) if len(some) == 1 else instrument(legible(part.name))
        name = name or ("Drums" if part.drums else FAMILIES[(part.program or 0) // 8])
        lead = any(playing[i] is leads[0] for i in some)
        players.append(Player(name, part.program or 0, part.drums, lead, written, part.sounds))
    players[0] = _signed(players[0], bars)
    return Sheet(tuple(players), tuple(bars), tempo, seam, song.title, song.composer)


def _signed(player: Player, frames: Sequence[Frame]) -> Player:
    """The player with the signs of the score above the first staff."""
    (top, *lower), *others = player.staves[0].voices, *player.staves[1:]
    bars = tuple(replace(bar, signs=frame.signs) for bar, frame in zip(top.bars, frames, strict=True))
    staff = replace(player.staves[0], voices=(replace(top, bars=bars), *lower))
    return replace(player, staves=(staff, *others))


def _as_read(player: Player) -> Player:
    """The player's part as it is written for a transposing instrument, whose clef has no octave change."""
    if player.sounds == CONCERT or player.drums:
        return player
    staves = []
    for staff in player.staves:
        moved = tuple(as_read(voice, player.sounds) for voice in staff.voices)
        pitches = [pitch for voice in moved for bar in voice.bars for symbol in bar.symbols for pitch in symbol.pitches]
        clef = ("G", 2, 0) if not pitches or median(pitches) >= TREBLE else ("F", 4, 0)
        staves.append(Staff(moved, clef))
    return replace(player, staves=tuple(staves))


def _staves(part: Part, notes: Sequence[Struck]) -> list[list[list[Chord]]]:
    """The voices of each staff of a part."""
    if part.drums:
        return [drum_voices(notes)]
    pitch = np.array([note.pitch for note in notes])
    both = min(np.mean(pitch < 55), np.mean(pitch > 64)) > BOTH and (part.program is None or part.program in KEYBOARDS)
    if both and _chordal(notes):
        return [voices(hand) or [[]] for hand in hands(notes)]
    return [_staff(notes)]


def _staff(notes: Sequence[Struck]) -> list[list[Chord]]:
    """The voices of one staff. Where no notes are struck together, loose ones overlap only as they were played."""
    return voices(notes, 2 if _chordal(notes) or not all(note.loose for note in notes) else 1)


def _chordal(notes: Sequence[Struck]) -> bool:
    return len({note.onset for note in notes}) < len(notes)


def _voice(bars: Sequence[Frame], voice: Sequence[Chord], tempo: float, harmony: Marks[str]) -> Score:
    """A voice of a staff as a score of its own, under chord symbols."""
    first_new = next((i for i, chord in enumerate(voice) if chord.new), len(voice))
    pitches = [chord.pitches[:MOST_IN_CHORD] for chord in voice]
    written = write_into(bars, [chord.onset for chord in voice], [chord.end for chord in voice], pitches, harmony)
    sung = {i: chord.sung for i, chord in enumerate(voice) if chord.sung}
    return Score(written, tempo, first_new, False, 0.0, sung)


def _clef(part: Part, staff: Sequence[Sequence[Chord]], number: int) -> tuple[str, int, int]:
    """Sign, line and octave change of the clef that suits the instrument and needs the fewest ledger lines."""
    if part.drums:
        return PERCUSSION
    pitches = [pitch for voice in staff for chord in voice for pitch in chord.pitches]
    middle = median(pitches) if pitches else 60 - 20 * number
    if part.program in LOW or number:
        below, above = (
            sum(max(0, far) for far in fars) for fars in ([59 - p for p in pitches], [p - 62 for p in pitches])
        )
        return ("F", 4, 0) if above <= 2 * below else ("G", 2, 0)
    if part.program == VIOLA and 52 <= middle <= 72:
        return "C", 3, 0
    if part.program in GUITARS:
        return "G", 2, -1
    if part.program in BASSES:
        return "F", 4, -1
    octave = 0 if part.program in KEYBOARDS else (middle >= HIGH) - (middle < DEEP)  # pianists read no octave clefs
    return ("G", 2, octave) if middle >= TREBLE else ("F", 4, octave)
