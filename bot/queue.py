"""The waiting line: bounded, one job a member, first come, first served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from generation.request import Refusal


class Ticket:
    """A place in the line. `turn` is set when it is this one's turn."""

    def __init__(self, member: int) -> None:
        self.member = member
        self.turn = asyncio.Event()
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
        self.turn.set()


class Line:
    """Lets `at_once` requests through at a time; `longest` more may wait."""

    def __init__(self, at_once: int, longest: int) -> None:
        self._free, self._longest = at_once, longest
        self._waiting: list[Ticket] = []
        self._members: set[int] = set()
        self._closed = False
        self._empty = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def busy(self) -> int:
        """How many requests are being played or waiting."""
        return len(self._members)

    def place(self, ticket: Ticket) -> int:
        """1 for the next one; 0 once it is its turn."""
        return self._waiting.index(ticket) + 1 if ticket in self._waiting else 0

    async def close(self, seconds: float) -> None:
        """Let nobody in any more, send those away who wait, and give those who play `seconds` to come to their end."""
        self._closed = True
        for ticket in self._waiting:
            ticket.cancel()
        if self._members:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), seconds)

    def check(self, member: int) -> None:
        """`Refusal` if the member has a job already, or the line is full."""
        if self._closed:
            raise Refusal("Encore is being restarted. Ask again in a minute.")
        if member in self._members:
            raise Refusal("Encore is still playing for you. Wait for that piece, or cancel it, and ask again.")
        if len(self._waiting) >= self._longest:
            raise Refusal(f"{self._longest} pieces are waiting already, and no more fit. Try again in a minute.")

    @asynccontextmanager
    async def enter(self, member: int) -> AsyncIterator[Ticket]:
        """Stand in the line as long as the block lasts; its first act should be to await `ticket.turn`."""
        self.check(member)
        ticket = Ticket(member)
        self._members.add(member)
        self._empty.clear()
        self._waiting.append(ticket)
        self._advance()
        try:
            yield ticket
        finally:
            self._members.discard(member)
            if not self._members:
                self._empty.set()
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            else:
                self._free += 1
            self._advance()

    def _advance(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.pop(0).turn.set()
