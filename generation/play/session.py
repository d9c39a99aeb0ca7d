"""Takes of any number of requests, played by one model at the same time."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from generation.model import memorised
from generation.model.loaded import LoadedModel
from generation.model.tokens import PITCH, TICK
from generation.music.song import Song
from generation.play.asked import Prompt
from generation.play.attempts import Attempt
from generation.play.batch import Batch
from generation.play.chance import random_stream
from generation.play.entry import LEAST_WINDOW, RING, Around
from generation.play.form import Form, closed, returning
from generation.play.plan import Take, takes_of, uniforms_of
from generation.play.repeats import before_displaced, repeated
from generation.play.to_song import cut_off, written


class Session:
    """Takes of any number of requests, which one model plays at once.

    A take that copies a training tune, or mostly repeats the input, is played again, as often as `attempts` says. If
    every attempt does so, the best one is kept, and `Played.again` says whether it repeats the input; if it contains
    displaced bars of the input, it is cut off before they are complete.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded
        self._batch = Batch(loaded.model, loaded.device, **loaded.card.get("plays", {}))
        self._playing: list[Take] = []
        self._waiting: list[Take] = []

    @property
    def busy(self) -> bool:
        return bool(self._playing or self._waiting)

    def add(self, prompts: Sequence[Prompt]) -> list[Take]:
        """Add a take for each prompt, to be played from the next step on. A take is complete once it has a `whole`."""
        takes = [*takes_of(self.loaded, prompts, self._batch.reader)]
        self._waiting += takes
        return takes

    def drop(self, takes: Sequence[Take]) -> None:
        """Stop playing these takes and forget them."""
        for take in takes:
            if take in self._playing:
                self._playing.remove(take)
                self._batch.leave(take.line)
            elif take in self._waiting:
                self._waiting.remove(take)

    def step(self) -> None:
        """Play one note of every take."""
        while self._waiting and not self._batch.full:
            self._playing.append(take := self._waiting.pop(0))
            self._batch.join(take.line)
        ended = self._batch.step()
        for take in [take for take in self._playing if take.line in ended]:
            self._playing.remove(take)
            self._end(take)

    def _end(self, take: Take) -> None:
        """Play a take again whose best attempt does not suffice, let its form go on, or complete it."""
        attempt, first_new = self._attempt(take), len(take.given.line)
        best = take.best = attempt.or_better(take.best)
        if not best.suffices(take.prompt.attempt + 1):
            prompt = take.prompt = replace(take.prompt, attempt=take.prompt.attempt + 1)
            returns, drawn = take.line.returns - (attempt.repeated > 0), uniforms_of(prompt)
            take.line = replace(take.line, uniforms=drawn, returns=returns, rows=[], goal=0, over=False)
            self._waiting.append(take)
            return
        take.since = float(best.music.line.onset[first_new]) if first_new else 0.0
        take.whole = best.music if best.clean is None else cut_off(best.music, first_new, best.clean)
        take.made_by = self._batch.made_by
        if take.form is not None:
            self._come_back(take, take.form)
        elif take.strains is not None:
            take.whole, take.since = closed(take.strains, take.whole), 0.0

    def _attempt(self, take: Take) -> Attempt[Song]:
        """The attempt at a take that has just ended."""
        whole, known_passages, first_new = written(take), self.loaded.memorised, len(take.given.line)
        copied = 0 if known_passages is None else memorised.copies(whole, known_passages, take.style, first_new)
        if take.strains is not None:  # the end of a strain that comes back repeats it, as it should
            return Attempt(whole, copied, 0, None)
        given, new = take.encoded.rows[1:, [PITCH, TICK]], np.array(take.line.rows)[:, [PITCH, -1]]
        bar = int(take.encoded.conditions[4])
        again, clean = repeated(given, new, bar), before_displaced(given, new, bar)
        return Attempt(whole, copied, again, clean if clean < len(new) else None)

    def _come_back(self, take: Take, form: Form) -> None:
        """Let the first strain of a tune come back; the model brings it to a close, from a bar line on."""
        assert take.whole is not None and take.given.bar
        strains = returning(form, take.whole, take.given.bar)
        line = (form.bars - form.close) * take.given.bar
        prompt = replace(
            take.prompt,
            song=strains,
            bars=form.close,
            seed=int(random_stream(take.prompt.seed, "close").integers(2**62)),
            style=take.style,
            beside=Around(line - RING, line, 0.0),
            attempt=0,
        )
        [last] = takes_of(self.loaded, [prompt], self._batch.reader)
        most, asked = last.line.least + LEAST_WINDOW, last.line.wished - LEAST_WINDOW // 2
        take.prompt, take.given, take.style = last.prompt, last.given, last.style
        take.encoded, take.delay = last.encoded, last.delay
        take.line = replace(last.line, most=most, wished=asked)
        take.form, take.strains = None, strains
        take.whole = take.best = None
        self._waiting.append(take)


def sample(
    loaded: LoadedModel, prompts: Sequence[Prompt], progress: Callable[[float], None] | None = None
) -> list[Take]:
    """A complete take for every prompt: the given notes unchanged, then new ones. The same prompt gives the same notes,
    whatever else is played at the same time. `progress` is called with the share that is done, 0 … 1."""
    session = Session(loaded)
    takes = session.add(prompts)
    while session.busy:
        session.step()
        if progress is not None:
            progress(sum(take.share for take in takes) / len(takes))
    return takes
