"""What goes between the bot's process and those that make music: frames of msgpack, never pickle."""

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec

from generation.request import UNSAID, Reply, Request, Take, Words

HEADER = struct.Struct("<I")
LARGEST = 256 * 2**20  # bytes of one frame
SCRATCH = "encore-scratch-"  # what names of folders for a process's temporary files begin with


@dataclass(frozen=True)
class Job:
    """Work for another process. `reading` and `whole` are packed by `serve.pack`, opaque to whoever carries them.

    stage  "read", "rehearse", "sample", "finish", "score"; or "cancel": leave the job of that id
    take   which of the request's takes to finish
    since  for a score, to read for it too: seconds from which notes count
    alone  for a score: these notes without what went before
    """

    id: int
    stage: str
    request: Request = field(default_factory=Request)
    reading: bytes = b""
    whole: bytes = b""
    take: int = 0
    since: float | None = None
    alone: bool = False


@dataclass(frozen=True)
class Done:
    """What became of a job: a result, a refusal or a fault of ours in words; with `progress`, a sign of life.

    id     the job's; 0 says that the process is ready, or with a fault that it cannot be
    lasts  seconds of what was read
    about  the reply, takes aside
    trace  of a fault, for the log
    """

    id: int
    seconds: float = 0.0
    progress: float | None = None
    refusal: Words = UNSAID
    fault: Words = UNSAID
    trace: str = ""
    reading: bytes = b""
    lasts: float = 0.0
    wholes: list[bytes] = field(default_factory=list)
    about: Reply | None = None
    take: Take | None = None
    nats: dict[str, int | float | None] = field(default_factory=dict)


_encoder = msgspec.msgpack.Encoder()
_jobs = msgspec.msgpack.Decoder(Job)
_done = msgspec.msgpack.Decoder(Done)


def frame(message: Job | Done) -> bytes:
    """A message and before it its length."""
    body = _encoder.encode(message)
    return HEADER.pack(len(body)) + body


def read_job(stream: BinaryIO) -> Job | None:
    """The next job; None at the end of the stream, which is how a process is told to go."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    body = stream.read(size)
    return _jobs.decode(body) if len(body) == size else None


def parse_done(body: bytes) -> Done:
    """A message without its length. Raises msgspec.MsgspecError for anything else."""
    return _done.decode(body)
