"""Recordings that mean harm or were broken on the way: made from a seed, never stored. Each is (name, bytes)."""

import io
import random
import struct
from collections.abc import Iterator, Sequence

import numpy as np
import soundfile

from tests.hostile_bytes import File


def sounds(rng: random.Random) -> Iterator[File]:
    tune = hummed([60, 62, 64, 65, 67, 69, 71, 72])
    ogg, opus = encoded(tune, "OGG", "VORBIS"), encoded(tune, "OGG", "OPUS")
    flac, wav, mp3 = (
        encoded(tune, "FLAC", "PCM_16"),
        encoded(tune, "WAV", "PCM_16"),
        encoded(tune, "MP3", "MPEG_LAYER_III"),
    )
    good = {"ogg": ogg, "opus": opus, "flac": flac, "wav": wav, "mp3": mp3}
    for ending, data in good.items():
        for share in (0.01, 0.1, 0.5, 0.9):
            yield f"cut-at-{share}.{ending}", data[: int(share * len(data))]
        for i in range(6):
            broken = bytearray(data)
            for _ in range(rng.randrange(1, 40)):
                broken[rng.randrange(4, len(broken))] = rng.randrange(256)
            yield f"flipped-{i}.{ending}", bytes(broken)
        yield f"twice.{ending}", data * 2
        yield f"only-a-mark.{ending}", data[:4]
        yield f"noise-behind-the-mark.{ending}", data[:60] + rng.randbytes(20_000)
    yield "a-hundred-streams.ogg", opus[: len(opus)] * 100
    yield "thousands-of-empty-streams.ogg", opus[:140] * 8_000
    yield "eight-hours.ogg", _ending_late(opus, 8 * 3_600 * 48_000)
    yield "ends-before-it-begins.ogg", _ending_late(opus, -1)
    yield "silence.flac", encoded(np.zeros(80 * 8_000), "FLAC", "PCM_16", 8_000)
    yield "eight-hours-of-silence.flac", _eight_hours()
    yield "eight-hours-of-nothing.wav", _wav(b"", 1, 1, 8_000, 16, size=8 * 3_600 * 16_000)
    yield "nan.wav", _wav(np.full(48_000, np.nan, "<f4").tobytes(), 3, 1, 48_000, 32)
    yield (
        "nan-now-and-then.wav",
        _wav(np.where(np.arange(96_000) % 97, 0.3, np.nan).astype("<f4").tobytes(), 3, 1, 48_000, 32),
    )
    yield "infinite.wav", _wav(np.full(48_000, np.inf, "<f4").tobytes(), 3, 1, 48_000, 32)
    yield "loud.wav", _wav((1e30 * tune).astype("<f4").tobytes(), 3, 1, 48_000, 32)
    for rate in (0, 1, 7_999, 8_000, 47_999, 192_000, 384_000, 2**31 - 1, 2**32 - 1):
        yield f"rate-{rate}.wav", _wav((tune * 20_000).astype("<i2").tobytes(), 1, 1, rate, 16)
    for channels in (0, 3, 8, 9, 255, 1_024, 65_535):
        yield f"channels-{channels}.wav", _wav((tune * 20_000).astype("<i2").tobytes(), 1, channels, 48_000, 16)
    for bits in (0, 1, 8, 12, 24, 64, 255):
        yield f"bits-{bits}.wav", _wav((tune * 20_000).astype("<i2").tobytes(), 1, 1, 48_000, bits)
    for kind in (0, 2, 6, 7, 17, 49, 85, 0xFFFE):
        yield f"kind-{kind}.wav", _wav(rng.randbytes(20_000), kind, 1, 8_000, 4)
    yield "chunks-within.wav", b"RIFF\xff\xff\xff\xffWAVE" + b"LIST\x00\x00\x00\x00" * 300_000
    yield "a-large-chunk.wav", b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff" + bytes(1_000)
    yield "no-mark.mp3", b"\xff\xfb\x90\x00" * 100_000
    yield "a-huge-tag.mp3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(100_000)
    yield "free-format.mp3", b"\xff\xfb\x00\x00" + rng.randbytes(50_000)
    yield "noise.wav", encoded(np.random.default_rng(1).normal(0, 0.1, 48_000 * 5), "WAV", "PCM_16")
    yield "chord.wav", encoded(sum(hummed([p] * 6) for p in (60, 64, 67)) / 3, "WAV", "PCM_16")
    yield "click.wav", encoded(np.eye(1, 48_000 * 3, 24_000)[0], "WAV", "PCM_16")
    yield "one-sample.wav", encoded(np.full(1, 0.5), "WAV", "PCM_16")
    yield "as-long-as-may-be.ogg", encoded(np.resize(tune, 89 * 48_000), "OGG", "OPUS")
    yield "longer-than-may-be.ogg", encoded(np.resize(tune, 91 * 48_000), "OGG", "OPUS")
    yield "trills.ogg", encoded(hummed([60, 62] * 400, 0.1), "OGG", "OPUS")


def hummed(
    pitches: Sequence[float], seconds: float = 0.4, rate: int = 48_000
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(frames,) a voice of a few harmonics that sings some pitches one after the other."""
    count = int(seconds * rate)
    hertz = np.repeat(440 * 2 ** ((np.array(pitches) - 69) / 12), count)
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    apart = np.minimum(np.arange(count), np.arange(count)[::-1]) / rate - 0.02  # 40 ms of silence between two notes
    swell = np.tile(np.clip(apart / 0.03, 0, 1), len(pitches))
    return np.asarray(0.4 * swell * sum(np.sin(n * phase) / n**1.5 for n in range(1, 8)))


def encoded(sound: np.ndarray[tuple[int], np.dtype[np.float64]], kind: str, coding: str, rate: int = 48_000) -> bytes:
    """A sound (frames,) as a file."""
    out = io.BytesIO()
    soundfile.write(out, sound, rate, format=kind, subtype=coding)
    return out.getvalue()


def _wav(data: bytes, kind: int, channels: int, rate: int, bits: int, size: int | None = None) -> bytes:
    """A WAV file around some data, whatever its header says."""
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels & 0xFFFF, rate, rate * width % 2**32, width % 2**16, bits)
    size = len(data) if size is None else size
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt \x10\x00\x00\x00"
        + form
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def _eight_hours() -> bytes:
    """A FLAC file whose header promises eight hours, followed by a few frames of silence."""
    data = bytearray(encoded(np.zeros(8_000 * 20), "FLAC", "PCM_16", 8_000))
    frames = 8 * 3_600 * 8_000
    data[21] = data[21] & 0xF0 | frames >> 32
    data[22:26] = (frames & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(data)


def _ending_late(opus: bytes, position: int) -> bytes:
    """An Ogg file whose last page says that it ends so many frames after the beginning; its checksum is right."""
    at = opus.rfind(b"OggS")
    page = bytearray(opus[at:])
    page[6:14] = position.to_bytes(8, "little", signed=True)
    page[22:26] = bytes(4)
    page[22:26] = _checksum(bytes(page)).to_bytes(4, "little")
    return opus[:at] + bytes(page)


def _checksum(page: bytes) -> int:
    """Ogg's: CRC-32 with the polynomial 04c11db7, not reflected."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value
