"""A worker process: `python -m generation.serve.worker model` samples, `… render` reads files and finishes takes.

Jobs arrive on standard input, results leave on standard output. When the input ends, so does the process, even in the
middle of a job: nobody waits for the result any more.
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
from generation.serve.inbox import Inbox, Work, fault, guarded, leave
from generation.serve.pack import pack_played, pack_reading, unpack_played, unpack_reading
from generation.serve.wire import Event, Job

# Bytes of address space that a job may take beyond what the process already has.
MEMORY = {"read": 512 * 2**20, "rehearse": 2**30, "finish": 3 * 2**30, "sample": 4 * 2**30, "score": 4 * 2**30}

Serve = Callable[[], NoReturn]


def render(inbox: Inbox) -> Serve:
    """Read files and finish takes, one after the other."""
    from generation.finish.sound.render import load

    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(load, 0)  # the piano's sounds, while the remaining modules are imported
        from generation.read.file import read
        from generation.serve.listen import listen
        from generation.serve.rendering import answer, make, rehearse

        loading.result()

    def work(job: Job) -> Event:
        if job.stage == "read":
            # Before scoring, no beat is sought in the notes: that would reveal something about the notes to predict.
            plain = job.since is not None
            reading = read(job.request.data or b"", job.request.filename) if plain else listen(job.request)
            if reading is None:
                return Event(job.id)
            return Event(job.id, reading=pack_reading(reading), lasts=reading.song.clock.second(reading.song.end))
        reading = unpack_reading(job.reading) if job.reading else None
        if job.stage == "rehearse" and reading is not None:
            rehearse(job.request, reading)
            return Event(job.id)
        played = unpack_played(job.whole)
        take = make(job.request, reading, played, job.take)
        return Event(job.id, take=take, about=answer(job.request, reading, played))

    return lambda: one_by_one(inbox, work)


def model(inbox: Inbox) -> Serve:
    """Play the takes of all requests at once. Raises `Refusal` if the checkpoint cannot be loaded."""
    from generation.serve.playing import Playing, on_gpu

    playing = Playing(inbox)

    def serve() -> NoReturn:
        limit_memory(None if on_gpu() else MEMORY["sample"])  # a GPU's driver claims address space as it likes
        playing.serve()

    return serve


def echo(inbox: Inbox) -> Serve:
    """Stand in for the model in tests: repeat the input."""
    from generation.play.prompts import band_prompts, of_several, prompts, several
    from generation.serve.echo import again

    def work(job: Job) -> Event:
        if job.stage == "score":
            raise Refusal("There is no model to score with.")
        reading = unpack_reading(job.reading) if job.reading else None
        together = of_several(job.request, reading)
        played = several(unpack_played(job.request.wholes[0])) if job.request.redo else None
        asked = band_prompts(job.request, reading, played) if together else prompts(job.request, reading)
        inbox.tell(job, 0.0)  # as the model does once a request is accepted
        return Event(job.id, wholes=[pack_played(again(prompt)) for prompt in asked])

    return lambda: one_by_one(inbox, work)


ROLES = {"render": render, "model": model, "echo": echo}


def one_by_one(inbox: Inbox, work: Work) -> NoReturn:
    """Do job after job, each within its own memory limit."""
    while True:
        job = inbox.take()
        limit_memory(MEMORY[job.stage])
        inbox.send(guarded(work, job, inbox))
        limit_memory(None)


def limit_memory(more: int | None) -> None:
    """Let the process grow by at most `more` bytes of address space; None lifts the limit."""
    with contextlib.suppress(OSError, ValueError):  # some platforms have no such limit
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted = resource.RLIM_INFINITY if more is None else pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (wanted, resource.RLIM_INFINITY))


def main(role: str) -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if role == "render":  # the one kind that opens strangers' files
        for left in confine(Path(tempfile.gettempdir())):
            logging.warning("the %s process is less confined than it could be: %s", role, left)
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that nothing a library prints can end up between the frames
    inbox = Inbox(sys.stdin.buffer, results)
    try:
        serve = ROLES[role](inbox)
    except Exception as error:  # every job that is asked of this process fails with these words
        if isinstance(error, Refusal | OSError):
            why = error.words if isinstance(error, Refusal) else str(error)
            inbox.send(fault(0, "One of Encore's processes cannot start: {why}", why=why))
        else:
            inbox.send(fault(0, "One of Encore's processes cannot start."))
        leave()
    inbox.send(Event(0))
    serve()


if __name__ == "__main__":
    main(sys.argv[1])
