"""The model's process at work: requests join while others play, and all takes share each step of the model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NoReturn

import torch

from generation.model.likelihood import score
from generation.model.loaded import LoadedModel, model_for
from generation.play.prompts import prompts
from generation.play.session import Prompt, Session, Take, sample
from generation.request import Words
from generation.serve.inbox import Cancelled, Inbox, guarded, leave_if_lost
from generation.serve.pack import pack_melody, unpack_reading
from generation.serve.wire import Event, Job

# One note is too little work to split between threads: on two busy cores a second thread made it eight times slower.
THREADS = 1


def on_gpu() -> bool:
    return torch.cuda.is_available()


@dataclass(frozen=True, eq=False)
class Held:
    """A request whose takes are being played."""

    job: Job
    takes: Sequence[Take]
    session: Session
    began: float


class Playing:
    """All requests that are being played. Raises `Refusal` if the shipped checkpoint cannot be loaded."""

    def __init__(self, inbox: Inbox) -> None:
        torch.set_num_threads(THREADS)
        self._inbox = inbox
        self._ready: dict[Path, tuple[int, LoadedModel]] = {}
        self._sessions: dict[int, Session] = {}
        self._held: list[Held] = []
        session = self._session(model_for("auto", self._ready))
        session.add([Prompt(seconds=1)])  # to compile or load its loops now, before a request has to wait for them
        while session.busy:
            session.step()

    def serve(self) -> NoReturn:
        """Play for ever; a new request joins at the next step."""
        while True:
            while not self._held or self._inbox.waiting():
                self._begin(self._inbox.take())
            for session in [session for session in self._sessions.values() if session.busy]:
                self._step(session)
            for held in [*self._held]:
                self._look(held)

    def _session(self, loaded: LoadedModel) -> Session:
        if id(loaded) not in self._sessions:
            self._sessions = {key: session for key, session in self._sessions.items() if session.busy}
            self._sessions[id(loaded)] = Session(loaded)
        return self._sessions[id(loaded)]

    def _begin(self, job: Job) -> None:
        """Answer a job to score at once; add the takes of any other job to those that play."""

        def work(job: Job) -> Event:
            reading = unpack_reading(job.reading) if job.reading else None
            loaded = model_for(job.request.style, self._ready)
            if job.stage == "score" and reading is not None:
                return Event(job.id, nats=asdict(score(loaded, reading.melody, job.since or 0.0, job.alone)))
            session, began = self._session(loaded), perf_counter()
            takes = session.add(prompts(job.request, reading))
            self._held.append(Held(job, takes, session, began))
            return Event(job.id, progress=0.0)

        self._inbox.send(guarded(work, job, self._inbox))

    def _step(self, session: Session) -> None:
        """Play one step. After an error each request is played again by itself, so that only the one that causes it
        fails."""
        try:
            session.step()
        except Exception as error:  # the request that causes it will meet it again, by itself
            leave_if_lost(error)
            self._sessions = {key: other for key, other in self._sessions.items() if other is not session}
            for held in [held for held in self._held if held.session is session]:
                self._held.remove(held)
                self._inbox.send(guarded(partial(self._alone, held), held.job, self._inbox))

    def _alone(self, held: Held, job: Job) -> Event:
        asked = [replace(take.prompt, attempt=0) for take in held.takes]
        wholes = sample(held.session.loaded, asked, lambda share: self._inbox.tell(job, share))
        return Event(job.id, wholes=[pack_melody(whole) for whole in wholes])

    def _look(self, held: Held) -> None:
        """Send the takes if all are complete, else report progress; drop them if they were cancelled."""
        wholes = [take.whole for take in held.takes if take.whole is not None]
        if len(wholes) == len(held.takes):
            self._held.remove(held)
            packed = [pack_melody(whole) for whole in wholes]
            self._inbox.send(Event(held.job.id, wholes=packed, seconds=perf_counter() - held.began))
            return
        try:
            self._inbox.tell(held.job, sum(take.share for take in held.takes) / len(held.takes))
        except Cancelled:
            self._held.remove(held)
            held.session.drop(held.takes)
            self._inbox.send(Event(held.job.id, refusal=Words("Cancelled.")))
