"""What was read and what was played on → a Piece: whose notes sound in which part, and when."""

import math
from dataclasses import replace

import numpy as np

from generation.finish.piece import Piece, part_of
from generation.music.melody import Melody, Part, Reading
from generation.request import INSTRUMENTS, Request


def arrange(
    reading: Reading | None, whole: Melody, first_new: int, request: Request, seed: int, title: str = ""
) -> Piece:
    """The piece that answers a request; see `finish.finish` for the arguments.

    The input keeps its own instruments. The new part plays the instrument that was wished for, else the melody's
    own, else piano; so does an input that names none. `whole` has at least one new note.
    """
    program = _program(reading, request)
    if request.only_new:
        alone = without_input(whole, first_new)
        part = part_of(alone, slice(None), program, "Melody")
        return Piece(alone, 0, (part,), title=title, seed=seed)
    if reading is None or not first_new:
        return Piece(whole, 0, (part_of(whole, slice(None), program, "Melody"),), title=title, seed=seed)
    inputs = given_parts(reading, request, whole.title)
    later = room(inputs, whole, first_new)
    new = part_of(whole, slice(first_new, None), program, "Encore", later)
    return Piece(whole, first_new, (*inputs, new), _home(inputs, whole, first_new), title, seed)


def given_parts(reading: Reading, request: Request, title: str = "") -> tuple[Part, ...]:
    """The parts of the input, as they sound before a new one goes on."""
    program = _program(reading, request) if reading.program is None else reading.program
    return tuple(part for part in reading.original if len(part.onset)) or (
        part_of(reading.melody, slice(None), program, title or "Melody"),
    )


def _program(reading: Reading | None, request: Request) -> int:
    """Of the new part."""
    if request.instrument != "auto":
        return INSTRUMENTS[request.instrument]
    return 0 if reading is None or reading.program is None else reading.program


def without_input(whole: Melody, first_new: int) -> Melody:
    """The new notes alone, from the beat on which they begin."""
    compound = whole.metre is not None and whole.metre[1] == 8 and whole.metre[0] % 3 == 0
    beat = 1.5 if compound else 1.0
    first = float(whole.onset[first_new])
    # Counted from a bar line; a note a little before the beat belongs to it.
    start = whole.downbeat + math.floor((first - whole.downbeat) / beat + 0.1) * beat
    start = min(start, first)
    notes = slice(first_new, None)
    tempo = [replace(mark, onset=max(mark.onset - start, 0.0)) for mark in whole.tempo]
    running = max(i for i, mark in enumerate(tempo) if mark.onset == 0.0)
    return replace(
        whole,
        onset=whole.onset[notes] - start,
        duration=whole.duration[notes],
        pitch=whole.pitch[notes],
        velocity=whole.velocity[notes],
        tempo=tuple(tempo[running:]),
        downbeat=(whole.downbeat - start) % whole.bar if whole.bar else 0.0,
    )


def room(inputs: tuple[Part, ...], whole: Melody, first_new: int) -> float:
    """Quarters, in whole bars, by which the new part waits for an input that goes on after its melody has ended.

    A chord may ring on into the new part for up to a bar; nothing is struck there any more.
    """
    bar = whole.bar or 4.0
    last = max(float(part.onset[-1]) for part in inputs)
    end = max(float((part.onset + part.duration).max()) for part in inputs)
    lacking = max(last + 0.25, end - bar) - float(whole.onset[first_new])
    return math.ceil(lacking / bar) * bar if lacking > 0 else 0.0


def _home(inputs: tuple[Part, ...], whole: Melody, first_new: int) -> int:
    """The part that holds most of the melody's notes."""
    melody = {(round(onset, 3), pitch) for onset, pitch in zip(whole.onset[:first_new], whole.pitch, strict=False)}
    shared = [
        len(melody & {(round(onset, 3), pitch) for onset, pitch in zip(part.onset, part.pitch, strict=True)})
        for part in inputs
    ]
    return int(np.argmax(shared))
