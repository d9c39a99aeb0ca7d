"""A finished song of several parts → the files that were asked for."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from generation.finish.arrange import KEPT, given_song, number_of, said_program
from generation.finish.files import make_files
from generation.finish.paper.draw_band import band_png
from generation.finish.paper.draw_roll import draw_roll
from generation.finish.paper.draw_score import legible
from generation.finish.paper.write_band_abc import band_abc
from generation.finish.paper.write_band_musicxml import band_musicxml
from generation.finish.pedal import pedalled, pedals
from generation.finish.piece import Piece
from generation.finish.sound.master import master
from generation.finish.sound.mp3 import encode, length
from generation.finish.sound.recorded import render_after, start_of_recording
from generation.finish.sound.render import render, start_of
from generation.finish.sound.stems import stems
from generation.finish.sound.synth import Sound
from generation.finish.write_midi import write_midi
from generation.music.melody import Melody
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import REDONE_ROLES, SUSTAIN, Part, Song, in_force, moved, ruling
from generation.request import INSTRUMENTS, Request, Take

LINES = 8  # bars whose chords a caption has room for


def finish_band(
    reading: Reading | None,
    played: Played,
    request: Request,
    seed: int,
    title: str = "",
    timings: dict[str, float] | None = None,
    recording: NDArray[np.float32] | None = None,
) -> Take:
    """Make the files of one take of several parts.

    reading  the input; None for a fresh piece
    timings, recording  as in `take.finish`
    """
    whole, since = replace(played.song, title=title or played.song.title), played.since
    given = [0] * len(whole.parts) if reading is None else [len(part.notes) for part in reading.song.parts]
    new = [*whole.parts]
    if reading is not None:
        new = [_going_on(part, n, whole) for part, n in zip(whole.parts, given, strict=True)]
    if request.instrument != "auto":
        new = [replace(p, program=INSTRUMENTS[request.instrument], bank=0) if p.role == "lead" else p for p in new]
    fresh = tuple(part for part in new if len(part.notes))
    if request.accompany and request.only_new:
        fresh = tuple(part for part in fresh if part.role != "lead")
    notes = sum(len(part.notes) for part in fresh if not (request.accompany and part.role == "lead"))
    before: tuple[Part, ...] = ()
    if reading is None or request.only_new:
        whole = from_beat(replace(whole, parts=fresh), since)
        since = 0.0
    else:
        before = given_song(reading, said_program(reading, request) or 0).parts
    sounding = (*before, *(fresh if before else whole.parts))
    homes = tuple(i for i, part in enumerate(new) if before and len(part.notes))
    clock = whole.clock
    line, first_new = top_line(whole, since)
    piece = Piece(whole, line, first_new, seed=seed, mp3_bytes=request.mp3_bytes, take=number_of(request, seed))
    played_apart = replace(piece, song=replace(whole, parts=sounding), homes=homes)
    recorded = reading.song.recorded if reading is not None and before and recording is not None else None

    def sound() -> Sound:
        if recorded is None or recording is None:
            return master(render(sounding, clock, len(before), together=True))
        return master(render_after(recording, recorded, before, fresh, clock))

    files = make_files(
        request.formats,
        sound,
        lambda sound: encode(sound, whole.title, f"seed {seed}", request.mp3_bytes),
        {
            "mid": partial(write_midi, played_apart),
            "abc": partial(band_abc, whole, since, seed, whole.title),
            "musicxml": partial(band_musicxml, whole, since),
            "png": partial(_drawn, piece, since),
        },
        timings,
        partial(stems, _players(before, new), clock, whole.title, request.mp3_bytes) if request.stems else None,
    )
    start = start_of(sounding, clock) if recorded is None else start_of_recording(recorded, before, clock)
    seconds = length(files["mp3"]) if "mp3" in files else clock.second(whole.end) - start
    return Take(
        seed=seed,
        temperature=request.temperature,
        seconds=round(seconds, 3),
        new_from=round(clock.second(since) - start, 3) if before else 0.0,
        notes=notes,
        files=files,
        arithmetic=played.arithmetic,
        again=played.again,
        chords=harmony(whole, since),
        parts=tuple(kind for kind, roles in REDONE_ROLES.items() if {part.role for part in fresh} & set(roles)),
    )


def _players(before: Sequence[Part], new: Sequence[Part]) -> list[list[Part]]:
    """The parts of each player: that of the input, if there is one, then the new one."""
    return [[*before[i : i + 1], part] for i, part in enumerate(new)]


def _drawn(piece: Piece, since: float) -> bytes:
    """A PNG of the score, or of the lead as a piano roll if it was played too freely to be read as a score."""
    return band_png(piece.song, since, piece.title, piece.take) if legible(piece.score) else draw_roll(piece)


def harmony(song: Song, since: float) -> str:
    """The chords of the first bars from a quarter on, such as “C | Am F | G7”; empty if there are none."""
    chords = [(quarter, symbol) for quarter, symbol in song.chords if quarter >= since - 1e-6]
    if not chords or not song.metres:
        return ""
    mark, (beats, unit) = ruling(song.metres, since)
    bar = beats * 4 / unit
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
    mark, (beats, unit) = ruling(song.metres, since) if song.metres else (0.0, (4, 4))
    bar = beats * 4 / unit
    passed = [chord for chord in later.chords if chord[0] == 0][:-1]
    return replace(
        later,
        tempo=song.clock.since(start),
        metres=((0.0, (beats, unit)),) if song.metres else (),
        keys=((0.0, song.key),) if song.key else (),
        pickup=(mark + song.pickup - start) % bar if song.metres else 0.0,
        chords=tuple(chord for chord in later.chords if chord not in passed),
        markers=(),
    )


def _going_on(part: Part, given: int, song: Song) -> Part:
    """The new notes of a part, from index `given` on: with the program that it had at the end, as loud and as far left
    or right as it mostly was, pedalled if a pianist pedalled before, and with the pitch wheel centred."""
    new, old = part.notes[given:], part.notes[:given]
    if not len(new):
        return replace(part, notes=new)
    begin = float(new.onset[0])
    controls: tuple[tuple[float, int, int], ...] = ()
    for number, usual in KEPT.items():
        if said := part.control(number):
            typical = float(np.median(in_force(said, old.onset if given else [begin], usual)))
            controls += ((begin, number, round(typical)),)
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


def top_line(song: Song, since: float) -> tuple[Melody, int]:
    """The highest notes of the lead as a melody, and the index of the first new one."""
    lead = next((part for part in song.parts if part.role == "lead" and len(part.notes)), None)
    notes = (lead or max(song.parts, key=lambda part: len(part.notes))).notes
    order = np.lexsort((-notes.pitch, np.round(notes.onset, 2)))
    first = np.diff(np.round(notes.onset, 2)[order], prepend=-1.0) > 0
    some = notes[np.sort(order[first])]
    some = some[np.diff(some.onset, prepend=-1.0) > 0]
    line = Melody(
        some.onset,
        some.duration,
        some.pitch,
        some.velocity,
        song.tempo,
        song.metre,
        song.key,
        song.downbeat,
        song.title,
    )
    return line, min(int(np.searchsorted(line.onset, since - 0.1)), len(line) - 1)
