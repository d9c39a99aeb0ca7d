"""A process at work is told from one that hangs, whatever else the machine has to do."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from generation.request import Request
from generation.serve.pool import WorkerPool
from generation.serve.watch import LOOK, TOLD, Limits, Verdict, Watch
from tests.tally import tried

pytestmark = pytest.mark.skipif(not TOLD, reason="this system does not tell the CPU time of a process")

NEVER = 1e9
BUSY, ASLEEP = "while True: pass", "import time; time.sleep(600)"


@contextmanager
def running(program: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has begun with its program."""
    command = [sys.executable, "-c", f"print(flush=True)\n{program}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def looks_until_hung(watch: Watch) -> int:
    looks = 1
    while watch.look() is Verdict.AT_WORK:
        looks += 1
        time.sleep(0.01)  # whatever it was still at
    return looks


def test_work_is_a_sign_of_life_until_the_job_has_cost_too_much() -> None:
    with running(BUSY) as process:
        watch = Watch(process.pid)
        watch.begin(Limits(work=0.2, silence=LOOK))
        while (verdict := watch.look()) is Verdict.AT_WORK:
            time.sleep(0.01)
        assert verdict is Verdict.SPENT


@pytest.mark.parametrize("program", [ASLEEP, BUSY])
def test_a_process_that_sleeps_or_is_stopped_hangs(program: str) -> None:
    with running(program) as process:
        process.send_signal(signal.SIGSTOP if program == BUSY else signal.SIGCONT)
        watch = Watch(process.pid)
        watch.begin(Limits(work=NEVER, silence=5.0))
        assert looks_until_hung(watch) >= 5.0 / LOOK
        watch.heard()
        assert watch.look() is Verdict.AT_WORK, "what it sends is a sign of life too"


def test_what_polls_for_ever_is_not_at_work_for_ever() -> None:
    with running("import time\nwhile True: time.sleep(0.001)") as process:
        watch = Watch(process.pid)
        watch.begin(Limits(work=1.0, silence=NEVER))
        for _ in range(1_000):
            verdict = watch.look()
        assert verdict is Verdict.SPENT


def test_a_process_that_is_gone_is_not_at_work() -> None:
    with running(BUSY) as process:
        watch = Watch(process.pid)
        watch.begin(Limits(work=NEVER, silence=1.0))
        process.kill()
        process.wait()
        looks_until_hung(watch)
        assert watch.look() is Verdict.HANGS


def many_parts(parts: int, notes: int) -> bytes:
    """A MIDI file in which so many instruments play at the same time, eighths at 120 quarters a minute."""
    tracks = []
    for part in range(parts):
        channel = part if part < 9 else part + 1
        events = bytes((0, 0xC0 | channel, 8 * part))
        for note in range(notes):
            pitch = 40 + 3 * part + 5 * note % 12
            events += bytes((0, 0x90 | channel, pitch, 80, 48, 0x80 | channel, pitch, 0))
        events += b"\0\xff\x2f\0"
        tracks.append(b"MTrk" + len(events).to_bytes(4, "big") + events)
    return b"MThd\0\0\0\6\0\1" + parts.to_bytes(2, "big") + b"\0\x60" + b"".join(tracks)


async def test_a_process_at_work_on_a_slow_machine_is_left_to_it() -> None:
    """With a fifth of a core, and fifteen parts to render."""
    request = Request(data=many_parts(15, 64), filename="a.mid", formats=("mp3", "mid"))
    async with WorkerPool(renderers=1, model="echo") as pool:
        await pool.ready()
        (pid,) = pool.pids["render"]
        playing = asyncio.create_task(pool.play(request))
        while not playing.done():
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.4)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.1)
        assert playing.result().takes and pool.pids["render"] == [pid]
    tried("a fifth of a core for rendering 15 parts", 1, "left to its work")
