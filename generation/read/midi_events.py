"""MIDI events: the bytes of a file → its tracks, and the events of a track, exact to the tick.

Old files are often damaged in one place and intact elsewhere. Values beyond 127 are clipped, as other players do; where
the bytes make no sense, reading goes on at the next event that does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from generation.music.clock import DEFAULT_TEMPO
from generation.request import Refusal

META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7
END_OF_TRACK = 0x2F
NOTE_OFF, NOTE_ON, CONTROLLER, PROGRAM, BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
WANTED = (NOTE_OFF, NOTE_ON, CONTROLLER, PROGRAM, BEND)  # no aftertouch
# The number of data bytes after each status byte, also after those of the system, which should not occur in a file.
DATA_BYTES = {
    kind | channel: 1 if kind in (0xC0, 0xD0) else 2 for kind in range(0x80, 0xF0, 0x10) for channel in range(16)
}
DATA_BYTES |= {0xF1: 1, 0xF2: 2, 0xF3: 1} | dict.fromkeys((0xF4, 0xF5, 0xF6, *range(0xF8, 0xFF)), 0)
HEADER = re.compile(rb"MThd\x00{3}\x06|....\x00{3}\x06\x00[\x00-\x02]....MTrk", re.S)  # its own mark may be damaged
MAX_TRACKS = 1_000
LONGEST = 0x0FFFFFFF  # ticks or bytes: the largest number that MIDI allows
PROOF = 8  # events in order that show that reading may go on at a place
AHEAD = 200  # bytes after some damage within which such a place is sought
MOST_DAMAGED = 200  # places in a file: after so many, the rest of a track is given up
PROVED = 1_000  # values that are clipped only if events follow; to check that for all of them would take too long
NO_DATA = b""


class Event(NamedTuple):
    """tick    since the track's beginning
    status  of a channel message with its channel in the lower half; else `META` or `SYSEX`
    first   first byte of data, or the kind of a meta event; second as that
    data    of a meta event or of system exclusive
    """

    tick: int
    status: int
    first: int
    second: int
    data: bytes


@dataclass(frozen=True)
class Track:
    """One track: its events stand in `data[start:end]`.

    number from 1 on; `whole` is False where the file ends before the track does
    """

    number: int
    data: bytes
    start: int
    end: int
    whole: bool


@dataclass
class Damage:
    """The damage in a file: how many values were clipped, at how many places something was skipped, and the numbers of
    the tracks that lack it."""

    clipped: int = 0
    places: int = 0
    tracks: set[int] = field(default_factory=set)


def tracks(data: bytes) -> tuple[float, int, list[Track]]:
    """Ticks a quarter, the file's format (0, 1 or 2), and every track.

    Where the file counts frames of film, quarters are those of tempo 120, and the ticks are negative: tempo marks mean
    nothing there. What stands before the header is passed over: RIFF, MacBinary and the like. Raises `Refusal`.
    """
    found_header = HEADER.search(data)
    start = found_header.start() if found_header else data.find(b"MThd")
    if start < 0 or len(data) < start + 14:
        raise Refusal("This is not a whole MIDI file: its header is missing. Export it again.")
    size, kind, _, division = (
        int.from_bytes(data[start + at : start + end]) for at, end in ((4, 8), (8, 10), (10, 12), (12, 14))
    )
    ticks: float = division
    if division & 0x8000:  # frames a second, and ticks a frame
        frames = 256 - (division >> 8)
        ticks = -(30 / 1.001 if frames == 29 else frames) * (division & 0xFF) * 60 / DEFAULT_TEMPO
    if not ticks:
        raise Refusal("This MIDI file says that a quarter note has 0 ticks. Export it again.")
    found: list[Track] = []
    at = _next_track(data, start + 8 + max(size, 6), start + 14, False)
    while at >= 0:
        if len(found) == MAX_TRACKS:
            raise Refusal(
                "This MIDI file has {tracks} tracks; the limit is {limit}. Send a simpler one.",
                tracks=data.count(b"MTrk"),
                limit=MAX_TRACKS,
            )
        claimed = at + 8 + int.from_bytes(data[at + 4 : at + 8])
        end = _end(data, at + 8, claimed)
        found.append(Track(len(found) + 1, data, at + 8, end, claimed <= len(data)))
        at = _next_track(data, end, end, True)
    if not found:
        raise Refusal("This MIDI file has no tracks. Export it again.")
    return ticks, kind, found


def _next_track(data: bytes, at: int, least: int, some: bool) -> int:
    """Where the next track begins, −1 if there is none: at `at`, or wherever its mark stands from `least` on.

    Chunks of other kinds are passed over, and so is junk. A second file behind the first (`some` tracks were found) is
    not read.
    """
    while at + 8 <= len(data):
        kind, end = data[at : at + 4], at + 8 + int.from_bytes(data[at + 4 : at + 8])
        if _is_track(kind):
            return at
        if kind == b"MThd" and some:
            return -1
        if not kind.isalnum() or end > len(data):
            break
        at = least = end
    return data.find(b"MTrk", least, max(0, len(data) - 4))  # with room for its length


def _end(data: bytes, start: int, claimed: int) -> int:
    """Where the events of a track end, if its length may be wrong."""
    marked = data.find(b"\xff\x2f\x00MTrk", start, claimed)
    if marked >= 0:
        return marked + 3
    next_kind = data[claimed : claimed + 4]
    if claimed == len(data) or next_kind.isalnum() or _is_track(next_kind):
        return claimed
    following = data.find(b"MTrk", start)
    return following if following >= 0 else len(data)


def _is_track(kind: bytes) -> bool:
    """Whether a chunk of this kind is a track. One of the letters may be wrong."""
    return sum(one == other for one, other in zip(kind, b"MTrk", strict=False)) >= 3


def events(track: Track, longest: float, damage: Damage) -> Iterator[Event]:
    """Every note, controller, program, bend, meta event and system exclusive of a track. Repairs are noted in `damage`;
    for example, a rest of more than `longest` ticks between notes is taken for none."""
    data, at, end, tick, running = track.data, track.start, track.end, 0, 0
    begun = False
    while at < end:
        try:
            delta, status, first, second, body, after = _event(data, at, end, running)
            if status < SYSEX and (first > 127 or second > 127):
                if (
                    damage.clipped < PROVED
                    and not _in_order(data, after, end, status, False)
                    and _resumed(data, at, end) >= 0
                ):
                    raise ValueError("this is no event")
                damage.clipped += 1
                first, second = min(first, 127), min(second, 127)
        except (IndexError, KeyError, ValueError):
            damage.tracks.add(track.number)
            damage.places += 1
            if damage.places > MOST_DAMAGED or (at := _resumed(data, at, end)) < 0:
                return
            running = 0
            continue
        if delta > longest and begun:
            damage.tracks.add(track.number)
            delta = 0
        at, tick = after, tick + delta
        if status >= SYSEX:
            if status == META and first == END_OF_TRACK:
                return
            if status in (META, SYSEX, ESCAPE):
                yield Event(tick, status, first, second, body)
            continue
        running = status
        begun = begun or status & 0xF0 == NOTE_ON
        if status & 0xF0 in WANTED:
            yield Event(tick, status, first, second, NO_DATA)
    if not track.whole:
        damage.tracks.add(track.number)


def _event(data: bytes, at: int, end: int, running: int, mend: bool = True) -> tuple[int, int, int, int, bytes, int]:
    """The event at `at`: ticks since the one before, status, two bytes of data, longer data, and where the next begins.

    Raises IndexError, KeyError or ValueError where there is none.
    """
    delta, at = _number(data, at)
    status = data[at]
    if status >= 0x80:
        at += 1
    else:
        status = running
    first = second = 0
    body = NO_DATA
    if status in (META, SYSEX, ESCAPE):
        if status == META:
            first, at = data[at], at + 1
        size, at = _number(data, at)
        body = data[at : at + size]
        if mend and status == SYSEX and not body.endswith(b"\xf7"):
            size, body = _without_length(data, at, end, size)
        at += size
    else:
        size = DATA_BYTES[status]
        if size:
            first = data[at]
            if size == 2:
                second = data[at + 1]
        at += size
    if at > end:
        raise IndexError("beyond the end")
    return delta, status, first, second, body, at


def _without_length(data: bytes, at: int, end: int, size: int) -> tuple[int, bytes]:
    """Size and bytes of system exclusive that does not end where it should: some programs write it without a length,
    as it goes over the wire. What follows decides."""
    close = data.find(b"\xf7", at, min(end, at + AHEAD))
    body = data[at - 1 : close]
    if close < 0 or size > 127 or max(body) > 127 or (at + size <= end and _in_order(data, at + size, end, 0, True)):
        return size, data[at : at + size]
    return close + 1 - at, body


def _resumed(data: bytes, at: int, end: int) -> int:
    """Where reading may go on after damage at `at`, −1 if nowhere near."""
    return next((place for place in range(at + 1, min(at + AHEAD, end)) if _in_order(data, place, end, 0, True)), -1)


def _in_order(data: bytes, at: int, end: int, running: int, strictly: bool) -> bool:
    """Whether some events stand here, one after the other; strictly if none of them needs mending."""
    try:
        for _ in range(PROOF):
            if at == end:
                return True
            _, status, first, second, _, at = _event(data, at, end, running, False)
            if status == META and first == END_OF_TRACK:
                return True
            if strictly and (max(first, second) > 127 or (SYSEX < status < META and status != ESCAPE)):
                return False
            running = status if status < SYSEX else running
    except (IndexError, KeyError, ValueError):
        return False
    return True


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends. Some programs write more bytes than it takes."""
    value = 0
    while True:
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if value > LONGEST:
            raise ValueError("a number beyond what MIDI allows")
        if byte < 0x80:
            return value, at
