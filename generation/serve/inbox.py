"""A worker's inbox and outbox: jobs come in, results go out, and every error becomes an answer."""

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
from generation.serve.wire import SCRATCH, Event, Job, frame, read_job

SIGNS_A_SECOND = 10  # reports of progress for one job, at most
LONGEST_TRACE = 8_000  # characters

Work = Callable[[Job], Event]
log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 — not an error
    """Nobody wants the result any more."""


class Inbox:
    """The jobs that a worker is sent and the results that it sends. A thread of its own reads the jobs, so that a
    cancellation is noticed during work; when their stream ends, so does the process."""

    def __init__(self, jobs: BinaryIO, results: BinaryIO) -> None:
        self._in, self._out = jobs, results
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._told: dict[int, tuple[float, float]] = {}  # job → when its progress was last reported, and the share
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (job := read_job(self._in)) is not None:
            if job.stage == "cancel":
                self._cancelled.add(job.id)
            else:
                self._jobs.put(job)
        leave()

    def take(self) -> Job:
        """Wait for the next job and acknowledge it."""
        job = self._jobs.get()
        self.send(Event(job.id, progress=0.0))
        return job

    def waiting(self) -> bool:
        """Whether there is a job to take."""
        return not self._jobs.empty()

    def send(self, event: Event) -> None:
        if event.progress is None:
            self._told.pop(event.id, None)
        self._out.write(frame(event))
        self._out.flush()

    def check(self, job: Job) -> None:
        """Raise `Cancelled` if the job was cancelled."""
        if job.id in self._cancelled:
            raise Cancelled

    def tell(self, job: Job, share: float) -> None:
        """Report the share of a job that is done, 0 … 1, at most `SIGNS_A_SECOND` times a second; never less than
        before, though a take may be played again. Raises `Cancelled` if the job was cancelled."""
        self.check(job)
        when, told = self._told.get(job.id, (0.0, 0.0))
        if perf_counter() - when > 1 / SIGNS_A_SECOND:
            told = max(told, share)
            self._told[job.id] = perf_counter(), told
            self.send(Event(job.id, progress=told))


def guarded(work: Work, job: Job, inbox: Inbox) -> Event:
    """Do a job and answer it in every case: an error becomes a refusal or a fault."""
    began = perf_counter()
    try:
        inbox.check(job)
        event = work(job)
    except Cancelled:
        event = Event(job.id, refusal=Words("Cancelled."))
    except Refusal as refusal:
        event = Event(job.id, refusal=refusal.words)
    except Exception as error:
        leave_if_lost(error)
        if isinstance(error, MemoryError) or "allocate memory" in str(error):  # numpy, Python; torch
            too_large = Words("This piece needs more memory than there is. Send a shorter or simpler one.")
            event = Event(job.id, refusal=too_large)
        else:
            event = fault(job.id, "Something went wrong on Encore's side with this piece. It is in the log; try again.")
    return replace(event, seconds=perf_counter() - began)


def fault(job: int, template: str, **values: Value) -> Event:
    """The answer for an error of ours, with its traceback for the log. Call it in the `except` block."""
    return Event(job, fault=Words(template, **values), trace=traceback.format_exc()[-LONGEST_TRACE:])


def leave_if_lost(error: Exception) -> None:
    """Exit if the error means that the GPU is lost: only a new process can work again, on the CPU if need be."""
    if type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error):
        log.error("the GPU is lost: %.200s", error)
        leave()


def leave() -> None:
    """Exit at once, together with all processes that this one started, and delete its scratch folder."""
    scratch = Path(tempfile.gettempdir())
    if scratch.name.startswith(SCRATCH):
        shutil.rmtree(scratch, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
