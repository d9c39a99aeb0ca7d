"""A process that makes music: `python -m generation.serve.worker model` samples, `… craft` reads and finishes.

Jobs come in by standard input, results go out by standard output. The end of the input is the end of the process,
whatever it does just then: nobody waits for it any more.
"""

import contextlib
import logging
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from generation.request import Refusal
from generation.serve.confine import confine
from generation.serve.desk import Desk, Work, fault, guarded, leave
from generation.serve.pack import pack_melody, pack_reading, unpack_melody, unpack_reading
from generation.serve.wire import Done, Job

# Bytes of address space that a job may take beyond what the process has when it is ready.
MEMORY = {"read": 512 * 2**20, "rehearse": 2**30, "finish": 3 * 2**30, "sample": 4 * 2**30, "score": 4 * 2**30}

Serve = Callable[[], NoReturn]


def craft(desk: Desk) -> Serve:
    """Reads files and finishes takes, one after the other."""
    from generation.finish.sound.render import load

    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(load, 0)  # the piano, while the other half of what is needed is imported
        from generation.read.file import read
        from generation.serve.craft import answer, make, rehearse
        from generation.serve.listen import listen

        loading.result()

    def work(job: Job) -> Done:
        if job.stage == "read":
            # For a score a file is taken at its word: a beat that is found in its notes would know of those to come.
            plain = job.since is not None
            reading = read(job.request.data or b"", job.request.filename) if plain else listen(job.request)
            if reading is None:
                return Done(job.id)
            return Done(job.id, reading=pack_reading(reading), lasts=reading.melody.seconds)
        reading = unpack_reading(job.reading) if job.reading else None
        if job.stage == "rehearse" and reading is not None:
            rehearse(job.request, reading)
            return Done(job.id)
        whole = unpack_melody(job.whole)
        take = make(job.request, reading, whole, job.take)
        return Done(job.id, take=take, about=answer(job.request, reading, whole))

    return lambda: one_by_one(desk, work)


def model(desk: Desk) -> Serve:
    """Plays the takes of all requests at once. `Refusal` if there is no model to do so."""
    from generation.serve.playing import Playing, on_gpu

    playing = Playing(desk)

    def serve() -> NoReturn:
        limit_memory(None if on_gpu() else MEMORY["sample"])  # a GPU's driver claims address space as it likes
        playing.serve()

    return serve


def echo(desk: Desk) -> Serve:
    """Stands in for the model in tests: plays the input again."""
    from generation.play.prompts import prompts
    from generation.serve.echo import again

    def work(job: Job) -> Done:
        if job.stage == "score":
            raise Refusal("There is no model to score with.")
        reading = unpack_reading(job.reading) if job.reading else None
        asked = prompts(job.request, reading)
        desk.tell(job, 0.0)  # as the model does, once it is known that there will be music
        wholes = [again(prompt) for prompt in asked]
        return Done(job.id, wholes=[pack_melody(whole) for whole in wholes])

    return lambda: one_by_one(desk, work)


STAGES = {"craft": craft, "model": model, "echo": echo}


def one_by_one(desk: Desk, work: Work) -> NoReturn:
    """Job after job, each with its own limit of memory."""
    while True:
        job = desk.take()
        limit_memory(MEMORY[job.stage])
        desk.send(guarded(work, job, desk))
        limit_memory(None)


def limit_memory(more: int | None) -> None:
    """Let the process grow by `more` bytes of address space and no further; None: as far as it likes."""
    with contextlib.suppress(OSError, ValueError):  # where the platform has no such limit
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted = resource.RLIM_INFINITY if more is None else pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (wanted, resource.RLIM_INFINITY))


def main(stage: str) -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if stage == "craft":  # it opens what strangers send
        for left in confine(Path(tempfile.gettempdir())):
            logging.warning("the %s process is less confined than it could be: %s", stage, left)
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up among the frames
    desk = Desk(sys.stdin.buffer, results)
    try:
        serve = STAGES[stage](desk)
    except Exception as error:  # told to whoever asks; nothing else can be done
        if isinstance(error, Refusal | OSError):
            why = error.words if isinstance(error, Refusal) else str(error)
            desk.send(fault(0, "Encore's {stage} process cannot start: {why}", stage=stage, why=why))
        else:
            desk.send(fault(0, "Encore's {stage} process cannot start.", stage=stage))
        leave()
    desk.send(Done(0))
    serve()


if __name__ == "__main__":
    main(sys.argv[1])
