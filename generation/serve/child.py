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
from generation.serve.watch import LOOK, Limits, Verdict, Watch
from generation.serve.wire import HEADER, LARGEST, SCRATCH, Done, Job, frame, parse_done

log = logging.getLogger("encore.studio")

STARTING = Limits(120.0, 60.0)  # until a process is ready: it may have to compile, on a cold disk
TAKING = Limits(3.0, 3.0)  # until a process that has nothing before it has taken up a job
CANCELLING = Limits(5.0, 5.0)  # until it has laid down one that was cancelled
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
    """The job took more work than it may, and the process was killed."""


class Unfit(Told):
    """The process cannot do its work at all; its words say why."""


@dataclass(eq=False)
class _Held:
    """A job in a process's hands. Jobs are done in their order, so only the first one's limits hold."""

    result: asyncio.Future[Done]
    limits: Limits
    progress: Progress | None
    taken: bool = False


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

    async def ask(self, job: Job, limits: Limits, progress: Progress | None = None) -> Done:
        """The result of a job; the time that the process needs to start does not count.

        Raises `Died`, `Interrupted`, `Overrun` or `Unfit`. When cancelled, the process is told, and goes on with the
        next job; if it does not do so soon, it is killed.
        """
        return await (await self.ready()).do(job, limits, progress)

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
        self._watch = Watch(process.pid)
        self._watched: tuple[_Held | None, Limits] | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._follow()
        self.reader = asyncio.create_task(self._read())

    async def do(self, job: Job, limits: Limits, progress: Progress | None) -> Done:
        if self.dead:
            raise Interrupted
        assert self.process.stdin is not None
        framed = frame(job)
        held = self._jobs[job.id] = _Held(self._loop.create_future(), limits, progress)
        self._follow()
        try:
            self.process.stdin.write(framed)
            with contextlib.suppress(ConnectionError):  # a process that is gone is noticed by its reader
                await self.process.stdin.drain()
            return await held.result
        except asyncio.CancelledError:
            held.result.cancel()
            if job.id in self._jobs:
                self.process.stdin.write(frame(Job(job.id, "cancel")))
                held.limits = CANCELLING
                self._follow()
            raise

    def _follow(self) -> None:
        """Watch what the process has to do next, if it is something new: to start, to take up a job, or to do it."""
        held = next(iter(self._jobs.values()), None)
        if self.dead or (held is None and self.ready.done()):
            self._stop_looking()
            return
        limits = STARTING if held is None else held.limits if held.taken else TAKING
        watched = (held, limits)
        if watched != self._watched:
            self._watched = watched
            self._watch.begin(limits)
        if self._next_look is None:
            self._next_look = self._loop.call_later(LOOK, self._look)

    def _stop_looking(self) -> None:
        self._watched = None
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None

    def _look(self) -> None:
        self._next_look = None
        verdict = self._watch.look()
        if verdict is Verdict.AT_WORK:
            self._next_look = self._loop.call_later(LOOK, self._look)
            return
        self.kill()
        self._bury(Overrun if verdict is Verdict.SPENT else Died)

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
            log.error("a worker process sent what cannot be decoded: %s", error)
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
        self._watch.heard()
        if done.id == 0:
            if done.fault:
                self.ready.set_exception(Unfit(done.fault))
                self.kill()
            else:
                self.ready.set_result(None)
                self._follow()
        elif held := self._jobs.get(done.id):
            begun, held.taken = held.taken, True
            if done.progress is None:
                del self._jobs[done.id]
                if not held.result.done():
                    held.result.set_result(done)
            elif begun and held.progress is not None and not held.result.done():  # taken up, it may yet be refused
                held.progress(done.progress)
            self._follow()

    def _bury(self, why: type[Exception]) -> None:
        """Tell all who wait: the first for the reason `why`, if its job was taken up, the others that it was not for
        their job."""
        for held in self._jobs.values():
            if not held.result.done():
                held.result.set_exception(why() if held.taken else Interrupted())
            why = Interrupted
        self._jobs.clear()

    def kill(self) -> None:
        """End the process and all that it started, now."""
        self.dead = True
        self._stop_looking()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
