"""The queue of several bots: their engine keeps it, with one job for each member; their database counts hours."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.queue import RESTARTING, STILL_PLAYING, TELLING, Ticket, no_room, spent
from bot.store import FAULTS, Store
from generation.request import Refusal, Told
from generation.serve.engine import Cancelling, QueueState
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_place import Full, Taken
from generation.serve.nats_queue import Trouble

log = logging.getLogger("encore")

AT_LEAST = 1.0  # seconds to hear of a refusal before anything is shown; Discord waits 3 for us
SOON = 0.3  # seconds in which a machine with room takes a place, so that nobody is told to wait


class SharedQueue:
    """Like `Queue`, for several bots; `longest` is the number of requests that may wait in all of them together."""

    def __init__(self, engine: NatsEngine, store: Store, longest: int, hourly: int) -> None:
        self._engine, self._store, self._longest, self._hourly = engine, store, longest, hourly
        self._tickets: dict[int, Ticket] = {}
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        """How many requests of this bot wait."""
        return sum(not ticket.turn.is_set() for ticket in self._tickets.values())

    @property
    def playing(self) -> int:
        """How many requests of this bot are being played."""
        return len(self._tickets) - len(self)

    async def state(self) -> QueueState:
        """The queue of all bots; of this one alone while the engine is away."""
        try:
            return await self._engine.queue()
        except Trouble:
            return QueueState(self.playing, len(self), True)

    def of(self, member: int) -> Ticket | None:
        """A member's place that this bot holds."""
        return self._tickets.get(member)

    async def left(self, member: int) -> int:
        """How many more pieces a member may have within this hour."""
        return max(0, self._hourly - len(await self._recent(member)))

    async def place(self, ticket: Ticket) -> int:
        """1 for the next one; 0 once it is its turn."""
        return 0 if ticket.turn.is_set() else await self._engine.place(ticket.name)

    async def cancel_elsewhere(self, name: str) -> Cancelling:
        """Cancel the ticket of that name if another bot holds it. Raises `WorkerFault` if that cannot be known now."""
        return await self._engine.cancel(name)

    async def played(self, member: int) -> None:
        """Count a piece towards the member's hour."""
        try:
            await self._store.count_piece(member)
        except FAULTS as error:
            log.warning("a piece is not counted towards its member's hour: %r", error)

    async def _recent(self, member: int) -> list[float]:
        """How many seconds ago the member's pieces of the last hour were played, the oldest first; none without a
        database."""
        try:
            return await self._store.pieces(member)
        except FAULTS as error:
            log.warning("the member's hour cannot be read: %r", error)
            return []

    async def close(self, seconds: float) -> None:
        """Admit nobody, cancel the requests that wait, and give those that play `seconds` to finish."""
        self._closed = True
        for ticket in self._tickets.values():
            if not ticket.turn.is_set():
                ticket.cancel(RESTARTING)
        for patience in (seconds, TELLING):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), patience)
            for ticket in self._tickets.values():
                ticket.cancel(RESTARTING)

    async def _take_place(self, ticket: Ticket) -> None:
        try:
            await self._engine.enter(str(ticket.member), ticket.name, ticket.turn, ticket.cancel)
        except Taken as error:
            raise Refusal(STILL_PLAYING) from error
        except Full as error:
            raise no_room(self._longest) from error

    def _late(self, ticket: Ticket, entering: "asyncio.Task[None]") -> None:
        if not entering.cancelled() and isinstance(error := entering.exception(), Told):
            ticket.cancel(error.words)

    @asynccontextmanager
    async def enter(self, member: int) -> AsyncIterator[Ticket]:
        """Take a place in the queue of all bots and hold it until the block ends. Raises `Refusal` if there is none."""
        if self._closed:
            raise Refusal(RESTARTING)
        if member in self._tickets:
            raise Refusal(STILL_PLAYING)
        ticket = self._tickets[member] = Ticket(member)
        self._empty.clear()
        try:
            if len(ago := await self._recent(member)) >= self._hourly:
                raise spent(self._hourly, ago[0])
            entering = asyncio.create_task(self._take_place(ticket))
            try:
                await asyncio.wait({entering}, timeout=AT_LEAST)
                if entering.done():
                    entering.result()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(ticket.turn.wait(), SOON)
                else:  # the server is away for a moment: the member waits, and is told later if nothing comes of it
                    entering.add_done_callback(lambda _: self._late(ticket, entering))
                yield ticket
            finally:
                entering.cancel()
                await asyncio.wait({entering})
                await self._engine.leave(ticket.name)
        finally:
            del self._tickets[member]
            if not self._tickets:
                self._empty.set()
