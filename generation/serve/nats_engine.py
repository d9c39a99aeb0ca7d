"""Music from other machines, by NATS JetStream; and, for bots, the state of their queue."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.js.client import JetStreamContext

from generation.request import Refusal, Reply, Request, Words
from generation.serve.engine import Cancelling, QueueState
from generation.serve.nats_place import Full, Place
from generation.serve.nats_queue import (
    CHECK,
    PLAYERS,
    STREAM,
    TICKET,
    YES,
    Trouble,
    connected,
    pack,
    prepare,
    unpack_answer,
)
from generation.serve.pool import WorkerFault
from generation.serve.worker_process import Progress

CHECKING = 8.0  # seconds for a machine to read a file
RECONNECTING = 0.6  # seconds after which a bot that lost its connection for a moment is back
AWAY = Words("Encore cannot reach the machines that play. Ask again in a minute.")


class NatsEngine:
    """`async with NatsEngine(address, longest) as engine`; `longest` is how many places the queue has, over all bots.

    A bot that queues its members itself uses `enter`, `place` and `leave` with tickets of its own; `play` without a
    ticket takes a place for itself. A place with a ticket still answers other bots while its music is being posted: it
    ends with `leave`, or with a `play` that fails.
    """

    def __init__(self, address: str, longest: int) -> None:
        self._address, self._longest = address, longest
        self._ending = contextlib.AsyncExitStack()
        self._places: dict[str, Place] = {}
        self._client: Client
        self._stream: JetStreamContext

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as ending:
            self._client = await ending.enter_async_context(connected(self._address, "Encore's bot"))
            self._stream = await prepare(self._client, self._address, self._longest)
            self._ending = ending.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*map(self.leave, [*self._places]))
        await self._ending.aclose()

    async def play(self, request: Request, progress: Progress | None = None, ticket: str = "") -> Reply:
        own = ticket or secrets.token_urlsafe(9)
        place = self._places.get(ticket)
        if place is None:
            try:
                place = await self.enter(f"anybody-{own}", own, asyncio.Event(), lambda: None)
            except Full as error:
                raise Refusal("All machines that play are busy. Try again in a minute.") from error
        answered = False
        try:
            answer = await place.play(request, progress)
            answered = answer.reply is not None
        finally:
            if not (ticket and answered):
                await self.leave(own)
        if answer.reply is None:
            raise Refusal(answer.refusal) if answer.refusal else WorkerFault(answer.fault)
        return answer.reply

    async def check(self, request: Request) -> None:
        if request.data is None:
            return
        try:
            said = await self._client.request(CHECK, pack(request), timeout=CHECKING)
        except Trouble:  # the machine that plays it will read it anyway
            return
        if words := unpack_answer(said.data).refusal:
            raise Refusal(words)

    async def enter(self, owner: str, name: str, turn: asyncio.Event, cancel: Callable[[], object]) -> Place:
        """Take a place at the end of the queue. Raises `Taken`, `Full`, or `WorkerFault` if there is no server."""
        place = Place(self._client, self._stream, self._restore, owner, name, turn, cancel)
        self._places[name] = place
        try:
            await place.enter()
        except BaseException as error:
            self._places.pop(name, None)
            if isinstance(error, Trouble):
                raise WorkerFault(AWAY) from error
            raise
        return place

    async def _restore(self) -> None:
        """Make the stream unless the server has it."""
        await prepare(self._client, self._address, self._longest)

    async def leave(self, name: str) -> None:
        """Give a place up, whether it waits, is played or has been answered."""
        if (place := self._places.pop(name, None)) is not None:
            await place.leave()

    async def cancel(self, name: str) -> Cancelling:
        """Cancel a place that another process holds. Raises `WorkerFault` if that cannot be known now."""
        for pause in (RECONNECTING, 0.0):  # to ask a second time
            try:
                said = await self._client.request(f"{TICKET}.{name}.cancel", b"", timeout=1.0)
                return Cancelling.DONE if said.data == YES else Cancelling.LATE
            except NoRespondersError:
                await asyncio.sleep(pause)
            except Trouble as error:
                raise WorkerFault(AWAY) from error
        return Cancelling.UNHELD

    async def queue(self) -> QueueState:
        """How long the queue is now. Raises `Trouble`'s errors while the server is away."""
        players = await self._stream.consumer_info(STREAM, PLAYERS)
        waiting = players.num_pending or 0
        return QueueState(players.num_ack_pending or 0, waiting, waiting > 0 or not players.num_waiting)

    async def place(self, name: str) -> int:
        """1 for the next one in the queue; 0 once a machine has taken it, or if unknown."""
        held = self._places.get(name)
        if held is None or held.turn.is_set():
            return 0
        try:
            players = await self._stream.consumer_info(STREAM, PLAYERS)
            asked = await self._client.request(f"$JS.API.STREAM.INFO.{STREAM}", b'{"deleted_details":true}', timeout=2)
        except Trouble:
            return 0
        state = msgspec.json.decode(asked.data).get("state", {})
        gone = state.get("deleted") or []  # numbers deleted since the oldest that is left
        taken = max(players.delivered.stream_seq if players.delivered else 0, state.get("first_seq", 1) - 1)
        before = held.number - taken - sum(taken < number < held.number for number in gone)
        return max(0, int(before))
