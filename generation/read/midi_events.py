"""MIDI events: the bytes of a file → its tracks, and the events of a track, exact to the tick."""

from collections.abc import Iterator
from dataclasses import dataclass

from music21.midi import MidiEvent

from generation.music.clock import DEFAULT_TEMPO
from generation.request import Refusal

META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7
END_OF_TRACK = 0x2F
# Bytes of data behind each kind of channel message, by the upper half of its status byte.
DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
# Of these, the ones that we want: notes, pedal, program.
WANTED = (0x8, 0x9, 0xB, 0xC)


@dataclass(frozen=True)
class Track:
    """number from 1 on; `whole` is False where the file ends before the track does."""

    number: int
    data: bytes
    whole: bool


def tracks(data: bytes) -> tuple[float, list[Track]]:
    """Ticks a quarter, and every track. Where the file counts frames of film, quarters are those of tempo 120, and
    the ticks are negative: tempo marks mean nothing there. Raises `Refusal`.
    """
    start = data.find(b"MThd", 0, 64)  # some files come in a RIFF envelope
    if start < 0 or len(data) < start + 14:
        raise Refusal("This is not a whole MIDI file: its header is missing. Export it again.")
    kind, _, division = (int.from_bytes(data[start + i : start + i + 2]) for i in (8, 10, 12))
    if kind == 2:
        raise Refusal("This MIDI file is of format 2, a set of separate patterns. Export it as format 0 or 1.")
    ticks: float = division
    if division & 0x8000:  # frames a second, and ticks a frame
        frames = 256 - (division >> 8)
        ticks = -(30 / 1.001 if frames == 29 else frames) * (division & 0xFF) * 60 / DEFAULT_TEMPO
    if not ticks:
        raise Refusal("This MIDI file says that a quarter note has 0 ticks. Export it again.")
    found: list[Track] = []
    at = start + 8 + max(int.from_bytes(data[start + 4 : start + 8]), 6)
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8])
        if data[at : at + 4] == b"MTrk":
            found.append(Track(len(found) + 1, data[at + 8 : end], end <= len(data)))
        at = end
    if not found:
        raise Refusal("This MIDI file has no tracks. Export it again.")
    return ticks, found


def events(track: Track) -> Iterator[tuple[int, MidiEvent]]:
    """Every note, controller, program and meta event of a track, with its tick. Raises `Refusal` for damage.

    music21 decodes the events, but the walk is ours: its own copies the rest of the track for each event, and takes
    a file that breaks off for an empty one.
    """
    chunk, at, tick, running = track.data, 0, 0, 0
    try:
        while at < len(chunk):
            delta, at = _number(chunk, at)
            tick += delta
            status = running
            if chunk[at] >= 0x80:
                status, at = chunk[at], at + 1
            if status == META:
                size, body = _number(chunk, at + 1)
                raw, wanted = chunk[at - 1 : body + size], chunk[at] != END_OF_TRACK
                if not wanted:
                    return
            elif status in (SYSEX, ESCAPE):
                size, body = _number(chunk, at)
                raw, wanted = b"", False
            else:
                size, body, running = DATA_BYTES[status >> 4], at, status
                raw, wanted = bytes((status,)) + chunk[body : body + size], status >> 4 in WANTED
                if max(raw[1:]) >= 0x80:
                    raise ValueError("a status byte among the data")
            at = body + size
            if at > len(chunk):
                raise IndexError("beyond the end")
            if wanted:
                event = MidiEvent()
                event.read(raw)
                yield tick, event
        if not track.whole:
            raise IndexError("beyond the end")
    except (IndexError, KeyError, ValueError) as error:
        raise Refusal(
            "This MIDI file is damaged or breaks off: track {track} cannot be read. Export it again.",
            track=track.number,
        ) from error


def _number(chunk: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for i in range(at, at + 4):
        value = value << 7 | chunk[i] & 0x7F
        if chunk[i] < 0x80:
            return value, i + 1
    raise ValueError("a number of more than four bytes")
