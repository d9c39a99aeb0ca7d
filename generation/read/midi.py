"""Read MIDI: the bytes of a file → its parts on one clock."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TypeVar

import numpy as np

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.notes import Notes
from generation.music.song import BANK, BANK_FINE, Part, Song
from generation.read.midi_events import Damage, tracks
from generation.read.midi_lines import Heard, Line, heard
from generation.read.midi_players import Player, players
from generation.read.midi_words import Texts, singer
from generation.read.signatures import keys_of, metres_of
from generation.read.strays import without_strays
from generation.request import Words

Mark = TypeVar("Mark")


def read_midi(data: bytes) -> Song:
    """The parts of a standard MIDI file, one for each player, drums among them.

    Onsets, pitches and velocities are exactly those of the file. Without a tempo mark it runs at 120. Raises `Refusal`.
    """
    signed, kind, found = tracks(data)
    ticks, damage = abs(signed), Damage()
    said = heard(found, ticks, kind == 2, damage)
    if signed < 0:
        said.tempo.clear()
    texts = Texts(said.texts)
    playing = players(said, texts.name)
    parts = _parts(playing, texts, ticks)
    end = max((part.notes.end for part in parts), default=0.0)
    metres, pickup = metres_of(_by_quarter(said.metre, ticks, end))
    song = Song(
        parts=parts,
        tempo=_tempo(said, ticks, end),
        metres=metres,
        keys=keys_of(_by_quarter(said.key, ticks, end), [part.notes for part in parts if not part.drums]),
        pickup=pickup,
        markers=tuple((tick / ticks, text) for tick, text in texts.markers),
        title=texts.title({track for player in playing for track in player.tracks}),
        remarks=_remarks(damage, len(found)),
    )
    return without_strays(song)


def _parts(playing: Sequence[Player], texts: Texts, ticks: float) -> tuple[Part, ...]:
    """A part for each player; lyrics belong to the one whose notes they fit."""
    tones = [player.line for player in playing if not player.drums]
    shared = Counter(track for player in playing for track in player.tracks)
    words = texts.sung(np.unique([note.onset for line in tones for note in line.notes]), ticks)
    sung = singer(tones, [tick for tick, _ in words], ticks) if words else None
    return tuple(
        _part(
            player,
            _name([texts.name(track) for track in player.tracks if shared[track] == 1]),
            _place(player, shared),
            ticks,
            tuple((tick / ticks, word) for tick, word in words) if player.line is sung else (),
        )
        for player in playing
    )


def _part(player: Player, name: str, place: Words, ticks: float, words: tuple[tuple[float, str], ...]) -> Part:
    line = player.line
    notes = sorted(line.notes, key=lambda note: (note.onset, note.pitch))
    onset = np.array([note.onset for note in notes], np.float64)
    end = np.array([np.nan if note.end is None else note.end for note in notes], np.float64)
    # A note without an end lasts until the next one begins, the last of them a quarter.
    later = np.append(onset, onset[-1] + ticks)[np.searchsorted(onset, onset, side="right")]
    end = np.where(np.isnan(end), later, end)
    start = float(onset[0])
    program, programs = _programs(line, start)
    first = {number: value for tick, number, value in line.controls if tick <= start}
    return Part(
        Notes(
            onset / ticks,
            np.maximum(end - onset, 1) / ticks,
            np.array([note.pitch for note in notes], np.int64),
            np.array([note.velocity for note in notes], np.int64),
        ),
        program,
        name,
        place=place,
        channel=line.channel,
        drums=player.drums,
        bank=128 * first.get(BANK, 0) + first.get(BANK_FINE, 0),
        words=words,
        controls=tuple((tick / ticks, number, value) for tick, number, value in line.controls),
        bends=tuple((tick / ticks, bend) for tick, bend in line.bends),
        programs=tuple((tick / ticks, program) for tick, program in programs),
    )


def _name(names: Sequence[str]) -> str:
    """What the names of some tracks have in common: “Piano” of “Piano C4” and “Piano E4”."""
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*names, strict=False))
    return "".join(signs[0] for signs in alike).rstrip(" -_([0123456789#") if len(names) > 1 else "".join(names)


def _place(player: Player, shared: Mapping[int, int]) -> Words:
    """Where a part stands in its file; `shared` says how many stand in each track."""
    first, last = player.tracks[0], player.tracks[-1]
    if len(player.tracks) > 1:
        return Words("tracks {first} to {last}", first=first, last=last)
    if shared[first] > 1:
        return Words("channel {number}", number=player.line.channel)
    return Words("track {number}", number=first)


def _programs(line: Line, start: float) -> tuple[int | None, list[tuple[int, int]]]:
    """The program with which a line begins, None if unknown, and the later changes. One that comes too late
    for the first note is nevertheless meant for it."""
    before = sum(tick <= start for tick, _ in line.programs)
    first = max(before - 1, 0)
    return (line.programs[first][1] if line.programs else None), line.programs[first + 1 :]


def _tempo(said: Heard, ticks: float, end: float) -> tuple[Tempo, ...]:
    """The tempo marks, without those after the last note, which nobody plays."""
    marks = {0.0: DEFAULT_TEMPO} | _by_quarter(said.tempo, ticks, end)
    return tuple(Tempo(quarter, marks[quarter]) for quarter in sorted(marks))


def _by_quarter(marks: dict[int, Mark], ticks: float, end: float) -> dict[float, Mark]:
    """Marks by quarter instead of tick, in order; those at or after the end are left out."""
    return {tick / ticks: marks[tick] for tick in sorted(marks) if tick == 0 or tick / ticks < end}


def _remarks(damage: Damage, tracks: int) -> tuple[Words, ...]:
    """A phrase on each thing that was repaired."""
    remarks = []
    if damage.clipped:
        remarks.append(Words("values beyond MIDI's limits were clipped"))
    if damage.tracks and tracks == 1:
        remarks.append(Words("the file is damaged, and the unreadable parts were skipped"))
    elif len(damage.tracks) == 1:
        number = str(min(damage.tracks))
        remarks.append(Words("track {number} is damaged, and its unreadable parts were skipped", number=number))
    elif damage.tracks:
        count = len(damage.tracks)
        remarks.append(Words("{count} tracks are damaged, and their unreadable parts were skipped", count=count))
    return tuple(remarks)
