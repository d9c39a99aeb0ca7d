"""A finished melody → the files that were asked for: MP3, MIDI, ABC, MusicXML and a picture."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from generation.finish.arrange import arrange
from generation.finish.files import make_files
from generation.finish.paper.draw_score import draw
from generation.finish.paper.write_abc import write_abc
from generation.finish.paper.write_musicxml import write_musicxml
from generation.finish.piece import Piece
from generation.finish.sound.master import master
from generation.finish.sound.mp3 import encode, length
from generation.finish.sound.recorded import render_after, start_of_recording
from generation.finish.sound.render import render, start_of
from generation.finish.sound.stems import stems
from generation.finish.sound.synth import Sound
from generation.finish.write_midi import write_midi
from generation.music.melody import Melody
from generation.music.reading import Reading
from generation.music.song import Recorded
from generation.request import Request, Take

Made = TypeVar("Made")


WRITERS: dict[str, Callable[[Piece], bytes]] = {
    "mid": write_midi,
    "abc": write_abc,
    "musicxml": write_musicxml,
    "png": draw,
}


def finish(
    reading: Reading | None,
    whole: Melody,
    first_new: int,
    request: Request,
    seed: int,
    title: str = "",
    timings: dict[str, float] | None = None,
    recording: NDArray[np.float32] | None = None,
) -> Take:
    """Make the files of one take.

    reading  the input; None for a fresh piece
    whole    the input's melody, followed by the new notes from index `first_new` on
    timings  filled with the seconds that each format took, with rendering (“sound”) apart from MP3
    recording  (n,) samples at 44.1 kHz from which the input was transcribed; they are heard instead of it

    The sound is rendered first, on all cores; the other files are made while it is encoded.
    """
    piece = arrange(reading, whole, first_new, request, seed, title or whole.title)
    piece = replace(piece, mp3_bytes=request.mp3_bytes)
    others = {name: partial(write, piece) for name, write in WRITERS.items()}
    players = [[part] for part in piece.song.parts]
    apart = partial(stems, players, piece.song.clock, piece.title, request.mp3_bytes) if request.stems else None
    recorded = reading.song.recorded if reading is not None and piece.homes and recording is not None else None
    files = make_files(
        request.formats, partial(_sound, piece, recorded, recording), partial(_encoded, piece), others, timings, apart
    )
    song = piece.song
    start, new_from = start_of(song.parts, song.clock), 0.0
    if recorded is not None:
        start = start_of_recording(recorded, song.parts[: piece.given], song.clock)
    seconds = length(files["mp3"]) if "mp3" in files else song.clock.second(song.end) - start
    if piece.homes:
        new_from = song.clock.second(float(song.parts[-1].notes.onset[0])) - start
    return Take(
        seed=seed,
        temperature=request.temperature,
        seconds=round(seconds, 3),
        new_from=round(new_from, 3),
        notes=len(whole) - first_new,
        files=files,
        arithmetic=str(whole.meta.get("arithmetic", "")),
        again=bool(whole.meta.get("again")),
    )


def _sound(piece: Piece, recorded: Recorded | None, recording: NDArray[np.float32] | None) -> Sound:
    parts, clock = piece.song.parts, piece.song.clock
    if recorded is None or recording is None:
        return master(render(parts, clock, piece.given))
    return master(render_after(recording, recorded, parts[: piece.given], parts[piece.given :], clock))


def _encoded(piece: Piece, sound: Sound) -> bytes:
    return encode(sound, piece.title, f"seed {piece.seed}", piece.mp3_bytes)
