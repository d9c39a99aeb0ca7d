"""Listen: read an attachment and find its beat, before anything is played."""

from dataclasses import replace

import numpy as np

from generation.model.tokens import TICKS
from generation.music.cut import EARLY, beginning, notes_until, numbered_bars
from generation.music.melody import MAX_SECONDS
from generation.music.reading import Reading
from generation.music.song import tempo_at
from generation.play.length import wished
from generation.read.audio import in_octave
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.read.find_melody import find_melody
from generation.request import Refusal, Request

MOST_ACCOMPANIED = 300  # seconds
ROOM = 1.15  # times the length asked for: the longest that new music may be, its close included


def listen(request: Request) -> Reading | None:
    """The attachment's contents, on their beat; None for a fresh piece. Raises `Refusal` if it holds no melody, or
    one so long that no room is left for new music."""
    if request.data is None:
        return None
    together = request.parts == "all" and not request.accompany and not request.chords
    found = read(request.data, request.filename, drums=together, wanted=request.lead)
    if request.recording and found.song.recorded is None:
        raise Refusal("There is no recording in this file that the music could begin with. Ask for the whole piece.")
    reading = on_its_beat(in_octave(found, request.octave))
    if request.after_bar:
        reading = _until_bar(reading, request.after_bar, together and not request.lead)
    lasts = reading.song.seconds
    tempo = tempo_at(reading.song, reading.line.end)
    more = 0.0
    if request.accompany:
        if lasts > MOST_ACCOMPANIED:
            raise Refusal(
                "This tune lasts {seconds} s, and a band accompanies at most {limit} s. Send a shorter one.",
                seconds=round(lasts),
                limit=MOST_ACCOMPANIED,
            )
    else:
        more = wished(tempo, reading.song.bar, request.seconds, request.bars) / TICKS / tempo * 60
    if lasts + ROOM * more > MAX_SECONDS:
        raise Refusal(
            "This melody lasts {seconds} s, and {more} s of new music would take it to the limit of {limit} "
            "s. Send a shorter piece, or ask for fewer seconds.",
            seconds=round(lasts),
            more=round(more),
            limit=round(MAX_SECONDS),
        )
    return reading


def _until_bar(reading: Reading, bar: int, together: bool) -> Reading:
    """The reading up to the end of a bar. Raises `Refusal` if there is no such bar, or no tune up to there; where all
    parts go on `together`, any of them will do for one."""
    lines = numbered_bars(reading.song)
    if bar > len(lines):
        raise Refusal(
            "There is no bar {bar}: this tune has {count} full bar. Choose a bar that it has.",
            "There is no bar {bar}: this tune has {count} full bars. Choose one of them.",
            bar=bar,
            count=len(lines),
        )
    end = (*lines, np.inf)[bar]
    kept, song = notes_until(reading.line, end, EARLY), beginning(reading.song, end, EARLY)
    if len(kept):
        return replace(reading, song=song, line=kept)
    if together and any(len(part.notes) for part in song.parts):
        return find_melody(song, drums=True)
    raise Refusal("The tune has no notes up to bar {bar}. Choose a later bar.", bar=bar)
