"""The studio: the processes that make music, seen from an event loop. Imports neither torch nor music21 nor numpy."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from generation.request import Refusal, Reply, Request
from generation.wire import HEADER, LARGEST, Done, Job, frame, parse_done

log = logging.getLogger("encore.studio")

READ_SECONDS = 10.0
FINISH_SECONDS = 90.0
SAMPLE_SECONDS = 60.0  # and the wished length of every take on top
TOO_HARD = {
    "read": "This file took more than 10 s to read. Send a shorter or simpler one.",
    "finish": "This piece took too long to render. Ask for fewer seconds.",
    "sample": "This piece took too long to play. Ask for fewer seconds or takes.",
    "score": "This piece took too long to score. Send a shorter one.",
}
# What the processes may see of our environment; tokens and database addresses are not among it.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH",
             "PYTHONPATH", "PYTHONWARNINGS", "OMP_NUM_THREADS", "SYSTEMROOT", "ENCORE_MODELS")  # fmt: skip

Progress = Callable[[float], None]


class StudioFault(Exception):  # noqa: N818 — a fault of ours, in a sentence that a user may see
    """Something of ours went wrong; the message is safe to show."""


class _Died(Exception):  # noqa: N818
    """The process went away with work in hand."""


class _Process:
    """One child process: jobs go in, results come out; it can be killed at any time and starts again when needed."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self._child: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, tuple[asyncio.Future[Done], Progress | None]] = {}
        self._starting = asyncio.Lock()

    async def start(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._child is None or self._child.returncode is not None:
                self._child = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "generation.worker", self.stage,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                    cwd=Path(__file__).parent.parent,
                    env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
                    start_new_session=True,
                )  # fmt: skip
                self._reader = asyncio.create_task(self._read(self._child))
            return self._child

    async def ask(self, job: Job, seconds: float, progress: Progress | None = None) -> Done:
        """The result of a job. `_Died` if the process dies meanwhile, TimeoutError after `seconds`."""
        child = await self.start()
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting[job.id] = (future, progress)
        try:
            assert child.stdin is not None
            child.stdin.write(frame(job))
            with contextlib.suppress(ConnectionError):  # a process that is gone is noticed by its reader
                await child.stdin.drain()
            return await asyncio.wait_for(future, seconds)
        finally:
            self._waiting.pop(job.id, None)

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        try:
            while True:
                (size,) = HEADER.unpack(await child.stdout.readexactly(HEADER.size))
                if size > LARGEST:
                    break
                done = parse_done(await child.stdout.readexactly(size))
                future, progress = self._waiting.get(done.id, (None, None))
                if done.progress is not None and progress is not None:
                    progress(done.progress)
                elif done.progress is None and future is not None and not future.done():
                    future.set_result(done)
        except asyncio.IncompleteReadError:
            pass
        finally:
            self.kill()
            await child.wait()
            for future, _ in self._waiting.values():
                if not future.done():
                    future.set_exception(_Died(self.stage))

    def kill(self) -> None:
        """End the process and all that it started, now."""
        if self._child is not None and self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Let the process end by itself, or kill it after two seconds."""
        if self._child is None or self._reader is None:
            return
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            await asyncio.wait_for(self._child.wait(), 2)
        except TimeoutError:
            self.kill()
        await asyncio.gather(self._reader, return_exceptions=True)


class Studio:
    """One process that samples, for all, and a few that read and finish.

    `performer="echo"` puts a stand-in in the model's place that plays the input again: for tests.
    """

    def __init__(self, crafts: int = 2, performer: str = "model") -> None:
        self._model = _Process(performer)
        self._crafts = [_Process("craft") for _ in range(crafts)]
        self._idle: asyncio.Queue[_Process] = asyncio.Queue()
        self._ids = count(1)

    async def __aenter__(self) -> Self:
        for process in self._crafts:
            self._idle.put_nowait(process)
        await asyncio.gather(self._model.start(), *(process.start() for process in self._crafts))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(self._model.close(), *(process.close() for process in self._crafts))

    async def play(self, request: Request, progress: Progress | None = None) -> Reply:
        """From attachment to files. Raises `Refusal` for what the user can mend and `StudioFault` for what we must."""
        timings: dict[str, float] = {}
        reading = b""
        if request.data is not None:
            heard = await self._craft(Job(0, "read", request), READ_SECONDS)
            reading, timings["read"] = heard.reading, heard.seconds
        bare = replace(request, data=b"" if request.data is not None else None)
        allowed = SAMPLE_SECONDS + request.seconds * request.takes
        sampled = await self._sample(Job(0, "sample", bare, reading), allowed, progress)
        timings["sample"] = sampled.seconds
        jobs = [Job(0, "finish", bare, reading, whole, take) for take, whole in enumerate(sampled.wholes)]
        finished = await _all([self._craft(job, FINISH_SECONDS) for job in jobs])
        timings["finish"] = max(done.seconds for done in finished)
        takes = tuple(done.take for done in finished if done.take is not None)
        return Reply(takes=takes, timings=timings, **finished[0].facts)  # type: ignore[arg-type]

    async def score(self, request: Request, since: float) -> dict[str, int | float | None]:
        """Nats of the notes that start at or after `since` seconds; see `generation.score`."""
        heard = await self._craft(Job(0, "read", request), READ_SECONDS)
        job = Job(0, "score", replace(request, data=b""), heard.reading, since=since)
        return (await self._sample(job, SAMPLE_SECONDS * 4, None)).nats

    async def _sample(self, job: Job, seconds: float, progress: Progress | None) -> Done:
        return await self._twice(self._model, job, seconds, progress)

    async def _craft(self, job: Job, seconds: float) -> Done:
        process = await self._idle.get()
        try:
            return await self._twice(process, job, seconds, None)
        except asyncio.CancelledError:
            process.kill()  # nobody waits for what it does
            raise
        finally:
            self._idle.put_nowait(process)

    async def _twice(self, process: _Process, job: Job, seconds: float, progress: Progress | None) -> Done:
        """Ask, and once more if the process dies of it."""
        for last in (False, True):
            job = replace(job, id=next(self._ids))
            try:
                done = await process.ask(job, seconds, progress)
            except TimeoutError as error:
                process.kill()
                log.warning("%s took more than %.0f s and was killed", job.stage, seconds)
                raise Refusal(TOO_HARD[job.stage]) from error
            except _Died as error:
                log.warning("the %s process died at work (%s)", process.stage, job.stage)
                if last:
                    what = f"Encore's {job.stage} process died twice at this request. It has been restarted; try again."
                    raise StudioFault(what) from error
                continue
            if done.refusal:
                raise Refusal(done.refusal)
            if done.fault:
                raise StudioFault(done.fault)
            return done
        raise AssertionError("not reached")


async def _all(jobs: Sequence[Coroutine[Any, Any, Done]]) -> list[Done]:
    """All results, or the first error once the others are cancelled."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
