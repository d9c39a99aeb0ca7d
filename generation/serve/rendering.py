"""The work that needs no model: render the input beforehand, and make the files and the reply afterwards."""

from collections.abc import Sequence

from generation.finish.arrange import given_song
from generation.finish.sound import render
from generation.finish.take import finish
from generation.music.key import find_key
from generation.music.melody import Melody
from generation.music.pulse import typical_tempo
from generation.music.reading import Reading
from generation.request import INSTRUMENTS, STYLES, UNSAID, Reply, Request, Take, styles

REHEARSED = 4  # phrases: about as many as can be rendered while the model samples a short answer


def rehearse(request: Request, reading: Reading) -> None:
    """Render the beginning of the input, so that its sound is cached by the time the takes are finished."""
    if "mp3" in request.formats and not request.only_new:
        song = given_song(reading, request)
        render.rehearse(song.parts, song.clock, REHEARSED)


def make(request: Request, reading: Reading | None, whole: Melody, take: int) -> Take:
    """The take of index `take` with its files, from the input and the `whole` melody: input and new notes."""
    first_new = 0 if reading is None else len(reading.melody)
    style = _style(request, whole)
    title = whole.title or (f"Encore: {styles().get(style, style)}" if style != "auto" else "Encore")
    return finish(reading, whole, first_new, request, request.seed + take, title)


def answer(request: Request, reading: Reading | None, whole: Melody, takes: Sequence[Take] = ()) -> Reply:
    """The reply with its facts about the music in a musician's words; its timings are filled in later."""
    key = whole.key or find_key(whole.pitch, whole.duration)
    program = reading.program if reading is not None else None
    own = next((name for name, number in INSTRUMENTS.items() if number == program), "piano")
    return Reply(
        takes=tuple(takes),
        title=whole.title,
        key=str(key),
        metre=f"{whole.metre[0]}/{whole.metre[1]}" if whole.metre else "",
        tempo=round(typical_tempo(whole if reading is None else reading.melody), 1),
        style=_style(request, whole),
        instrument=own if request.instrument == "auto" else request.instrument,
        source=reading.source if reading is not None else UNSAID,
        remarks=reading.song.remarks if reading is not None else (),
    )


def _style(request: Request, whole: Melody) -> str:
    """The style that was asked for or, with “auto”, found; for a user's own checkpoint, its name."""
    return str(whole.meta.get("style", request.style)) if request.style in STYLES else request.style
