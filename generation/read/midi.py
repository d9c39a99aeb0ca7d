"""Read MIDI: the events of a file → its voices on one clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.key import FIFTHS, MODES, Key
from generation.music.notes import Notes
from generation.music.song import BANK, BANK_FINE, BENT, Part, Song
from generation.read.encoding import encoding_of, line_of
from generation.read.midi_events import (
    BEND,
    CONTROLLER,
    META,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    SYSEX,
    Damage,
    Event,
    Track,
    events,
    tracks,
)
from generation.request import Refusal, Words

MAX_BYTES = 2_000_000
MAX_EVENTS = 200_000
MOST_QUARTERS = 2_000  # of rest within a track: beyond that, a byte is wrong
SLOWEST, FASTEST, NO_TEMPO = 4.0, 1_000.0, 6_000.0  # quarters a minute: of a `Melody`, and what nobody means
DRUM_CHANNEL = 10
TRACK_NAME, LYRIC, MARKER, SET_TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x03, 0x05, 0x06, 0x51, 0x58, 0x59  # meta events
TONICS = {FIFTHS[letter] + step: letter + sign for letter in FIFTHS for step, sign in ((-7, "b"), (0, ""), (7, "#"))}


@dataclass
class _Line:
    """What one channel of one track has played so far, in ticks: [onset, end or None, pitch, velocity] a note."""

    notes: list[list[int | None]] = field(default_factory=list)
    sounding: dict[int, list[list[int | None]]] = field(default_factory=dict)
    program: int | None = None
    programs: list[tuple[int, int]] = field(default_factory=list)
    controls: list[tuple[int, int, int]] = field(default_factory=list)
    bends: list[tuple[int, int]] = field(default_factory=list)

    def add(self, event: Event) -> None:
        tick, status, first, second, _ = event
        kind = status & 0xF0
        if kind == PROGRAM:
            if self.program is None or not self.notes:
                self.program = first
            else:
                self.programs.append((tick, first))
        elif kind == CONTROLLER:
            self.controls.append((tick, first, second))
        elif kind == BEND:
            self.bends.append((tick, (first | second << 7) - BENT))
        elif kind == NOTE_ON and second:
            note: list[int | None] = [tick, None, first, second]
            self.notes.append(note)
            self.sounding.setdefault(first, []).append(note)
        elif kind in (NOTE_ON, NOTE_OFF):
            self.off(tick, first)

    def off(self, tick: int, pitch: int) -> None:
        """Ends all notes of this pitch that began before; if none did, the one that begins here, an instant long."""
        pending = self.sounding.get(pitch, [])
        for note in [note for note in pending if note[0] != tick] or pending[:1]:
            note[1] = tick
            pending.remove(note)


@dataclass
class _Marks:
    """What is said once for the whole file, by tick."""

    tempo: dict[int, float] = field(default_factory=dict)
    metre: dict[int, tuple[int, int]] = field(default_factory=dict)
    key: dict[int, Key] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    words: list[tuple[int, bytes]] = field(default_factory=list)
    markers: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, track: int, event: Event) -> None:
        tick, kind, data = event.tick, event.first, event.data
        if kind == TRACK_NAME:
            self.names.setdefault(track, _words(data))
        elif kind == LYRIC:
            self.words.append((tick, data))
        elif kind == MARKER:
            self.markers.append((tick, data))
        elif kind == SET_TEMPO and len(data) == 3:
            tempo = 60_000_000 / max(int.from_bytes(data), 1)
            if tempo < NO_TEMPO:
                self.tempo[tick] = min(max(tempo, SLOWEST), FASTEST)
        elif kind == TIME_SIGNATURE and len(data) >= 2:
            if 1 <= data[0] <= 32 and data[1] <= 5:
                self.metre[tick] = (data[0], 1 << data[1])
        elif kind == KEY_SIGNATURE and len(data) >= 2:
            sharps = int.from_bytes(data[:1], signed=True)
            if abs(sharps) <= 7 and data[1] <= 1:
                mode = ("major", "minor")[data[1]]
                self.key[tick] = Key(TONICS[sharps - MODES[mode]], mode)


def read_midi(data: bytes) -> Song:
    """The parts of a standard MIDI file: one for each channel of each track that has notes.

    Onsets, pitches and velocities are exactly those of the file. Without a tempo mark it runs at 120. Raises `Refusal`.
    """
    if len(data) > MAX_BYTES:
        raise Refusal(
            "This MIDI file has {bytes} bytes; the limit is {limit}. Send a shorter piece.",
            bytes=len(data),
            limit=MAX_BYTES,
        )
    ticks, kind, found = tracks(data)
    damage = Damage()
    lines, marks = _collect(found, kind == 2, MOST_QUARTERS * abs(ticks), damage)
    if ticks < 0:
        marks.tempo.clear()
    ticks = abs(ticks)
    playing = {place: line for place, line in lines.items() if line.notes}
    syllables = {tick for tick, _ in marks.words}
    sung = {place: sum(note[0] in syllables for note in line.notes) for place, line in playing.items()}
    singer = max(sung, key=lambda place: sung[place], default=None)
    parts = []
    for (track, channel), line in playing.items():
        part = _part(line, ticks, marks.names.get(track, ""))
        parts.append(
            replace(
                part,
                place=Words("track {number}", number=track),
                channel=channel,
                drums=channel == DRUM_CHANNEL,
                words=_texts(marks.words, ticks) if (track, channel) == singer else (),
            )
        )
    metre, downbeat = _metre(marks.metre, playing.values(), ticks)
    key = _key(marks.key)
    tempo = {tick / ticks: tempo for tick, tempo in sorted(({0: DEFAULT_TEMPO} | marks.tempo).items())}
    title = marks.names.get(1, "") if (1 not in {track for track, _ in lines}) else ""
    return Song(
        parts=tuple(parts),
        tempo=tuple(Tempo(onset, pace) for onset, pace in tempo.items()),
        metres=((0.0, metre),) if metre else (),
        keys=((0.0, key),) if key else (),
        pickup=downbeat,
        markers=_texts(marks.markers, ticks),
        title=title,
        remarks=_remarks(damage, len(found)),
    )


def _collect(
    found: list[Track], in_turn: bool, longest: float, damage: Damage
) -> tuple[dict[tuple[int, int], _Line], _Marks]:
    """One line for each track and channel that plays, in the file's order.

    If `in_turn`, tracks follow one another, and each channel goes on with its line.
    """
    lines: dict[tuple[int, int], _Line] = {}
    marks = _Marks()
    room, later, last = MAX_EVENTS, 0, 0
    for track in found:
        later = last if in_turn else 0
        for event in events(track, longest, damage):
            room -= 1
            if room < 0:
                raise Refusal("This MIDI file has more than {limit} events. Send a shorter piece.", limit=MAX_EVENTS)
            if later:
                event = event._replace(tick=event.tick + later)
            last = max(last, event.tick)
            if event.status == META:
                marks.add(track.number, event)
            elif event.status < SYSEX:
                lines.setdefault((1 if in_turn else track.number, (event.status & 0xF) + 1), _Line()).add(event)
    return lines, marks


def _remarks(damage: Damage, tracks: int) -> tuple[Words, ...]:
    """What was mended, in half a sentence each."""
    remarks = []
    if damage.clipped:
        remarks.append(Words("values beyond MIDI’s limits were clipped"))
    if damage.tracks and tracks == 1:
        remarks.append(Words("the file is damaged, and what cannot be read was skipped"))
    elif len(damage.tracks) == 1:
        number = str(min(damage.tracks))
        remarks.append(Words("track {number} is damaged, and what cannot be read was skipped", number=number))
    elif damage.tracks:
        count = len(damage.tracks)
        remarks.append(Words("{count} tracks are damaged, and what cannot be read was skipped", count=count))
    return tuple(remarks)


def _part(line: _Line, ticks: float, name: str) -> Part:
    notes = sorted(line.notes, key=lambda note: (note[0], note[2]))
    onset = np.array([note[0] for note in notes], np.float64)
    end = np.array([np.nan if note[1] is None else note[1] for note in notes], np.float64)
    # A note that nobody ends lasts until the next one begins, the last of them a quarter.
    later = np.append(onset, onset[-1] + ticks)[np.searchsorted(onset, onset, side="right")]
    end = np.where(np.isnan(end), later, end)
    struck = Notes(
        onset / ticks,
        np.maximum(end - onset, 1) / ticks,
        np.array([note[2] for note in notes], np.int64),
        np.array([note[3] for note in notes], np.int64),
    )
    first = {number: value for tick, number, value in line.controls if tick <= onset[0]}
    return Part(
        struck,
        line.program,
        name,
        bank=128 * first.get(BANK, 0) + first.get(BANK_FINE, 0),
        controls=tuple((tick / ticks, number, value) for tick, number, value in line.controls),
        bends=tuple((tick / ticks, bend) for tick, bend in line.bends),
        programs=tuple((tick / ticks, program) for tick, program in line.programs),
    )


def _metre(
    metres: dict[int, tuple[int, int]], lines: Iterable[_Line], ticks: float
) -> tuple[tuple[int, int] | None, float]:
    """The metre that reigns longest, and its first bar line, in quarters, counted back to the beginning."""
    end = max((note[0] or 0 for line in lines for note in line.notes), default=0) + 1
    bounds = [*sorted(metres), max(end, *metres, 0) if metres else 0]
    reign: dict[tuple[int, int], int] = {}
    for start, stop in pairwise(bounds):
        reign[metres[start]] = reign.get(metres[start], 0) + min(stop, end) - min(start, end)
    if not reign:
        return None, 0.0
    metre = max(reign, key=lambda metre: reign[metre])
    start = min(tick for tick in metres if metres[tick] == metre)
    return metre, start / ticks % (metre[0] * 4 / metre[1])


def _key(keys: dict[int, Key]) -> Key | None:
    """The first key, unless it is C major, which most programs write where nobody said anything."""
    key = keys[min(keys)] if keys else Key("C", "major")
    return None if (key.tonic, key.mode) == ("C", "major") else key


def _texts(said: list[tuple[int, bytes]], ticks: float) -> tuple[tuple[float, str], ...]:
    """(quarter, text) of texts at ticks, all in one alphabet."""
    alphabet = encoding_of([data for _, data in said])
    return tuple((tick / ticks, line_of(data, alphabet)) for tick, data in sorted(said, key=lambda text: text[0]))


def _words(data: bytes) -> str:
    """A name as a line of text of a bearable length."""
    return line_of(data, encoding_of([data]))
