"""A CONNECT proxy on loopback that leads Discord's hosts to the stand-in and refuses all others."""

import asyncio
from contextlib import suppress

from bot.preview.world import World

HOSTS = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com", "media.discordapp.net")


class Tunnel:
    def __init__(self, world: World) -> None:
        self.world = world
        self.port = self.target_port = 0
        self.server: asyncio.Server | None = None
        self.writers: set[asyncio.StreamWriter] = set()

    async def start(self, target_port: int) -> None:
        self.target_port = target_port
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server:
            self.server.close()
            while self.writers:  # each ends its reader, and so its task
                await asyncio.gather(*(hang_up(writer) for writer in self.writers))
                await asyncio.sleep(0)
            await self.server.wait_closed()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self.lead(reader, writer)
        finally:
            await hang_up(writer)
            self.writers.discard(writer)

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.decode("latin-1").partition(" ")
        host = rest.partition(":")[0]
        if method != "CONNECT" or host not in HOSTS:
            self.world.violation(f"proxy: asked for {head.splitlines()[0].decode('latin-1')}, which is not Discord")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        self.writers.add(far_writer)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        finally:
            await hang_up(far_writer)
            self.writers.discard(far_writer)


async def copy(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    """Pass everything on, including the end, even if it comes as a reset from a process that was killed."""
    try:
        while data := await source.read(65536):
            drain.write(data)
            await drain.drain()
        if drain.can_write_eof():
            drain.write_eof()
    except OSError:
        drain.close()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
