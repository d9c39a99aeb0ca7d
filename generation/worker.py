"""A process that makes music: `python -m generation.worker model` samples, `… craft` reads and finishes.

Jobs come in by standard input, results go out by standard output, and the end of the input is the end of the work.
"""

import logging
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from time import perf_counter
from typing import BinaryIO

import numpy as np

from generation.melody import Melody
from generation.pack import pack_melody, pack_reading, unpack_melody, unpack_reading
from generation.request import Refusal
from generation.wire import Done, Job, frame, read_job

log = logging.getLogger("encore.worker")

CRAFT_MEMORY = 3 * 2**30  # bytes of address space; music21, the engraver and the soundfont take 1.2 GB of it
SILENT_SAMPLES = 10  # signs of progress a second at most


def craft(out: BinaryIO, jobs: "queue.SimpleQueue[Job | None]") -> None:
    """Read files and finish takes, one at a time, under a limit of memory."""
    resource.setrlimit(resource.RLIMIT_AS, (CRAFT_MEMORY, CRAFT_MEMORY))
    from generation import play

    def work(job: Job) -> Done:
        if job.stage == "read":
            reading = play.listen(job.request)
            return Done(job.id, reading=pack_reading(reading) if reading else b"")
        reading, whole = unpack_reading(job.reading) if job.reading else None, unpack_melody(job.whole)
        take = play.make(job.request, reading, whole, job.take)
        facts = play.answer(job.request, reading, whole, (), {})
        told = {name: value for name, value in asdict(facts).items() if name not in ("takes", "timings")}
        return Done(job.id, take=take, facts=told)

    while (job := jobs.get()) is not None:
        out.write(frame(_guarded(work, job)))
        out.flush()


def model(out: BinaryIO, jobs: "queue.SimpleQueue[Job | None]", echo: bool = False) -> None:
    """Sample: all requests that wait are played in one batch."""
    from generation.prompts import prompts
    from generation.sample import load_performer, sample
    from generation.score import score

    performer = None if echo else load_performer()
    said = perf_counter()

    def tell(waiting: Sequence[Job], share: float) -> None:
        nonlocal said
        if perf_counter() - said > 1 / SILENT_SAMPLES:
            said = perf_counter()
            for job in waiting:
                out.write(frame(Done(job.id, progress=share)))
            out.flush()

    def work(job: Job) -> Done:
        reading = unpack_reading(job.reading) if job.reading else None
        if job.stage == "score" and reading is not None and performer is not None:
            return Done(job.id, nats=asdict(score(performer, reading.melody, job.since)))
        wanted = prompts(job.request, reading)
        if performer is None:
            wholes = [_echo(reading.melody if reading else None) for _ in wanted]
        else:
            wholes = sample(performer, wanted, lambda share: tell([job], share))
        return Done(job.id, wholes=[pack_melody(whole) for whole in wholes])

    while (job := jobs.get()) is not None:
        out.write(frame(_guarded(work, job)))
        out.flush()


def _echo(melody: Melody | None) -> Melody:
    """The stand-in for the model in tests: the input once more, or a scale."""
    if melody is None:
        steps = np.arange(4)
        return Melody(steps.astype(float), np.ones(4), 60 + 2 * steps, np.full(4, 80), metre=(4, 4))
    later = np.ceil(melody.end) - np.floor(melody.onset[0])
    return replace(
        melody,
        onset=np.concatenate([melody.onset, melody.onset + later]),
        duration=np.tile(melody.duration, 2),
        pitch=np.tile(melody.pitch, 2),
        velocity=np.tile(melody.velocity, 2),
    )


def _guarded(work: Callable[[Job], Done], job: Job) -> Done:
    """The one place where anything may go wrong: whatever does becomes an answer."""
    began = perf_counter()
    try:
        done = work(job)
    except Refusal as refusal:
        done = Done(job.id, refusal=str(refusal))
    except MemoryError:
        done = Done(job.id, refusal="This piece takes more memory than there is. Send a shorter or simpler one.")
    except Exception:
        log.exception("job %d, %s", job.id, job.stage)
        done = Done(job.id, fault=f"Something went wrong while Encore worked on this ({job.stage}).")
    return replace(done, seconds=perf_counter() - began)


def main(stage: str) -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up among the frames
    jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()

    def listen() -> None:
        while True:
            job = read_job(sys.stdin.buffer)
            jobs.put(job)
            if job is None:
                return

    threading.Thread(target=listen, daemon=True).start()
    if stage == "craft":
        craft(out, jobs)
    else:
        model(out, jobs, echo=stage == "echo")


if __name__ == "__main__":
    main(sys.argv[1])
