"""The model's process at work: requests join while others play, and all takes share each step of the model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from time import perf_counter
from typing import NoReturn, TypeVar

import torch

from generation.model.likelihood import score
from generation.model.loaded import LoadedBand, LoadedModel, Ready, ReadyBands, band_for, model_for
from generation.play.asked import BandPrompt, Prompt
from generation.play.band.session import BandSession, BandTake, play_on
from generation.play.plan import Take
from generation.play.prompts import band_prompts, of_several, prompts, several, tune_first, with_band
from generation.play.session import Session, sample
from generation.request import Words
from generation.serve.inbox import Cancelled, Inbox, guarded, leave_if_lost
from generation.serve.pack import pack_played, unpack_played, unpack_reading
from generation.serve.wire import Event, Job

# One note is too little work to split between threads: on two busy cores a second thread made it eight times slower.
THREADS = 1
TUNE = 0.2  # of the work on a fresh piece for a band, the share that its tune takes
Opened = TypeVar("Opened", Session, BandSession)


def on_gpu() -> bool:
    return torch.cuda.is_available()


@dataclass(frozen=True, eq=False)
class Held:
    """A request whose takes are being played."""

    job: Job
    takes: Sequence[Take] | Sequence[BandTake]
    session: Session | BandSession
    began: float

    @property
    def share(self) -> float:
        """The share of it that is complete, 0 … 1."""
        share = sum(take.share for take in self.takes) / len(self.takes)
        if not tune_first(self.job.request):
            return share
        return TUNE * share if isinstance(self.session, Session) else TUNE + (1 - TUNE) * share


class Playing:
    """All requests that are being played. Raises `Refusal` if the shipped checkpoint cannot be loaded."""

    def __init__(self, inbox: Inbox) -> None:
        torch.set_num_threads(THREADS)
        self._inbox = inbox
        self._ready: Ready = {}
        self._bands: ReadyBands = {}
        self._sessions: dict[int, Session | BandSession] = {}
        self._held: list[Held] = []
        session, band = self._session(model_for("auto", self._ready)), self._band(band_for("auto", self._bands))
        # To compile or load their loops now, before a request has to wait for them.
        session.add([Prompt(seconds=1)])
        band.add([BandPrompt(seconds=1)])
        while session.busy or band.busy:
            for each in (session, band):
                if each.busy:
                    each.step()

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
        session = self._sessions.get(id(loaded))
        return session if isinstance(session, Session) else self._opened(loaded, Session(loaded))

    def _band(self, loaded: LoadedBand) -> BandSession:
        session = self._sessions.get(id(loaded))
        return session if isinstance(session, BandSession) else self._opened(loaded, _band_session(loaded))

    def _opened(self, loaded: LoadedModel | LoadedBand, session: Opened) -> Opened:
        """A new session of a model; those of models that are no longer used are closed."""
        used = {id(ready) for _, ready in (*self._ready.values(), *self._bands.values())}
        self._sessions = {key: each for key, each in self._sessions.items() if each.busy or key in used}
        self._sessions[id(loaded)] = session
        return session

    def _begin(self, job: Job) -> None:
        """Answer a job to score at once; add the takes of any other job to those that play."""

        def work(job: Job) -> Event:
            reading = unpack_reading(job.reading) if job.reading else None
            loaded = model_for(job.request.style, self._ready)
            if job.stage == "score" and reading is not None:
                return Event(job.id, nats=asdict(score(loaded, reading.melody, job.since or 0.0, job.alone)))
            began = perf_counter()
            if of_several(job.request, reading) and not tune_first(job.request):
                played = several(unpack_played(job.request.wholes[0])) if job.request.redo else None
                band = self._band(band_for(job.request.style, self._bands))
                held = Held(job, band.add(band_prompts(job.request, reading, played)), band, began)
            else:
                session = self._session(loaded)
                held = Held(job, session.add(prompts(job.request, reading)), session, began)
            self._held.append(held)
            return Event(job.id, progress=0.0)

        self._inbox.send(guarded(work, job, self._inbox))

    def _step(self, session: Session | BandSession) -> None:
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
        def tell(share: float) -> None:
            self._inbox.tell(job, share)

        if isinstance(held.session, BandSession):
            asked = [take.prompt for take in held.takes if isinstance(take, BandTake)]
            takes: Sequence[Take] | Sequence[BandTake] = play_on(
                held.session.model, asked, tell, held.session.memorised
            )
            return Event(job.id, wholes=_packed(takes))
        if tune_first(job.request):
            tunes = sample(held.session.loaded, prompts(job.request, None), tell)
            band = band_for(job.request.style, self._bands)
            joined = play_on(
                band.model, with_band(job.request, [take.played.song for take in tunes]), tell, band.memorised
            )
            return Event(job.id, wholes=_packed(joined))
        single = [replace(take.prompt, attempt=0) for take in held.takes if isinstance(take, Take)]
        return Event(job.id, wholes=_packed(sample(held.session.loaded, single, tell)))

    def _joined(self, held: Held, job: Job) -> Event:
        """Let a band join the tunes that are complete now."""
        band = self._band(band_for(job.request.style, self._bands))
        tunes = [take.played.song for take in held.takes]
        joined = replace(held, takes=band.add(with_band(job.request, tunes)), session=band)
        self._held.append(joined)
        return Event(job.id, progress=joined.share)

    def _look(self, held: Held) -> None:
        """Send the takes if all are complete, else report progress; drop them if they were cancelled."""
        if all(take.whole is not None for take in held.takes):
            self._held.remove(held)
            if isinstance(held.session, Session) and tune_first(held.job.request):
                self._inbox.send(guarded(partial(self._joined, held), held.job, self._inbox))
                return
            self._inbox.send(Event(held.job.id, wholes=_packed(held.takes), seconds=perf_counter() - held.began))
            return
        try:
            self._inbox.tell(held.job, held.share)
        except Cancelled:
            self._held.remove(held)
            held.session.drop(held.takes)  # type: ignore[arg-type]  # its own
            self._inbox.send(Event(held.job.id, refusal=Words("Cancelled.")))


def _band_session(loaded: LoadedBand) -> BandSession:
    return BandSession(loaded.model, memorised=loaded.memorised)


def _packed(takes: Sequence[Take] | Sequence[BandTake]) -> list[bytes]:
    """Complete takes as bytes."""
    return [pack_played(take.played) for take in takes]
