"""A process that makes music: `python -m generation.worker model` samples, `… craft` reads and finishes.

Jobs come in by standard input, results go out by standard output, one job after the other. The end of the input is the
end of the process, whatever it does just then: nobody waits for it any more.
"""

import contextlib
import logging
import os
import queue
import resource
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from generation.pack import pack_melody, pack_reading, unpack_melody, unpack_reading
from generation.request import Refusal
from generation.wire import SCRATCH, Done, Job, frame, read_job

# Bytes of address space that a job may take beyond what the process has when it is ready.
MEMORY = {"read": 512 * 2**20, "finish": 3 * 2**30, "sample": 4 * 2**30, "score": 4 * 2**30}
SIGNS_A_SECOND = 10  # of progress, at most
LONGEST_TRACE = 8_000  # characters

Work = Callable[[Job], Done]


class Cancelled(Exception):  # noqa: N818 — not an error
    """Nobody wants the result any more."""


class Desk:
    """Where jobs come in and results go out."""

    def __init__(self, jobs: BinaryIO, results: BinaryIO) -> None:
        self._in, self._out = jobs, results
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._told = perf_counter()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (job := read_job(self._in)) is not None:
            if job.stage == "cancel":
                self._cancelled.add(job.id)
            else:
                self._jobs.put(job)
        leave()

    def take(self) -> Job:
        """The next job, once there is one."""
        return self._jobs.get()

    def send(self, done: Done) -> None:
        self._out.write(frame(done))
        self._out.flush()

    def check(self, job: Job) -> None:
        """`Cancelled` if nobody wants the job any more."""
        if job.id in self._cancelled:
            raise Cancelled

    def tell(self, job: Job, share: float) -> None:
        """How far a job is: a sign of life. `Cancelled` as above."""
        self.check(job)
        if perf_counter() - self._told > 1 / SIGNS_A_SECOND:
            self._told = perf_counter()
            self.send(Done(job.id, progress=share))


def craft(desk: Desk) -> Work:
    """Reads files and finishes takes."""
    from generation.craft import answer, listen, make
    from generation.render import keep_loaded

    def work(job: Job) -> Done:
        if job.stage == "read":
            reading = listen(job.request)
            return Done(job.id, reading=pack_reading(reading) if reading else b"")
        reading, whole = unpack_reading(job.reading) if job.reading else None, unpack_melody(job.whole)
        take = make(job.request, reading, whole, job.take)
        return Done(job.id, take=take, about=answer(job.request, reading, whole))

    keep_loaded(0)  # the piano
    return work


def model(desk: Desk) -> Work:
    """Samples and scores. `Refusal` if there is no model to do so."""
    import torch

    from generation.performer import Performer, performer_for
    from generation.prompts import prompts
    from generation.sample import sample
    from generation.score import score

    # One note at a time is too little work to share: measured on two busy cores, a second thread made it 8 × slower.
    torch.set_num_threads(1)
    ready: dict[Path, tuple[int, Performer]] = {}
    performer_for("auto", ready)

    def work(job: Job) -> Done:
        reading = unpack_reading(job.reading) if job.reading else None
        performer = performer_for(job.request.style, ready)
        if job.stage == "score" and reading is not None:
            return Done(job.id, nats=asdict(score(performer, reading.melody, job.since)))
        wholes = sample(performer, prompts(job.request, reading), lambda share: desk.tell(job, share))
        return Done(job.id, wholes=[pack_melody(whole) for whole in wholes])

    return work


def echo(desk: Desk) -> Work:
    """Stands in for the model in tests: plays the input again."""
    from generation.echo import again
    from generation.prompts import prompts

    def work(job: Job) -> Done:
        if job.stage == "score":
            raise Refusal("There is no model to score with.")
        reading = unpack_reading(job.reading) if job.reading else None
        wholes = [again(prompt) for prompt in prompts(job.request, reading)]
        return Done(job.id, wholes=[pack_melody(whole) for whole in wholes])

    return work


STAGES = {"craft": craft, "model": model, "echo": echo}


def guarded(work: Work, job: Job, desk: Desk) -> Done:
    """The one place where anything may go wrong: whatever does becomes an answer."""
    began = perf_counter()
    try:
        desk.check(job)
        done = work(job)
    except Cancelled:
        done = Done(job.id, refusal="Cancelled.")
    except Refusal as refusal:
        done = Done(job.id, refusal=str(refusal))
    except Exception as error:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):  # numpy, Python; torch
            done = Done(job.id, refusal="This piece takes more memory than there is. Send a shorter or simpler one.")
        else:
            done = _fault(job.id, f"Something of ours went wrong at this piece ({job.stage}). It has been noted.")
    return replace(done, seconds=perf_counter() - began)


def _fault(job: int, sentence: str) -> Done:
    return Done(job, fault=sentence, trace=traceback.format_exc()[-LONGEST_TRACE:])


def limit_memory(more: int | None) -> None:
    """Let the process grow by `more` bytes of address space and no further; None: as far as it likes."""
    with contextlib.suppress(OSError, ValueError):  # where the platform has no such limit
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted = resource.RLIM_INFINITY if more is None else pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (wanted, resource.RLIM_INFINITY))


def leave() -> None:
    """End at once, with all that this process started and wrote for a moment."""
    scratch = Path(tempfile.gettempdir())
    if scratch.name.startswith(SCRATCH):
        shutil.rmtree(scratch, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def main(stage: str) -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up among the frames
    desk = Desk(sys.stdin.buffer, results)
    try:
        work = STAGES[stage](desk)
    except Exception as error:  # told to whoever asks; nothing else can be done
        why = f": {error}" if isinstance(error, Refusal | OSError) else "."
        desk.send(_fault(0, f"Encore's {stage} process cannot start{why}"))
        leave()
    free = stage == "model" and _on_gpu()  # a GPU's driver claims address space as it likes
    desk.send(Done(0))
    while True:
        job = desk.take()
        limit_memory(None if free else MEMORY[job.stage])
        desk.send(guarded(work, job, desk))
        limit_memory(None)


def _on_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


if __name__ == "__main__":
    main(sys.argv[1])
