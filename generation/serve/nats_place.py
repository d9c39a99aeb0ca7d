"""One place in the queue of the machines: how it gets and stays there, and what its machine asks and answers."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from time import monotonic

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import NoRespondersError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from generation.request import Refusal, Request, Told
from generation.serve.nats_queue import (
    CANCEL,
    NO,
    QUEUE,
    STREAM,
    TICKET,
    YES,
    Answer,
    Trouble,
    pack,
    unpack_answer,
    unpack_share,
)
from generation.serve.worker_process import Progress

log = logging.getLogger("encore.queue")

LOOK = 2.0  # seconds between two checks that a place is still in the queue, while nothing is heard of it
PUBLISHING = 30.0  # seconds for which the bot asks for a place while the server is away


class Taken(Told):
    """The member has a place already."""


class Full(Told):
    """There is no room for another place."""


class Place:
    """A place in the queue, from `enter` to `leave`.

    owner    the member, who has one place at most over all bots
    turn     set when a machine first asks for the request
    cancel   to be called when somebody presses “Cancel” on another process
    number   of its message in the stream
    restore  makes the stream again, for a server that has lost it
    """

    def __init__(
        self,
        client: Client,
        stream: JetStreamContext,
        restore: Callable[[], Awaitable[object]],
        owner: str,
        name: str,
        turn: asyncio.Event,
        cancel: Callable[[], object],
    ) -> None:
        self._client, self._stream, self._restore = client, stream, restore
        self.owner, self.name, self.turn, self._cancel = owner, name, turn, cancel
        self.number = 0
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._request = b""
        self._progress: Progress | None = None
        # The latest question of a machine, kept until there is a request to answer it with.
        self._ask: Msg | None = None
        self._parts: dict[str, dict[int, bytes]] = {}  # of incomplete answers: attempt → number of the part → its bytes
        self._heard = monotonic()  # when anybody last mentioned it
        self._listens: Subscription | None = None
        self._watch: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """Go to the end of the queue. Raises `Taken`, `Full` or one of `Trouble`."""
        try:
            self._listens = await self._client.subscribe(f"{TICKET}.{self.name}.*", cb=self._hear)
            self.number = await self._publish()
        except BaseException:
            await self._stop_listening()
            raise
        self._watch = asyncio.create_task(self._stay())

    async def play(self, request: Request, progress: Progress | None) -> Answer:
        """Wait for the answer to a request, which is given to the machine whose turn it is."""
        self._progress, self._request = progress, pack(request)
        if self._ask is not None:
            await self._respond(self._ask, self._request)
        return await asyncio.shield(self._answer)

    async def leave(self) -> None:
        """Give the place up, whether it waits, is played or has been answered."""
        if self._watch is not None:
            self._watch.cancel()
        with contextlib.suppress(*Trouble):
            if not self._answer.done():
                await self._client.publish(f"{CANCEL}.{self.name}", b"")
            if self._ask is not None and not self._request:
                await self._respond(self._ask, NO)
            await self._stop_listening()
            await self._stream.delete_msg(STREAM, self.number)

    async def _stop_listening(self) -> None:
        if self._listens is not None:
            with contextlib.suppress(*Trouble):
                await self._listens.unsubscribe()

    async def _publish(self) -> int:
        """Put the place into the queue, trying again until the server confirms it; its number in the stream."""
        end = monotonic() + PUBLISHING
        while True:
            try:
                return (await self._stream.publish(f"{QUEUE}.{self.owner}", self.name.encode(), timeout=2)).seq
            except APIError as error:
                if "per subject" in (error.description or ""):
                    if (number := await self._mine()) is not None:
                        return number
                elif "maximum messages" in (error.description or ""):
                    raise Full("The queue is full.") from error
                elif monotonic() > end:
                    raise
                else:
                    await asyncio.sleep(0.2)
            except Trouble as error:
                if monotonic() > end:
                    raise
                await asyncio.sleep(0.2)
                if isinstance(error, NoStreamResponseError):  # it is lost, or several servers elect its leader
                    with contextlib.suppress(Refusal):
                        await self._restore()

    async def _mine(self) -> int | None:
        """The number of the member's message in the queue, if it is this place's; None if there is none any more.
        Raises `Taken` if it is another place's, unless nobody answers for that one: then that one is deleted."""
        try:
            there = await self._stream.get_last_msg(STREAM, f"{QUEUE}.{self.owner}")
        except NotFoundError:
            return None
        name = (there.data or b"").decode()
        if name == self.name:
            return there.seq
        try:
            await self._client.request(f"{TICKET}.{name}.here", b"", timeout=1.0)
        except NoRespondersError:
            with contextlib.suppress(NotFoundError):
                await self._stream.delete_msg(STREAM, there.seq or 0)
            return None
        except Trouble:
            pass
        raise Taken("The member has a place already.")

    async def _stay(self) -> None:
        """Put the place into the queue again if it is neither there nor answered: the server may have lost it."""
        while True:
            await asyncio.sleep(LOOK)
            if monotonic() - self._heard < LOOK or self._answer.done():
                continue
            try:
                await self._stream.get_msg(STREAM, self.number)
            except NotFoundError:
                if not self._answer.done():
                    log.warning("ticket %s was lost from the queue and is put there again", self.name)
                    with contextlib.suppress(Told, *Trouble):
                        self.number = await self._publish()
            except Trouble:
                continue

    async def _hear(self, said: Msg) -> None:
        """Answer a machine, or another bot, that mentions the place."""
        self._heard = monotonic()
        what = said.subject.rpartition(".")[2]
        if what == "progress":
            if self._progress is not None and not self._answer.done():
                self._progress(unpack_share(said.data))
        elif self._answer.done():
            await self._respond(said, NO)
        elif what == "take":
            self.turn.set()
            if self._request:
                await self._respond(said, self._request)
            else:
                self._ask = said
        elif what == "answer":
            self._collect(said.headers or {}, said.data)
            await self._respond(said, YES)
        else:
            if what == "cancel":
                self._cancel()
            await self._respond(said, YES)

    def _collect(self, headers: dict[str, str], data: bytes) -> None:
        parts = self._parts.setdefault(headers["Attempt"], {})
        parts[int(headers["Part"])] = data
        if len(parts) == int(headers["Parts"]):
            self._answer.set_result(unpack_answer(b"".join(parts[number] for number in sorted(parts))))
            self._parts.clear()

    async def _respond(self, asked: Msg, words: bytes) -> None:
        with contextlib.suppress(*Trouble):
            await asked.respond(words)
