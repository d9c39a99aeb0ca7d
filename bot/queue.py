"""The queue: bounded, one job per member, first come, first served."""

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from generation.request import UNSAID, Refusal, Words
from generation.serve.engine import Cancelling, QueueState

HOUR = 3600.0
TELLING = 8.0  # seconds to tell members that there will be no music, once the bot's grace is over
CANCELLED = Words("Cancelled. Nothing was played.")
RESTARTING = Words("Encore is being restarted. Ask again in a minute.")
STILL_PLAYING = Words("Encore is still playing for you. Wait for that piece or cancel it, then ask again.")


def spent(hourly: int, ago: float) -> Refusal:
    """The refusal for a member who has had their pieces of this hour, the first of them `ago` seconds ago."""
    return Refusal(
        "You have had {count} piece within an hour, which is the limit. Ask again in {minutes} min.",
        "You have had {count} pieces within an hour, which is the limit. Ask again in {minutes} min.",
        count=hourly,
        minutes=math.ceil((HOUR - ago) / 60),
    )


def no_room(longest: int) -> Refusal:
    return Refusal(
        "{count} piece is already waiting, and there is no room for more. Try again in a minute.",
        "{count} pieces are already waiting, and there is no room for more. Try again in a minute.",
        count=longest,
    )


class Cancelled(Refusal):
    """A request that was admitted ends without music, because the member or the bot's admin wants it so."""


class Ticket:
    """A place in the queue. `turn` is set when its turn has come, `ended` when it was cancelled.

    `why` then has the words for the member.
    """

    def __init__(self, member: int) -> None:
        self.member, self.name = member, secrets.token_urlsafe(9)
        self.turn = asyncio.Event()
        self.ended = asyncio.Event()
        self.why = UNSAID

    def cancel(self, why: Words = CANCELLED) -> None:
        self.why = self.why or why
        self.ended.set()


class Queue:
    """Lets `at_once` requests play at a time and `longest` more wait; a member may have `hourly` pieces an hour."""

    def __init__(self, at_once: int, longest: int, hourly: int) -> None:
        self._free, self._longest, self._hourly = at_once, longest, hourly
        self._played: dict[int, list[float]] = {}  # member → times of their pieces within the last hour
        self._waiting: list[Ticket] = []
        self._tickets: dict[int, Ticket] = {}
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def playing(self) -> int:
        """How many requests are being played."""
        return len(self._tickets) - len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether a new request has to wait."""
        return not self._free or bool(self._waiting)

    async def state(self) -> QueueState:
        """How many play and wait, and whether a new request has to wait."""
        return QueueState(self.playing, len(self), self.full)

    def of(self, member: int) -> Ticket | None:
        """The place of a member, waiting or playing; None if they have none."""
        return self._tickets.get(member)

    async def left(self, member: int) -> int:
        """How many more pieces a member may have within this hour."""
        return max(0, self._hourly - len(self._recent().get(member, [])))

    async def place(self, ticket: Ticket) -> int:
        """1 for the next one; 0 once it is its turn."""
        return self._waiting.index(ticket) + 1 if ticket in self._waiting else 0

    async def cancel_elsewhere(self, name: str) -> Cancelling:
        """Cancel the ticket of that name if another bot holds it: no other bot shares this queue."""
        return Cancelling.UNHELD

    async def close(self, seconds: float) -> None:
        """Admit nobody, cancel the requests that wait, and give those that play `seconds` to finish."""
        self._closed = True
        for ticket in self._waiting:
            ticket.cancel(RESTARTING)
        for patience in (seconds, TELLING):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), patience)
            for ticket in self._tickets.values():
                ticket.cancel(RESTARTING)

    def _check(self, member: int) -> None:
        """`Refusal` if the member already has a job, or the queue is full."""
        if self._closed:
            raise Refusal(RESTARTING)
        if member in self._tickets:
            raise Refusal(STILL_PLAYING)
        if len(played := self._recent().get(member, [])) >= self._hourly:
            raise spent(self._hourly, time.monotonic() - played[0])
        if not self._free and len(self._waiting) >= self._longest:
            raise no_room(self._longest)

    async def played(self, member: int) -> None:
        """Count a piece towards the member's hour."""
        self._played.setdefault(member, []).append(time.monotonic())

    def _recent(self) -> dict[int, list[float]]:
        """The pieces of the last hour by member; forgets older ones."""
        since = time.monotonic() - HOUR
        left = {member: [when for when in times if when > since] for member, times in self._played.items()}
        self._played = {member: times for member, times in left.items() if times}
        return self._played

    @asynccontextmanager
    async def enter(self, member: int) -> AsyncIterator[Ticket]:
        """Take a place in the queue, and hold it until the block ends."""
        self._check(member)
        ticket = self._tickets[member] = Ticket(member)
        self._empty.clear()
        self._waiting.append(ticket)
        self._advance()
        try:
            yield ticket
        finally:
            del self._tickets[member]
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            else:
                self._free += 1
            self._advance()
            if not self._tickets:
                self._empty.set()

    def _advance(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.pop(0).turn.set()
