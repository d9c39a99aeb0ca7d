"""The studio: the pool of worker processes, seen from an event loop. Imports neither torch nor music21 nor numpy."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from generation.request import Refusal, Reply, Request, Told, Words
from generation.serve.child import Child, Died, Interrupted, Overrun, Progress, Unfit
from generation.serve.watch import Limits
from generation.serve.wire import Done, Job

__all__ = ["Progress", "Studio", "StudioFault"]

log = logging.getLogger("encore.studio")

READING = Limits(5.0, 5.0)
REHEARSING = Limits(7.0, 5.0)
SCORING = Limits(240.0, 5.0)
SAMPLING = Limits(60.0, 5.0)  # plus one second of work for each second of all takes together
FINISHING = Limits(60.0, 5.0)  # plus one second of work for each second of music: seven times what 15 parts need
ALONE_SECONDS = 3.0  # before a second craft starts, unless the first answer goes out sooner
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


class StudioFault(Told):
    """Something went wrong on Encore's side; the words are safe to show to a user."""


@dataclass(frozen=True, eq=False)
class Turn:
    """A job's place in the queue for a craft.

    came   the process, once it is the job's turn
    liked  processes that would do this job faster, because they have rehearsed its input
    """

    came: asyncio.Future[Child]
    liked: Sequence[Child]


class Studio:
    """One process that samples for all requests at once, and a few (“crafts”) that read files and finish takes.

    crafts      the number of processes that read and finish
    performer   "model"; or "echo", a stand-in for tests that repeats the input
    quiet       discard the processes' standard error
    """

    def __init__(self, crafts: int = 2, performer: str = "model", quiet: bool = False) -> None:
        self._model = Child(performer, quiet)
        self._crafts = [Child("craft", quiet) for _ in range(crafts)]
        self._idle: list[Child] = []
        # Reading goes first: it is short, and the sooner takes begin, the more of them share a step of the model.
        self._waiting: dict[str, deque[Turn]] = {"read": deque(), "finish": deque(), "rehearse": deque()}
        self._ids = count(1)
        self._answered = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()  # tasks that nobody awaits, kept from the garbage collector

    @property
    def pids(self) -> dict[str, list[int]]:
        """The ids of the running processes: the model's (or the echo's) and the crafts'."""
        crafts = [child.pid for child in self._crafts if child.pid]
        return {self._model.stage: [self._model.pid] if self._model.pid else [], "craft": crafts}

    async def __aenter__(self) -> Self:
        self._idle += self._crafts[:1]
        try:
            await asyncio.gather(self._model.start(), *(child.start() for child in self._crafts[:1]))
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
        await asyncio.gather(self._model.ready(), *(child.ready() for child in self._crafts))

    async def _start_others(self) -> None:
        """Start the other crafts one by one: the first answer needs only one, and is faster while nothing else runs."""
        for before, child in pairwise(self._crafts):
            with contextlib.suppress(Died, Unfit):
                await before.ready()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), ALONE_SECONDS)
            with contextlib.suppress(Died, Unfit):  # the next job that is given to it raises this again
                await child.ready()
            self._give_back(child)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all processes, busy or not; requests in progress end in a `StudioFault`."""
        await asyncio.gather(self._model.close(), *(child.close() for child in self._crafts))
        self._answered.set()  # so that `_start_others` stops waiting
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def play(self, request: Request, progress: Progress | None = None) -> Reply:
        """Turn a request into files. Raises `Refusal` if the user can correct the problem, `StudioFault` if we must.

        `progress` is called now and then with the share of the sampling that is done, 0 … 1. Cancelling frees the
        processes at once. The reply's timings are the seconds of each stage; `wait` is the rest: time spent in the
        queue or while processes started.
        """
        began = perf_counter()
        heard = Done(0)
        if request.data is not None:
            heard = await self._craft(Job(0, "read", request), READING)
        bare = replace(request, data=b"" if request.data is not None else None)
        limits = _longer(SAMPLING, request.seconds * request.takes)
        async with self._rehearsed(Job(0, "rehearse", bare, heard.reading)) as ready:
            sampled = await self._ask(self._model, Job(0, "sample", bare, heard.reading), limits, progress)
        worked = perf_counter()
        jobs = [Job(0, "finish", bare, heard.reading, whole, take) for take, whole in enumerate(sampled.wholes)]
        limits = _longer(FINISHING, heard.lasts + request.seconds)
        finished = await _all([self._craft(job, limits, ready) for job in jobs])
        timings = {"read": heard.seconds, "sample": sampled.seconds, "finish": perf_counter() - worked}
        timings["wait"] = perf_counter() - began - sum(timings.values())
        about = finished[0].about
        assert about is not None
        self._answered.set()
        return replace(about, takes=tuple(done.take for done in finished if done.take is not None), timings=timings)

    async def check(self, request: Request) -> None:
        """Raise `Refusal` if a request's file holds no melody, so that it need not queue first."""
        if request.data is not None:
            await self._craft(Job(0, "read", request), READING)

    async def score(self, request: Request, since: float, alone: bool = False) -> dict[str, int | float | None]:
        """The fields of `generation.model.likelihood.Nats` for the notes that start at or after `since` seconds;
        `alone`: as if no notes came before them. Raises as `play` does."""
        heard = await self._craft(Job(0, "read", request, since=since), READING)
        job = Job(0, "score", replace(request, data=b""), heard.reading, since=since, alone=alone)
        return (await self._ask(self._model, job, SCORING)).nats

    @contextlib.asynccontextmanager
    async def _rehearsed(self, job: Job) -> AsyncIterator[list[Child]]:
        """While the block runs, let idle crafts render the input beforehand. Yields the list of crafts that have begun
        to, which grows meanwhile."""
        at_it: list[Child] = []
        wanted = min(job.request.takes, len(self._crafts)) if job.reading else 0
        rehearsals = [asyncio.create_task(self._rehearse(job, at_it)) for _ in range(wanted)]
        for rehearsal in rehearsals:
            self._keep(rehearsal)
        try:
            yield at_it
        finally:
            for rehearsal in rehearsals[len(at_it) :]:  # they start in order; one that has begun cannot be stopped
                rehearsal.cancel()

    async def _rehearse(self, job: Job, at_it: list[Child]) -> None:
        async with self._borrowed(job.stage) as child:
            at_it.append(child)
            with contextlib.suppress(Refusal, StudioFault):  # finishing the takes raises it again, to the right caller
                await self._ask(child, job, REHEARSING)

    async def _craft(self, job: Job, limits: Limits, liked: Sequence[Child] = ()) -> Done:
        async with self._borrowed(job.stage, liked) as child:
            try:
                return await self._ask(child, job, limits)
            except asyncio.CancelledError:
                child.kill()  # a craft reads no messages while it works
                raise

    @contextlib.asynccontextmanager
    async def _borrowed(self, stage: str, liked: Sequence[Child] = ()) -> AsyncIterator[Child]:
        """Lend a craft as soon as one is idle, preferably one of `liked`; take it back after the block."""
        if self._idle:
            child = next((child for child in liked if child in self._idle), self._idle[-1])
            self._idle.remove(child)
        else:
            turn = Turn(asyncio.get_running_loop().create_future(), liked)
            self._waiting[stage].append(turn)
            try:
                child = await turn.came
            except asyncio.CancelledError:
                if turn.came.done() and not turn.came.cancelled():  # it came just as this task was cancelled
                    self._give_back(turn.came.result())
                raise
        try:
            yield child
        finally:
            self._give_back(child)

    def _give_back(self, child: Child) -> None:
        """Lend a craft to the next in the queue, by preference to one that likes it or likes none in particular."""
        for line in self._waiting.values():
            waiting = [turn for turn in line if not turn.came.done()]
            line.clear()
            line.extend(waiting)
            if waiting:
                turn = next((turn for turn in waiting if child in turn.liked or not turn.liked), waiting[0])
                line.remove(turn)
                turn.came.set_result(child)
                return
        self._idle.append(child)

    async def _ask(self, child: Child, job: Job, limits: Limits, progress: Progress | None = None) -> Done:
        """The result of a job, which is tried again if the process dies. Raises `Refusal` or `StudioFault`."""
        deaths = interruptions = 0
        while deaths < DEATHS and interruptions < INTERRUPTIONS:
            job = replace(job, id=next(self._ids))
            try:
                done = await child.ask(job, limits, progress)
            except Interrupted:
                interruptions += 1
                continue
            except Died:
                deaths += 1
                log.warning("the %s process died at work (%s)", child.stage, job.stage)
                continue
            except Overrun as error:
                log.warning("%s took more than %.0f s of work and was killed", job.stage, limits.work)
                raise Refusal(TOO_HARD[job.stage]) from error
            except Unfit as error:
                raise StudioFault(error.words) from error
            if done.refusal:
                raise Refusal(done.refusal)
            if done.fault:
                raise StudioFault(done.fault)
            return done
        if job.stage == "read":
            raise Refusal(DEADLY)
        raise StudioFault(
            "Encore crashed twice on this piece ({stage}) and has been restarted. Ask again.", stage=job.stage
        )


def _longer(limits: Limits, seconds: float) -> Limits:
    """Limits that allow `seconds` more of CPU time."""
    return replace(limits, work=limits.work + seconds)


async def _all(jobs: Sequence[Coroutine[Any, Any, Done]]) -> list[Done]:
    """All results in order; or, after cancelling the other jobs, raise the first error."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
