"""Decode a recording: the bytes of an audio file → one channel of samples. libsndfile reads them, within limits."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.request import Refusal

MAX_SECONDS = 90.0
MAX_CHANNELS = 8
RATES = (8_000, 192_000)  # frames a second
BLOCK = 65_536  # frames that are decoded at a time
RATE = 32_000  # frames a second of what is returned
SHORTEST = 0.2  # seconds
SILENCE = 1e-3  # of full scale

Samples = NDArray[np.float32]


def is_recording(data: bytes) -> bool:
    """Whether these bytes begin as a recording in one of the formats that are read."""
    return (
        data[:4] in (b"OggS", b"fLaC")
        or (data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE")
        or data[:3] == b"ID3"
        or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2 and data[1] & 0x18 != 0x08)
    )


def decoded(data: bytes, wanted: int = RATE) -> Samples:
    """(n,) samples at the rate that is `wanted`, −1 … 1, of the mean of the channels.

    Raises `Refusal` for what is damaged, silent, too long or out of the ordinary.
    """
    import soundfile  # only where there is a recording

    try:
        with hushed(), soundfile.SoundFile(io.BytesIO(data)) as file:
            _check(file.channels, file.samplerate)
            if (seconds := file.frames / file.samplerate) > MAX_SECONDS:
                raise _too_long(seconds)
            heard, rate = _mono(file), file.samplerate
    except soundfile.SoundFileError as error:
        raise Refusal(
            "This recording cannot be decoded: it is damaged or in an unusual format. Send a voice message, or a WAV, "
            "FLAC, MP3 or Ogg file."
        ) from error
    if len(heard) < SHORTEST * rate or np.abs(heard).max() < SILENCE:
        raise Refusal("There is nothing but silence in this recording. Record it again, closer to the microphone.")
    return _resampled(heard, rate, wanted)


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Discard what is written to standard error: the decoder of MP3 comments on every wrong bit, and the network's
    library on everything that a confined process may not see."""
    sys.stderr.flush()
    before, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nothing)


def _check(channels: int, rate: int) -> None:
    if channels > MAX_CHANNELS:
        raise Refusal(
            "This recording has {channels} channels; the limit is {limit}. Send it in mono or stereo.",
            channels=channels,
            limit=MAX_CHANNELS,
        )
    if not RATES[0] <= rate <= RATES[1]:
        raise Refusal(
            "This recording has {rate} samples a second; it must be {low} to {high}. Export it at 44,100 or 48,000.",
            rate=rate,
            low=RATES[0],
            high=RATES[1],
        )


def _too_long(seconds: float) -> Refusal:
    return Refusal(
        "This recording lasts {seconds} s; the limit is {limit} s. Send the best part of it.",
        seconds=round(seconds),
        limit=round(MAX_SECONDS),
    )


def _mono(file: Any) -> Samples:
    """Decode an open file to its end, however long its header says that it is."""
    blocks, frames = [], 0
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        frames += len(block)
        if frames > MAX_SECONDS * file.samplerate + BLOCK:
            raise _too_long(frames / file.samplerate)
        blocks.append(np.clip(np.nan_to_num(block.mean(axis=1), posinf=0.0, neginf=0.0), -1.0, 1.0))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def _resampled(heard: Samples, rate: int, wanted: int) -> Samples:
    from scipy.signal import resample_poly

    if rate == wanted:
        return heard
    step = gcd(rate, wanted)
    if max(rate, wanted) // step > 2_000:  # an odd rate: a filter for it would be longer than the recording
        at = np.arange(int(len(heard) * wanted / rate)) * (rate / wanted)
        return np.asarray(np.interp(at, np.arange(len(heard)), heard), np.float32)
    return np.asarray(resample_poly(heard, wanted // step, rate // step), np.float32)
