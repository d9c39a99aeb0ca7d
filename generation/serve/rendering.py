"""The work that needs no model: render the input beforehand, and make the files and the reply afterwards."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.finish.arrange import given_song, new_program, said_program
from generation.finish.band import finish_band
from generation.finish.excerpt import last_bars
from generation.finish.sound import render
from generation.finish.sound.synth import SAMPLE_RATE
from generation.finish.take import finish
from generation.music.key import find_key
from generation.music.melody import Melody
from generation.music.played import Played
from generation.music.pulse import typical_tempo
from generation.music.reading import Reading, tune_alone
from generation.music.song import Part, heard_key, tempo_at
from generation.music.sounds import SOUNDS
from generation.read.choose_part import described
from generation.read.recording import decoded
from generation.read.unwrap import unwrapped
from generation.request import BANDS, STYLES, UNSAID, Reply, Request, Take, Words, styles

MOST_NAMES = 6  # of parts in a caption
REHEARSED = 4  # phrases: about as many as can be rendered while the model samples a short answer


def rehearse(request: Request, reading: Reading) -> None:
    """Render the beginning of the input, so that its sound is cached by the time the takes are finished. Not where its
    instrument depends on the style, which is found only while they are played."""
    program = said_program(reading, request)
    if "mp3" in request.formats and not (request.only_new or request.recording) and program is not None:
        shown = last_bars(reading, reading.melody, request.last_bars)[0] if request.last_bars else reading
        song = given_song(shown, program)
        render.rehearse(song.parts, song.clock, REHEARSED)


def make(request: Request, reading: Reading | None, whole: Melody | Played, take: int) -> Take:
    """The take of index `take` with its files, from the input and the `whole` music: input and new notes."""
    if reading is not None and request.last_bars and not request.accompany:
        reading, whole = last_bars(reading, whole, request.last_bars)
    if isinstance(whole, Played):
        if request.accompany:
            return finish_band(None, whole, request, request.seed + take, whole.song.title or "Encore")
        if reading is not None and request.chords and not (request.parts == "all" and reading.together):
            reading = tune_alone(reading)
        called = BANDS[request.band] if reading is None else "Encore"
        title, seed = whole.song.title or f"Encore: {called}", request.seed + take
        return finish_band(reading, whole, request, seed, title, recording=_recording(request))
    first_new = 0 if reading is None else len(reading.melody)
    style = _style(request, whole)
    title = whole.title or (f"Encore: {styles().get(style, style)}" if style != "auto" else "Encore")
    return finish(reading, whole, first_new, request, request.seed + take, title, recording=_recording(request))


def _recording(request: Request) -> NDArray[np.float32] | None:
    """(n,) samples at 44.1 kHz of the recording with which the sound is to begin; None if it is not."""
    if not request.recording or request.only_new or not request.data or "mp3" not in request.formats:
        return None
    return decoded(unwrapped(request.data), SAMPLE_RATE)


def answer(request: Request, reading: Reading | None, whole: Melody | Played, takes: Sequence[Take] = ()) -> Reply:
    """The reply with its facts about the music in a musician's words; its timings are filled in later."""
    voices, voice = _voices(reading)
    recorded = reading.song.recorded if reading is not None else None
    octaves = recorded.octaves if recorded else ()
    if isinstance(whole, Played):
        several = _of_several(request, whole, takes)
        return replace(several, voices=voices, voice=voice, recorded=recorded is not None, octaves=octaves)
    key = whole.key or find_key(whole.pitch, whole.duration)
    return Reply(
        takes=tuple(takes),
        title=whole.title,
        key=str(key),
        metre=f"{whole.metre[0]}/{whole.metre[1]}" if whole.metre else "",
        tempo=round(typical_tempo(whole if reading is None else reading.melody), 1),
        style=_style(request, whole),
        instrument=SOUNDS[new_program(reading, request, whole)],
        source=reading.source if reading is not None else UNSAID,
        remarks=reading.song.remarks if reading is not None else (),
        voices=voices,
        voice=voice,
        recorded=recorded is not None,
        octaves=octaves,
    )


def _voices(reading: Reading | None) -> tuple[tuple[Words, ...], int]:
    """The parts that could be the tune, described, and the number of the one that is; nothing if there is no choice."""
    if reading is None or len(reading.song.pitched) < 2:
        return (), 0
    lead = reading.song.parts[reading.part]
    return described(reading.song), 1 + next(i for i, part in enumerate(reading.song.pitched) if part is lead)


def _of_several(request: Request, played: Played, takes: Sequence[Take]) -> Reply:
    """The reply for several parts."""
    song = played.song
    key, metre = song.key or heard_key(song), song.metre
    tuneless = bool(request.accompany) and request.only_new
    names = [_name(part) for part in song.parts if len(part.notes) and not (tuneless and part.role == "lead")]
    more = Words("{count} more", count=len(names) - MOST_NAMES)
    return Reply(
        takes=tuple(takes),
        title=song.title,
        key=str(key) if song.pitched else "",
        metre=f"{metre[0]}/{metre[1]}" if metre else "",
        tempo=round(tempo_at(song, played.since or song.end), 1),
        style=request.style,
        instrument="",
        parts=tuple(names) if len(names) <= MOST_NAMES else (*names[:MOST_NAMES], more),
        remarks=song.remarks,
    )


def _name(part: Part) -> Words:
    """A part by its name, or by its instrument."""
    if part.name:
        return Words("{name}", name=part.name)
    if part.drums:
        return Words("drums")
    return Words(SOUNDS[part.program or 0])


def _style(request: Request, whole: Melody) -> str:
    """The style that was asked for or, with “auto”, found; for a user's own checkpoint, its name."""
    return str(whole.meta.get("style", request.style)) if request.style in STYLES else request.style
