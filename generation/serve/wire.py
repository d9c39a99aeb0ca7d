"""The messages between the bot's process and its workers: length-prefixed msgpack, never pickle."""

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec

from generation.request import UNSAID, Reply, Request, Take, Words

HEADER = struct.Struct("<I")
LARGEST = 256 * 2**20  # bytes of one frame
SCRATCH = "encore-scratch-"  # how the name of a process's folder for temporary files begins


@dataclass(frozen=True)
class Job:
    """Work for another process.

    stage    "read", "rehearse", "sample", "finish" or "score"; "cancel" abandons the job of that id
    reading  a `Reading`, packed by `serve.pack`: the bot's process passes it on unread
    whole    a take's `Played`, packed likewise
    take     index of the take to finish
    since    when scoring, and when reading a file to score it: the second from which notes count
    alone    when scoring: as if nothing came before these notes
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
class Event:
    """A worker's answer to a job: its result, a refusal, or a fault of ours; with `progress`, only a sign of life.

    id        the job's; 0 means that the process is ready or, with a fault, that it cannot start
    seconds   that the job took
    progress  the share that is done, 0 … 1; None in the last answer
    trace     traceback of a fault, for the log
    reading   a packed `Reading`, with its length in seconds in `lasts`
    wholes    a packed `Played` for each take
    about     the reply without its takes
    nats      the fields of `generation.model.likelihood.Nats`
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
_events = msgspec.msgpack.Decoder(Event)


def frame(message: Job | Event) -> bytes:
    """A message as bytes, its length before it."""
    body = _encoder.encode(message)
    return HEADER.pack(len(body)) + body


def read_job(stream: BinaryIO) -> Job | None:
    """The next job; None at the end of the stream, which tells the process to exit."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    body = stream.read(size)
    return _jobs.decode(body) if len(body) == size else None


def parse_event(body: bytes) -> Event:
    """Decode an `Event` from its frame's body. Raises msgspec.MsgspecError for anything else."""
    return _events.decode(body)
