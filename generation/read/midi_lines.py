"""MIDI lines: events → a line for each channel of each track, and the marks that apply to all; times in ticks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from generation.music.key import Key
from generation.music.song import BENT
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
)
from generation.request import Refusal

MAX_EVENTS = 200_000
MOST_QUARTERS = 2_000  # of rest within a track: a longer one comes from a wrong byte
SLOWEST, FASTEST, NO_TEMPO = 4.0, 1_000.0, 6_000.0  # quarters a minute: what is played; what nobody means
# Kinds of meta events.
TEXT, TRACK_NAME, LYRIC, MARKER, PORT, SET_TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 1, 3, 5, 6, 0x21, 0x51, 0x58, 0x59
WORDS = (TEXT, TRACK_NAME, LYRIC, MARKER)
# The parts of Roland's GS in the order of their numbers: channel 10 comes first.
GS_CHANNELS = (10, *range(1, 10), *range(11, 17))


@dataclass
class Note:
    """`end` is None until it is released."""

    onset: int
    end: int | None
    pitch: int
    velocity: int


@dataclass
class Line:
    """What one channel (1 … 16) of one track plays.

    programs  (tick, program); controls (tick, controller, value); bends (tick, −8192 … 8191): as they came
    """

    track: int
    channel: int
    port: int = 0
    notes: list[Note] = field(default_factory=list)
    programs: list[tuple[int, int]] = field(default_factory=list)
    controls: list[tuple[int, int, int]] = field(default_factory=list)
    bends: list[tuple[int, int]] = field(default_factory=list)
    sounding: dict[int, list[Note]] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        tick, status, first, second, _ = event
        kind = status & 0xF0
        if kind == NOTE_ON and second:
            note = Note(tick, None, first, second)
            self.notes.append(note)
            self.sounding.setdefault(first, []).append(note)
        elif kind in (NOTE_ON, NOTE_OFF):
            self._off(tick, first)
        elif kind == CONTROLLER:
            self.controls.append((tick, first, second))
        elif kind == BEND:
            self.bends.append((tick, (first | second << 7) - BENT))
        elif kind == PROGRAM:
            self.programs.append((tick, first))

    def _off(self, tick: int, pitch: int) -> None:
        """End all notes of this pitch that began before; if none did, the one that begins here, an instant long."""
        pending = self.sounding.get(pitch, [])
        for note in [note for note in pending if note.onset != tick] or pending[:1]:
            note.end = tick
            pending.remove(note)


class Text(NamedTuple):
    """Words in a track; `kind` is one of `WORDS`."""

    track: int
    tick: int
    kind: int
    data: bytes


@dataclass
class Heard:
    """Everything in a file, with the lines in its order.

    tempo, metre, key  by tick; tempo in quarters a minute
    texts              names, lyrics, markers and the like
    rhythm             channels that a message of GS or XG makes drums (True) or tones (False)
    roland             whether it uses GS, whose banks mean something else than those of XG
    """

    lines: dict[tuple[int, int, int], Line] = field(default_factory=dict)
    tempo: dict[int, float] = field(default_factory=dict)
    metre: dict[int, tuple[int, int]] = field(default_factory=dict)
    key: dict[int, Key] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    rhythm: dict[int, bool] = field(default_factory=dict)
    roland: bool = False

    def add(self, track: int, event: Event) -> None:
        """Take in a meta event."""
        tick, kind, data = event.tick, event.first, event.data
        if kind in WORDS:
            self.texts.append(Text(track, tick, kind, data))
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
                self.key[tick] = Key.signed(sharps, mode)

    def obey(self, data: bytes) -> None:
        """Take in system exclusive: which channels GS and XG make drums."""
        if data[:1] == b"\x41" and data[2:4] == b"\x42\x12":  # Roland's GS
            self.roland = True
            if data[4:5] == b"\x40" and len(data) > 7 and data[5] >> 4 == 1 and data[6] == 0x15:
                self.rhythm[GS_CHANNELS[data[5] & 0xF]] = data[7] > 0
        elif data[:1] == b"\x43" and data[2:4] == b"\x4c\x08" and len(data) > 6 and data[5] == 7 and data[4] < 16:
            self.rhythm[data[4] + 1] = data[6] > 0  # Yamaha's XG


def heard(tracks: Sequence[Track], ticks: float, in_turn: bool, damage: Damage) -> Heard:
    """Everything that the tracks play and say; damage is noted. If `in_turn`, they follow one another, and each channel
    goes on with its line. Raises `Refusal` if there is too much."""
    found = Heard()
    room, later, last = MAX_EVENTS, 0, 0
    for track in tracks:
        later, port, number = (last, 0, 1) if in_turn else (0, 0, track.number)
        for event in events(track, MOST_QUARTERS * ticks, damage):
            room -= 1
            if room < 0:
                raise Refusal("This MIDI file has more than {limit} events. Send a shorter piece.", limit=MAX_EVENTS)
            if later:
                event = event._replace(tick=event.tick + later)
            last = max(last, event.tick)
            if event.status < SYSEX:
                place = number, port, (event.status & 0xF) + 1
                if place not in found.lines:
                    found.lines[place] = Line(number, place[2], port)
                found.lines[place].add(event)
            elif event.status != META:
                found.obey(event.data)
            elif event.first == PORT and event.data:
                port = event.data[0]
            else:
                found.add(number, event)
    return found
