"""Request → prompts for the model, one for each take."""

import re

from generation.model.hear_chords import with_chords
from generation.music.key import Key
from generation.music.reading import Reading
from generation.play.band.accompanists import BANDS
from generation.play.band.beside import accompanied
from generation.play.band.plan import BandPrompt
from generation.play.entry import around
from generation.play.session import Prompt, random_stream
from generation.request import STYLES, Refusal, Request


def prompts(request: Request, reading: Reading | None) -> list[Prompt]:
    """A prompt for each take; take i has the request's seed + i. Raises `Refusal` for an unknown key or metre."""
    fresh = reading is None
    key = Key.parse(request.key) if request.key and fresh else None
    metre = parse_metre(request.meter) if request.meter and fresh else None
    beside = None if reading is None else around(reading.song)
    return [
        Prompt(
            melody=None if reading is None else reading.melody,
            seconds=request.seconds,
            bars=request.bars,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=request.seed + take,
            style=request.style if request.style in STYLES else "auto",  # a checkpoint of one's own is its own style
            key=key,
            tempo=request.tempo if fresh else None,
            metre=metre,
            open_end=request.open_end,
            beside=beside,
        )
        for take in range(request.takes)
    ]


def of_several(request: Request, reading: Reading | None) -> bool:
    """Whether a request is for several parts: all those of its file, or a fresh piece for a band."""
    if reading is None:
        return request.band != "melody"
    if request.accompany:
        return True
    return request.parts == "all" and reading.together


def band_prompts(request: Request, reading: Reading | None) -> list[BandPrompt]:
    """As `prompts`, for several parts; the harmony of a song that has no chord symbols is heard in its notes."""
    if request.accompany and reading is not None:
        return _accompanied(request, reading)
    fresh = reading is None
    song = None if reading is None else with_chords(reading.song)
    return [
        BandPrompt(
            song=song,
            seconds=request.seconds,
            bars=request.bars,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=request.seed + take,
            style=request.style if request.style in STYLES else "auto",
            band=request.band,
            key=Key.parse(request.key) if request.key and fresh else None,
            tempo=request.tempo if fresh else None,
            metre=parse_metre(request.meter) if request.meter and fresh else None,
            open_end=request.open_end,
        )
        for take in range(request.takes)
    ]


def _accompanied(request: Request, reading: Reading) -> list[BandPrompt]:
    style = request.style if request.style in STYLES and request.style != "auto" else BANDS[request.accompany].style
    found = []
    for seed in range(request.seed, request.seed + request.takes):
        rng = random_stream(seed, "harmony")
        beside = accompanied(reading, request.accompany, style, request.temperature, rng)
        found.append(
            BandPrompt(temperature=request.temperature, top_p=request.top_p, seed=seed, style=style, beside=beside)
        )
    return found


def parse_metre(text: str) -> tuple[int, int]:
    """ "6/8" → (6, 8). Raises `Refusal` for anything that is not a metre."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(\d{1,2})\s*", text)
    if not match or not 1 <= int(match[1]) <= 16 or int(match[2]) not in (1, 2, 4, 8, 16):
        raise Refusal("“{text}” is not a metre. Write one like 4/4, 3/4 or 6/8.", text=text[:40])
    return int(match[1]), int(match[2])
