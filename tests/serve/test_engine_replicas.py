"""The queue on three NATS servers, whose leader is killed again and again while pieces are asked for."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from generation.request import Reply, Request, Take
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_player import Player
from generation.serve.nats_queue import STREAM, Trouble, connected, prepare
from generation.serve.worker_process import Progress
from tests.nats_server import FOUND, NONE, Server, free_port
from tests.patience import PATIENCE, soon
from tests.serve.asker import nothing_left
from tests.tally import tried

pytestmark = pytest.mark.skipif(not FOUND, reason=NONE)
KILLS = 3


class Instant:
    """An engine that answers at once, since this tests the queue."""

    async def play(self, request: Request, progress: Progress | None = None, ticket: str = "") -> Reply:
        return Reply((Take(request.seed, 1.0, 1.0, 0.0, 1),))

    async def check(self, request: Request) -> None:
        return


@asynccontextmanager
async def three_servers() -> AsyncIterator[dict[str, Server]]:
    """Three servers that know each other, by name."""
    with ExitStack() as ending:
        ports = [free_port() for _ in range(3)]
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
        servers = {}
        for number, port in enumerate(ports):
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="encore-nats-")))
            cluster = f'cluster {{ name: fleet, listen: "127.0.0.1:{port}", routes: [{routes}] }}'
            servers[f"n{number}"] = Server(folder, f"server_name: n{number}\n{cluster}")
        for server in servers.values():
            await asyncio.to_thread(server.start)
        try:
            yield servers
        finally:
            for server in servers.values():
                server.stop(signal.SIGKILL)


async def leader(engine: NatsEngine) -> str:
    """The name of the server that leads the queue, once all three have it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                cluster = (await engine._stream.stream_info(STREAM)).cluster
                if cluster and cluster.leader and all(peer.current for peer in cluster.replicas or []):
                    return str(cluster.leader)
            except Trouble:
                pass
            await asyncio.sleep(0.2)


async def test_the_leader_of_three_servers_is_killed() -> None:
    async with three_servers() as servers:
        hosts = ",".join(server.address.removeprefix("nats://") for server in servers.values())
        address = f"nats://{hosts}?replicas=3"
        async with NatsEngine(address, 32) as engine, connected(address, "player") as client:
            stopping, done = asyncio.Event(), asyncio.Event()
            player = Player(client, await prepare(client, address), Instant(), 8)
            serving = asyncio.create_task(player.serve(stopping, 5))
            came: list[int] = []

            async def ask(member: int) -> None:
                while not done.is_set():
                    reply = await engine.play(Request(seed=member))
                    assert reply.takes[0].seed == member
                    came.append(member)
                    await asyncio.sleep(0.02)

            asking = [asyncio.create_task(ask(member)) for member in range(4)]
            for _ in range(KILLS):
                name = await leader(engine)
                before = len(came)
                servers[name].stop(signal.SIGKILL)
                async with asyncio.timeout(PATIENCE):
                    while len(came) < before + 8:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                await asyncio.to_thread(servers[name].start)
            await leader(engine)
            done.set()
            await soon(asyncio.gather(*asking))
            await nothing_left(engine)
            stopping.set()
            await soon(serving)
            tried(f"pieces while the leader of three servers was killed {KILLS} times", len(came), "all answered")
