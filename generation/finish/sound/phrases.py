"""Parts → phrases: the events for the synthesisers, in stretches that can be rendered separately."""

from collections.abc import Iterator, Sequence

import numpy as np

from generation.finish.piece import let_go
from generation.finish.sound.synth import DRUM_BANK, Event, Kind
from generation.music.clock import Clock, Floats
from generation.music.song import BENT, EXPRESSION, MODULATION, PAN, SUSTAIN, VOLUME, Part

Phrase = tuple[Event, ...]
Mark = tuple[float, Kind, int, int]  # (second, kind of event, its two numbers)

MAX_SECONDS = 1_100.0  # the longest input, the longest answer, and a tail
PHRASE = 8.0  # seconds of music, roughly, that one synthesiser plays; the phrases' sounds are simply added
DOWN = 64  # a pedal with this value or more is down
FINE = 0.005  # seconds: of events for one controller, or of bends, that are closer than this, only the last counts
ORDER = ("off", "program", "control", "bend", "on")  # of simultaneous events
BANKS = (1, 8, 16)  # the soundfont's variations besides General MIDI's own sounds
RESET = 121  # resets all controllers except these:
LASTING = (VOLUME, PAN)
# Registered parameters, such as the range of the pitch wheel: these controllers have a meaning only in sequence.
REGISTERED = (6, 38, 96, 97, 98, 99, 100, 101)
MOST_REGISTERED = 64
RINGING = 12.0  # seconds that tones ring on under a pedal, which some scores press and never lift
# All controllers that are passed on: also portamento, pedals, envelope and filter, but not reverb, which Encore sets.
HEARD = (MODULATION, 5, VOLUME, PAN, EXPRESSION, SUSTAIN, 65, 66, 67, 71, 72, 73, 74, 84, *REGISTERED, RESET)


def phrases(parts: Sequence[Part], clock: Clock, start: float) -> Iterator[Phrase]:
    """The events of all parts, in seconds after `start`, cut into phrases of about `PHRASE` seconds. Part i plays on
    channel i; nothing begins after `MAX_SECONDS`.

    A phrase contains the notes that begin in it and everything that shapes their sound: the settings in force at its
    beginning, changes while its notes sound, and the release of the pedal after them. A stretch in which no note begins
    has no phrase.
    """
    notes = _notes(parts, clock, start)
    if not len(notes):
        return
    first, last = notes[:, 0].min(), notes[:, 0].max()
    cuts = np.linspace(first, last, max(1, round((last - first) / PHRASE)) + 1)[1:-1]
    place = np.searchsorted(cuts, notes[:, 0], "right")
    players = [_Player(_marks(part, clock, start)) for part in parts]
    for i in range(len(cuts) + 1):
        events: list[Event] = []
        for channel, player in enumerate(players):
            mine = notes[(place == i) & (notes[:, 2] == channel)]
            for on, off, _, pitch, velocity in mine.tolist():
                events.append((on, "on", channel, int(pitch), int(velocity)))
                events.append((off, "off", channel, int(pitch), 0))
            if len(mine):
                marks = player.during(float(mine[:, 0].min()), float(mine[:, 1].max()))
                events += [(second, kind, channel, a, b) for second, kind, a, b in marks]
        if events:
            yield tuple(sorted(events, key=lambda event: (event[0], ORDER.index(event[1]))))


class _Player:
    """The settings of one part; ask for those of each phrase in order."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks = marks
        self._passed = 0
        self._state: dict[tuple[str, int], Mark] = {}
        self._registered: list[Mark] = []

    def during(self, begin: float, end: float) -> Iterator[Mark]:
        """The settings for notes that sound from `begin` to `end` (seconds): those in force at `begin`, and all later
        ones until the pedal is first up after `end`, at most `RINGING` seconds later."""
        while self._passed < len(self._marks) and self._marks[self._passed][0] < begin:
            self._pass(self._marks[self._passed])
            self._passed += 1
        held = [*self._state.values()]
        programs = [mark for mark in held if mark[1] == "program"]
        for mark in (*programs, *self._registered, *(mark for mark in held if mark[1] != "program")):
            yield (begin, *mark[1:])
        pedal = self._state.get(("control", SUSTAIN))
        down = pedal is not None and pedal[3] >= DOWN
        for mark in self._marks[self._passed :]:
            if mark[0] > end and not down:
                return
            if mark[0] > end + RINGING:
                yield (end + RINGING, "control", SUSTAIN, 0)
                return
            yield mark
            if mark[1:3] == ("control", SUSTAIN):
                down = mark[3] >= DOWN

    def _pass(self, mark: Mark) -> None:
        _, kind, number, _ = mark
        if kind == "control" and number in REGISTERED:
            self._registered = [*self._registered[-MOST_REGISTERED:], mark]
        elif kind == "control" and number == RESET:
            kept = {("control", lasting) for lasting in LASTING}
            self._state = {key: old for key, old in self._state.items() if key[0] == "program" or key in kept}
        else:
            self._state[kind, number if kind == "control" else 0] = mark


def _notes(parts: Sequence[Part], clock: Clock, start: float) -> Floats:
    """(n, 5): on and off in seconds after `start`, channel, pitch, velocity."""
    rows = [np.zeros((0, 5))]
    for channel, part in enumerate(parts):
        notes = part.notes
        on = clock.seconds(notes.onset) - start
        off = np.minimum(clock.seconds(let_go(notes)) - start, MAX_SECONDS)
        played = np.column_stack([on, off, np.full(len(on), channel), notes.pitch, notes.velocity])
        rows.append(played[on < MAX_SECONDS])
    return np.concatenate(rows)


def _marks(part: Part, clock: Clock, start: float) -> list[Mark]:
    """All settings of a part in order, beginning with its first program; the pedal is released with the last note."""
    bank = DRUM_BANK if part.drums else part.bank >> 7 if part.bank >> 7 in BANKS else 0
    marks: list[Mark] = [(0.0, "program", bank, program) for _, program in part.programs]
    marks += [(0.0, "control", number, value) for _, number, value in part.controls if number in HEARD]
    marks += [(0.0, "bend", bend + BENT, 0) for _, bend in part.bends]
    quarters = [quarter for quarter, _ in part.programs]
    quarters += [quarter for quarter, number, _ in part.controls if number in HEARD]
    quarters += [quarter for quarter, _ in part.bends]
    seconds = np.maximum(clock.seconds(np.array(quarters, np.float64)) - start, 0.0).tolist()
    last = float(min(clock.seconds(let_go(part.notes)).max(initial=start) - start, MAX_SECONDS))
    found: dict[tuple[int, str, int, int], Mark] = {}
    for i, (second, (_, kind, a, b)) in enumerate(zip(seconds, marks, strict=True)):
        if second < last or kind != "control" or a != SUSTAIN:
            alone = i if kind == "control" and a in REGISTERED else -1
            found[int(second / FINE), kind, a if kind == "control" else 0, alone] = (second, kind, a, b)
    sorted_marks = sorted(found.values(), key=lambda mark: mark[0])
    lifted: list[Mark] = [(last, "control", SUSTAIN, 0)] if part.control(SUSTAIN) else []
    return [(-1.0, "program", bank, part.program or 0), *sorted_marks, *lifted]
