"""Piece → MIDI file: type 1, 960 ticks a quarter, every onset, pitch and velocity as it is."""

import struct
from collections.abc import Iterable

from generation.finish.piece import Piece, let_go
from generation.music.melody import Melody, Part

TICKS = 960  # a quarter
SLOW = 40.0  # quarters a minute under which a tick would be long enough to be noticed
CHANNELS = (*range(9), *range(10, 16))  # without the drums'
SUSTAIN = 64

# (tick, rank among what happens at once, message): released before struck, settings before both
Message = tuple[int, int, bytes]


def write_midi(piece: Piece) -> bytes:
    """The bytes of a Standard MIDI File. The new notes stand in the track of the part they go on with."""
    ticks = TICKS if min(tempo.quarters_per_minute for tempo in piece.melody.tempo) >= SLOW else TICKS * 10
    tracks = [_track(_conductor(piece, ticks), piece.title or "Encore")]
    inputs, new = (piece.parts, None) if piece.home is None else (piece.parts[:-1], piece.parts[-1])
    channel_of: dict[int, int] = {}
    for i, part in enumerate(inputs):
        # Beyond fifteen parts, those of one instrument share a channel.
        channel = channel_of.setdefault(i if len(inputs) <= len(CHANNELS) else part.program, len(channel_of))
        channel = CHANNELS[channel % len(CHANNELS)]
        messages = _messages(part, channel, ticks)
        if new is not None and i == piece.home:
            messages += _messages(new, channel, ticks)
        tracks.append(_track(messages, part.name or f"Part {i + 1}"))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), ticks) + b"".join(tracks)


def _conductor(piece: Piece, ticks: int) -> list[Message]:
    """Tempo, metre and key of the whole piece."""
    melody = piece.melody
    messages = [(0, 0, _meta(0x01, f"Encore, seed {piece.seed}".encode()))]
    messages += [(tick, 0, _meta(0x58, signature)) for tick, signature in _signatures(melody, ticks)]
    if melody.key is not None and abs(melody.key.sharps) <= 7:
        messages.append((0, 0, _meta(0x59, struct.pack(">bB", melody.key.sharps, melody.key.mode == "minor"))))
    for tempo in melody.tempo:
        micros = min(round(60_000_000 / tempo.quarters_per_minute), 0xFFFFFF)
        messages.append((round(tempo.onset * ticks), 0, _meta(0x51, micros.to_bytes(3, "big"))))
    return messages


def _signatures(melody: Melody, ticks: int) -> Iterable[tuple[int, bytes]]:
    """The metre where the first bar begins, and a short bar before it for a pickup."""
    if melody.metre is None or melody.bar is None:
        return
    pickup = melody.downbeat % melody.bar
    for unit in (melody.metre[1], 8, 16, 32):
        beats = pickup * unit / 4
        if pickup and abs(beats - round(beats)) < 1e-6:
            yield 0, _signature(round(beats), unit)
            yield round(pickup * ticks), _signature(*melody.metre)
            return
    yield 0, _signature(*melody.metre)


def _signature(beats: int, unit: int) -> bytes:
    clicks = 36 if unit == 8 and beats % 3 == 0 else 96 // unit  # MIDI clocks a metronome click, 24 a quarter
    return bytes((beats, unit.bit_length() - 1, clicks, 8))


def _messages(part: Part, channel: int, ticks: int) -> list[Message]:
    """Everything that one part sends on its channel."""
    start = round(float(part.onset[0]) * ticks) if len(part.onset) else 0
    first = min([start, *(round(quarter * ticks) for quarter, _ in part.pedal)])
    messages = [(max(first, 0), 1, bytes((0xC0 | channel, part.program)))]
    for onset, end, pitch, velocity in zip(part.onset, let_go(part), part.pitch, part.velocity, strict=True):
        on = round(onset * ticks)
        messages.append((on, 3, bytes((0x90 | channel, pitch, velocity))))
        messages.append((max(round(end * ticks), on + 1), 0, bytes((0x80 | channel, pitch, 64))))
    for quarter, value in part.pedal:
        messages.append((max(round(quarter * ticks), 0), 2, bytes((0xB0 | channel, SUSTAIN, value))))
    if part.pedal and part.pedal[-1][1] >= 64:  # nobody else lifts it
        end = max(float(let_go(part).max(initial=0.0)), part.pedal[-1][0])
        messages.append((round(end * ticks), 2, bytes((0xB0 | channel, SUSTAIN, 0))))
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
