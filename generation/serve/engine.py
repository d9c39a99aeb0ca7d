"""What a bot needs of an engine: music from a request. `pool.WorkerPool` is one, `nats_engine.NatsEngine` is
another."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from generation.request import Reply, Request
from generation.serve.worker_process import Progress


@dataclass(frozen=True)
class QueueState:
    """A queue at this moment: how many play, how many wait, and whether a new request has to wait."""

    playing: int
    waiting: int
    full: bool


class Cancelling(Enum):
    """What came of asking the other processes to cancel a request."""

    DONE = "the process that holds it has cancelled it"
    LATE = "its music is there already and is being posted"
    UNHELD = "no other process holds it"


class Engine(Protocol):
    """Turns requests into music, in processes of this machine or on others."""

    async def play(self, request: Request, progress: Progress | None = None, ticket: str = "") -> Reply:
        """Turn a request into files. Raises `Refusal` if the user can correct the problem, `WorkerFault` if we must.

        `progress` is called now and then with the share of the sampling that is done, 0 … 1. `ticket` names a place in
        the engine's own queue, if it has one; a local pool has none, since the bot's queue comes before it. Cancelling
        frees what plays.
        """
        ...

    async def check(self, request: Request) -> None:
        """Raise `Refusal` if a request's file holds no melody, so that it need not queue first."""
        ...
