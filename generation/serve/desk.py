"""Where a process of ours takes its jobs from and lays its results; whatever goes wrong becomes an answer."""

import logging
import os
import queue
import shutil
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from generation.request import Refusal, Value, Words
from generation.serve.wire import SCRATCH, Done, Job, frame, read_job

SIGNS_A_SECOND = 10  # of progress for a job, at most
LONGEST_TRACE = 8_000  # characters

Work = Callable[[Job], Done]
log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 — not an error
    """Nobody wants the result any more."""


class Desk:
    """Where jobs come in and results go out."""

    def __init__(self, jobs: BinaryIO, results: BinaryIO) -> None:
        self._in, self._out = jobs, results
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._told: dict[int, float] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (job := read_job(self._in)) is not None:
            if job.stage == "cancel":
                self._cancelled.add(job.id)
            else:
                self._jobs.put(job)
        leave()

    def take(self) -> Job:
        """The next job, once there is one; that it is in hand is the first sign of life."""
        job = self._jobs.get()
        self.send(Done(job.id, progress=0.0))
        return job

    def waiting(self) -> bool:
        """Whether there is one already."""
        return not self._jobs.empty()

    def send(self, done: Done) -> None:
        if done.progress is None:
            self._told.pop(done.id, None)
        self._out.write(frame(done))
        self._out.flush()

    def check(self, job: Job) -> None:
        """`Cancelled` if nobody wants the job any more."""
        if job.id in self._cancelled:
            raise Cancelled

    def tell(self, job: Job, share: float) -> None:
        """How far a job is: a sign of life. `Cancelled` as above."""
        self.check(job)
        if perf_counter() - self._told.get(job.id, 0.0) > 1 / SIGNS_A_SECOND:
            self._told[job.id] = perf_counter()
            self.send(Done(job.id, progress=share))


def guarded(work: Work, job: Job, desk: Desk) -> Done:
    """The one place where anything may go wrong: whatever does becomes an answer."""
    began = perf_counter()
    try:
        desk.check(job)
        done = work(job)
    except Cancelled:
        done = Done(job.id, refusal=Words("Cancelled."))
    except Refusal as refusal:
        done = Done(job.id, refusal=refusal.words)
    except Exception as error:
        leave_if_lost(error)
        if isinstance(error, MemoryError) or "allocate memory" in str(error):  # numpy, Python; torch
            too_large = Words("This piece needs more memory than there is. Send a shorter or simpler one.")
            done = Done(job.id, refusal=too_large)
        else:
            done = fault(
                job.id,
                "Something went wrong on Encore's side with this piece ({stage}). It is in the log; try again.",
                stage=job.stage,
            )
    return replace(done, seconds=perf_counter() - began)


def fault(job: int, template: str, **values: Value) -> Done:
    """A fault of ours in words, with its trace for the log; to be called where it was caught."""
    return Done(job, fault=Words(template, **values), trace=traceback.format_exc()[-LONGEST_TRACE:])


def leave_if_lost(error: Exception) -> None:
    """End if a GPU is lost: nothing works in this process any more, but in a new one, on the CPU if need be."""
    if type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error):
        log.error("the GPU is lost: %.200s", error)
        leave()


def leave() -> None:
    """End at once, with all that this process started and wrote for a moment."""
    scratch = Path(tempfile.gettempdir())
    if scratch.name.startswith(SCRATCH):
        shutil.rmtree(scratch, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
