"""The work that needs no model: render the input beforehand, and make the files and the reply afterwards."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.finish.arrange import given_song, new_program, said_program
from generation.finish.excerpt import excerpt_start, last_bars, reading_from
from generation.finish.sound import render
from generation.finish.sound.synth import SAMPLE_RATE
from generation.finish.take import finish
from generation.music.played import Played
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
    """Render the beginning of the input, so that its sound is cached by the time the takes are finished. Nothing is
    rendered if the instrument depends on the style, which is found only while they are played."""
    program = said_program(reading, request)
    if "mp3" in request.formats and not (request.only_new or request.recording) and program is not None:
        shown = reading_from(reading, excerpt_start(reading, request.last_bars), alone=True)
        song = given_song(shown, program)
        render.rehearse(song.parts, song.clock, REHEARSED)


def make(request: Request, reading: Reading | None, played: Played, take: int) -> Take:
    """The take of index `take` with its files, from the input and what was played after it."""
    title = played.song.title or _called(request, reading, played)
    if request.accompany:  # the tune is one of the parts that were played
        return finish(None, played, request, request.seed + take, title)
    if reading is not None and request.last_bars:
        reading, played = last_bars(reading, played, request.last_bars)
    if reading is not None and request.chords and not (request.parts == "all" and reading.together):
        reading = tune_alone(reading)
    return finish(reading, played, request, request.seed + take, title, recording=_recording(request))


def _called(request: Request, reading: Reading | None, played: Played) -> str:
    """The title of music that has none."""
    if played.alone:
        style = _style(request, played)
        return f"Encore: {styles().get(style, style)}" if style != "auto" else "Encore"
    return f"Encore: {BANDS[request.band]}" if reading is None else "Encore"


def _recording(request: Request) -> NDArray[np.float32] | None:
    """(n,) samples at 44.1 kHz of the recording with which the sound is to begin; None if it is not."""
    if not request.recording or request.only_new or not request.data or "mp3" not in request.formats:
        return None
    return decoded(unwrapped(request.data), SAMPLE_RATE)


def answer(request: Request, reading: Reading | None, played: Played, takes: Sequence[Take] = ()) -> Reply:
    """The reply with its facts about the music in a musician's words; its timings are filled in later."""
    voices, voice = _voices(reading)
    recorded = reading.song.recorded if reading is not None else None
    octaves = recorded.octaves if recorded else ()
    if not played.alone:
        several = _of_several(request, played, takes)
        return replace(several, voices=voices, voice=voice, recorded=recorded is not None, octaves=octaves)
    song, given = played.song, played.song if reading is None else reading.melody
    return Reply(
        takes=tuple(takes),
        title=song.title,
        key=str(song.key or heard_key(song)),
        metre=f"{song.metre[0]}/{song.metre[1]}" if song.metre else "",
        tempo=round(tempo_at(given, given.end), 1),
        style=_style(request, played),
        instrument=SOUNDS[new_program(reading, request, played)],
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
    playing = [part for part in song.parts if len(part.notes) and not (tuneless and part.role == "lead")]
    names = list({str(name): name for name in map(_name, playing)}.values())  # a pianist's hands may have one name
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


def _style(request: Request, played: Played) -> str:
    """The style that was asked for or, with “auto”, found; for a user's own checkpoint, its name."""
    return played.style if request.style in STYLES else request.style
