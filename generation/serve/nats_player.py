"""A machine that plays: takes places from the queue as it has room, plays in its local pool, and answers."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Coroutine
from time import monotonic
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.js.client import JetStreamContext

from generation.request import Refusal, Words
from generation.serve.engine import Engine
from generation.serve.nats_queue import (
    ACK_WAIT,
    CANCEL,
    CHECK,
    NO,
    PART,
    PLAYERS,
    STREAM,
    TICKET,
    Answer,
    Trouble,
    pack,
    unpack_request,
)
from generation.serve.pool import WorkerFault

log = logging.getLogger("encore.player")

PULL = 2.0  # seconds for which the server keeps one request for work
BEAT = ACK_WAIT / 4  # seconds between two signs of life
ASKING = 3.0  # seconds until a bot that has not answered is asked again; it may still be fetching the tune
PATIENCE = 30.0  # seconds for which a bot is asked
# Seconds without an answer to a ticket's name, while its bot may be reconnecting: then the ticket counts as orphaned,
# which costs a living bot no more than its place in the queue; or then a finished answer is thrown away.
ORPHANED, UNWANTED = 1.0, 5.0
DELIVERIES = 6  # machines that may die while they play one piece, before it is given up
OLDER = Words("The machine that was to play this does not know this version of the bot yet. Ask again in a minute.")
GIVEN_UP = Words(
    "Encore's machines stopped {count} times while playing this piece. Ask again, or ask for a shorter one."
)


class Player:
    """Plays what waits in the queue, `at_once` pieces at most. `outcomes` counts its pieces: "played", "refused",
    "fault", "orphaned", "cancelled" and "handed on"."""

    def __init__(self, client: Client, stream: JetStreamContext, engine: Engine, at_once: int) -> None:
        self._client, self._stream, self._engine = client, stream, engine
        self._room = asyncio.Semaphore(at_once)
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopped: set[str] = set()  # names of tickets that a bot has cancelled
        self.outcomes: dict[str, int] = {}
        self.asked = monotonic()  # when the queue was last asked for work, or this machine was busy

    @property
    def playing(self) -> int:
        return len(self._jobs)

    async def serve(self, stopping: asyncio.Event, grace: float) -> None:
        """Play until `stopping` is set; then finish what was begun within `grace` seconds, and hand on the rest."""
        subscriptions = [
            await self._client.subscribe(f"{CANCEL}.*", cb=self._cancelled),
            await self._client.subscribe(CHECK, queue=PLAYERS, cb=self._check),
        ]
        pulling = asyncio.create_task(self._pull())
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait({pulling, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        pulling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pulling
        with contextlib.suppress(*Trouble):
            await subscriptions[1].unsubscribe()
        if self._jobs:
            await asyncio.wait(self._jobs.values(), timeout=grace)
        for job in self._jobs.values():
            job.cancel()
        await asyncio.gather(*self._jobs.values(), return_exceptions=True)

    async def _pull(self) -> None:
        """Take one place after the other, as long as there is room for it."""
        queue = await self._stream.pull_subscribe_bind(PLAYERS, STREAM)
        while True:
            await self._room.acquire()
            try:
                (place,) = await queue.fetch(1, timeout=PULL)
            except BaseException as error:
                self._room.release()
                if not isinstance(error, Trouble):
                    raise
                if isinstance(error, TimeoutError):  # nobody waits
                    self.asked = monotonic()
                else:
                    log.warning("the queue cannot be asked for work: %s", error)
                    await asyncio.sleep(0.5)
                continue
            self.asked, name = monotonic(), place.data.decode()
            job = asyncio.create_task(self._job(name, place))
            self._jobs[f"{name} {place.metadata.sequence.stream}"] = job
            job.add_done_callback(self._done)

    def _done(self, job: "asyncio.Task[None]") -> None:
        self._room.release()
        self._jobs = {name: other for name, other in self._jobs.items() if other is not job}
        if not job.cancelled() and (error := job.exception()) is not None:
            log.error("a place could not be dealt with", exc_info=error)

    def _keep(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _count(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    async def _job(self, name: str, place: Msg) -> None:
        beating = asyncio.create_task(self._beat(place))
        try:
            request = await self._ask(name, "take", ORPHANED)
            if request is None or request == NO:
                self._count("orphaned")
            else:
                died = place.metadata.num_delivered - 1
                if died >= DELIVERIES:
                    answer = Answer(fault=Words(GIVEN_UP.template, count=died))
                else:
                    answer = await self._play(name, request)
                self._count("played" if answer.reply else "refused" if answer.refusal else "fault")
                await self._send(name, answer)
            await self._away(place.ack())
        except asyncio.CancelledError:
            if name in self._stopped:
                self._count("cancelled")
                await self._away(place.ack())
            else:  # this machine is being stopped
                self._count("handed on")
                await self._away(place.nak())
            raise
        finally:
            self._stopped.discard(name)
            beating.cancel()

    async def _play(self, name: str, packed: bytes) -> Answer:
        def progress(share: float) -> None:
            self._keep(self._away(self._client.publish(f"{TICKET}.{name}.progress", pack(share))))

        try:
            return Answer(await self._engine.play(unpack_request(packed), progress, name))
        except Refusal as refusal:
            return Answer(refusal=refusal.words)
        except WorkerFault as fault:
            log.error("%s: %s", name, fault)
            return Answer(fault=fault.words)
        except msgspec.MsgspecError as error:
            log.error("%s: a request that cannot be read, from a newer bot perhaps: %s", name, error)
            return Answer(fault=OLDER)

    async def _send(self, name: str, answer: Answer) -> None:
        """Send an answer in parts, until the bot has all of them or does not want it."""
        body, attempt = pack(answer), secrets.token_hex(6)
        parts = [body[start : start + PART] for start in range(0, len(body), PART)]
        for number, part in enumerate(parts):
            headers = {"Attempt": attempt, "Part": str(number), "Parts": str(len(parts))}
            if await self._ask(name, "answer", UNWANTED, part, headers) in (None, NO):
                return

    async def _ask(
        self, name: str, what: str, lonely: float, data: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes | None:
        """The answer of the bot that holds a ticket; None if for `lonely` seconds there has been no such bot."""
        began, alone = monotonic(), None
        while monotonic() - began < PATIENCE:
            try:
                asked = self._client.request(f"{TICKET}.{name}.{what}", data, timeout=ASKING, headers=headers)
                return (await asked).data
            except NoRespondersError:
                alone = alone or monotonic()
                if monotonic() - alone > lonely:
                    return None
                await asyncio.sleep(0.1)
            except Trouble:  # the connection is lost, or the bot is slow
                alone = None
                await asyncio.sleep(0.05)
        return None

    async def _beat(self, place: Msg) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await self._away(place.in_progress())

    async def _away(self, said: Coroutine[Any, Any, Any]) -> None:
        """Send something to a server that may be away; if it is, the queue gives the place to another machine."""
        with contextlib.suppress(*Trouble):
            await said

    async def _cancelled(self, said: Msg) -> None:
        name = said.subject.rpartition(".")[2]
        for key, job in self._jobs.items():
            if key.partition(" ")[0] == name:
                self._stopped.add(name)
                job.cancel()

    async def _check(self, said: Msg) -> None:
        self._keep(self._checked(said))

    async def _checked(self, said: Msg) -> None:
        answer = Answer()
        try:
            await self._engine.check(unpack_request(said.data))
        except Refusal as refusal:
            answer = Answer(refusal=refusal.words)
        except (WorkerFault, msgspec.MsgspecError) as fault:  # playing it will say what is wrong
            log.error("%s", fault)
        await self._away(said.respond(pack(answer)))
