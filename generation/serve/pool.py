"""The pool of worker processes, seen from an event loop. Imports neither torch nor music21 nor numpy."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import replace
from itertools import count, pairwise
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from generation.request import MOST_SECONDS, Refusal, Reply, Request, Take, Told, Words
from generation.serve.lending import RenderWorkers
from generation.serve.watch import Limits
from generation.serve.wire import Event, Job
from generation.serve.worker_process import Died, Interrupted, Overrun, Progress, Unfit, WorkerProcess

__all__ = ["Progress", "WorkerFault", "WorkerPool"]

log = logging.getLogger("encore.pool")

READING = Limits(5.0, 5.0)
REHEARSING = Limits(7.0, 5.0)
SCORING = Limits(240.0, 5.0)
SAMPLING = Limits(60.0, 5.0)  # plus one second of work for each second of all takes together
FINISHING = Limits(60.0, 5.0)  # plus one second of work for each second of music: seven times what 15 parts need
ALONE_SECONDS = 3.0  # before a second render worker starts, unless the first answer goes out sooner
TOO_HARD = {
    "read": Words("This file took more than 5 s to read. Send a shorter or simpler one."),
    "rehearse": Words("This piece took too long to render. Send a shorter one."),
    "finish": Words("This piece took too long to render. Ask for fewer seconds."),
    "sample": Words("This piece took too long to play. Ask for fewer seconds or fewer takes."),
    "score": Words("This piece took too long to score. Send a shorter one."),
}
DEADLY = Words("This file cannot be read: the attempt crashed twice. Export it again, as MIDI if you can.")
DEATHS = 2  # processes that one job may kill before it is given up
INTERRUPTIONS = 8  # times that a job may lose its process through no fault of its own


class WorkerFault(Told):
    """Something went wrong on Encore's side; the words are safe to show to a user."""


class WorkerPool:
    """One process that samples for all requests at once, and a few (“renderers”) that read files and finish takes.

    renderers  the number of processes that read and finish
    model      "model"; or "echo", a stand-in for tests that repeats the input
    quiet      discard the processes' standard error
    """

    def __init__(self, renderers: int = 2, model: str = "model", quiet: bool = False) -> None:
        self._model = WorkerProcess(model, quiet)
        self._renderers = RenderWorkers(renderers, quiet)
        self._ids = count(1)
        self._answered = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()  # tasks that nobody awaits, kept from the garbage collector

    @property
    def pids(self) -> dict[str, list[int]]:
        """The ids of the running processes: the model's (or the echo's) and the renderers'."""
        renderers = [worker.pid for worker in self._renderers.all if worker.pid]
        return {self._model.role: [self._model.pid] if self._model.pid else [], "render": renderers}

    async def __aenter__(self) -> Self:
        try:
            await asyncio.gather(self._model.start(), *(worker.start() for worker in self._renderers.all[:1]))
            self._keep(asyncio.create_task(self._start_others()))
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ready(self) -> None:
        """Wait until all processes can work. Raises `Died` or `Unfit` if one cannot."""
        await asyncio.gather(self._model.ready(), *(worker.ready() for worker in self._renderers.all))

    async def first_ready(self) -> None:
        """Wait until a request can be played: until the model and one renderer are ready. Raises as `ready` does."""
        await asyncio.gather(self._model.ready(), self._renderers.all[0].ready())

    async def _start_others(self) -> None:
        """Start the other renderers one by one: the first answer needs only one, and comes sooner while nothing else
        runs."""
        for before, worker in pairwise(self._renderers.all):
            with contextlib.suppress(Died, Unfit):
                await before.ready()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), ALONE_SECONDS)
            with contextlib.suppress(Died, Unfit):  # the next job that is given to it raises this again
                await worker.ready()
            self._renderers.give_back(worker)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all processes, busy or not; requests in progress end in a `WorkerFault`."""
        await asyncio.gather(self._model.close(), *(worker.close() for worker in self._renderers.all))
        self._answered.set()  # so that `_start_others` stops waiting
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def play(self, request: Request, progress: Progress | None = None, ticket: str = "") -> Reply:
        """Turn a request into files. Raises `Refusal` if the user can correct the problem, `WorkerFault` if we must.
        The pool has no queue of its own, so it does not look at `ticket`; see `engine.Engine`.

        `progress` is called now and then with the share of the sampling that is done, 0 … 1. Cancelling frees the
        processes at once. The reply's timings are the seconds of each stage; `wait` is the rest: time spent in the
        queue or while processes started.
        """
        began = perf_counter()
        heard = Event(0)
        if request.data is not None:
            heard = await self._ask_renderer(Job(0, "read", request), READING)
        longest = MOST_SECONDS if request.bars else request.seconds
        if request.accompany or request.redo:
            longest = max(heard.lasts, MOST_SECONDS if request.redo else 0.0)
        kept, played = (request.wholes, ()) if request.redo else ((), request.wholes)
        bare = replace(request, data=b"" if request.data is not None else None, wholes=kept)
        limits = _longer(SAMPLING, longest * request.takes)
        if len(played) >= request.takes:
            sampled, ready = Event(0), list[WorkerProcess]()
            if progress is not None:
                progress(1.0)
        else:
            others = replace(bare, seed=request.seed + len(played), takes=request.takes - len(played))
            async with self._rehearsed(Job(0, "rehearse", others, heard.reading)) as ready:
                sampled = await self._ask(self._model, Job(0, "sample", others, heard.reading), limits, progress)
        worked = perf_counter()
        wholes = [*played, *sampled.wholes]
        asked = replace(bare, data=request.data) if request.recording else bare
        jobs = [Job(0, "finish", asked, heard.reading, whole, take) for take, whole in enumerate(wholes)]
        limits = _longer(FINISHING, heard.lasts + longest)
        finished = await _all([self._ask_renderer(job, limits, ready) for job in jobs])
        timings = {"read": heard.seconds, "sample": sampled.seconds, "finish": perf_counter() - worked}
        timings["wait"] = perf_counter() - began - sum(timings.values())
        about = finished[0].about
        assert about is not None
        self._answered.set()
        takes = [event.take for event in finished if event.take is not None]
        _same_arithmetic(request, takes[len(played) :])
        named = tuple(replace(take, whole=whole) for take, whole in zip(takes, wholes, strict=True))
        return replace(about, takes=named, timings=timings)

    async def check(self, request: Request) -> None:
        """Raise `Refusal` if a request's file holds no melody, so that it need not queue first."""
        if request.data is not None:
            await self._ask_renderer(Job(0, "read", request), READING)

    async def score(self, request: Request, since: float, alone: bool = False) -> dict[str, int | float | None]:
        """The fields of `generation.model.likelihood.Nats` for the notes that start at or after `since` seconds;
        `alone`: as if no notes came before them. Raises as `play` does."""
        heard = await self._ask_renderer(Job(0, "read", request, since=since), READING)
        job = Job(0, "score", replace(request, data=b""), heard.reading, since=since, alone=alone)
        return (await self._ask(self._model, job, SCORING)).nats

    @contextlib.asynccontextmanager
    async def _rehearsed(self, job: Job) -> AsyncIterator[list[WorkerProcess]]:
        """While the block runs, let idle renderers render the input beforehand. Yields the list of those that have
        begun to, which grows meanwhile."""
        at_it: list[WorkerProcess] = []
        wanted = min(job.request.takes, len(self._renderers.all)) if job.reading else 0
        rehearsals = [asyncio.create_task(self._rehearse(job, at_it)) for _ in range(wanted)]
        for rehearsal in rehearsals:
            self._keep(rehearsal)
        try:
            yield at_it
        finally:
            for rehearsal in rehearsals[len(at_it) :]:  # they start in order; one that has begun cannot be stopped
                rehearsal.cancel()

    async def _rehearse(self, job: Job, at_it: list[WorkerProcess]) -> None:
        async with self._renderers.lent(job.stage) as worker:
            at_it.append(worker)
            with contextlib.suppress(Refusal, WorkerFault):  # finishing the takes raises it again, to the right caller
                await self._ask(worker, job, REHEARSING)

    async def _ask_renderer(self, job: Job, limits: Limits, liked: Sequence[WorkerProcess] = ()) -> Event:
        async with self._renderers.lent(job.stage, liked) as worker:
            try:
                return await self._ask(worker, job, limits)
            except asyncio.CancelledError:
                worker.kill()  # a render worker reads no messages while it works
                raise

    async def _ask(self, worker: WorkerProcess, job: Job, limits: Limits, progress: Progress | None = None) -> Event:
        """The result of a job, which is tried again if the process dies. Raises `Refusal` or `WorkerFault`."""
        deaths = interruptions = 0
        while deaths < DEATHS and interruptions < INTERRUPTIONS:
            job = replace(job, id=next(self._ids))
            try:
                event = await worker.ask(job, limits, progress)
            except Interrupted:
                interruptions += 1
                continue
            except Died:
                deaths += 1
                log.warning("the %s process died at work (%s)", worker.role, job.stage)
                continue
            except Overrun as error:
                log.warning("%s took more than %.0f s of work and was killed", job.stage, limits.work)
                raise Refusal(TOO_HARD[job.stage]) from error
            except Unfit as error:
                raise WorkerFault(error.words) from error
            if event.refusal:
                raise Refusal(event.refusal)
            if event.fault:
                raise WorkerFault(event.fault)
            return event
        if job.stage == "read":
            raise Refusal(DEADLY)
        raise WorkerFault("Encore crashed twice on this piece and has been restarted. Ask again.")


def _same_arithmetic(request: Request, takes: Sequence[Take]) -> None:
    """Raise `Refusal` if these takes were made with other arithmetic than the one that was asked for."""
    for take in takes:
        if request.arithmetic not in ("", take.arithmetic):
            raise Refusal(
                "That take was played with other arithmetic ({asked}) than this machine's ({own}), so its seed gives "
                "other notes here. Leave the arithmetic out to hear them.",
                asked=request.arithmetic[:80],
                own=take.arithmetic,
            )


def _longer(limits: Limits, seconds: float) -> Limits:
    """Limits that allow `seconds` more of CPU time."""
    return replace(limits, work=limits.work + seconds)


async def _all(jobs: Sequence[Coroutine[Any, Any, Event]]) -> list[Event]:
    """All results in order; or, after cancelling the other jobs, raise the first error."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
