"""Listen: what an attachment holds, before anything is played on from it."""

from generation.music.melody import MAX_SECONDS
from generation.music.reading import Reading
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal, Request

ROOM = 1.15  # of the wished length: what new music may take until it has come to its close


def listen(request: Request) -> Reading | None:
    """What the attachment holds, on its beat; None for a fresh piece. `Refusal` if there is no melody in it, or no room
    after it."""
    if request.data is None:
        return None
    reading = on_its_beat(read(request.data, request.filename))
    lasts = reading.melody.seconds
    if lasts + ROOM * request.seconds > MAX_SECONDS:
        raise Refusal(
            "This melody lasts {seconds} s, and {more} s of new music would take it to the limit of {limit} "
            "s. Send a shorter piece, or ask for fewer seconds.",
            seconds=round(lasts),
            more=request.seconds,
            limit=round(MAX_SECONDS),
        )
    return reading
