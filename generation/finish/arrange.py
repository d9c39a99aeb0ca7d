"""A line that was played → a Piece: which notes sound in which part, and when."""

import math
from dataclasses import replace

from generation.finish.piece import Piece
from generation.music.melody import with_line
from generation.music.metre import heard_beat
from generation.music.notes import Notes
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import FADERS, PAN, SUSTAIN, Part, Song, mostly
from generation.music.sounds import suitable
from generation.request import INSTRUMENTS, Request

KEPT = FADERS | {PAN: 64}  # controllers that a new part takes over from the one it continues → their defaults
FAINT = 20  # volume or expression below this means that a part was silenced, not that it is soft


def arrange(reading: Reading | None, played: Played, request: Request, seed: int, title: str) -> Piece:
    """The piece of a line that was played, with at least one new note; see `take.finish` for the arguments.

    The input keeps its own instruments; one of a single part that names none is played by the new part's.
    """
    program, take = new_program(reading, request, played), number_of(request, seed)
    whole, since = played.song, played.since
    if reading is None or request.only_new or not since:
        alone = without_input(whole, since) if request.only_new else whole
        part = replace(alone.parts[0], program=program, name="Melody")
        if reading is not None and request.instrument == "auto":  # for the same instrument, so written in the same way
            part = replace(part, sounds=reading.song.parts[reading.part].sounds)
        fresh = replace(alone, parts=(part,), title=title)
        return Piece(fresh, fresh, seed=seed, take=take)
    song = given_song(reading, program)
    part = _successor(song.parts[reading.part], whole.line[whole.line.first(since) :], program)
    paper = replace(whole, metres=song.metres, keys=song.keys, pickup=song.pickup)
    song = replace(song, parts=(*song.parts, part), tempo=whole.tempo, title=title)
    return Piece(song, paper, since, homes=(reading.part,), seed=seed, take=take)


def number_of(request: Request, seed: int) -> int:
    """The number, from 1, of the request's take with this seed; 0 if it is the only take."""
    return seed - request.seed + 1 if request.takes > 1 else 0


def new_program(reading: Reading | None, request: Request, played: Played) -> int:
    """The General MIDI program of the new part: the instrument that was asked for, else the melody's own, else one that
    suits the style; piano for chords, and beside other parts."""
    if (known := said_program(reading, request)) is not None:
        return known
    pitch = played.song.line.pitch
    return suitable(played.style, int(pitch.min()), int(pitch.max()))


def said_program(reading: Reading | None, request: Request) -> int | None:
    """Like `new_program`, but None if the program depends on the style, which is not known yet."""
    if request.instrument != "auto":
        return INSTRUMENTS[request.instrument]
    if reading is None:
        return None
    part = reading.song.parts[reading.part]
    if part.program is None:
        alone = len(reading.song.pitched) == 1 and len(part.notes) == len(reading.line)
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


def _successor(player: Part, notes: Notes, program: int) -> Part:
    """The new part: as loud and as far left or right as `player`, the part it continues, mostly was; with the pedal up
    and the pitch wheel centred."""
    begin = float(notes.onset[0])
    controls = []
    for number, usual in KEPT.items():
        if said := player.control(number):
            typical = mostly(said, player.notes.onset, usual)
            controls.append((begin, number, usual if number in FADERS and typical < FAINT else typical))
    if player.control(SUSTAIN):
        controls.append((begin, SUSTAIN, 0))
    bends = ((begin, 0),) if player.bends else ()
    return Part(
        notes, program, "Encore", channel=player.channel, role="lead", controls=tuple(controls), bends=bends,
        bank=player.bank if program == player.program else 0,
    )  # fmt: skip


def without_input(whole: Song, since: float) -> Song:
    """The notes of a line from the quarter `since` on, counted from the beat on which they begin."""
    beat = heard_beat(whole.metre)
    new = whole.line[whole.line.first(since) :]
    first = float(new.onset[0])
    # Beats are counted from a bar line; a note that comes a little before a beat belongs to it.
    start = whole.downbeat + math.floor((first - whole.downbeat) / beat + 0.1) * beat
    start = min(start, first)
    pickup = (whole.downbeat - start) % whole.bar if whole.bar else 0.0
    return with_line(replace(whole, tempo=whole.clock.since(start), pickup=pickup), new.later(-start))
