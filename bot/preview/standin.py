"""Puts the stand-in together: one TLS server for all of Discord's hosts behind a proxy, and the bot's environment."""

import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import trustme
from aiohttp import web

from bot.preview import world as worlds
from bot.preview.api import BASE, Api, Judge
from bot.preview.files import Cdn
from bot.preview.gateway import Gateway
from bot.preview.limits import Limits
from bot.preview.rules import REQUEST_BYTES
from bot.preview.tunnel import HOSTS, Tunnel

TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.Encore.a-token-that-only-the-stand-in-takes"  # noqa: S105 — opens nothing


class StandIn:
    """Discord on loopback. `environment` is what the bot's process needs to find it and to trust it."""

    def __init__(self, *, judge: Judge | None = None, clock: Callable[[], float] = time.time) -> None:
        self.world = worlds.furnished(TOKEN, clock)
        self.gateway = Gateway(self.world)
        self.limits = Limits()
        self.api = Api(self.world, self.gateway, self.limits, judge)
        self.cdn = Cdn(self.world)
        self.folder = tempfile.TemporaryDirectory(prefix="encore-preview-")
        self.tunnel = Tunnel(self.world)
        self.runner: web.AppRunner | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DISCORD_TOKEN": TOKEN,
            "ENCORE_PROXY": f"http://127.0.0.1:{self.tunnel.port}",
            "SSL_CERT_FILE": str(Path(self.folder.name) / "authority.pem"),
        }

    async def start(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(Path(self.folder.name) / "authority.pem"))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*HOSTS).configure_cert(context)
        app = web.Application(client_max_size=REQUEST_BYTES + worlds.MIB)
        app.router.add_route("*", "/{path:.*}", self.by_host)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        await self.tunnel.start(self.runner.addresses[0][1])

    async def stop(self) -> None:
        await self.gateway.drop(code=1001)
        await self.tunnel.stop()
        if self.runner:
            await self.runner.cleanup()
        self.folder.cleanup()

    async def by_host(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        if host == "gateway.discord.gg":
            return await self.gateway.endpoint(request)
        if host == "discord.com" and request.path.startswith(BASE):
            return await self.api.endpoint(request)
        if host in ("cdn.discordapp.com", "media.discordapp.net") and "attachments/" in request.path:
            return await self.cdn.endpoint(request)
        self.world.violation(f"{request.method} https://{host}{request.path}: nothing of Discord's lies there")
        return web.Response(status=404)
