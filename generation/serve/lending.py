"""The render workers of a pool, each lent to one job at a time, in the order that makes the pool fastest."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from generation.serve.worker_process import WorkerProcess


@dataclass(frozen=True, eq=False)
class Turn:
    """A job's place in the queue for a render worker.

    came   the process, once it is the job's turn
    liked  processes that would do this job faster, because they have rehearsed its input
    """

    came: asyncio.Future[WorkerProcess]
    liked: Sequence[WorkerProcess]


class RenderWorkers:
    """`all` of them; the first is lent from the start, the others from when they are first given back."""

    def __init__(self, count: int, quiet: bool) -> None:
        self.all = [WorkerProcess("render", quiet) for _ in range(count)]
        self._idle = self.all[:1]
        # Reading goes first: it is short, and the sooner takes begin, the more of them share a step of the model.
        self._waiting: dict[str, deque[Turn]] = {"read": deque(), "finish": deque(), "rehearse": deque()}

    @contextlib.asynccontextmanager
    async def lent(self, stage: str, liked: Sequence[WorkerProcess] = ()) -> AsyncIterator[WorkerProcess]:
        """Lend a render worker as soon as one is idle, preferably one of `liked`; take it back after the block."""
        if self._idle:
            worker = next((worker for worker in liked if worker in self._idle), self._idle[-1])
            self._idle.remove(worker)
        else:
            turn = Turn(asyncio.get_running_loop().create_future(), liked)
            self._waiting[stage].append(turn)
            try:
                worker = await turn.came
            except asyncio.CancelledError:
                if turn.came.done() and not turn.came.cancelled():  # it came just as this task was cancelled
                    self.give_back(turn.came.result())
                raise
        try:
            yield worker
        finally:
            self.give_back(worker)

    def give_back(self, worker: WorkerProcess) -> None:
        """Lend a render worker to the next in the queue, by preference to one that likes it or has no preference."""
        for queue in self._waiting.values():
            waiting = [turn for turn in queue if not turn.came.done()]
            queue.clear()
            queue.extend(waiting)
            if waiting:
                turn = next((turn for turn in waiting if worker in turn.liked or not turn.liked), waiting[0])
                queue.remove(turn)
                turn.came.set_result(worker)
                return
        self._idle.append(worker)
