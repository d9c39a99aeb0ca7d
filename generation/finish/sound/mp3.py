"""Sound → MP3, encoded by LAME, with tags and a first frame that tells players the length and the padding."""

import warnings

import lameenc
import numpy as np

from generation.finish.sound.synth import SAMPLE_RATE, Sound

with warnings.catch_warnings():
    # pydub warns about the audioop module, its own regular expressions and a missing ffmpeg, which is not needed.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

BIT_RATES = (192, 160, 128, 96, 64)  # kbit/s
TAG_BYTES = 4096  # for the tags and the rounding to whole frames
# On LAME's scale. With many bits, 7, which does not weigh noise, takes half the time and makes less noise.
QUALITY = {192: 7, 160: 7, 128: 5, 96: 5, 64: 5}
FADE_IN = 6  # ms
FRAME = 1152  # samples
DELAY = 576  # samples that LAME adds before the first
HEADER = {192: 0xFFFBB000, 160: 0xFFFBA000, 128: 0xFFFB9000, 96: 0xFFFB7000, 64: 0xFFFB5000}  # of a stereo frame
SIDE = 32  # bytes in each frame that describe the sound
COUNTED = 0b1111  # the info frame contains: frames, bytes, table of places to jump to, quality


def encode(sound: Sound, title: str = "", comment: str = "", most_bytes: int = 0) -> bytes:
    """A tagged stereo MP3 of a sound (frames, 2), of constant 192 kbit/s, or less to fit `most_bytes` (0: no limit)."""
    rate = bit_rate(len(sound) / SAMPLE_RATE, most_bytes)
    samples = np.rint(np.clip(sound, -1, 1) * np.float32(32767)).astype("<i2")
    segment = AudioSegment(samples.tobytes(), sample_width=2, frame_rate=SAMPLE_RATE, channels=2).fade_in(FADE_IN)
    lame = lameenc.Encoder()
    lame.silence()
    lame.set_channels(segment.channels)
    lame.set_in_sample_rate(segment.frame_rate)
    lame.set_out_sample_rate(segment.frame_rate)  # left to itself, LAME lowers it for a low bit rate
    lame.set_bit_rate(rate)
    lame.set_quality(QUALITY[rate])
    frames = bytes(lame.encode(segment.raw_data) + lame.flush())
    tags = {"TIT2": title, "TPE1": "Encore", "COMM": comment}
    return _tagged({name: text for name, text in tags.items() if text}) + _counting(frames, len(sound), rate) + frames


def bit_rate(seconds: float, most_bytes: int) -> int:
    """The highest rate in kbit/s at which so many seconds fit `most_bytes` (0: no limit), else the lowest."""
    fitting = (rate for rate in BIT_RATES if not most_bytes or seconds * rate * 125 + TAG_BYTES <= most_bytes)
    return next(fitting, BIT_RATES[-1])


def length(mp3: bytes) -> float:
    """Seconds that an MP3 of ours plays, from its first frame, which states the numbers of frames and padding
    samples."""
    info = mp3.index(b"Info")
    frames = int.from_bytes(mp3[info + 8 : info + 12], "big")
    padding = int.from_bytes(mp3[info + 141 : info + 144], "big")  # 12 bits before, 12 after
    return (frames * FRAME - (padding >> 12) - (padding & 0xFFF)) / SAMPLE_RATE


def _tagged(texts: dict[str, str]) -> bytes:
    """An ID3v2.4 tag in UTF-8, of texts by frame name."""
    frames = b""
    for name, text in texts.items():
        body = b"\x03" + (b"und\0" if name == "COMM" else b"") + text.encode()
        frames += name.encode() + _seven_bits(len(body)) + b"\0\0" + body
    return b"ID3\x04\0\0" + _seven_bits(len(frames)) + frames


def _seven_bits(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _counting(frames: bytes, samples: int, rate: int) -> bytes:
    """The silent info frame before the first, which tells players the length, where to jump to and what to skip.

    Without it they would play the samples that LAME adds at both ends, and would have to guess the length."""
    size = FRAME * rate * 125 // SAMPLE_RATE
    count = round(len(frames) / (FRAME * rate * 125 / SAMPLE_RATE))
    places = bytes(place * 256 // 100 for place in range(100))
    frame = bytearray(HEADER[rate].to_bytes(4, "big") + bytes(SIDE) + b"Info" + COUNTED.to_bytes(4, "big"))
    frame += (
        count.to_bytes(4, "big") + (size + len(frames)).to_bytes(4, "big") + places + (100 - QUALITY[rate]).to_bytes(4)
    )
    padding = count * FRAME - DELAY - samples
    frame += b"LAME4.0\0\0" + b"\x01" + bytes(9) + b"\0" + bytes([rate]) + (DELAY << 12 | padding).to_bytes(3, "big")
    frame += bytes(4) + (size + len(frames)).to_bytes(4, "big") + bytes(2)
    return bytes(frame + _crc(frame).to_bytes(2, "big")).ljust(size, b"\0")


def _crc(data: bytes | bytearray) -> int:
    """CRC-16, as LAME adds it."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
