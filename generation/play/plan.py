"""Prompts → takes before their first new note: what a take continues, and what its notes may be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.model import tokens
from generation.model.loaded import LoadedModel
from generation.model.networks.attentive_lstm import AttentiveLSTM
from generation.model.priors import PRIORS, blank_page
from generation.model.tokens import CLASSES, DURATION, LENGTHS, PITCH, TICK, TICKS, Encoded, Ints
from generation.music.key import MODES
from generation.music.played import Played
from generation.music.song import Song, heard_key, tempo_at
from generation.play.asked import Prompt
from generation.play.attempts import Attempt
from generation.play.batch import Line
from generation.play.chance import random_stream, uniforms
from generation.play.constraints import LONGEST_RUN, unusual
from generation.play.entry import Entry, around, entry
from generation.play.form import Form, form_of
from generation.play.length import wished
from generation.play.slots import MOST
from generation.play.style import likeliest_style

LONGEST_PROMPT = 1024  # notes at the end of the input that the model is shown
MINOR_THIRD, MAJOR_THIRD = 3, 4
REGISTER = (55, 81)  # MIDI pitches of a fresh piece
COMPOSED = 0.8  # of the work on a tune with a form, the share before its first strain comes back
# Style → factors of temperature and of 1 − top_p: these players leap and rest more than the usual values allow.
WIDER = {"jazz": (1.15, 0.5), "classical": (1.2, 0.5)}


@dataclass(eq=False)
class Take:
    """A take while it is played.

    given, encoded  the tune that it continues, and the same as the model sees it
    delay     ticks by which the new notes come later than the model thinks
    whole     once the take is complete: the given notes and the new ones
    since     quarter where the new ones begin
    made_by   the arithmetic and the processor, in words
    best      the best attempt so far
    form      of a fresh piece whose first strain has yet to come back
    strains   once it has come back: the piece up to the bars that close it
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
    best: Attempt[Song] | None = None
    form: Form | None = None
    strains: Song | None = None

    @property
    def share(self) -> float:
        """The share of the take that is complete, 0 … 1."""
        if self.whole is not None:
            return 1.0
        if self.form is not None:
            return COMPOSED * self.line.share
        return self.line.share if self.strains is None else COMPOSED + (1 - COMPOSED) * self.line.share

    @property
    def played(self) -> Played:
        """The complete take."""
        assert self.whole is not None and self.best is not None
        return Played(self.whole, self.since, self.made_by, self.best.repeated > 0, self.style, alone=True)


@dataclass(frozen=True, eq=False)
class Opening:
    """What takes continue; takes that continue the same tune share it.

    given, style, encoded  as in `Take`
    rows                   (n, len(FIELDS)) the last encoded notes, which the model is shown
    """

    given: Song
    style: str
    encoded: Encoded
    rows: Ints


def takes_of(loaded: LoadedModel, prompts: Sequence[Prompt], reader: AttentiveLSTM) -> Iterator[Take]:
    """A take for each prompt, before its first new note; `reader` finds its style, if none is named."""
    openings: dict[tuple[object, ...], Opening] = {}
    for prompt in prompts:
        fresh = prompt.song is None or not len(prompt.song.line)
        tune = (id(prompt),) if fresh else (id(prompt.song), prompt.style)
        if tune not in openings:
            openings[tune] = _opening(loaded, prompt, reader)
        opening = openings[tune]
        form = _form(opening.given, prompt) if prompt.formal and fresh else None
        line, delay = _line(opening, prompt, form)
        yield Take(prompt, opening.given, opening.style, opening.encoded, line, delay, form=form)


def _opening(loaded: LoadedModel, prompt: Prompt, reader: AttentiveLSTM) -> Opening:
    """The tune of a prompt, or a blank page for a fresh piece."""
    style, given = prompt.style, prompt.song
    if given is None or not len(given.line):
        rng = random_stream(prompt.seed, "blank page")
        learned = [name for name in PRIORS if name in loaded.card.get("metres", PRIORS)] or ["auto"]
        style = style if style != "auto" else str(rng.choice(learned))
        given = blank_page(PRIORS.get(style) or loaded.card["priors"], rng, prompt.key, prompt.tempo, prompt.metre)
    elif style == "auto":
        style = likeliest_style(reader, loaded.device, given, loaded.card.get("metres", {}))
    encoded = tokens.encode(given, style, key=given.key)
    return Opening(given, style, encoded, encoded.rows[-LONGEST_PROMPT:] if len(given.line) else encoded.rows[:1])


def _form(page: Song, prompt: Prompt) -> Form | None:
    """The form of a tune on a blank page; None for one that is too short."""
    assert page.bar
    bars = wished(tempo_at(page, 0.0), page.bar, prompt.seconds, prompt.bars) / TICKS / page.bar
    return form_of(bars, exactly=bool(prompt.bars))


def _line(opening: Opening, prompt: Prompt, form: Form | None) -> tuple[Line, int]:
    """The line that continues an opening, up to where the first strain of a `form` comes back; and `Take.delay`."""
    given, encoded, rows = opening.given, opening.encoded, opening.rows
    longest = int(LENGTHS[rows[:, DURATION]].max(initial=TICKS))
    bar = int(encoded.conditions[4]) or 4 * TICKS
    temperature, top_p = _widened(prompt, opening.style)
    enters = Entry(0, bar)
    if len(given.line):
        beside = prompt.beside or around(given)
        enters = entry(rows, int(encoded.conditions[4]), int(encoded.conditions[5]), beside)
    key = given.key or heard_key(given)
    line = Line(
        start=rows,
        conditions=encoded.conditions,
        wished=wished(tempo_at(given, given.end), given.bar, prompt.seconds, form.composed if form else prompt.bars),
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
        open_end=prompt.open_end or form is not None,
        uniforms=uniforms_of(prompt),
    )
    return line, enters.delay


def _widened(prompt: Prompt, style: str) -> tuple[float, float]:
    """Temperature and top_p of a take in a style."""
    factor, tail = WIDER.get(style, (1.0, 1.0))
    return prompt.temperature * factor, 1 - tail * (1 - prompt.top_p)


def uniforms_of(prompt: Prompt) -> NDArray[np.float32]:
    """`Line.uniforms` of a take's present attempt."""
    return uniforms(prompt.seed, "notes", prompt.attempt, (MOST, len(CLASSES)))


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
