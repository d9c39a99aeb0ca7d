"""The gateway: websocket sessions with heartbeats, stream compression, intents, shards and RESUME."""

import asyncio
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import zstandard
from aiohttp import WSMsgType, web

from bot.preview import payloads, payloads_messages
from bot.preview.world import Change, Channel, Guild, Json, Message, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, MEMBERS, INVALID_SESSION, HELLO, ACKNOWLEDGED = 7, 8, 9, 10, 11
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | MESSAGE_CONTENT  # members, presences, message content: a bot must apply for them
KEPT_EVENTS = 1000
DISTANCE = 0.02  # seconds: clients measure how far away Discord is, and some go wrong when an answer comes at once

Compress = Callable[[bytes], bytes]


def compressor(kind: str | None) -> Compress | None:
    """One compression stream for one connection, flushed after every message; None for plain text."""
    if kind == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda data: deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        stream = zstandard.ZstdCompressor().compressobj()
        return lambda data: stream.compress(data) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return None


@dataclass(eq=False)
class Session:
    """What survives a dropped connection: the numbered events, to be sent again on RESUME."""

    id: str
    intents: int
    shard: tuple[int, int]
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    connection: "Connection | None" = None

    def send(self, event: str, data: Json) -> None:
        self.sequence += 1
        packet: Json = {"op": DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.events.append(packet)
        if self.connection:
            self.connection.send(packet)

    def concerns(self, guild: Guild | None) -> bool:
        number, count = self.shard
        return (guild.id >> 22) % count == number if guild else number == 0


class Connection:
    """One websocket: sends in order, speaks the protocol, closes with Discord's codes."""

    def __init__(self, gateway: "Gateway", socket: web.WebSocketResponse, compress: Compress | None) -> None:
        self.gateway, self.socket, self.compress = gateway, socket, compress
        self.session: Session | None = None
        self.queue: asyncio.Queue[Json] = asyncio.Queue()

    def send(self, packet: Json) -> None:
        self.queue.put_nowait(packet)

    async def write(self) -> None:
        while True:
            text = json.dumps(await self.queue.get())
            if self.socket.closed:
                return
            try:
                if self.compress:
                    await self.socket.send_bytes(self.compress(text.encode()))
                else:
                    await self.socket.send_str(text)
            except ConnectionError:
                return

    async def run(self) -> None:
        self.send({"op": HELLO, "t": None, "s": None, "d": {"heartbeat_interval": self.gateway.heartbeat_ms}})
        writer = asyncio.create_task(self.write())
        try:
            async for received in self.socket:
                if received.type is WSMsgType.TEXT:
                    code = self.hear(json.loads(received.data))
                    if code:
                        self.gateway.world.violation(f"gateway: closed with {code} after {received.data[:200]}")
                        await self.socket.close(code=code)
        finally:
            writer.cancel()
            if self.session and self.session.connection is self:
                self.session.connection = None
                self.gateway.world.tell(Change("presence"))

    def hear(self, packet: Json) -> int | None:
        """Answer one packet of the bot. Returns the code with which to close the connection, or None to keep it."""
        op, data = packet.get("op"), packet.get("d")
        if op == HEARTBEAT:
            acknowledgement: Json = {"op": ACKNOWLEDGED, "t": None, "s": None, "d": None}
            asyncio.get_running_loop().call_later(DISTANCE, self.send, acknowledgement)
        elif op == IDENTIFY:
            return self.identify(data or {})
        elif op == RESUME:
            return self.resume(data or {})
        elif self.session is None:
            return 4003
        elif op not in (PRESENCE, VOICE, MEMBERS):
            return 4001
        return None

    def identify(self, data: Json) -> int | None:
        gateway = self.gateway
        if self.session:
            return 4005
        if data.get("token", "").removeprefix("Bot ") != gateway.world.token:
            return 4004
        if not {"properties", "intents"} <= data.keys():
            return 4002
        if data["intents"] & PRIVILEGED & ~gateway.privileged_allowed:
            return 4014
        number, count = data.get("shard", (0, 1))
        if not 0 <= number < count:
            return 4010
        for old in [s for s in gateway.sessions.values() if s.shard == (number, count) and s.connection is None]:
            del gateway.sessions[old.id]
        self.session = Session(secrets.token_hex(16), data["intents"], (number, count), connection=self)
        gateway.sessions[self.session.id] = self.session
        gateway.identified += 1
        gateway.welcome(self.session)
        return None

    def resume(self, data: Json) -> int | None:
        gateway = self.gateway
        if data.get("token", "").removeprefix("Bot ") != gateway.world.token:
            return 4004
        session = gateway.sessions.get(data.get("session_id", ""))
        seen = data.get("seq") or 0
        if session is None or seen > session.sequence or (session.events and seen < session.events[0]["s"] - 1):
            self.send({"op": INVALID_SESSION, "t": None, "s": None, "d": False})
            return None
        self.session, session.connection = session, self
        for packet in session.events:
            if packet["s"] > seen:
                self.send(packet)
        gateway.resumed += 1
        session.send("RESUMED", {"_trace": []})
        gateway.world.tell(Change("presence"))
        return None


class Gateway:
    """All sessions; listens to the world and tells them what their intents allow. Counts what tests ask about."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heartbeat_ms = 41_250
        self.privileged_allowed = 0
        self.shards = 1
        self.shut = False  # admits nobody, as when Discord is down
        self.sessions: dict[str, Session] = {}
        self.identified = self.resumed = 0
        self.compressions: list[str | None] = []
        world.listeners.append(self.on_change)

    @property
    def online(self) -> bool:
        return any(session.connection for session in self.sessions.values())

    async def endpoint(self, request: web.Request) -> web.WebSocketResponse:
        if self.shut:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, compress=False)
        await socket.prepare(request)
        query = request.query
        if query.get("v") != "10" or query.get("encoding") != "json":
            self.world.violation(f"gateway: asked for version {query.get('v')} in {query.get('encoding')}")
            await socket.close(code=4012)
            return socket
        self.compressions.append(query.get("compress"))
        await Connection(self, socket, compressor(query.get("compress"))).run()
        return socket

    def welcome(self, session: Session) -> None:
        world = self.world
        mine = [guild for guild in world.guilds.values() if session.concerns(guild)]
        session.send(
            "READY",
            {
                "v": 10,
                "user": payloads.own_user(world.bot),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in mine],
                "session_id": session.id,
                "resume_gateway_url": "wss://gateway.discord.gg",
                "session_type": "normal",
                "shard": list(session.shard),
                "application": {"id": str(world.bot.id), "flags": 1 << 23},
                "private_channels": [],
                "presences": [],
                "relationships": [],
                "user_settings": {},
                "_trace": [],
            },
        )
        if session.intents & GUILDS:
            for guild in (guild for guild in mine if not guild.away):
                session.send("GUILD_CREATE", payloads.arriving_guild(world, guild))
        world.tell(Change("presence"))

    async def drop(self, *, resumable: bool = True, code: int = 4000) -> None:
        """Cut every connection; not `resumable`: also forget the sessions, so that RESUME is refused."""
        sessions = list(self.sessions.values())
        if not resumable:
            self.sessions.clear()
        for connection in [session.connection for session in sessions if session.connection]:
            await connection.socket.close(code=code)

    def ask_to_reconnect(self) -> None:
        """Op 7, as Discord sends it when it moves a connection to another machine."""
        for session in self.sessions.values():
            if session.connection:
                session.connection.send({"op": RECONNECT, "t": None, "s": None, "d": None})

    def on_change(self, change: Change) -> None:
        if change.kind == "asked" and change.interaction:
            asked = change.interaction
            if session := self.hearing(asked.channel.guild):
                session.send("INTERACTION_CREATE", payloads_messages.interaction(self.world, asked))
        elif change.message and change.message.only_for is None and change.kind in ("created", "edited", "deleted"):
            event = {"created": "MESSAGE_CREATE", "edited": "MESSAGE_UPDATE", "deleted": "MESSAGE_DELETE"}[change.kind]
            self.announce(event, change.message)

    def hearing(self, guild: Guild | None) -> Session | None:
        """The session that receives a server's interactions, even while its connection is down, since it may resume."""
        concerned = [session for session in self.sessions.values() if session.concerns(guild)]
        return next((s for s in reversed(concerned) if s.connection), concerned[-1] if concerned else None)

    def announce(self, event: str, message: Message) -> None:
        room = message.channel
        needed = GUILD_MESSAGES if room.guild else DIRECT_MESSAGES
        for session in self.sessions.values():
            if session.concerns(room.guild) and session.intents & needed:
                session.send(event, self.seen(event, message, room, session.intents))

    def seen(self, event: str, message: Message, room: Channel, intents: int) -> Json:
        place = {"guild_id": str(room.guild.id)} if room.guild else {}
        if event == "MESSAGE_DELETE":
            return {"id": str(message.id), "channel_id": str(room.id), **place}
        data = {**payloads_messages.message(self.world, message), **place}
        if room.guild and message.author.id in room.guild.members:
            member = payloads.member(room.guild, message.author)
            del member["user"]
            data["member"] = member
        mine = message.author is self.world.bot or room.guild is None or self.world.bot in message.pinged
        if not mine and not intents & MESSAGE_CONTENT:
            data |= {"content": "", "attachments": [], "embeds": [], "components": []}
        return data
