"""Machines, server and bots that are killed while music is made: every piece comes, and comes once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from generation.serve.nats_engine import NatsEngine
from tests.nats_server import FOUND, NONE, Server, free_port
from tests.patience import PATIENCE, soon, until
from tests.serve.asker import ask_all, nothing_left
from tests.tally import tried

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not FOUND, reason=NONE),
]
ROOT = Path(__file__).parents[2]
FEW, MANY = 12, 40


class Machine:
    """A machine that plays, as a process of its own."""

    def __init__(self, server: Server, model: str = "echo", start: tuple[str, ...] = (), **env: str) -> None:
        self.server, self.model, self.env, self.port = server, model, env, free_port()
        self._start = start  # a command that starts the one after it
        self.process: asyncio.subprocess.Process

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(*self._start, sys.executable, "-m", "generation", "serve"),
            *("--engine", self.server.address, "--model", self.model),
            *("--render-workers", "1", "--at-once", "4", "--health-port", str(self.port)),
            cwd=ROOT,
            env=os.environ | self.env,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(PATIENCE):
            while await self.page("healthz") != "ok\n":  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def page(self, name: str) -> str:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/{name}") as page:
                return await page.text()
        except aiohttp.ClientError:
            return ""

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await soon(self.process.wait())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machines(server: Server) -> AsyncIterator[list[Machine]]:
    """Two machines that play. A test that ends one starts it again."""
    machines = [Machine(server), Machine(server)]
    await asyncio.gather(*(machine.start() for machine in machines))
    yield machines
    for machine in machines:
        await machine.stop()


async def _player_killed(server: Server, machines: list[Machine]) -> None:
    await machines[0].stop(signal.SIGKILL)
    await machines[0].start()


async def _player_hangs(server: Server, machines: list[Machine]) -> None:
    machines[0].process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(8)  # longer than the queue waits for a sign of life
    machines[0].process.send_signal(signal.SIGCONT)


async def _server_killed(server: Server, machines: list[Machine]) -> None:
    server.stop(signal.SIGKILL)
    await asyncio.sleep(1)
    await asyncio.to_thread(server.start)


async def _rolling_deploy(server: Server, machines: list[Machine]) -> None:
    for machine in machines:
        assert await machine.stop() == 0
        await machine.start()


@pytest.mark.parametrize("mishap", [_player_killed, _player_hangs, _server_killed, _rolling_deploy])
async def test_every_piece_comes_once_whatever_is_killed(
    server: Server,
    engine: NatsEngine,
    machines: list[Machine],
    mishap: Callable[[Server, list[Machine]], Awaitable[None]],
    soak: bool,
) -> None:
    seeds = list(range(MANY if soak else FEW))
    came: list[int] = []

    async def ask() -> None:
        came.extend(await ask_all(engine, seeds))

    asked = asyncio.create_task(ask())
    await until(lambda: any(place.turn.is_set() for place in engine._places.values()))
    await soon(mishap(server, machines))
    await soon(asked)
    assert sorted(came) == seeds
    await nothing_left(engine)
    tried(f"pieces while{mishap.__name__.replace('_', ' ')}", len(came))


async def test_every_piece_comes_once_when_a_bot_is_killed(
    server: Server, engine: NatsEngine, machines: list[Machine], soak: bool
) -> None:
    seeds = list(range(MANY if soak else FEW))
    asker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.serve.asker", server.address, *map(str, seeds)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert asker.stdout is not None
    first = [await soon(asker.stdout.readline())]
    asker.kill()
    first += (await soon(asker.stdout.read())).splitlines()
    came = [int(line) for line in first]
    assert came
    came += await soon(ask_all(engine, [seed for seed in seeds if seed not in came]))
    assert sorted(came) == seeds
    await nothing_left(engine)
    tried("pieces while a bot is killed", len(came))


async def test_what_a_machine_says_of_itself(machines: list[Machine]) -> None:
    assert await machines[0].page("healthz") == "ok\n"
    metrics = await machines[0].page("metrics")
    assert "encore_player_playing " in metrics and 'encore_player_pieces_total{outcome="played"}' in metrics
