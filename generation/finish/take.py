"""What was played → the files that were asked for: MP3, MIDI, ABC, MusicXML and a picture."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from generation.finish.arrange import arrange
from generation.finish.band import arrange_band, harmony, redone
from generation.finish.files import make_files
from generation.finish.paper.draw_band import draw_band
from generation.finish.paper.draw_score import draw
from generation.finish.paper.write_abc import write_abc
from generation.finish.paper.write_band_abc import band_abc
from generation.finish.paper.write_band_musicxml import band_musicxml
from generation.finish.paper.write_musicxml import write_musicxml
from generation.finish.piece import Piece
from generation.finish.ritardando import slowing_down
from generation.finish.sound.master import master
from generation.finish.sound.mp3 import encode, length
from generation.finish.sound.recorded import render_after, start_of_recording
from generation.finish.sound.render import render, start_of
from generation.finish.sound.stems import stems
from generation.finish.sound.synth import Sound
from generation.finish.write_midi import write_midi
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import Recorded
from generation.request import Request, Take

# Format → what writes it: of a line, and of several parts.
LINE: dict[str, Callable[[Piece], bytes]] = {
    "mid": write_midi,
    "abc": write_abc,
    "musicxml": write_musicxml,
    "png": draw,
}
SCORE: dict[str, Callable[[Piece], bytes]] = {
    "mid": write_midi,
    "abc": lambda piece: band_abc(piece.paper, piece.since, piece.seed, piece.title),
    "musicxml": lambda piece: band_musicxml(piece.paper, piece.since),
    "png": draw_band,
}


def finish(
    reading: Reading | None,
    played: Played,
    request: Request,
    seed: int,
    title: str = "",
    timings: dict[str, float] | None = None,
    recording: NDArray[np.float32] | None = None,
) -> Take:
    """Make the files of one take.

    reading  the input; None for a fresh piece
    title    of the files; "" for the music's own
    timings  filled with the seconds that each format took, rendering (“sound”) and MP3 separately
    recording  (n,) samples at 44.1 kHz, of which the input was transcribed, to be heard instead of it

    The sound is rendered first, on all cores; the other files are made while it is encoded.
    """
    arranged = arrange if played.alone else arrange_band
    piece = arranged(reading, played, request, seed, title or played.song.title)
    piece = replace(piece, mp3_bytes=request.mp3_bytes)
    if not request.accompany:  # whose tune stays as it is
        piece = slowing_down(piece, played.style)
    recorded = reading.song.recorded if reading is not None and piece.homes and recording is not None else None
    files = make_files(
        request.formats,
        partial(_sound, piece, recorded, recording),
        partial(_encoded, piece),
        {name: partial(write, piece) for name, write in (LINE if piece.alone else SCORE).items()},
        timings,
        partial(stems, piece.players, piece.song.clock, piece.title, request.mp3_bytes) if request.stems else None,
    )
    song, clock = piece.song, piece.song.clock
    start = start_of(song.parts, clock)
    if recorded is not None:
        start = start_of_recording(recorded, song.parts[: piece.given], clock)
    tunes = ("lead",) if request.accompany else ()  # which were there before
    return Take(
        seed=seed,
        temperature=request.temperature,
        seconds=round(length(files["mp3"]) if "mp3" in files else song.seconds - start, 3),
        new_from=round(clock.second(piece.since) - start, 3) if piece.homes else 0.0,
        notes=sum(len(part.notes) for part in piece.new if part.role not in tunes),
        files=files,
        arithmetic=played.arithmetic,
        again=played.again,
        chords=harmony(piece.paper, piece.since),
        parts=() if piece.alone else redone(piece.new),
    )


def _sound(piece: Piece, recorded: Recorded | None, recording: NDArray[np.float32] | None) -> Sound:
    clock, given = piece.song.clock, piece.given
    if recorded is None or recording is None:
        return master(render(piece.song.parts, clock, given, together=not piece.alone))
    return master(render_after(recording, recorded, piece.song.parts[:given], piece.new, clock))


def _encoded(piece: Piece, sound: Sound) -> bytes:
    return encode(sound, piece.title, f"seed {piece.seed}", piece.mp3_bytes)
