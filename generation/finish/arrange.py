"""The input and its continuation → a Piece: which notes sound in which part, and when."""

import math
from dataclasses import replace

import numpy as np

from generation.finish.piece import Piece
from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.reading import Reading, song_of
from generation.music.song import EXPRESSION, PAN, SUSTAIN, VOLUME, Part, Song, in_force
from generation.music.sounds import suitable
from generation.request import INSTRUMENTS, Request

# Controllers that the new part takes over from the part it continues → General MIDI's defaults.
FAINT = 20  # volume or expression below this means that a part was silenced, not that it is soft
KEPT = {VOLUME: 100, EXPRESSION: 127, PAN: 64}


def arrange(
    reading: Reading | None, whole: Melody, first_new: int, request: Request, seed: int, title: str = ""
) -> Piece:
    """The piece that answers a request; see `take.finish` for the arguments. `whole` needs at least one new note.

    The input keeps its own instruments; one of a single part that names none is played by the new part's.
    """
    program, take = new_program(reading, request, whole), number_of(request, seed)
    if reading is None or request.only_new or not first_new:
        alone = without_input(whole, first_new) if request.only_new else whole
        fresh = song_of(alone, program, "Melody")
        if reading is not None and request.instrument == "auto":  # for the same instrument, so written in the same way
            fresh = replace(fresh, parts=(replace(fresh.parts[0], sounds=reading.song.parts[reading.part].sounds),))
        return Piece(replace(fresh, title=title), alone, seed=seed, take=take)
    song = given_song(reading, program)
    new = whole[first_new:]
    part = _going_on(song.parts[reading.part], Notes(new.onset, new.duration, new.pitch, new.velocity), program)
    song = replace(song, parts=(*song.parts, part), tempo=whole.tempo, title=title)
    return Piece(song, whole, first_new, (reading.part,), seed, take=take)


def number_of(request: Request, seed: int) -> int:
    """The number, from 1, of the request's take with this seed; 0 if it is the only take."""
    return seed - request.seed + 1 if request.takes > 1 else 0


def new_program(reading: Reading | None, request: Request, whole: Melody) -> int:
    """The General MIDI program of the new part: the instrument that was asked for, else the melody's own, else one that
    suits the style; piano for chords, and beside other parts."""
    if (known := said_program(reading, request)) is not None:
        return known
    return suitable(str(whole.meta.get("style", request.style)), int(whole.pitch.min()), int(whole.pitch.max()))


def said_program(reading: Reading | None, request: Request) -> int | None:
    """Like `new_program`, but None if the program depends on the style, which is not known yet."""
    if request.instrument != "auto":
        return INSTRUMENTS[request.instrument]
    if reading is None:
        return None
    part = reading.song.parts[reading.part]
    if part.program is None:
        alone = len(reading.song.pitched) == 1 and len(part.notes) == len(reading.melody)
        return None if alone else INSTRUMENTS["piano"]
    return part.programs[-1][1] if part.programs else part.program


def given_song(reading: Reading, program: int) -> Song:
    """The input as it sounds before a new part, which will play `program`, continues it."""
    alone = len(reading.song.pitched) == 1
    parts, home = [*reading.song.parts], reading.song.parts[reading.part]
    if alone:
        own = program if home.program is None else home.program
        parts[reading.part] = replace(home, program=own, name=home.name or reading.song.title or "Melody")
    return replace(reading.song, parts=tuple(parts))


def _going_on(player: Part, notes: Notes, program: int) -> Part:
    """The new part: as loud and as far left or right as `player`, the part it continues, mostly was; with the pedal up
    and the pitch wheel centred."""
    begin = float(notes.onset[0])
    controls = []
    for number, usual in KEPT.items():
        if said := player.control(number):
            typical = round(float(np.median(in_force(said, player.notes.onset, usual))))
            controls.append((begin, number, usual if number != PAN and typical < FAINT else typical))
    if player.control(SUSTAIN):
        controls.append((begin, SUSTAIN, 0))
    bends = ((begin, 0),) if player.bends else ()
    return Part(
        notes, program, "Encore", channel=player.channel, role="lead", controls=tuple(controls), bends=bends,
        bank=player.bank if program == player.program else 0,
    )  # fmt: skip


def without_input(whole: Melody, first_new: int) -> Melody:
    """The new notes alone, counted from the beat on which they begin."""
    compound = whole.metre is not None and whole.metre[1] == 8 and whole.metre[0] % 3 == 0
    beat = 1.5 if compound else 1.0
    first = float(whole.onset[first_new])
    # Beats are counted from a bar line; a note that comes a little before a beat belongs to it.
    start = whole.downbeat + math.floor((first - whole.downbeat) / beat + 0.1) * beat
    start = min(start, first)
    return replace(
        whole[first_new:].later(-start),
        tempo=whole.clock.since(start),
        downbeat=(whole.downbeat - start) % whole.bar if whole.bar else 0.0,
    )
