"""The form of a tune, such as A A B A: the bars of each strain, and how a strain comes back with its chords."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from generation.model.tokens import TICKS, apart
from generation.music.cut import EARLY
from generation.music.melody import with_line
from generation.music.notes import SAME, Notes, Written
from generation.music.song import Song, ruling

NEAREST = 0.15  # the share by which a form may be longer or shorter than what was asked for
LETTERS = "BCDEFGHIJKLMNOP"


@dataclass(frozen=True)
class Form:
    """A form in which the first strain, A, returns. Lengths are in bars.

    strain    the length of A
    order     the letters of all strains, such as AABA
    between   the lengths of the other strains
    """

    strain: int
    order: str
    between: tuple[int, ...] = ()

    @property
    def lengths(self) -> list[int]:
        """The length of each strain in `order`."""
        others = iter(self.between)
        return [self.strain if letter == "A" else next(others) for letter in self.order]

    @property
    def bars(self) -> int:
        return sum(self.lengths)

    @property
    def composed(self) -> int:
        """The bars that the model plays before A comes back: each strain once, one after the other."""
        return self.strain + sum(self.between)

    @property
    def close(self) -> int:
        """The bars at the end of the last A that the model plays, so that the tune closes."""
        return 1 if self.strain < 4 else 2

    def starts(self, bar: float) -> list[float]:
        """The quarter at which each strain in `order` begins, in bars of `bar` quarters."""
        return [sum(self.lengths[:i]) * bar for i in range(len(self.order))]


def _rondo(strain: int, times: int, between: float = 1.0) -> Form:
    """A form of so many strains, at every second place A; an even number begins with A twice. The others are
    `between` times as long."""
    others = (times - 1) // 2
    order = "A" * (2 - times % 2) + "".join(f"{letter}A" for letter in LETTERS[:others])
    return Form(strain, order, (round(strain * between),) * others)


# From 5 bars to 160; none is more than a third longer than the one before.
FORMS = (
    _rondo(2, 3, 0.5), _rondo(2, 3), _rondo(2, 4, 0.5),
    _rondo(4, 2), _rondo(4, 3, 0.5), _rondo(4, 3), _rondo(4, 4, 0.5), _rondo(4, 4),
    *(_rondo(8, *more) for more in ((3, 0.5), (3,), (4, 0.5), (4,), (5,), (6,), (7,), (8,))),
    *(_rondo(16, times) for times in (5, 6, 7, 8, 9, 10)),
)  # fmt: skip


def form_of(bars: float, exactly: bool = False) -> Form | None:
    """The form whose length is nearest to so many bars; None if none is near. If it has to be `exactly` as long, the
    last strain between makes up for the difference."""
    form = min(FORMS, key=lambda form: abs(np.log(form.bars / bars)))
    missing = round(bars) - form.bars
    if exactly and missing:
        *others, last = form.between or (0,)
        form = replace(form, between=(*others, last + missing))
        return form if form.between[-1] > 0 and "B" in form.order else None
    return form if abs(form.bars / bars - 1) <= NEAREST else None


def returning(form: Form, tune: Song, bar: float) -> Song:
    """The tune that was composed for a form, in its order, up to the place where the last A has to be closed; markers
    name its strains. Bars last `bar` quarters."""
    line, written = tune.line, tune.parts[0].written
    assert written is not None and len(written.late) == len(line)
    tick, edges = line.onset - written.late, np.cumsum([0, form.strain, *form.between]) * bar
    places = dict(zip(dict.fromkeys(form.order), pairwise(edges.tolist()), strict=True))
    notes, later, until = [], [], []
    for number, (start, letter) in enumerate(zip(form.starts(bar), form.order, strict=True), 1):
        begin, end = places[letter]
        end -= form.close * bar * (number == len(form.order))
        here = np.flatnonzero((tick > begin - SAME) & (tick < end - SAME))
        notes.append(here)
        later.append(np.full(len(here), start - begin))
        until.append(np.full(len(here), start - begin + end))
    some, by, stop = np.concatenate(notes), np.concatenate(later), np.concatenate(until)
    onset = apart(np.maximum(line.onset[some] + by, 0.0))
    lasts = np.minimum(line.duration[some], np.maximum(stop - onset, 1 / TICKS))
    kept = Notes(onset, lasts, line.pitch[some], line.velocity[some])
    at = tick[some] + by
    wrote = Written(onset - at, np.minimum(written.duration[some], stop - at))
    return replace(with_line(tune, kept, wrote), markers=tuple(zip(form.starts(bar), form.order, strict=True)))


def closed(strains: Song, whole: Song) -> Song:
    """The whole tune that closes `strains`, with how all its notes are written."""
    before, after = strains.parts[0].written, whole.parts[0].written
    assert before is not None and after is not None
    late, lasts = (np.concatenate([getattr(some, name) for some in (before, after)]) for name in ("late", "duration"))
    return with_line(whole, whole.line, Written(late, lasts))


def chords_return(song: Song) -> Song:
    """The song with the same chords under each bar of a strain that comes back, as far as its tune is the same; its
    markers name the strains."""
    if len(song.markers) < 2 or not song.chords or not song.bar:
        return song
    notes, bar, chords, first = song.parts[0].notes, song.bar, dict(song.chords), dict[str, float]()
    for (start, letter), end in zip(song.markers, [*(at for at, _ in song.markers[1:]), song.end], strict=True):
        before = first.setdefault(letter, start)
        later, bars = start - before, 0
        while start + (bars + 1) * bar < end + SAME and _alike(notes, before + bars * bar, later, bar):
            bars += 1
        if not later or not bars:
            continue
        stop = start + bars * bar
        known = sorted(chords.items())
        again = {start: ruling(known, before)[1]}
        again |= {at + later: symbol for at, symbol in known if before <= at < before + bars * bar}
        rest = {at: symbol for at, symbol in known if not start <= at < stop}
        chords = rest | again | ({stop: ruling(known, stop)[1]} if stop < song.end - bar / 2 else {})
    order = sorted(chords.items())
    return replace(song, chords=tuple(c for c, old in zip(order, [(0.0, ""), *order], strict=False) if c[1] != old[1]))


def _alike(notes: Notes, begin: float, later: float, bar: float) -> bool:
    """Whether a bar that begins at the quarter `begin` comes back `later` quarters later."""
    one, other = (notes[(notes.onset > at - EARLY) & (notes.onset < at + bar - EARLY)] for at in (begin, begin + later))
    return np.array_equal(one.pitch, other.pitch) and bool(np.allclose(one.onset + later, other.onset, atol=EARLY))
