"""`python -m generation serve`: play for bots on other machines, until SIGTERM; with `/healthz` and `/metrics`."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Iterable, Iterator
from time import monotonic

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from generation.request import Refusal
from generation.serve.nats_player import Player
from generation.serve.nats_queue import connected, prepare
from generation.serve.pool import WorkerPool
from generation.serve.worker_process import Died, Unfit

log = logging.getLogger("encore.player")

SILENT = 30.0  # seconds without a word from the queue after which this machine is unwell
SECRETS = ("DISCORD_TOKEN", "ENCORE_DATABASE_URL")  # a machine that plays need not know these


def add_arguments(parser: argparse.ArgumentParser) -> None:
    def setting(name: str, usual: str) -> str:
        return os.environ.get(name) or usual

    engine, port = setting("ENCORE_ENGINE", ""), setting("ENCORE_HEALTH_PORT", "")
    parser.add_argument("--engine", default=engine, help="the NATS server's address, nats://HOST:PORT (ENCORE_ENGINE)")
    parser.add_argument("--at-once", type=int, default=setting("ENCORE_AT_ONCE", "8"), help="pieces at a time (8)")
    parser.add_argument(
        "--render-workers", type=int, default=setting("ENCORE_RENDER_WORKERS", "2"), help="processes that render (2)"
    )
    parser.add_argument("--model", default=setting("ENCORE_MODEL", "model"), choices=("model", "echo"))
    parser.add_argument(
        "--grace", type=float, default=setting("ENCORE_GRACE", "25"), help="seconds to finish after SIGTERM (25)"
    )
    parser.add_argument("--health-port", type=int, default=port or None, help="of /healthz and /metrics (closed)")
    parser.add_argument("--health-host", default=setting("ENCORE_HEALTH_HOST", "127.0.0.1"))


def main(args: argparse.Namespace) -> int:
    """Play until SIGTERM or SIGINT. Raises `Refusal` for an engine that cannot be used."""
    level = os.environ.get("ENCORE_LOG_LEVEL", "INFO")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    if found := [name for name in SECRETS if os.environ.get(name)]:
        log.warning("take %s out of this machine's environment: it needs neither", " and ".join(found))
    if not args.engine:
        raise Refusal("--engine is missing. Give the NATS server's address, such as nats://HOST:4222.")
    return asyncio.run(_serve(args))


async def _serve(args: argparse.Namespace) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with contextlib.AsyncExitStack() as ending:
        client = await ending.enter_async_context(connected(args.engine, "Encore plays"))
        stream = await prepare(client, args.engine)
        pool = await ending.enter_async_context(WorkerPool(args.render_workers, args.model))
        try:
            await pool.first_ready()
        except Unfit as error:
            raise Refusal(error.words) from error
        except Died as error:
            raise Refusal("The processes that play end as soon as they start.") from error
        player = Player(client, stream, pool, args.at_once)
        if args.health_port is not None:
            runner = _page(player)
            ending.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, args.health_host, args.health_port).start()
        log.info("ready to play %d pieces at a time", args.at_once)
        await player.serve(stopping, args.grace)
        log.info("stopped")
    return 0


class Counts(Collector):
    """A player's figures for Prometheus."""

    def __init__(self, player: Player) -> None:
        self._player = player

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("encore_player_playing", "Pieces being played", value=self._player.playing)
        pieces = CounterMetricFamily("encore_player_pieces", "Pieces by outcome", labels=["outcome"])
        for outcome, count in self._player.outcomes.items():
            pieces.add_metric([outcome], count)
        yield pieces

    def describe(self) -> Iterator[Metric]:
        return iter(())


def _page(player: Player) -> web.AppRunner:
    registry = CollectorRegistry()
    registry.register(Counts(player))

    async def healthz(_: web.Request) -> web.Response:
        well = player.playing or monotonic() - player.asked < SILENT
        return web.Response(text="ok\n" if well else "no word from the queue\n", status=200 if well else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": "text/plain; version=0.0.4"})

    site = web.Application()
    site.router.add_get("/healthz", healthz)
    site.router.add_get("/metrics", metrics)
    return web.AppRunner(site, access_log=None)
