"""What is done without the model: hear what a file holds before it plays, and make the files and the reply after."""

from collections.abc import Sequence

from generation.finish import finish
from generation.key import find_key
from generation.melody import Melody, Reading
from generation.pulse import typical_tempo
from generation.read import read
from generation.request import INSTRUMENTS, STYLES, Reply, Request, Take


def listen(request: Request) -> Reading | None:
    """What the attachment holds; None for a fresh piece. `Refusal` if there is no melody in it."""
    return None if request.data is None else read(request.data, request.filename)


def make(request: Request, reading: Reading | None, whole: Melody, take: int) -> Take:
    """The files of one take."""
    first_new = 0 if reading is None else len(reading.melody)
    style = str(whole.meta.get("style", "auto"))
    title = whole.title or (f"Encore: {STYLES[style]}" if style != "auto" else "Encore")
    return finish(reading, whole, first_new, request, request.seed + take, title)


def answer(request: Request, reading: Reading | None, whole: Melody, takes: Sequence[Take] = ()) -> Reply:
    """The reply, with what a musician wants to know of the music; its timings are still to come."""
    key = whole.key or find_key(whole.pitch, whole.duration)
    program = reading.program if reading is not None else None
    own = next((name for name, number in INSTRUMENTS.items() if number == program), "piano")
    return Reply(
        takes=tuple(takes),
        title=whole.title,
        key=str(key),
        metre=f"{whole.metre[0]}/{whole.metre[1]}" if whole.metre else "",
        tempo=round(typical_tempo(whole if reading is None else reading.melody), 1),
        style=str(whole.meta.get("style", request.style)),
        instrument=own if request.instrument == "auto" else request.instrument,
        source=reading.source if reading is not None else "",
    )
