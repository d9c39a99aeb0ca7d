"""A piece → a MIDI file: type 1, 960 ticks a quarter, with every event of the input unchanged."""

import struct
from collections.abc import Iterable, Sequence

from generation.finish.piece import Piece, let_go
from generation.music.metre import bar_length, stated_beat
from generation.music.notes import Notes
from generation.music.song import BANK, BANK_FINE, BENT, SUSTAIN, Part, Song

TICKS = 960  # a quarter
SLOW = 40.0  # quarters a minute; below this, a tick would be long enough to hear, so there are more of them
DRUMS = 9  # the channel of drums, counted from 0
CHANNELS = (*range(9), *range(10, 16))  # the others

# (tick, rank among simultaneous messages, message): notes off, then settings, banks before programs, then notes on
Message = tuple[int, int, bytes]
OFF, CONTROL, PROGRAM, BEND, WORD, ON = range(6)


def write_midi(piece: Piece) -> bytes:
    """The bytes of a Standard MIDI File. The new notes are in the track of the part that they continue."""
    ticks = TICKS if min(tempo.quarters_per_minute for tempo in piece.song.tempo) >= SLOW else TICKS * 10
    tracks = [_track(_conductor(piece.song, piece.seed, ticks), piece.title or "Encore")]
    inputs = piece.song.parts[: piece.given or None]
    new = dict(zip(piece.homes, piece.song.parts[piece.given :], strict=False))
    for i, (part, channel) in enumerate(zip(inputs, channels(inputs), strict=True)):
        messages = _messages(part, channel, ticks, new[i].notes if i in new else None)
        if i in new:
            messages += _messages(new[i], channel, ticks)
        tracks.append(_track(messages, part.name or f"Part {i + 1}"))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), ticks) + b"".join(tracks)


def channels(parts: Sequence[Part]) -> list[int]:
    """A channel for each part, 0 … 15: the one that it had in its file, or else a free one. Only drums get the drum
    channel. If channels run out, parts of one instrument share a channel."""
    said = {part.channel - 1 for part in parts if part.channel and not part.drums}
    free = [channel for channel in CHANNELS if channel not in said] or [*CHANNELS]
    without = [part for part in parts if not part.drums and part.channel - 1 not in CHANNELS]
    shared: dict[object, int] = {}
    found = []
    for i, part in enumerate(parts):
        if part.drums:
            found.append(DRUMS)
        elif part.channel - 1 in CHANNELS:
            found.append(part.channel - 1)
        else:
            place = shared.setdefault(i if len(without) <= len(free) else part.program, len(shared))
            found.append(free[place % len(free)])
    return found


def _conductor(song: Song, seed: int, ticks: int) -> list[Message]:
    """The messages about the whole piece: tempo, metres, keys and markers."""
    messages = [(0, 0, _meta(0x01, f"Encore, seed {seed}".encode()))]
    messages += [(tick, 0, _meta(0x58, signature)) for tick, signature in _signatures(song, ticks)]
    for quarter, key in song.keys:
        if abs(key.sharps) <= 7:
            signature = struct.pack(">bB", key.sharps, key.mode == "minor")
            messages.append((round(quarter * ticks), 0, _meta(0x59, signature)))
    for tempo in song.tempo:
        micros = min(round(60_000_000 / tempo.quarters_per_minute), 0xFFFFFF)
        messages.append((round(tempo.onset * ticks), 0, _meta(0x51, micros.to_bytes(3, "big"))))
    messages += [(round(quarter * ticks), 0, _meta(0x06, text.encode())) for quarter, text in song.markers]
    return messages


def _signatures(song: Song, ticks: int) -> Iterable[tuple[int, bytes]]:
    """(tick, message) of each time signature; a pickup gets a short bar of its own before the first."""
    for quarter, metre in song.metres:
        pickup = song.pickup % float(bar_length(metre)) if quarter == 0 else 0.0
        for finer in (metre[1], 8, 16, 32):
            short = pickup * finer / 4
            if pickup and abs(short - round(short)) < 1e-6:
                yield 0, _signature(round(short), finer)
                quarter = pickup
                break
        yield round(quarter * ticks), _signature(*metre)


def _signature(beats: int, unit: int) -> bytes:
    clicks = int(24 * stated_beat((beats, unit)))  # MIDI clocks a metronome click, 24 a quarter
    return bytes((beats, unit.bit_length() - 1, clicks, 8))


def _messages(part: Part, channel: int, ticks: int, then: Notes | None = None) -> list[Message]:
    """All messages of one part on its channel. A key is released when `then`, the notes that follow, strike it."""

    def at(quarter: float) -> int:
        return max(round(quarter * ticks), 0)

    start = float(part.notes.onset[0]) if len(part.notes) else 0.0
    messages = [
        (at(quarter), CONTROL, bytes((0xB0 | channel, number, value))) for quarter, number, value in part.controls
    ]
    banks = [quarter for quarter, number, _ in part.controls if number in (BANK, BANK_FINE) and quarter <= start]
    if part.bank and not banks:
        for number, value in ((BANK, part.bank >> 7), (BANK_FINE, part.bank & 127)):
            messages.append((at(start), CONTROL, bytes((0xB0 | channel, number, value))))
    if part.program is not None:
        first = max(banks) if banks else min([start, *(quarter for quarter, _, _ in part.controls)])
        messages.append((at(first), PROGRAM, bytes((0xC0 | channel, part.program))))
    messages += [(at(quarter), PROGRAM, bytes((0xC0 | channel, program))) for quarter, program in part.programs]
    for quarter, bend in part.bends:
        wheel = min(max(bend + BENT, 0), 2 * BENT - 1)
        messages.append((at(quarter), BEND, bytes((0xE0 | channel, wheel & 127, wheel >> 7))))
    messages += [(at(quarter), WORD, _meta(0x05, text.encode())) for quarter, text in part.words]
    ends = let_go(part.notes, then)
    for onset, end, pitch, velocity in zip(part.notes.onset, ends, part.notes.pitch, part.notes.velocity, strict=True):
        messages.append((at(onset), ON, bytes((0x90 | channel, pitch, velocity))))
        messages.append((max(at(end), at(onset) + 1), OFF, bytes((0x80 | channel, pitch, 64))))
    pedal = part.control(SUSTAIN)
    if pedal and pedal[-1][1] >= 64:  # without this it would stay down for ever
        end = max(float(ends.max(initial=0.0)), pedal[-1][0])
        messages.append((at(end), CONTROL, bytes((0xB0 | channel, SUSTAIN, 0))))
    return messages


def _track(messages: list[Message], name: str) -> bytes:
    """A track chunk: its name, then the messages in order."""
    body, now = bytearray(b"\x00" + _meta(0x03, name.encode())), 0
    for tick, _, message in sorted(messages, key=lambda message: message[:2]):
        body += _variable(tick - now) + message
        now = tick
    body += b"\x00" + _meta(0x2F, b"")
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable(len(data)) + data


def _variable(number: int) -> bytes:
    """MIDI's variable-length number, seven bits a byte."""
    encoded = [number & 0x7F]
    while number := number >> 7:
        encoded.append(0x80 | number & 0x7F)
    return bytes(reversed(encoded))
