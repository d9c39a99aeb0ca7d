"""Prompts → songs of several parts, for any number of takes at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from generation.model import band, memorised_lines
from generation.model.memorised_lines import MemorisedLines
from generation.model.networks.band_lstm import BandLSTM
from generation.model.tokens import Ints
from generation.music.played import Played
from generation.music.song import Song
from generation.play.asked import BandPrompt
from generation.play.attempts import Attempt
from generation.play.band.batch import BandBatch
from generation.play.band.decode_step import HEADS, Line, begun
from generation.play.band.plan import Plan, plan
from generation.play.band.plan_beside import plan_beside
from generation.play.band.slots import MOST_ROWS
from generation.play.band.temperature import freedom
from generation.play.band.to_song import rows_of, to_song
from generation.play.batch import HIGHEST
from generation.play.chance import uniforms
from generation.play.repeats import before_displaced, repeated

LEAD = band.ROLES.index("lead") + 1  # in a heading


@dataclass(eq=False)
class BandTake:
    """A take while it is played.

    rows      the new rows so far: the classes of all heads, then the tick
    whole     once the take is complete: the given song, every part followed by its new notes
    since     the quarter in `whole` where the new music begins
    made_by   the arithmetic and the processor, in words
    best      the best attempt so far
    """

    prompt: BandPrompt
    plan: Plan
    rows: list[list[int]] = field(default_factory=list)
    whole: Song | None = None
    since: float = 0.0
    made_by: str = ""
    best: Attempt[list[list[int]]] | None = None

    @property
    def share(self) -> float:
        """The share of the take that is complete, 0 … 1."""
        if not self.rows or self.whole is not None:
            return float(self.whole is not None)
        return min(1.0, max(0.0, 1 - (self.plan.goal - self.rows[-1][-1]) / max(1, self.plan.wished)))

    @property
    def played(self) -> Played:
        """The complete take."""
        assert self.whole is not None and self.best is not None
        return Played(self.whole, self.since, self.made_by, self.best.repeated > 0, self.prompt.style)

    def add(self, row: list[int]) -> bool:
        """Add a row. Returns whether the take is over, with this row or before it."""
        over = row[band.STEP] == band.END or (self.prompt.open_end and row[-1] >= self.plan.goal)
        if not over:
            self.rows.append(row)
        return over or len(self.rows) >= MOST_ROWS

    def end(self, known: MemorisedLines | None) -> bool:
        """Complete the take. Returns False if it copies a training score or its own tune and has to be played again;
        after the last attempt, the best one is taken, up to its displaced bars."""
        copied = 0 if known is None or not self.rows else self._copied(known)
        repeated, clean = self._repeated()
        best = self.best = Attempt(self.rows, copied, repeated, clean).or_better(self.best)
        if not best.suffices(self.prompt.attempt + 1):
            self.prompt, self.rows = replace(self.prompt, attempt=self.prompt.attempt + 1), []
            return False
        self.whole, self.since = to_song(self.plan, best.music[: best.clean], self.prompt.open_end)
        return True

    def _repeated(self) -> tuple[int, int | None]:
        """`Attempt.repeated` and `Attempt.clean` of the present rows, where only the lead's notes count."""
        encoded = self.plan.piece.encoded
        leads = np.flatnonzero(encoded.heading[:, 0] == LEAD)
        if self.plan.beside or not self.rows or not len(leads):
            return 0, None
        rows = rows_of(self.rows)
        given, new, bar = _line(encoded.rows[1:], leads[0]), _line(rows, leads[0]), int(encoded.rows[-1, band.BAR])
        again, clean = repeated(given, new, bar), before_displaced(given, new, bar)
        until = None if clean == len(new) else int(np.searchsorted(rows[:, band.TICK], new[clean, 1]))
        return again, until

    def _copied(self, known: MemorisedLines) -> int:
        """`Attempt.copied` of the present rows."""
        given, new = self.plan.piece.encoded, rows_of(self.rows)
        rows: Ints = np.concatenate([given.rows[1:].astype(np.int64), new])
        if self.plan.beside:  # a tune that was given is nobody's copy
            slots = self.plan.piece.slots
            rows = rows[np.isin(rows[:, band.PART], [slots[i] for i in slots if i in self.plan.beside.hands])]
        return memorised_lines.copies(rows, given.heading, known, self.prompt.style, int(new[0, band.TICK]))


def _line(rows: Ints, slot: int) -> Ints:
    """(n, 2) pitch and tick of the highest note of each onset of a part."""
    mine = rows[rows[:, band.PART] == slot]
    line: Ints = mine[np.diff(mine[:, band.TICK], prepend=-1) > 0][:, [band.VALUE, band.TICK]].astype(np.int64)
    return line


class BandSession:
    """Takes of any number of requests, which one model plays at once: each take one row a step."""

    def __init__(self, model: BandLSTM, arithmetic: str | None = None, memorised: MemorisedLines | None = None) -> None:
        self.model, self.memorised = model, memorised
        self._batch = BandBatch(model, arithmetic)
        self._playing: list[tuple[BandTake, Line]] = []
        self._waiting: list[BandTake] = []

    @property
    def busy(self) -> bool:
        return bool(self._playing or self._waiting)

    def add(self, prompts: Sequence[BandPrompt]) -> list[BandTake]:
        """Add a take for each prompt, to be played from the next step on. A take is complete once it has a `whole`.
        Raises `Refusal` if the bars asked for last too long."""
        shared: dict[tuple[object, ...], Plan] = {}
        takes = []
        for prompt in prompts:
            alike = (id(prompt) if prompt.song is None else id(prompt.song), prompt.seconds, prompt.bars, prompt.style,
                     prompt.open_end, prompt.over, id(prompt.beside))  # fmt: skip
            if alike not in shared:
                shared[alike] = plan_beside(prompt, prompt.beside) if prompt.beside else plan(prompt)
            takes.append(BandTake(prompt, shared[alike]))
        self._waiting += takes
        return takes

    def drop(self, takes: Sequence[BandTake]) -> None:
        """Stop playing these takes and forget them."""
        for take, line in [pair for pair in self._playing if pair[0] in takes]:
            self._leave(take, line)
        self._waiting = [take for take in self._waiting if take not in takes]

    def step(self) -> None:
        """Play one row of every take."""
        while self._waiting and not self._batch.full:
            take = self._waiting.pop(0)
            self._playing.append((take, line := self._line(take)))
            self._batch.join(line, int(take.plan.rows[-1, band.TICK]))
        told = dict(zip(map(id, self._batch.lines), self._batch.step(), strict=True))
        for take, line in [*self._playing]:
            if take.add(told[id(line)]):
                self._leave(take, line)
                take.made_by = self._batch.made_by
                if not take.end(self.memorised):
                    self._waiting.append(take)

    def _leave(self, take: BandTake, line: Line) -> None:
        self._playing.remove((take, line))
        self._batch.leave(line)

    def _line(self, take: BandTake) -> Line:
        """The line of a take that has heard its input; takes of one plan that begin together hear it once."""
        known = take.plan
        twin = next((line for each, line in self._playing if each.plan is known and not each.rows), None)
        if twin is None:
            encoded, conditions = known.piece.encoded, known.piece.conditions
            read = begun(self.model, known.rows, known.heard, encoded.heading, conditions, known.goal)
        else:
            read = (twin.x, twin.memory, twin.heading, twin.conditions, twin.parts)
        x, memory, heading, conditions_, parts = read
        heat, tail = freedom(take.prompt.temperature, take.prompt.top_p, known.piece.encoded.rows[1:])
        return Line(
            known.table[None].copy(),
            heat[None],
            tail[None],
            np.minimum(uniforms(take.prompt.seed, "band", take.prompt.attempt, (MOST_ROWS, len(HEADS))), HIGHEST)[None],
            x,
            memory,
            heading,
            conditions_,
            parts,
            known.given[None],
        )


def play_on(
    model: BandLSTM,
    prompts: Sequence[BandPrompt],
    progress: Callable[[float], None] | None = None,
    memorised: MemorisedLines | None = None,
) -> list[BandTake]:
    """Play a complete take for every prompt. The same prompt gives the same music, whatever else is played at the same
    time. `progress` is called with the share that is done, 0 … 1."""
    session = BandSession(model, memorised=memorised)
    takes = session.add(prompts)
    while session.busy:
        session.step()
        if progress is not None:
            progress(sum(take.share for take in takes) / len(takes))
    return takes
