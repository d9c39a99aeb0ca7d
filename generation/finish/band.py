"""Several parts that were played → a Piece: which notes sound in which part, and when."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generation.finish.arrange import KEPT, given_song, number_of, said_program
from generation.finish.pedal import pedalled, pedals
from generation.finish.piece import Piece
from generation.music.metre import bar_length
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import REDONE_ROLES, SUSTAIN, Part, Song, mostly, moved, ruling
from generation.request import INSTRUMENTS, Request

LINES = 8  # bars whose chords a caption has room for


def arrange_band(reading: Reading | None, played: Played, request: Request, seed: int, title: str) -> Piece:
    """The piece of several parts that were played; see `take.finish` for the arguments."""
    whole, since = replace(played.song, title=title), played.since
    new = [*whole.parts]
    if reading is not None:
        given = [len(part.notes) for part in reading.song.parts]
        new = [_new_notes(part, n, whole) for part, n in zip(whole.parts, given, strict=True)]
    if request.instrument != "auto":
        new = [replace(p, program=INSTRUMENTS[request.instrument], bank=0) if p.role == "lead" else p for p in new]
    fresh = tuple(part for part in new if len(part.notes))
    if request.accompany and request.only_new:
        fresh = tuple(part for part in fresh if part.role != "lead")
    take = number_of(request, seed)
    if reading is None or request.only_new:
        alone = from_beat(replace(whole, parts=fresh), since)
        return Piece(alone, alone, alone=False, seed=seed, take=take)
    before = given_song(reading, said_program(reading, request) or 0).parts
    homes = tuple(i for i, part in enumerate(new) if len(part.notes))
    return Piece(replace(whole, parts=(*before, *fresh)), whole, since, False, homes, seed, take=take)


def redone(parts: Sequence[Part]) -> tuple[str, ...]:
    """The keys of `REDONE` that there is a part for."""
    return tuple(kind for kind, roles in REDONE_ROLES.items() if {part.role for part in parts} & set(roles))


def harmony(song: Song, since: float) -> str:
    """The chords of the first bars from a quarter on, such as “C | Am F | G7”; empty if there are none."""
    chords = [(quarter, symbol) for quarter, symbol in song.chords if quarter >= since - 1e-6]
    if not chords or not song.metres:
        return ""
    mark, metre = ruling(song.metres, since)
    bar = float(bar_length(metre))
    first = math.floor((chords[0][0] - mark - song.pickup) / bar + 1e-6)
    bars: list[list[str]] = [[] for _ in range(LINES)]
    for quarter, symbol in chords:
        place = math.floor((quarter - mark - song.pickup) / bar + 1e-6) - first
        if place < LINES:
            bars[place].append(symbol)
    while bars and not bars[-1]:
        bars.pop()
    return " | ".join(" ".join(some) or "%" for some in bars)


def from_beat(song: Song, since: float) -> Song:
    """The song counted from the beat at or before the quarter `since`, where its first notes begin."""
    if since <= 0:
        return song
    first = min(float(part.notes.onset[0]) for part in song.parts)
    start = min(math.floor(since + 1e-6), first)
    later = moved(song, lambda quarters: np.maximum(quarters - start, 0.0))
    mark, metre = ruling(song.metres, since) if song.metres else (0.0, (4, 4))
    bar = float(bar_length(metre))
    passed = [chord for chord in later.chords if chord[0] == 0][:-1]
    return replace(
        later,
        tempo=song.clock.since(start),
        metres=((0.0, metre),) if song.metres else (),
        keys=((0.0, song.key),) if song.key else (),
        pickup=(mark + song.pickup - start) % bar if song.metres else 0.0,
        chords=tuple(chord for chord in later.chords if chord not in passed),
        markers=(),
    )


def _new_notes(part: Part, given: int, song: Song) -> Part:
    """The new notes of a part, from index `given` on: with the program that it had at the end, as loud and as far left
    or right as it mostly was, pedalled if a pianist pedalled before, and with the pitch wheel centred."""
    new, old = part.notes[given:], part.notes[:given]
    if not len(new):
        return replace(part, notes=new)
    begin = float(new.onset[0])
    controls: tuple[tuple[float, int, int], ...] = ()
    for number, usual in KEPT.items():
        if said := part.control(number):
            controls += ((begin, number, mostly(said, old.onset if given else [begin], usual)),)
    if part.control(SUSTAIN):
        controls += pedalled(new, song) if pedals(part, old) else ((begin, SUSTAIN, 0),)
    program = next((number for quarter, number in reversed(part.programs) if quarter < begin), part.program)
    return replace(
        part,
        notes=new,
        program=program,
        bank=part.bank if program == part.program else 0,
        controls=controls,
        bends=((begin, 0),) if part.bends else (),
        programs=(),
        words=(),
    )
