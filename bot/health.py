"""For monitoring: /healthz says whether the bot is connected, /metrics counts for Prometheus."""

from typing import TYPE_CHECKING

import discord
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.queue import Queue
from bot.settings import CannotStart

if TYPE_CHECKING:
    from bot.shared_queue import SharedQueue

OUTCOMES = ("played", "refused", "cancelled", "fault")
SECONDS = (0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)  # bounds of the histogram; answers live for 900 s


class Health:
    """Counters, and a small server that shows them if a port is set."""

    def __init__(self, bot: discord.AutoShardedClient, queue: "Queue | SharedQueue") -> None:
        self._bot = bot
        self._runner: web.AppRunner | None = None
        self.registry = CollectorRegistry()
        self.requests = Counter("encore_requests", "Requests by outcome", ["outcome"], registry=self.registry)
        for outcome in OUTCOMES:
            self.requests.labels(outcome)  # from 0 on, so that the first fault is seen to be one more
        self.seconds = Histogram(
            "encore_music_seconds", "From the command to its music", registry=self.registry, buckets=SECONDS
        )
        waiting = Gauge("encore_requests_waiting", "Requests in the queue", registry=self.registry)
        waiting.set_function(lambda: len(queue))
        playing = Gauge("encore_requests_playing", "Requests that are played", registry=self.registry)
        playing.set_function(lambda: queue.playing)
        latency = Gauge("encore_gateway_latency_seconds", "Of Discord's last heartbeat", registry=self.registry)
        latency.set_function(lambda: bot.latency)

    def count(self, outcome: str, seconds: float) -> None:
        """Count a request that has ended, `seconds` after its command."""
        self.requests.labels(outcome).inc()
        if outcome == "played":
            self.seconds.observe(seconds)

    async def start(self, host: str, port: int | None) -> None:
        if port is None:
            return
        site = web.Application()
        site.router.add_get("/healthz", self._healthz)
        site.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            raise CannotStart(f"ENCORE_HEALTH_PORT cannot be opened: {error.strerror or error}") from error

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        """503 while any shard has no connection, so that a watchdog can restart a bot that does not come back."""
        shards = self._bot.shards.values()
        well = self._bot.is_ready() and not self._bot.is_closed() and not any(shard.is_closed() for shard in shards)
        return web.Response(text="ok\n" if well else "not connected\n", status=200 if well else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": "text/plain; version=0.0.4"})
