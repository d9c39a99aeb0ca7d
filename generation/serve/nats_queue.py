"""The queue of the machines that play, kept by NATS JetStream: how to reach it, its stream, and what travels.

A message in the stream is a place in the queue: only a ticket's name, so that nobody's tune lies on the server's disk.
The stream holds one message at most for each member, and no more than `longest` in all. A machine with room takes the
oldest one and asks under the ticket's name for the request; where nobody answers to that name, nothing is played.

    encore.line.MEMBER            the stream: the places, with the names of their tickets
    encore.ticket.NAME.take       machine → bot: give me the request. Nobody there: the place is an orphan
    encore.ticket.NAME.progress   machine → bot: the share that is done
    encore.ticket.NAME.answer     machine → bot: a part of the answer; `YES` if it is still wanted
    encore.ticket.NAME.cancel     bot → bot: somebody pressed “Cancel” on another process; `NO` if the answer is there
    encore.ticket.NAME.here       bot → bot: does anybody still hold the place that this member has?
    encore.cancel.NAME            bot → machines: stop playing this
    encore.check                  bot → one machine: can this file be played on from?

(The stream's subject says “line”, an earlier word for the queue, since bots of other versions may share the server.)
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic

import msgspec
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from generation.request import UNSAID, Refusal, Reply, Request, Words
from generation.serve.nats_address import Address

log = logging.getLogger("encore.queue")

STREAM, PLAYERS = "encore", "players"  # the stream, and the consumer that all machines share
QUEUE, TICKET, CANCEL, CHECK = "encore.line", "encore.ticket", "encore.cancel", "encore.check"
LONGEST = 32  # places, if a machine that plays makes the stream before a bot has said how many

OLDEST = (2, 15)  # version of the server: an older one, 2.9, leaves places behind after machines die
PAYLOAD = 8_000_000  # bytes of a message that the server must accept: the largest attachment has 5 MB
PART = 2**19  # bytes of an answer that travel in one message
ACK_WAIT = 6.0  # seconds without a sign of life after which another machine gets a place
CONNECTING = 15.0  # seconds to wait for the server at the start
YES, NO = b"+", b"-"  # answers to a machine: still wanted, or not

Trouble = (NatsError, TimeoutError, OSError)  # errors of a server that is away for a while


@dataclass(frozen=True)
class Answer:
    """What a machine answers: a reply, or the words of a refusal or of a fault of ours."""

    reply: Reply | None = None
    refusal: Words = UNSAID
    fault: Words = UNSAID


pack = msgspec.msgpack.Encoder().encode
unpack_answer = msgspec.msgpack.Decoder(Answer).decode
unpack_request = msgspec.msgpack.Decoder(Request).decode
unpack_share = msgspec.msgpack.Decoder(float).decode


@contextlib.asynccontextmanager
async def connected(address: str, name: str) -> AsyncIterator[Client]:
    """A connection that comes back by itself whenever it is lost. Raises `Refusal` if there is no server, or one that
    is too old or does not let an attachment through."""
    parsed, last, there = Address.parse(address), "", False

    async def complain(error: Exception) -> None:
        nonlocal last
        words = str(error) or type(error).__name__
        if words != last and there:
            log.warning("the connection to the engine: %s", words)
        last = words

    try:
        async with asyncio.timeout(CONNECTING):
            client = await nats.connect(
                list(parsed.servers),
                name=name,
                error_cb=complain,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.25,
                ping_interval=10,
                **parsed.security(),
            )
    except Trouble as error:
        why = last or str(error) or "it does not answer"
        raise Refusal("The engine's NATS server cannot be reached: {why}.", why=why) from error
    there = True
    try:
        version = client.connected_server_version
        if (version.major, version.minor) < OLDEST:
            raise Refusal(
                "The engine's NATS server is version {version}; Encore needs {oldest} or newer. Upgrade it.",
                version=f"{version.major}.{version.minor}.{version.patch}",
                oldest="{}.{}".format(*OLDEST),
            )
        if client.max_payload < PAYLOAD:
            raise Refusal(
                "The engine's NATS server lets messages of {bytes} bytes through; Encore needs {limit}. Write "
                "“max_payload: 8MB” into its configuration.",
                bytes=client.max_payload,
                limit=PAYLOAD,
            )
        yield client
    finally:
        with contextlib.suppress(*Trouble):
            await client.close()


async def prepare(client: Client, address: str, longest: int | None = None) -> JetStreamContext:
    """Make the stream and its consumer, or change the stream to hold `longest` places. Raises `Refusal` if the server
    has no JetStream."""
    stream, replicas = client.jetstream(timeout=3), Address.parse(address).replicas
    config = StreamConfig(
        name=STREAM,
        subjects=[f"{QUEUE}.*"],
        retention=RetentionPolicy.WORK_QUEUE,
        max_msgs=longest or LONGEST,
        max_msgs_per_subject=1,
        discard=DiscardPolicy.NEW,
        discard_new_per_subject=True,
        max_age=3600,  # seconds: what nobody has taken by then is no longer waited for
        num_replicas=replicas,
    )
    players = ConsumerConfig(
        durable_name=PLAYERS,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_ack_pending=10_000,
        max_waiting=10_000,
    )
    end = monotonic() + CONNECTING
    while True:
        try:
            try:
                there = (await stream.stream_info(STREAM)).config
                if longest is not None and (there.max_msgs, there.num_replicas) != (longest, replicas):
                    await stream.update_stream(config)
            except NotFoundError:
                await stream.add_stream(config)
            await stream.add_consumer(STREAM, players)
            return stream
        except Trouble as error:  # several servers need some seconds to agree on a leader
            if monotonic() > end:
                why = (error.description if isinstance(error, APIError) else "") or "is JetStream switched on?"
                raise Refusal("The engine's NATS server cannot keep the queue: {why}", why=why) from error
            await asyncio.sleep(0.25)
