"""The bytes of files for tests: MIDI, ABC, MusicXML and zip, correct or deliberately wrong."""

import io
import struct
import zipfile
from collections.abc import Mapping

File = tuple[str, bytes]


def number(value: int) -> bytes:
    """A MIDI number of variable length."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def track(events: bytes, end: bool = True) -> bytes:
    """A MIDI track around some events."""
    body = events + (b"\x00\xff\x2f\x00" if end else b"")
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi(*tracks: bytes, kind: int = 1, division: int = 480, count: int | None = None) -> bytes:
    """A MIDI file around some tracks."""
    header = struct.pack(">4sIHHH", b"MThd", 6, kind, len(tracks) if count is None else count, division)
    return header + b"".join(tracks)


def notes(pitches: list[int], length: int = 480, channel: int = 0, velocity: int = 80) -> bytes:
    """Events that play some pitches one after the other."""
    return b"".join(
        bytes((0, 0x90 | channel, pitch, velocity)) + number(length) + bytes((0x80 | channel, pitch, 0))
        for pitch in pitches
    )


def tempo(microseconds: int, delta: int = 0) -> bytes:
    return number(delta) + b"\xff\x51\x03" + microseconds.to_bytes(3)


TUNE = [60, 62, 64, 65, 67, 69, 71, 72]
ABC_HEAD = "X:1\nL:1/8\nM:4/4\nK:C\n"
ABC = "X:1\nT:Small\nM:4/4\nL:1/8\nQ:1/4=100\nK:G\n|:GABc d2 e2|f4 g4:|\n"
XML = """<score-partwise><part-list><score-part id="P1"><part-name>A</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type>
</time></attributes>{}</measure></part></score-partwise>"""
NOTE = "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>{}</duration></note>"


def packed(members: Mapping[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data, method)
    return out.getvalue()
