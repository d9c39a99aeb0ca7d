"""Music from other machines: the same as from this one, even if something is killed meanwhile, and nothing is left
behind."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio

from generation.request import FORMATS, Refusal, Reply
from generation.serve import nats_player
from generation.serve.engine import Cancelling
from generation.serve.nats_engine import NatsEngine
from generation.serve.nats_place import Full, Taken
from generation.serve.nats_player import Player
from generation.serve.nats_queue import STREAM, connected, pack, prepare
from generation.serve.pool import WorkerFault, WorkerPool
from tests.nats_server import FOUND, NONE, Server, nats_server
from tests.patience import soon, until
from tests.serve.asker import LONGEST, nothing_left, wish

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not FOUND, reason=NONE),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(model="echo") as pool:
        yield pool


@asynccontextmanager
async def playing(server: Server, pool: WorkerPool, at_once: int = 8) -> AsyncIterator[Player]:
    """A machine that plays, within this process."""
    stopping = asyncio.Event()
    async with connected(server.address, "player") as client:
        player = Player(client, await prepare(client, server.address), pool, at_once)
        serving = asyncio.create_task(player.serve(stopping, 5))
        try:
            yield player
        finally:
            stopping.set()
            await soon(serving)


def heard(reply: Reply) -> object:
    return [take.files for take in reply.takes], replace(reply, takes=(), timings={})


async def test_the_same_music_as_on_this_machine(
    server: Server, engine: NatsEngine, pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, progress = wish(7, takes=2, formats=FORMATS), list[float]()
    async with playing(server, pool):
        far = await soon(engine.play(asked, progress.append))
        near = await soon(pool.play(asked))
        assert heard(far) == heard(near) and set(far.takes[0].files) == set(FORMATS)
        assert progress
        with pytest.raises(Refusal, match="is not a key"):
            await soon(engine.play(wish(1, data=None, key="h moll")))
        with pytest.raises(Refusal, match="empty"):
            await soon(engine.check(wish(1, data=b"")))
        await soon(engine.check(wish(1)))
        monkeypatch.setattr(nats_player, "PART", 100)  # so that an answer has many parts
        assert heard(await soon(engine.play(wish(7)))) == heard(await soon(pool.play(wish(7))))
    await nothing_left(engine)


@pytest.mark.parametrize(
    ("more", "refused", "words"),
    [
        ({"novel": 1}, None, ""),
        ({"band": "gamelan"}, Refusal, "gamelan"),
        ({"takes": []}, WorkerFault, "not know this version"),
    ],
)
async def test_a_newer_bot_is_understood_or_told_so(
    server: Server,
    engine: NatsEngine,
    pool: WorkerPool,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, object],
    refused: type[Exception] | None,
    words: str,
) -> None:
    """Its requests hold what this version does not know."""
    monkeypatch.setattr("generation.serve.nats_place.pack", lambda asked: pack({**vars(asked), **more}))
    async with playing(server, pool):
        if refused is None:
            assert (await soon(engine.play(wish(1)))).takes
        else:
            with pytest.raises(refused, match=words):
                await soon(engine.play(wish(1)))
    await nothing_left(engine)


async def test_no_more_than_the_queue_holds_and_one_for_each_member(engine: NatsEngine) -> None:
    """No machine plays: all wait."""
    turns = [asyncio.Event() for _ in range(LONGEST)]
    for number, turn in enumerate(turns):
        await engine.enter(f"m{number}", f"t{number}", turn, lambda: None)
    with pytest.raises(Full):
        await engine.enter("another", "another", asyncio.Event(), lambda: None)
    with pytest.raises(Taken):
        await engine.enter("m3", "another", asyncio.Event(), lambda: None)
    assert (await engine._stream.get_last_msg(STREAM, "encore.line.m3")).data == b"t3", "its name, and nothing else"
    queue = await engine.queue()
    assert (queue.playing, queue.waiting, queue.full) == (0, LONGEST, True)
    assert [await engine.place(f"t{number}") for number in range(LONGEST)] == list(range(1, LONGEST + 1))
    await engine.leave("t0")
    await engine.leave("t4")
    assert [await engine.place(f"t{number}") for number in (1, 3, 5)] == [1, 3, 4]
    for number in range(LONGEST):
        await engine.leave(f"t{number}")
    await nothing_left(engine)


async def test_cancelled_while_it_waits_and_while_it_plays(
    server: Server, engine: NatsEngine, pool: WorkerPool
) -> None:
    pids = pool.pids["echo"]
    async with playing(server, pool, at_once=1) as player:
        await soon(engine.play(wish(1)))
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        first = asyncio.create_task(engine.play(wish(2)))
        await until(lambda: player.playing == 1)
        second = asyncio.create_task(engine.play(wish(3)))
        await asyncio.sleep(0.1)
        for job in (second, first):
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: player.playing == 0)
        await nothing_left(engine)
        assert player.outcomes["played"] == 1 and player.outcomes["cancelled"] == 1
        assert (await soon(engine.play(wish(4)))).takes


async def test_another_bot_cancels_it(server: Server, engine: NatsEngine) -> None:
    pressed = asyncio.Event()
    await engine.enter("m", "pressed", asyncio.Event(), pressed.set)
    async with NatsEngine(server.address, LONGEST) as other:
        with pytest.raises(Taken):
            await other.enter("m", "mine", asyncio.Event(), lambda: None)
        assert await other.cancel("pressed") is Cancelling.DONE and pressed.is_set()
        assert await other.cancel("nobody's") is Cancelling.UNHELD
    await engine.leave("pressed")
    await nothing_left(engine)


async def test_another_bot_cancels_what_plays(server: Server, engine: NatsEngine, pool: WorkerPool) -> None:
    pids, turn, jobs = pool.pids["echo"], asyncio.Event(), list[asyncio.Task[Reply]]()
    async with playing(server, pool, at_once=1) as player, NatsEngine(server.address, LONGEST) as other:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await engine.enter("m", "mine", turn, lambda: jobs[0].cancel())
        jobs.append(asyncio.create_task(engine.play(wish(2), ticket="mine")))
        await until(lambda: player.playing == 1 and turn.is_set())
        assert await other.cancel("mine") is Cancelling.DONE
        with pytest.raises(asyncio.CancelledError):
            await soon(jobs[0])
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: player.outcomes == {"cancelled": 1})
        await nothing_left(engine)


async def test_what_is_being_posted_can_no_longer_be_cancelled(
    server: Server, engine: NatsEngine, pool: WorkerPool
) -> None:
    pressed = asyncio.Event()
    async with playing(server, pool), NatsEngine(server.address, LONGEST) as other:
        await engine.enter("m", "posting", asyncio.Event(), pressed.set)
        assert (await soon(engine.play(wish(2), ticket="posting"))).takes
        assert await other.cancel("posting") is Cancelling.LATE and not pressed.is_set()
        await engine.leave("posting")
        assert await other.cancel("posting") is Cancelling.UNHELD
    await nothing_left(engine)


async def test_nobody_is_taken_for_gone_while_the_server_is_away() -> None:
    with nats_server() as server:
        async with NatsEngine(server.address, LONGEST) as engine:
            server.stop()
            with pytest.raises(WorkerFault, match="cannot reach the machines"):
                await soon(engine.cancel("perhaps"))
            await asyncio.to_thread(server.start)
            await until(lambda: engine._client.is_connected)
            assert await soon(engine.cancel("perhaps")) is Cancelling.UNHELD


async def test_an_orphan_is_not_played(server: Server, engine: NatsEngine, pool: WorkerPool) -> None:
    await engine._stream.publish("encore.line.lost", b"nobody-holds-this")
    async with playing(server, pool) as player:
        await until(lambda: player.outcomes == {"orphaned": 1})
        await nothing_left(engine)
    await engine._stream.publish("encore.line.lost", b"nobody-holds-this")
    await soon(engine.enter("lost", "found", asyncio.Event(), lambda: None))  # the member need not wait for a machine
    await engine.leave("found")
    await nothing_left(engine)


async def test_a_place_that_the_server_loses_is_taken_again(
    server: Server, engine: NatsEngine, pool: WorkerPool
) -> None:
    asked = asyncio.create_task(engine.play(wish(9)))
    await asyncio.sleep(0.2)
    await engine._stream.purge_stream(STREAM)
    async with playing(server, pool):
        assert (await soon(asked)).takes
    await nothing_left(engine)


async def test_a_server_that_lost_all_it_had_is_given_a_queue_again(pool: WorkerPool) -> None:
    with nats_server() as server:
        async with NatsEngine(server.address, LONGEST) as engine, playing(server, pool):
            assert (await soon(engine.play(wish(1)))).takes
            server.stop(signal.SIGKILL)
            shutil.rmtree(server.folder / "streams")
            asked = asyncio.create_task(engine.play(wish(2)))
            await asyncio.to_thread(server.start)
            assert (await soon(asked)).takes
            await nothing_left(engine)


async def test_a_machine_is_told_that_it_needs_no_secrets() -> None:
    machine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "generation", "serve", "--engine", "nats://127.0.0.1:1?creds=/no/file"),
        env=os.environ | {"DISCORD_TOKEN": "secret", "ENCORE_DATABASE_URL": "postgresql://secret@host/db"},
        stderr=asyncio.subprocess.PIPE,
    )
    said = (await soon(machine.communicate()))[1].decode()
    assert machine.returncode == 2 and "No such file" in said
    assert "take DISCORD_TOKEN and ENCORE_DATABASE_URL out" in said and "secret" not in said


async def test_a_piece_that_kills_machines_is_given_up(
    server: Server, engine: NatsEngine, pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_player, "DELIVERIES", 0)
    async with playing(server, pool):
        with pytest.raises(Exception, match="stopped 0 times"):
            await soon(engine.play(wish(1)))
    await nothing_left(engine)
