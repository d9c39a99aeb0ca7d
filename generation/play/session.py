"""Prompts → tunes, for any number of takes at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from generation.model import memorised, tokens
from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.model.priors import PRIORS, blank_page
from generation.model.tokens import CLASSES, DURATION, LENGTHS, PITCH, TICK, TICKS, Encoded, Ints
from generation.music.clock import Tempo
from generation.music.key import MODES, Key
from generation.music.melody import with_line
from generation.music.notes import Written
from generation.music.played import Played
from generation.music.song import Song, heard_key, tempo_at
from generation.play.batch import Batch, Line
from generation.play.chance import random_stream, uniforms
from generation.play.constraints import LONGEST_RUN, unusual
from generation.play.entry import Around, Entry, around, entry
from generation.play.length import wished
from generation.play.repeats import before_displaced, repeated
from generation.play.slots import MOST
from generation.play.style import likeliest_style

LONGEST_PROMPT = 1024  # notes at the end of the input that the model is shown
ATTEMPTS = 4  # at a take that copies nothing
MORE_ATTEMPTS = 10  # at a take without displaced bars of the input, see `repeats.LONGEST`
MINOR_THIRD, MAJOR_THIRD = 3, 4
REGISTER = (55, 81)  # MIDI pitches of a fresh piece
# Style → factors of temperature and of 1 − top_p: these players leap and rest more than the usual values allow.
WIDER = {"jazz": (1.15, 0.5), "classical": (1.2, 0.5)}


@dataclass(frozen=True, eq=False)
class Prompt:
    """What one take should be.

    melody             the tune to continue; None for a fresh piece
    seconds, bars      length of the new music; `bars` counts unless it is 0
    key, tempo, metre  of a fresh piece; tempo in quarter notes a minute
    open_end           whether to cut the music off when the time is up, instead of bringing it to a close
    beside             when the song's other parts sound; None if there are none
    attempt            how many takes of this seed were discarded because they copied a training tune or the input
    """

    melody: Song | None = None
    seconds: float = 20.0
    bars: int = 0
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    key: Key | None = None
    tempo: float | None = None
    metre: tuple[int, int] | None = None
    open_end: bool = False
    beside: Around | None = None
    attempt: int = 0


@dataclass(eq=False)
class Take:
    """A take while it is played.

    given, encoded  the tune that it continues, and the same as the model sees it
    delay     ticks by which the new notes come later than the model thinks
    whole     once the take is complete: the given notes and the new ones
    since     quarter where the new ones begin
    made_by   the arithmetic and the processor, in words
    best      the best attempt so far, the one that copies the fewest notes
    copied, repeated  its notes beyond the limit, from a training tune and from the input
    clean     how many of its new notes come before displaced bars of the input; None if there are none
    """

    prompt: Prompt
    given: Song
    style: str
    encoded: Encoded
    line: Line
    delay: int = 0
    whole: Song | None = None
    since: float = 0.0
    made_by: str = ""
    best: Song | None = None
    copied: int = 0
    repeated: int = 0
    clean: int | None = None

    @property
    def share(self) -> float:
        """The share of the take that is complete, 0 … 1."""
        return 1.0 if self.whole is not None else self.line.share

    @property
    def played(self) -> Played:
        """The complete take."""
        assert self.whole is not None
        return Played(self.whole, self.since, self.made_by, self.repeated > 0, self.style, alone=True)


class Session:
    """Takes of any number of requests, which one model plays at once.

    A take that copies a training tune, or mostly repeats the input, is played again, up to `ATTEMPTS` times. If every
    attempt does so, the best one is kept, and `Played.again` says whether it repeats the input. If it contains
    displaced bars of the input, there are `MORE_ATTEMPTS`; after those, the music is cut off before they are complete.
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
        takes = [*_takes(self.loaded, prompts, self._batch.reader)]
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
        whole, known_passages, first_new = _written(take), self.loaded.memorised, len(take.given.line)
        copied = 0 if known_passages is None else memorised.copies(whole, known_passages, take.style, first_new)
        given, new = take.encoded.rows[1:, [PITCH, TICK]], np.array(take.line.rows)[:, [PITCH, -1]]
        bar = int(take.encoded.conditions[4])
        again, clean = repeated(given, new, bar), before_displaced(given, new, bar)
        shifted = clean < len(new)
        if take.best is None or (shifted, copied + again) < (take.clean is not None, take.copied + take.repeated):
            take.best, take.copied, take.repeated, take.clean = whole, copied, again, clean if shifted else None
        attempts = ATTEMPTS if take.clean is None else MORE_ATTEMPTS
        if take.copied + take.repeated and take.prompt.attempt + 1 < attempts:
            prompt = take.prompt = replace(take.prompt, attempt=take.prompt.attempt + 1)
            returns, drawn = take.line.returns - (again > 0), _uniforms(prompt)
            take.line = replace(take.line, uniforms=drawn, returns=returns, rows=[], goal=0, over=False)
            self._waiting.append(take)
        else:
            take.since = float(take.best.line.onset[first_new]) if first_new else 0.0
            take.whole = take.best if take.clean is None else _cut_off(take.best, first_new, take.clean)
            take.made_by = self._batch.made_by


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


def _takes(loaded: LoadedModel, prompts: Sequence[Prompt], reader: AttentiveLSTM) -> Iterator[Take]:
    """A take for each prompt; `reader` finds its style, if none is named. Prompts that continue the same tune in the
    same way share its analysis."""
    known_already: dict[tuple[object, ...], Take] = {}
    for prompt in prompts:
        fresh = prompt.melody is None or not len(prompt.melody.line)
        wish = (id(prompt),) if fresh else (id(prompt.melody), prompt.style, prompt.seconds, prompt.bars)
        if wish not in known_already:
            known_already[wish] = _begun(loaded, prompt, reader)
        first = known_already[wish]
        temperature, top_p = _widened(prompt, first.style)
        line = replace(
            first.line,
            temperature=temperature,
            top_p=top_p,
            open_end=prompt.open_end,
            uniforms=_uniforms(prompt),
            rows=[],
        )
        yield replace(first, prompt=prompt, line=line)


def _begun(loaded: LoadedModel, prompt: Prompt, reader: AttentiveLSTM) -> Take:
    """A take before its first new note."""
    style, given = prompt.style, prompt.melody
    if given is None or not len(given.line):
        rng = random_stream(prompt.seed, "blank page")
        learned = [name for name in PRIORS if name in loaded.card.get("metres", PRIORS)] or ["auto"]
        style = style if style != "auto" else str(rng.choice(learned))
        given = blank_page(PRIORS.get(style) or loaded.card["priors"], rng, prompt.key, prompt.tempo, prompt.metre)
    elif style == "auto":
        style = likeliest_style(reader, loaded.device, given, loaded.card.get("metres", {}))
    encoded = tokens.encode(given, style, key=given.key)
    rows = encoded.rows[-LONGEST_PROMPT:] if len(given.line) else encoded.rows[:1]
    longest = int(LENGTHS[rows[:, DURATION]].max(initial=TICKS))
    bar = int(encoded.conditions[4]) or 4 * TICKS
    temperature, top_p = _widened(prompt, style)
    enters = Entry(0, bar)
    if len(given.line):
        beside = prompt.beside or around(given)
        enters = entry(rows, int(encoded.conditions[4]), int(encoded.conditions[5]), beside)
    key = given.key or heard_key(given)
    line = Line(
        start=rows,
        conditions=encoded.conditions,
        wished=wished(tempo_at(given, given.end), given.bar, prompt.seconds, prompt.bars),
        begin=int(rows[-1, TICK]) + enters.least if len(given.line) else int(encoded.conditions[5]),
        least=enters.least,
        most=enters.most,
        register=_register(encoded),
        unusual=unusual(rows[rows[:, PITCH] != tokens.START, TICK]),
        longest_note=min(max(bar, longest), max(bar, 4 * TICKS)),
        longest_run=max(LONGEST_RUN, _longest_run(rows[:, PITCH])),
        tonic=(key.pitch_class + encoded.shift) % 12,
        third=MINOR_THIRD if MODES[key.mode] <= MODES["dorian"] else MAJOR_THIRD,
        temperature=temperature,
        top_p=top_p,
        open_end=prompt.open_end,
        uniforms=_uniforms(prompt),
    )
    return Take(prompt, given, style, encoded, line, enters.delay)


def _widened(prompt: Prompt, style: str) -> tuple[float, float]:
    """Temperature and top_p of a take in a style."""
    factor, tail = WIDER.get(style, (1.0, 1.0))
    return prompt.temperature * factor, 1 - tail * (1 - prompt.top_p)


def _uniforms(prompt: Prompt) -> NDArray[np.float32]:
    return uniforms(prompt.seed, "notes", prompt.attempt, (MOST, len(CLASSES)))


def _written(take: Take) -> Song:
    """The given notes unchanged, then the new ones at the same tempo. After a score without dynamics, the new notes get
    its mean velocity, so that neither half is louder than the other."""
    given, encoded = take.given, take.encoded
    rows = np.tile(tokens.start_row(), (len(take.line.rows), 1))
    rows[:, : len(CLASSES)] = [row[:-1] for row in take.line.rows]
    rows[:, TICK] = [row[-1] for row in take.line.rows]
    rows[:, [tokens.TIMED, tokens.SHADED]] = 1
    rows[:, TICK] += take.delay
    new = tokens.decode(rows, encoded.shift, given).line
    tick, lasts = rows[:, TICK] / TICKS, LENGTHS[rows[:, DURATION]] / TICKS
    if not len(given.line):
        return with_line(given, new, Written(new.onset - tick, lasts))
    onset, velocity = tokens.apart(np.maximum(new.onset, given.line.onset[-1] + 1 / TICKS)), new.velocity
    if not encoded.rows[-1, tokens.SHADED]:
        velocity = np.clip(velocity + round(float(given.line.velocity.mean() - velocity.mean())), 1, 127)
    tempo, steady = given.tempo, tempo_at(given, given.end)
    if abs(steady / tempo[-1].quarters_per_minute - 1) > 0.02 and onset[0] > tempo[-1].onset:
        tempo = (*tempo, Tempo(float(onset[0]), steady))
    notes = given.line.then(replace(new, onset=onset, velocity=velocity))
    return with_line(replace(given, tempo=tempo), notes, Written(onset - tick, lasts))


def _cut_off(whole: Song, given: int, new: int) -> Song:
    """The tune with its `given` notes, and only the first `new` of the others."""
    written = whole.parts[0].written
    assert written is not None
    return with_line(whole, whole.line[: given + new], Written(written.late[:new], written.duration[:new]))


def _register(encoded: Encoded) -> tuple[int, int]:
    """The lowest and the highest pitch of the new music, transposed like the rows: at least a fifth beyond those of the
    input."""
    pitch = encoded.rows[1:, PITCH]
    if not len(pitch):
        return REGISTER
    low, high = int(pitch.min()), int(pitch.max())
    room = max(7, (19 - (high - low)) // 2)
    return max(0, low - room), min(127, high + room)


def _longest_run(pitch: Ints) -> int:
    """The number of notes in the longest run of one pitch; pitch is (n,)."""
    changes = np.flatnonzero(np.diff(pitch) != 0)
    return int(np.diff(changes, prepend=-1, append=len(pitch) - 1).max()) if len(pitch) else 0
