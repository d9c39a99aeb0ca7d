"""The pool and its processes: whatever happens to one of them, a request ends in its music or in a sentence."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from generation.read.file import read
from generation.request import Refusal, Reply, Request
from generation.serve import inbox, pool, worker_process
from generation.serve.pool import WorkerFault, WorkerPool
from generation.serve.watch import Limits
from generation.serve.wire import Event, Job
from tests.patience import soon, until
from tests.tally import tried

# ruff: noqa: ASYNC240
pytestmark = pytest.mark.asyncio(loop_scope="module")

TUNE = b"X:1\nT:Little\nM:4/4\nL:1/8\nQ:1/4=150\nK:D\nDFAF dfaf|gfed cABc|d2 fd A2 FA|D4 D4|\n"
OTHER = b"X:1\nT:Other\nM:3/4\nL:1/4\nQ:1/4=120\nK:G\nGBd|gdB|cAF|G3|\n"


def wish(data: bytes | None = TUNE, **more: object) -> Request:
    return Request(**{"data": data, "filename": "a.abc", "formats": ("mid", "abc"), **more})  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[WorkerPool]:
    async with WorkerPool(model="echo") as open_pool:
        yield open_pool


@pytest_asyncio.fixture(loop_scope="module")
async def warm(shared: WorkerPool) -> WorkerPool:
    """A pool whose processes are all ready."""
    await soon(asyncio.gather(shared.play(wish()), shared.play(wish())))
    return shared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real() -> AsyncIterator[WorkerPool]:
    """A pool with the model itself."""
    async with WorkerPool(renderers=1) as pool:
        yield pool


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, number)


def pitches(midi: bytes) -> list[int]:
    return [int(pitch) for pitch in read(midi, "a.mid").line.pitch]


async def test_a_request_is_played(warm: WorkerPool) -> None:
    heard: list[float] = []
    reply = await warm.play(wish(takes=3, seed=7, formats=("mp3", "mid", "png")), heard.append)
    assert [take.seed for take in reply.takes] == [7, 8, 9]
    assert all(set(take.files) == {"mp3", "mid", "png"} for take in reply.takes)
    assert (reply.title, reply.key, reply.metre, reply.tempo) == ("Little", "D major", "4/4", 150)
    assert set(reply.timings) == {"read", "sample", "finish", "wait"} and min(reply.timings.values()) >= 0
    given = pitches(reply.takes[0].files["mid"])[:22]
    assert given == [int(pitch) for pitch in read(TUNE, "a.abc").line.pitch][:22]


async def test_no_progress_is_told_of_what_is_refused(warm: WorkerPool, real: WorkerPool) -> None:
    """Whoever hears of progress tells the whole channel that music will come."""
    for each in (warm, real):
        heard: list[float] = []
        with pytest.raises(Refusal, match="is not a key"):
            await each.play(wish(None, key="h moll"), heard.append)
        assert not heard
        await each.play(wish(), heard.append)
        assert heard


async def test_a_fresh_piece_has_what_was_wished(warm: WorkerPool) -> None:
    reply = await warm.play(wish(None, key="D minor", tempo=90, meter="6/8"))
    assert (reply.key, reply.metre, reply.tempo) == ("D minor", "6/8", 90)


async def test_a_fresh_piece_for_a_band(real: WorkerPool) -> None:
    heard: list[float] = []
    reply = await real.play(wish(None, band="choir", seed=3, takes=2), heard.append)
    assert [str(part) for part in reply.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert all(take.chords and not take.new_from for take in reply.takes)
    assert heard == sorted(heard) and heard[0] == 0.0


LONG = b"X:1\nM:4/4\nL:1/1\nQ:1/4=20\nK:C\n" + b"C|D|E|F|G|A|B|c|" * 8 + b"\n"  # 768 s


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (wish(b"MThd but no more", filename="a.mid"), "MIDI"),
        (wish(b""), "empty"),
        (wish(LONG, seconds=120), "lasts 768 s, and 120 s of new music"),
        (wish(None, meter="7"), "not a metre"),
        (wish(None, meter="5/7"), "not a metre"),
        (wish(None, meter="17/8"), "not a metre"),
        (wish(None, key="H dur"), "not a key"),
    ],
)
async def test_a_refusal_crosses_the_boundary(warm: WorkerPool, request_: Request, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        await warm.play(request_)


async def test_requests_at_once_do_not_mix(warm: WorkerPool) -> None:
    wishes = [wish(TUNE if i % 2 else OTHER, seed=10 * i, takes=1 + i % 3) for i in range(6)]
    replies = await asyncio.gather(*(warm.play(each) for each in wishes))
    for i, reply in enumerate(replies):
        assert reply.title == ("Little" if i % 2 else "Other")
        assert [take.seed for take in reply.takes] == [10 * i + take for take in range(1 + i % 3)]


async def test_idle_processes_killed_are_started_again(warm: WorkerPool) -> None:
    before = [pid for pids in warm.pids.values() for pid in pids]
    send(signal.SIGKILL, before)
    reply = await warm.play(wish())
    assert reply.takes and not any(alive(pid) for pid in before)


@pytest.mark.parametrize("stage", ["render", "echo"])
async def test_a_process_killed_at_work_is_replaced_and_the_work_done_again(warm: WorkerPool, stage: str) -> None:
    before = warm.pids[stage]
    send(signal.SIGSTOP, before)  # so that the work is surely in its hands
    playing = [asyncio.create_task(warm.play(wish(seed=seed))) for seed in range(3)]
    await asyncio.sleep(0.3)
    send(signal.SIGKILL, before)
    replies: list[Reply] = await soon(asyncio.gather(*playing))
    assert [reply.takes[0].seed for reply in replies] == [0, 1, 2]
    tried("kill -9 of one kind of process at work", 1, "its work was done again")


async def test_a_file_that_hangs_the_reader_is_refused(warm: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "READING", Limits(0.03, 5.0))
    before = warm.pids["render"]
    with pytest.raises(Refusal, match="to read"):
        await warm.play(wish(b"X:1\nK:C\n" + b"CDEFGABc|" * 3_000))
    monkeypatch.undo()
    assert (await warm.play(wish())).takes and warm.pids["render"] != before


@pytest.mark.parametrize("stage", ["render", "echo"])
async def test_a_process_that_sleeps_is_replaced_and_nobody_pays_for_it(
    warm: WorkerPool, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would not take up a job, which is not the fault of the member who sends one."""
    monkeypatch.setattr(worker_process, "TAKING", Limits(0.5, 0.5))
    send(signal.SIGSTOP, warm.pids[stage])
    replies = await soon(asyncio.gather(*(warm.play(wish(seed=seed)) for seed in (1, 2))))
    assert [reply.takes[0].seed for reply in replies] == [1, 2]


@pytest.mark.parametrize(("stage", "error"), [("render", Refusal), ("echo", WorkerFault)])
async def test_a_process_that_dies_of_it_twice_ends_in_a_sentence(
    warm: WorkerPool, stage: str, error: type[Exception]
) -> None:
    playing = asyncio.create_task(warm.play(wish()))
    while not playing.done():
        send(signal.SIGKILL, [pid for pid in warm.pids[stage] if alive(pid)])
        await asyncio.sleep(0.01)
    with pytest.raises(error, match="twice"):
        playing.result()
    assert (await warm.play(wish())).takes


@pytest.mark.parametrize("stage", ["render", "echo"])
async def test_what_is_cancelled_makes_room(warm: WorkerPool, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "CANCELLING", Limits(0.5, 0.5))
    before = warm.pids[stage]
    send(signal.SIGSTOP, before)
    playing = [asyncio.create_task(warm.play(wish())) for _ in before]
    await asyncio.sleep(0.3)
    for each in playing:
        each.cancel()
    await asyncio.gather(*playing, return_exceptions=True)
    assert all(each.cancelled() for each in playing)
    assert (await soon(warm.play(wish()))).takes
    await until(lambda: not any(alive(pid) for pid in before))


async def test_a_cancelled_job_in_the_line_is_not_done(warm: WorkerPool) -> None:
    send(signal.SIGSTOP, warm.pids["echo"])
    first, second, third = [asyncio.create_task(warm.play(wish(seed=seed))) for seed in range(3)]
    await asyncio.sleep(0.5)
    second.cancel()
    await asyncio.sleep(0.1)
    send(signal.SIGCONT, warm.pids["echo"])
    assert [(await each).takes[0].seed for each in (first, third)] == [0, 2]
    assert second.cancelled()


async def test_processes_know_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCORD_TOKEN", "ENCORE_DATABASE_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, f"a-secret-{name}")
    async with WorkerPool(renderers=1, model="echo") as fresh:
        for pid in [pid for pids in fresh.pids.values() for pid in pids]:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"PATH=" in environment and b"a-secret" not in environment


async def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with WorkerPool(renderers=1, model="echo") as fresh:
        playing = asyncio.create_task(fresh.play(wish(formats=("mp3",))))
        await asyncio.sleep(0.5)
        pids = [pid for each in fresh.pids.values() for pid in each]
        assert len(pids) == 2 and len(list(tmp_path.iterdir())) == 2
    with pytest.raises(WorkerFault, match="being stopped"):
        await playing
    assert not any(alive(pid) for pid in pids) and not list(tmp_path.iterdir())


async def test_processes_end_with_whoever_started_them(tmp_path: Path) -> None:
    program = """
import asyncio
from generation.request import Request
from generation.serve.pool import WorkerPool
async def main():
    async with WorkerPool(renderers=1, model="echo") as pool:
        await pool.play(Request(formats=("mid",)))
        print(*pool.pids["render"], *pool.pids["echo"], flush=True)
        await asyncio.sleep(3600)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert parent.stdout is not None
    pids = [int(word) for word in (await soon(parent.stdout.readline())).split()]
    assert len(pids) == 2 and all(alive(pid) for pid in pids)
    parent.kill()
    await parent.wait()
    await until(lambda: not any(alive(pid) for pid in pids) and not list(tmp_path.iterdir()))


async def test_a_process_that_cannot_start_says_so() -> None:
    async with WorkerPool(renderers=1, model="pianola", quiet=True) as fresh:
        for _ in range(2):
            with pytest.raises(WorkerFault, match="processes cannot start"):
                await fresh.play(wish(None))


async def test_a_memory_bomb_is_refused_and_the_process_goes_on() -> None:
    program = """
import io
from generation.request import Refusal
from generation.serve.wire import Event, Job
from generation.serve import inbox, worker
class Inbox:
    def check(self, job): pass
def bomb(job):
    return Event(job.id, reading=bytes(200_000_000 * job.take))
for take in (1, 0):
    worker.limit_memory(100_000_000)
    done = inbox.guarded(bomb, Job(7, "read", take=take), Inbox())
    worker.limit_memory(None)
    print(done.refusal, done.fault)
print(len(bytes(200_000_000)))
"""
    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [
        "This piece needs more memory than there is. Send a shorter or simpler one. ",
        " ",
        "200000000",
    ]
    tried("out of memory in a process", 1, "a sentence, and it goes on")


async def test_a_fault_of_ours_is_a_sentence_and_its_cause_is_for_the_log() -> None:
    class Inbox:
        def check(self, job: Job) -> None: ...

    def broken(job: Job) -> Event:
        return Event(job.id, seconds=1 / job.take)

    done = inbox.guarded(broken, Job(3, "finish"), Inbox())  # type: ignore[arg-type]
    assert done.id == 3 and "went wrong on Encore's side" in str(done.fault) and "Zero" not in str(done.fault)
    assert "ZeroDivisionError" in done.trace
