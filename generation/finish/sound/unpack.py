"""Unpack the piano: `python -m generation.finish.sound.unpack` writes the soundfont again with its piano decoded.

Decoding takes two thirds of a render worker's start, and is the same each time. In an SF3 file each sample is an Ogg
Vorbis stream or, as in SF2, plain 16-bit numbers; its header says which. Sources: SoundFont Technical Specification
2.04, and https://github.com/FluidSynth/fluidsynth/wiki/SoundFont3Format.
"""

import io
import struct
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray

from generation.finish.sound.synth import PIANO, SOUNDFONT, unpacked_path

# The records of a soundfont: a preset names instruments, and an instrument names samples, in generators, a bag of them
# for each zone. The last record of each kind only ends the list.
PRESET = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")])
INSTRUMENT = np.dtype([("name", "S20"), ("bag", "<u2")])
BAG = np.dtype([("generator", "<u2"), ("modulator", "<u2")])
GENERATOR = np.dtype([("kind", "<u2"), ("value", "<u2")])
SAMPLE = np.dtype([("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
                   ("rate", "<u4"), ("pitch", "u1"), ("cents", "i1"), ("link", "<u2"), ("kind", "<u2")])  # fmt: skip
AN_INSTRUMENT, A_SAMPLE = 41, 53  # kinds of generators
VORBIS = 0x10  # in a sample's kind
AFTER = 46  # frames of silence after each sample of plain numbers

Chunks = dict[bytes, bytes]


def unpacked(soundfont: bytes) -> bytes:
    """The SF3 soundfont with the samples of its piano as plain numbers; everything else stays as it is."""
    information, sound, records = (body for _, body in _chunks(soundfont[12:]))
    packed, tables = dict(_chunks(sound[4:]))[b"smpl"], dict(_chunks(records[4:]))
    samples = np.frombuffer(tables[b"shdr"], SAMPLE).copy()
    piano = set(_samples_of(tables, *PIANO))
    whole = io.BytesIO()
    for i, sample in enumerate(samples[:-1]):
        begin, data = whole.tell(), packed[sample["start"] : sample["end"]]
        if i in piano:
            frames = _decoded(data)
            sample["start"], sample["end"] = begin // 2, begin // 2 + len(frames)  # in frames; in bytes for Vorbis
            for loop in ("loop_start", "loop_end"):  # counted from the first sample; for Vorbis, from its own start
                sample[loop] += begin // 2
            sample["kind"] -= VORBIS
            whole.write(frames.astype("<i2").tobytes() + bytes(2 * AFTER))
        else:
            sample["start"], sample["end"] = begin, begin + len(data)
            whole.write(data + bytes(len(data) % 2))
    tables[b"shdr"] = samples.tobytes()
    written = [
        _chunk(b"LIST", information),
        _chunk(b"LIST", b"sdta" + _chunk(b"smpl", whole.getvalue())),
        _chunk(b"LIST", b"pdta" + b"".join(_chunk(name, body) for name, body in tables.items())),
    ]
    return _chunk(b"RIFF", b"sfbk" + b"".join(written))


def _decoded(data: bytes) -> NDArray[np.int16]:
    """The frames (n,) of a Vorbis stream, as FluidSynth hears them: libsndfile scales each sample to the whole range of
    16 bits. Now and then the last bit differs, since no two builds of the decoder round alike."""
    frames, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    scale = np.float32(32767 / 32768 / np.abs(frames).max())
    return np.asarray(np.rint(frames * scale * np.float32(32767)), np.int16)


def _samples_of(tables: Chunks, bank: int, program: int) -> Iterator[int]:
    """The indices of the samples that a preset plays."""
    presets, instruments = np.frombuffer(tables[b"phdr"], PRESET), np.frombuffer(tables[b"inst"], INSTRUMENT)
    (preset,) = np.flatnonzero((presets["bank"][:-1] == bank) & (presets["program"][:-1] == program))
    for instrument in _named(tables, b"p", presets["bag"][preset : preset + 2], AN_INSTRUMENT):
        yield from _named(tables, b"i", instruments["bag"][instrument : instrument + 2], A_SAMPLE).tolist()


def _named(tables: Chunks, of: bytes, bags: NDArray[np.uint16], kind: int) -> NDArray[np.uint16]:
    """The values of the generators of one kind in the zones from the first of two bags to before the second."""
    bounds = np.frombuffer(tables[of + b"bag"], BAG)["generator"][bags]
    generators = np.frombuffer(tables[of + b"gen"], GENERATOR)[slice(*bounds)]
    return np.asarray(generators["value"][generators["kind"] == kind], np.uint16)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF file by name. Those of an SF3 file are not padded to even lengths."""
    at = 0
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def main() -> None:
    """Write the file that `synth` prefers; nobody ever sees half of it."""
    path = unpacked_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(unpacked(SOUNDFONT.read_bytes()))
    part.replace(path)


if __name__ == "__main__":
    main()
