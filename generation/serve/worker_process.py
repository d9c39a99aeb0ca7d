"""One worker process, seen from an event loop: it can be killed at any time, and starts again by itself."""

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
from generation.serve.wire import HEADER, LARGEST, SCRATCH, Event, Job, frame, parse_event

log = logging.getLogger("encore.pool")

STARTING = Limits(120.0, 60.0)  # until a process is ready: it may have to compile, on a cold disk
TAKING = Limits(3.0, 3.0)  # until an idle process has acknowledged a job
CANCELLING = Limits(5.0, 5.0)  # until it has abandoned a job that was cancelled
# The environment variables that the processes may see; tokens and database addresses are not among them.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "PYTHONPATH",
             "PYTHONWARNINGS", "OMP_NUM_THREADS", "NUMBA_CACHE_DIR", "SYSTEMROOT", "ENCORE_MODELS",
             "ENCORE_ARITHMETIC")  # fmt: skip

# Two settings of glibc's malloc. Arenas: more of them than threads that run at a time waste 35 MB in a render worker.
# The size from which freed memory goes back to the system at once: left to itself it grows to 32 MB, and freed sounds
# still occupy 60 MB in each render worker.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(2**20)}

Progress = Callable[[float], None]


class Died(Exception):  # noqa: N818
    """The process ended, or showed no sign of life for too long, while it worked on this job or was starting."""


class Interrupted(Exception):  # noqa: N818
    """The process ended while it worked on another job or on none; or it hung before it acknowledged this one."""


class Overrun(Exception):  # noqa: N818
    """The job used more CPU time than it may, and the process was killed."""


class Unfit(Told):
    """The process cannot work at all; the words say why."""


@dataclass(eq=False)
class _Held:
    """A job that was sent to a process. Jobs are done in order, so only the limits of the first one apply.

    taken  whether the process has acknowledged it
    """

    result: asyncio.Future[Event]
    limits: Limits
    progress: Progress | None
    taken: bool = False


class WorkerProcess:
    """A worker process of one kind (a key of `worker.ROLES`), which is replaced whenever it dies."""

    def __init__(self, role: str, quiet: bool = False) -> None:
        self.role, self._quiet = role, quiet
        self._running: _Running | None = None
        self._starting = asyncio.Lock()
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()  # the readers of all processes so far, and restarts

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._running.process.pid if self._running and not self._running.dead else None

    async def start(self) -> "_Running":
        """Start the process unless it runs. Raises `Unfit` after `close`."""
        async with self._starting:
            if self._closed:
                raise Unfit("Encore is being stopped. Ask again in a minute.")
            if self._running is None or self._running.dead:
                running = self._running = await _born(self.role, self._quiet)
                self._keep(running.reader)
                running.reader.add_done_callback(lambda _: self._again(running))
            return self._running

    async def ready(self) -> "_Running":
        """Start the process unless it runs, and wait until it can work. Raises `Died` or `Unfit` if it cannot."""
        running = await self.start()
        await asyncio.shield(running.ready)
        return running

    def _again(self, running: "_Running") -> None:
        """Start a new process as soon as one dies, before anybody needs it; but not if it never became ready."""
        if not self._closed and running.ready.exception() is None:
            self._keep(asyncio.create_task(self.start()))

    def _keep(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(self, job: Job, limits: Limits, progress: Progress | None = None) -> Event:
        """The result of a job. The time that the process needs to start does not count against its limits.

        Raises `Died`, `Interrupted`, `Overrun` or `Unfit`. Cancelling tells the process to abandon the job; if it
        does not do so within `CANCELLING`, it is killed.
        """
        return await (await self.ready()).do(job, limits, progress)

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()

    async def close(self) -> None:
        """End the process for good, and wait until its readers and its scratch folder are gone too."""
        async with self._starting:
            self._closed = True
        self.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _born(role: str, quiet: bool) -> "_Running":
    scratch = tempfile.mkdtemp(prefix=SCRATCH)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "generation.serve.worker", role,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if quiet else None,
            cwd=Path(__file__).parents[2],
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"TMPDIR": scratch} | FRUGAL,
            start_new_session=True,
        )  # fmt: skip
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return _Running(role, process, scratch)


class _Running:
    """One process from its start to its death."""

    def __init__(self, role: str, process: asyncio.subprocess.Process, scratch: str) -> None:
        self.process, self.dead = process, False
        self._role, self._scratch = role, scratch
        self._jobs: dict[int, _Held] = {}
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.ready.add_done_callback(lambda ready: ready.exception())  # or asyncio complains if nobody awaits it
        self._watch = Watch(process.pid)
        self._watched: tuple[_Held | None, Limits] | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._follow()
        self.reader = asyncio.create_task(self._read())

    async def do(self, job: Job, limits: Limits, progress: Progress | None) -> Event:
        if self.dead:
            raise Interrupted
        assert self.process.stdin is not None
        framed = frame(job)
        held = self._jobs[job.id] = _Held(self._loop.create_future(), limits, progress)
        self._follow()
        try:
            self.process.stdin.write(framed)
            with contextlib.suppress(ConnectionError):  # the reader notices that the process has ended
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
        """Apply the limits of the process's present duty, if that is a new one: to start, acknowledge or do a job."""
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
                self._receive(parse_event(await self.process.stdout.readexactly(size)))
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

    def _receive(self, event: Event) -> None:
        if event.trace:
            log.error("the %s process: %s\n%s", self._role, event.fault, event.trace)
        self._watch.heard()
        if event.id == 0:
            if event.fault:
                self.ready.set_exception(Unfit(event.fault))
                self.kill()
            else:
                self.ready.set_result(None)
                self._follow()
        elif held := self._jobs.get(event.id):
            begun, held.taken = held.taken, True
            if event.progress is None:
                del self._jobs[event.id]
                if not held.result.done():
                    held.result.set_result(event)
            elif (
                begun and held.progress is not None and not held.result.done()
            ):  # the first message only acknowledges the job, which may yet be refused
                held.progress(event.progress)
            self._follow()

    def _bury(self, why: type[Exception]) -> None:
        """Fail all jobs: the first with `why` if the process had acknowledged it, all others with `Interrupted`."""
        for held in self._jobs.values():
            if not held.result.done():
                held.result.set_exception(why() if held.taken else Interrupted())
            why = Interrupted
        self._jobs.clear()

    def kill(self) -> None:
        """Kill the process and all that it started, at once."""
        self.dead = True
        self._stop_looking()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
