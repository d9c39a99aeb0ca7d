"""One process that makes music, seen from an event loop: it can be killed at any time, and starts again when needed."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from generation.request import Told
from generation.serve.wire import HEADER, LARGEST, SCRATCH, Done, Job, frame, parse_done

log = logging.getLogger("encore.studio")

TAKE_SECONDS = 3.0  # until a process that has nothing before it must have taken up a job
START_SECONDS = 120.0  # until a process is ready; a cold disk and a busy machine may need half of it
CANCEL_SECONDS = 5.0  # that a process may take to lay down a cancelled job
# What the processes may see of our environment; tokens and database addresses are not among it.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "PYTHONPATH",
             "PYTHONWARNINGS", "OMP_NUM_THREADS", "NUMBA_CACHE_DIR", "SYSTEMROOT", "ENCORE_MODELS",
             "ENCORE_ARITHMETIC")  # fmt: skip

# glibc's memory. Threads with some of their own: more than run at a time hold 35 MB a craft for nothing. And from which
# size on it goes back at once: by itself that grows to 32 MB, and sounds that are long gone hold 60 MB a craft.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(2**20)}

Progress = Callable[[float], None]


class Died(Exception):  # noqa: N818
    """The process went away, or stopped to give signs of life, while it worked on this job or before it was ready."""


class Interrupted(Exception):  # noqa: N818
    """The process went away while it worked on another job, or on none; or it slept, and never took this one up."""


class Overrun(Exception):  # noqa: N818
    """The job took longer than it may, and the process was killed."""


class Unfit(Told):
    """The process cannot do its work at all; its words say why."""


@dataclass(frozen=True)
class Patience:
    """How long a process may work on a job, in seconds: in all, and without a sign of life."""

    total: float
    silence: float


@dataclass
class _Held:
    """A job in a process's hands. Jobs are done in their order, so only the first one's clock runs."""

    result: asyncio.Future[Done]
    patience: Patience
    progress: Progress | None
    taken: bool = False
    until: float = 0.0  # by the loop's clock, once it is taken up
    alarm: asyncio.TimerHandle | None = None


class Child:
    """A process for a stage of the work, over all its lives."""

    def __init__(self, stage: str, quiet: bool = False) -> None:
        self.stage, self._quiet = stage, quiet
        self._life: _Life | None = None
        self._starting = asyncio.Lock()
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()  # readers of all lives, and restarts

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._life.process.pid if self._life and not self._life.dead else None

    async def start(self) -> "_Life":
        """Start it, unless it runs. `Unfit` once it is closed."""
        async with self._starting:
            if self._closed:
                raise Unfit("Encore is being stopped. Ask again in a minute.")
            if self._life is None or self._life.dead:
                life = self._life = await _born(self.stage, self._quiet)
                self._keep(life.reader)
                life.reader.add_done_callback(lambda _: self._again(life))
            return self._life

    async def ready(self) -> "_Life":
        """Start it, unless it runs, and wait until it can work. `Died` or `Unfit` if it never can."""
        life = await self.start()
        await asyncio.shield(life.ready)
        return life

    def _again(self, life: "_Life") -> None:
        """After a death start anew at once, not when somebody waits for it; unless it could not even start."""
        if not self._closed and life.ready.exception() is None:
            self._keep(asyncio.create_task(self.start()))

    def _keep(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(self, job: Job, patience: Patience, progress: Progress | None = None) -> Done:
        """The result of a job; the time that the process needs to start does not count.

        Raises `Died`, `Interrupted`, `Overrun` or `Unfit`. When cancelled, the process is told, and goes on with the
        next job; if it does not do so soon, it is killed.
        """
        return await (await self.ready()).do(job, patience, progress)

    def kill(self) -> None:
        if self._life is not None:
            self._life.kill()

    async def close(self) -> None:
        """End it for ever, and wait until nothing is left of it."""
        async with self._starting:
            self._closed = True
        self.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _born(stage: str, quiet: bool) -> "_Life":
    scratch = tempfile.mkdtemp(prefix=SCRATCH)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "generation.serve.worker", stage,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if quiet else None,
            cwd=Path(__file__).parents[2],
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"TMPDIR": scratch} | FRUGAL,
            start_new_session=True,
        )  # fmt: skip
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return _Life(process, scratch)


class _Life:
    """A process from its start to its death."""

    def __init__(self, process: asyncio.subprocess.Process, scratch: str) -> None:
        self.process, self.dead = process, False
        self._scratch = scratch
        self._jobs: dict[int, _Held] = {}
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.ready.add_done_callback(lambda ready: ready.exception())  # it may be that nobody waits for it
        self._starting = self._loop.call_later(START_SECONDS, self.kill)
        self.reader = asyncio.create_task(self._read())

    async def do(self, job: Job, patience: Patience, progress: Progress | None) -> Done:
        if self.dead:
            raise Interrupted
        assert self.process.stdin is not None
        framed = frame(job)
        held = self._jobs[job.id] = _Held(self._loop.create_future(), patience, progress)
        self._watch()
        try:
            self.process.stdin.write(framed)
            with contextlib.suppress(ConnectionError):  # a process that is gone is noticed by its reader
                await self.process.stdin.drain()
            return await held.result
        except asyncio.CancelledError:
            held.result.cancel()
            if job.id in self._jobs:
                self.process.stdin.write(frame(Job(job.id, "cancel")))
                self._stop_watch(held)
                held.until, held.patience = 0.0, Patience(CANCEL_SECONDS, CANCEL_SECONDS)
                self._watch()
            raise

    def _watch(self) -> None:
        """Let the clock run of the job that the process works on, if it does not yet."""
        for id, held in self._jobs.items():
            if held.alarm is None:
                now, patience = self._loop.time(), held.patience
                if held.taken:
                    held.until = held.until or now + patience.total
                    when = min(held.until, now + patience.silence)
                else:
                    when = now + min(TAKE_SECONDS, patience.silence)
                held.alarm = self._loop.call_at(when, self._overrun, id)
            return

    def _stop_watch(self, held: _Held) -> None:
        if held.alarm is not None:
            held.alarm.cancel()
            held.alarm = None

    def _overrun(self, id: int) -> None:
        held = self._jobs.pop(id)
        if not held.result.done():
            late = Overrun() if self._loop.time() >= held.until - 0.001 else Died()
            held.result.set_exception(late if held.taken else Interrupted())
        self.kill()
        self._bury(Interrupted)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                (size,) = HEADER.unpack(await self.process.stdout.readexactly(HEADER.size))
                if size > LARGEST:
                    raise msgspec.ValidationError(f"a frame of {size} bytes")
                self._receive(parse_done(await self.process.stdout.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except msgspec.MsgspecError as error:
            log.error("a process of ours sends what nobody understands: %s", error)
        finally:
            self.kill()
            if not self.ready.done():
                self.ready.set_exception(Died())
            self._bury(Died)
            await self.process.wait()
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    def _receive(self, done: Done) -> None:
        if done.trace:
            log.error("%s\n%s", done.fault, done.trace)
        if done.id == 0:
            self._starting.cancel()
            if done.fault:
                self.ready.set_exception(Unfit(done.fault))
                self.kill()
            else:
                self.ready.set_result(None)
        elif held := self._jobs.get(done.id):
            self._stop_watch(held)
            begun, held.taken = held.taken, True
            if done.progress is None:
                del self._jobs[done.id]
                if not held.result.done():
                    held.result.set_result(done)
            elif begun and held.progress is not None and not held.result.done():  # taken up, it may yet be refused
                held.progress(done.progress)
            self._watch()

    def _bury(self, why: type[Exception]) -> None:
        """Tell all who wait: the first for the reason `why`, if its job was taken up, the others that it was not for
        their job."""
        for held in self._jobs.values():
            self._stop_watch(held)
            if not held.result.done():
                held.result.set_exception(why() if held.taken else Interrupted())
            why = Interrupted
        self._jobs.clear()

    def kill(self) -> None:
        """End the process and all that it started, now."""
        self.dead = True
        self._starting.cancel()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
