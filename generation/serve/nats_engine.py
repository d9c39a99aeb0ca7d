"""Music from other machines, by NATS JetStream: a place in the line, the request when a machine asks, the answer."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Self

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import NoRespondersError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from generation.request import Refusal, Reply, Request, Told, Words
from generation.serve.engine import Line
from generation.serve.nats_line import (
    CANCEL,
    CHECK,
    LINE,
    NO,
    PLAYERS,
    STREAM,
    TICKET,
    YES,
    Answer,
    Trouble,
    connected,
    pack,
    prepare,
    unpack_answer,
    unpack_share,
)
from generation.serve.pool import WorkerFault
from generation.serve.worker_process import Progress

log = logging.getLogger("encore.line")

LOOK = 2.0  # seconds between two checks whether a place that nobody has mentioned is still in the line
PUBLISHING = 30.0  # seconds for which a place is asked for while the server is away
CHECKING = 8.0  # seconds for a machine to read a file
AWAY = Words("Encore cannot reach the machines that play. Ask again in a minute.")


class Taken(Told):
    """The member has a place already."""


class Full(Told):
    """There is no room for another place."""


@dataclass(eq=False)
class Place:
    """A place in the line, from `enter` to `leave`.

    turn      set when a machine first asks for the request
    cancel    to be called when somebody presses “Cancel” on another process
    number    of its message in the stream
    asks      of machines, until there is a request to answer them with
    parts     of answers that are still incomplete: machine's attempt → number of the part → its bytes
    heard     when anybody last mentioned it
    """

    owner: str
    name: str
    turn: asyncio.Event
    cancel: Callable[[], object]
    answer: "asyncio.Future[Answer]"
    number: int = 0
    request: bytes = b""
    progress: Progress | None = None
    asks: list[Msg] = field(default_factory=list)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    heard: float = field(default_factory=monotonic)
    listens: Subscription | None = None
    watch: "asyncio.Task[None] | None" = None


class NatsEngine:
    """`async with NatsEngine(address, longest) as engine`; `longest` is how many places the line has, over all bots.

    A bot that queues its members itself uses `enter`, `place` and `leave` with tickets of its own; `play` without a
    ticket takes a place for itself.
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
        for name in [*self._places]:
            await self.leave(name)
        await self._ending.aclose()

    async def play(self, request: Request, progress: Progress | None = None, ticket: str = "") -> Reply:
        own = ticket or secrets.token_urlsafe(9)
        place = self._places.get(ticket)
        if place is None:
            try:
                place = await self.enter(f"anybody-{own}", own, asyncio.Event(), lambda: None)
            except Full as error:
                raise Refusal("All machines that play are busy. Try again in a minute.") from error
        try:
            place.progress, place.request = progress, pack(request)
            for ask in place.asks:
                await self._respond(ask, place.request)
            place.asks.clear()
            answer = await asyncio.shield(place.answer)
        finally:
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
        """Take a place at the end of the line. Raises `Taken`, `Full`, or `WorkerFault` if there is no server."""
        place = Place(owner, name, turn, cancel, asyncio.get_running_loop().create_future())
        self._places[name] = place  # before it is in the line: a machine may ask for it at once
        try:
            place.listens = await self._client.subscribe(f"{TICKET}.{name}.*", cb=partial(self._hear, place))
            place.number = await self._publish(place)
        except BaseException as error:
            self._places.pop(name, None)
            if place.listens is not None:
                with contextlib.suppress(*Trouble):
                    await place.listens.unsubscribe()
            if isinstance(error, Trouble):
                raise WorkerFault(AWAY) from error
            raise
        place.watch = asyncio.create_task(self._watch(place))
        return place

    async def leave(self, name: str) -> None:
        """Give a place up, whether it waits, is played or has been answered."""
        place = self._places.pop(name, None)
        if place is None:
            return
        if place.watch is not None:
            place.watch.cancel()
        with contextlib.suppress(*Trouble):
            if not place.answer.done():
                await self._client.publish(f"{CANCEL}.{name}", b"")
            for ask in place.asks:
                await self._respond(ask, NO)
            if place.listens is not None:
                await place.listens.unsubscribe()
            await self._stream.delete_msg(STREAM, place.number)

    async def cancel(self, name: str) -> bool:
        """Cancel a place that another process holds; whether one does."""
        try:
            return (await self._client.request(f"{TICKET}.{name}.cancel", b"", timeout=1.0)).data == YES
        except Trouble:
            return False

    async def line(self) -> Line:
        """How long the line is now. Raises `Trouble`'s errors while the server is away."""
        players = await self._stream.consumer_info(STREAM, PLAYERS)
        waiting = players.num_pending or 0
        return Line(players.num_ack_pending or 0, waiting, waiting > 0 or not players.num_waiting)

    async def place(self, name: str) -> int:
        """1 for the next one in the line; 0 once a machine has taken it, or if unknown."""
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

    async def _publish(self, place: Place) -> int:
        """Put a place into the line, again and again until the server has confirmed it."""
        end = monotonic() + PUBLISHING
        while True:
            try:
                return (await self._stream.publish(f"{LINE}.{place.owner}", place.name.encode(), timeout=2)).seq
            except APIError as error:
                if "per subject" in (error.description or ""):
                    if (number := await self._mine(place)) is not None:
                        return number
                elif "maximum messages" in (error.description or ""):
                    raise Full("The line is full.") from error
                elif monotonic() > end:
                    raise
                else:
                    await asyncio.sleep(0.2)
            except Trouble:
                if monotonic() > end:
                    raise
                await asyncio.sleep(0.2)

    async def _mine(self, place: Place) -> int | None:
        """The number of the member's message in the line, if it is this place's; None if there is none any more.
        Raises `Taken` if it is another place's, unless nobody answers for that one: then it is taken away."""
        try:
            there = await self._stream.get_last_msg(STREAM, f"{LINE}.{place.owner}")
        except NotFoundError:
            return None
        name = (there.data or b"").decode()
        if name == place.name:
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

    async def _watch(self, place: Place) -> None:
        """Put a place into the line again if it is neither there nor answered: the server may have lost it."""
        while True:
            await asyncio.sleep(LOOK)
            if monotonic() - place.heard < LOOK or place.answer.done():
                continue
            try:
                await self._stream.get_msg(STREAM, place.number)
            except NotFoundError:
                if not place.answer.done():
                    log.warning("ticket %s was lost from the line and is put there again", place.name)
                    with contextlib.suppress(Told, *Trouble):
                        place.number = await self._publish(place)
            except Trouble:
                continue

    async def _hear(self, place: Place, said: Msg) -> None:
        """Answer a machine, or another bot, that speaks of a place."""
        place.heard = monotonic()
        what = said.subject.rpartition(".")[2]
        if what == "progress":
            if place.progress is not None and not place.answer.done():
                place.progress(unpack_share(said.data))
        elif place.answer.done():
            await self._respond(said, NO)
        elif what == "take":
            place.turn.set()
            if place.request:
                await self._respond(said, place.request)
            else:
                place.asks.append(said)
        elif what == "answer":
            self._collect(place, said.headers or {}, said.data)
            await self._respond(said, YES)
        else:
            if what == "cancel":
                place.cancel()
            await self._respond(said, YES)

    def _collect(self, place: Place, headers: dict[str, str], data: bytes) -> None:
        parts = place.parts.setdefault(headers["Attempt"], {})
        parts[int(headers["Part"])] = data
        if len(parts) == int(headers["Parts"]):
            place.answer.set_result(unpack_answer(b"".join(parts[number] for number in sorted(parts))))
            place.parts.clear()

    async def _respond(self, asked: Msg, words: bytes) -> None:
        with contextlib.suppress(*Trouble):
            await asked.respond(words)
