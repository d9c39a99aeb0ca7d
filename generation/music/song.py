"""Song: everything in a file of music, its parts on one clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generation.music.clock import Clock, Tempo
from generation.music.key import Key, find_key
from generation.music.metre import Metre, bar_length
from generation.music.notes import Notes, Written
from generation.request import UNSAID, Words

Floats = NDArray[np.float64]
Mark = TypeVar("Mark", bound=tuple[Any, ...])

ROLES = ("lead", "second", "chords", "bass", "drums", "pad", "other")
# A key of `request.REDONE` → the roles of the parts that are played again.
REDONE_ROLES = {
    "drums": ("drums",),
    "bass": ("bass",),
    "chords": ("chords", "pad", "second", "other"),
    "melody": ("lead",),
}
# Numbers of MIDI controllers.
BANK, MODULATION, VOLUME, PAN, EXPRESSION, BANK_FINE, SUSTAIN = 0, 1, 7, 10, 11, 32, 64
FADERS = {VOLUME: 100, EXPRESSION: 127}  # what makes a whole part softer → its default in General MIDI
BENT, SHORTEST = 8192, 1e-3  # half the range of the pitch wheel; least duration, in quarters, of a moved note
RECENT = 16.0  # quarters whose median tempo is the tempo at their end
LONGEST_SILENCE = 60.0  # seconds before the first note


@dataclass(frozen=True, eq=False)
class Part:
    """One player: the notes, chords included, and how they sound. Times are in quarters; all tuples are sorted by time.

    program   General MIDI's, 0 … 127; None if the file names none
    bank      of that program: 128 × controller 0 + controller 32
    place     its place in the file, such as “track 2” or “part 1”
    channel   in a MIDI file, 1 … 16; else 0
    drums     whether its pitches are drums rather than tones
    role      one of `ROLES`; "" until it is found
    words     (quarter, syllable) of the lyrics
    controls  (quarter, controller, value 0 … 127) as in the file, bank and sustain pedal included
    bends     (quarter, −8192 … 8191) of the pitch wheel
    programs  (quarter, program) of later changes
    sounds    (diatonic steps, semitones) by which it sounds higher than it is written, as a clarinet in B flat (-1, -2)
    written   how a score writes the new notes at its end, which the model made up
    """

    notes: Notes
    program: int | None = None
    name: str = ""
    place: Words = UNSAID
    channel: int = 0
    drums: bool = False
    role: str = ""
    bank: int = 0
    words: tuple[tuple[float, str], ...] = ()
    controls: tuple[tuple[float, int, int], ...] = ()
    bends: tuple[tuple[float, int], ...] = ()
    programs: tuple[tuple[float, int], ...] = ()
    sounds: tuple[int, int] = (0, 0)
    written: Written | None = None

    def __post_init__(self) -> None:
        assert self.role in ("", *ROLES)

    def control(self, number: int) -> tuple[tuple[float, int], ...]:
        """(quarter, value) of one controller."""
        return tuple((quarter, value) for quarter, controller, value in self.controls if controller == number)


@dataclass(frozen=True)
class Recorded:
    """What ties a song to the recording that it was transcribed from.

    begins   second of the recording at which the melody's first note begins
    tuning   semitones by which the recording is sharp at its end
    octaves  by how many octaves the melody may have been meant higher (1) or lower (−1); empty if that is unlikely
    """

    begins: float
    tuning: float = 0.0
    octaves: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Song:
    """Parts on one clock. Times are in quarters from the beginning; all tuples are sorted by time.

    tempo    at least one mark, the first at quarter 0
    metres   (quarter of a bar line, (beats, unit)) of each change, the first at 0; empty if unknown. A bar that is
             shorter or longer than its metre counts as a change, unless the next bar makes up for it, as where a
             repeat begins with a pickup.
    keys     (quarter, Key) of each change; empty if unknown
    pickup   quarters before the first bar line, 0 without a pickup
    chords   (quarter, symbol such as “Am7”)
    markers  (quarter, text)
    remarks  a phrase on each thing that was repaired or left out in reading
    written  whether it is a score, whose note values can be trusted, rather than a performance
    recorded where a song was transcribed from sound, so that its file states no beats; else None
    """

    parts: tuple[Part, ...]
    tempo: tuple[Tempo, ...] = Clock().marks
    metres: tuple[tuple[float, Metre], ...] = ()
    keys: tuple[tuple[float, Key], ...] = ()
    pickup: float = 0.0
    chords: tuple[tuple[float, str], ...] = ()
    markers: tuple[tuple[float, str], ...] = ()
    title: str = ""
    composer: str = ""
    remarks: tuple[Words, ...] = ()
    written: bool = False
    recorded: Recorded | None = None

    @cached_property
    def clock(self) -> Clock:
        """The tempo map."""
        return Clock(self.tempo)

    @cached_property
    def pitched(self) -> tuple[Part, ...]:
        """The parts that play tones."""
        return tuple(part for part in self.parts if len(part.notes) and not part.drums)

    @property
    def line(self) -> Notes:
        """The notes of a song of one part."""
        (part,) = self.parts
        return part.notes

    @property
    def end(self) -> float:
        """Quarters to the end of the last sounding note; 0 for no notes."""
        return max((part.notes.end for part in self.parts), default=0.0)

    @property
    def seconds(self) -> float:
        """Seconds to the end of the last sounding note."""
        return self.clock.second(self.end)

    @property
    def metre(self) -> Metre | None:
        """The metre at the end; None if unknown."""
        return ruling(self.metres, self.end)[1] if self.metres else None

    @property
    def bar(self) -> float | None:
        """Quarters a bar at the end; None if the metre is unknown."""
        return float(bar_length(self.metre)) if self.metre else None

    @property
    def key(self) -> Key | None:
        """The key at the end; None if unknown."""
        return ruling(self.keys, self.end)[1] if self.keys else None

    @property
    def downbeat(self) -> float:
        """Quarters from 0 to the first bar line of the last metre, as if that metre had ruled from the beginning."""
        if not self.metres:
            return 0.0
        since, metre = ruling(self.metres, self.end)
        return (since or self.pickup) % float(bar_length(metre))


def ruling(marks: Sequence[Mark], quarter: float) -> Mark:
    """The last mark at or before a quarter, or the first mark if all come later. Needs at least one mark."""
    return next((mark for mark in reversed(marks) if mark[0] <= quarter + 1e-6), marks[0])


def bar_marks(song: Song) -> tuple[tuple[float, float], ...]:
    """(quarter of a bar line, quarters a bar) wherever a metre begins or changes, the first not after quarter 0."""
    marks = [(quarter, float(bar_length(metre))) for quarter, metre in song.metres]
    if marks and song.pickup:
        marks[0] = (song.pickup - marks[0][1], marks[0][1])
    return tuple(marks)


def tempo_at(song: Song, at: float) -> float:
    """Quarter notes a minute at a quarter: the median over the `RECENT` quarters before it, so that music which slowed
    down for its last notes goes on in its tempo."""
    if at <= 0:
        return song.tempo[0].quarters_per_minute
    since = max(0.0, at - RECENT)
    tempo = [mark for mark in song.clock.since(since) if mark.onset < at - since]
    lasts = np.diff([*(mark.onset for mark in tempo), at - since])
    pace = np.array([mark.quarters_per_minute for mark in tempo])
    order = np.argsort(pace, kind="stable")
    return float(pace[order][np.searchsorted(np.cumsum(lasts[order]), (at - since) / 2)])


def heard_key(song: Song) -> Key:
    """The key that the tones of a song suggest, whatever it states; C major if there are no tones."""
    if not song.pitched:
        return Key("C", "major")
    pitch, duration = (np.concatenate([getattr(p.notes, name) for p in song.pitched]) for name in ("pitch", "duration"))
    return find_key(pitch, duration)


def in_force(marks: Sequence[tuple[float, int]], quarters: ArrayLike, usual: int) -> NDArray[np.int64]:
    """The values in force at some quarters, same shape, given sorted marks (quarter, value); `usual` before the
    first."""
    at = np.searchsorted(np.array([quarter for quarter, _ in marks], np.float64), np.asarray(quarters), side="right")
    return np.array([usual, *(value for _, value in marks)], np.int64)[at]


def mostly(marks: Sequence[tuple[float, int]], quarters: ArrayLike, usual: int) -> int:
    """The median of the values in force at some quarters, given as for `in_force`."""
    return round(float(np.median(in_force(marks, quarters, usual))))


def moved(song: Song, quarters: Callable[[Floats], Floats]) -> Song:
    """The song with all times but those of the tempo marks mapped by `quarters`, an increasing function of quarters."""

    def marks(old: tuple[Mark, ...]) -> tuple[Mark, ...]:
        at = quarters(np.array([mark[0] for mark in old], np.float64))
        return tuple((max(0.0, float(quarter)), *mark[1:]) for quarter, mark in zip(at, old, strict=True))  # type: ignore[misc]

    def part(old: Part) -> Part:
        return replace(
            old,
            notes=stretched(old.notes, quarters),
            words=marks(old.words),
            controls=marks(old.controls),
            bends=marks(old.bends),
            programs=marks(old.programs),
        )

    return replace(
        song,
        parts=tuple(part(each) for each in song.parts),
        metres=marks(song.metres),
        keys=marks(song.keys),
        pickup=float(quarters(np.array([song.pickup]))[0]),
        chords=marks(song.chords),
        markers=marks(song.markers),
    )


def trimmed(song: Song) -> Song:
    """The song without the empty bars before its first note, if these last longer than `LONGEST_SILENCE`."""
    first = min((float(part.notes.onset[0]) for part in song.parts if len(part.notes)), default=0.0)
    if song.clock.second(first) <= LONGEST_SILENCE:
        return song
    metre = ruling(song.metres, first)[1] if song.metres else (4, 4)
    bar, since = float(bar_length(metre)), ruling(song.metres, first)[0] or song.pickup if song.metres else 0.0
    silence = since + np.floor((first - since) / bar + 1e-6) * bar
    rest = moved(song, lambda old: np.maximum(old - silence, 0.0))
    return replace(
        rest,
        tempo=song.clock.since(silence),
        metres=tuple({mark[0]: mark for mark in rest.metres}.values()),  # the last of several at one quarter
        keys=tuple({mark[0]: mark for mark in rest.keys}.values()),
        pickup=0.0,
    )


NotesLike = TypeVar("NotesLike", bound=Notes)


def stretched(notes: NotesLike, quarters: Callable[[Floats], Floats]) -> NotesLike:
    """The notes with their times mapped by `quarters`, an increasing function of quarters."""
    onset = quarters(notes.onset)
    return replace(notes, onset=onset, duration=np.maximum(quarters(notes.ends) - onset, SHORTEST))


def legible(words: str) -> str:
    """A name or a title as one line of at most 80 characters, without invisible or direction-changing characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())[:80]
