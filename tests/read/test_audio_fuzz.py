"""Recordings damaged in every way a stranger can: 56 of them here, 560 in `make soak`, each read or refused."""

import random
import struct
import sys
from collections.abc import Callable, Iterator

import pytest

from generation.request import Request
from generation.serve.pool import WorkerPool
from tests.hostile_bytes import File
from tests.hostile_sounds import encoded, hummed
from tests.read.test_hostile import MEMORY, answered, figure
from tests.tally import tried

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

FEW, MANY = 56, 560  # every format damaged in every way once, and ten times
LATE = 1  # files that may take the whole time allowed, where the machine is busy with other things
CODINGS = {
    "opus": ("OGG", "OPUS"), "ogg": ("OGG", "VORBIS"), "flac": ("FLAC", "PCM_16"), "wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"), "adpcm.wav": ("WAV", "IMA_ADPCM"), "rf64": ("RF64", "PCM_24"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip
HEADER = 120  # bytes at the beginning that describe the rest
EXTREMES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def recordings() -> list[File]:
    """One good recording in each format and coding that is read."""
    tune = hummed([60, 62, 64, 65, 67, 69, 71, 72], 0.3)
    return [(f"tune.{ending}", encoded(tune, *coding)) for ending, coding in CODINGS.items()]


def flipped(rng: random.Random, data: bytearray) -> None:
    for _ in range(rng.choice((1, 4, 60))):
        data[rng.randrange(4, len(data))] ^= 1 << rng.randrange(8)


def cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(4, len(data)) :]


def holed(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(4, len(data))
    del data[at : at + rng.choice((1, 100, 5_000))]


def misdescribed(rng: random.Random, data: bytearray) -> None:
    """A number in the header, of a size or a rate, say, becomes an extreme one."""
    for _ in range(rng.choice((1, 3))):
        at = rng.randrange(4, HEADER)
        data[at : at + 4] = struct.pack(rng.choice("<>") + "I", rng.choice((*EXTREMES, rng.getrandbits(32))))


def repeated(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(4, len(data))
    data[at:at] = data[at : at + rng.choice((50, 4_000))] * rng.choice((1, 20))


def filled(rng: random.Random, data: bytearray) -> None:
    at, size = rng.randrange(4, len(data)), rng.choice((16, 2_000))
    data[at : at + size] = rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))


def grafted(rng: random.Random, data: bytearray) -> None:
    """It goes on as a file of another format."""
    data[rng.randrange(4, len(data)) :] = rng.choice(recordings())[1][rng.randrange(HEADER) :]


WAYS: tuple[Callable[[random.Random, bytearray], None], ...] = (
    flipped, cut, holed, misdescribed, repeated, filled, grafted,
)  # fmt: skip


def damaged(count: int, seed: int = 11) -> Iterator[File]:
    """So many recordings, of every format damaged in every way."""
    rng, good = random.Random(seed), recordings()
    for number in range(count):
        name, data = good[number % len(good)]
        way, out = WAYS[number // len(good) % len(WAYS)], bytearray(data)
        way(rng, out)
        yield f"{way.__name__}-{number}-{name}", bytes(out)


async def test_damaged_recordings(soak: bool) -> None:
    """One process reads or refuses all of them, with no more memory than a good recording may take."""
    async with WorkerPool(renderers=1, model="echo", quiet=True) as pool:
        for name, data in recordings():
            await pool.check(Request(data=data, filename=name))
        (pid,) = pool.pids["render"]
        memory = figure(pid, "VmRSS")
        read, refused, late = await answered(pool, damaged(MANY if soak else FEW))
        assert len(late) <= LATE, late
        if not late:
            assert pool.pids["render"] == [pid], "one process lived through it all"
            assert figure(pid, "VmHWM") < memory + MEMORY
    assert read and refused, "some are hardly damaged, others beyond repair"
    tried("damaged recordings", read + refused, f"{read} read, {refused} refused in a sentence")
