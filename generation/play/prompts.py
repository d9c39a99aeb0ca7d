"""A request → prompts for the model, one for each take."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from generation.model.harmonise import harmonised, key_of
from generation.model.hear_chords import with_chords
from generation.music.chart import Chart, parse_chart
from generation.music.key import Key
from generation.music.played import Played
from generation.music.reading import Reading, tune_alone
from generation.music.song import Song, heard_key
from generation.play.asked import BandPrompt, Prompt
from generation.play.band.accompanists import BANDS
from generation.play.band.beside import Beside
from generation.play.band.ensembles import ENSEMBLES
from generation.play.band.join import accompanied, lead_sheet, played_again
from generation.play.chance import random_stream
from generation.play.entry import around
from generation.request import STYLES, Refusal, Request

Kind = TypeVar("Kind", Prompt, BandPrompt)


def prompts(request: Request, reading: Reading | None) -> list[Prompt]:
    """A prompt for each take; take i has the request's seed + i. Raises `Refusal` for an unknown key or metre."""
    common = replace(_common(Prompt, request, reading), formal=tune_first(request))
    if common.style == "auto" and tune_first(request):
        common = replace(common, style=ENSEMBLES[request.band].tune)
    if reading is not None:
        common = replace(common, song=reading.melody, beside=around(reading.song))
    return [replace(common, seed=request.seed + take) for take in range(request.takes)]


def _common(kind: type[Kind], request: Request, reading: Reading | None) -> Kind:
    """What the prompts of all takes share. Raises `Refusal` for an unknown key or metre."""
    fresh = reading is None
    return kind(
        seconds=request.seconds,
        bars=request.bars,
        temperature=request.temperature,
        top_p=request.top_p,
        seed=request.seed,
        style=_style(request),
        key=Key.parse(request.key) if request.key and fresh else None,
        tempo=request.tempo if fresh else None,
        metre=parse_metre(request.meter) if request.meter and fresh else None,
        open_end=request.open_end,
    )


def _style(request: Request) -> str:
    """The style for the model: "auto" where a style is a user's own checkpoint, which the name has already chosen."""
    return request.style if request.style in STYLES else "auto"


def of_several(request: Request, reading: Reading | None) -> bool:
    """Whether a request needs the model of several parts: it asks for all parts of its file, for a band, or for music
    over chords."""
    if request.accompany or request.redo or request.chords:
        return True
    if reading is None:
        return request.band != "melody"
    return request.parts == "all" and reading.together


def tune_first(request: Request) -> bool:
    """Whether a request is for a fresh piece that begins as a tune, which `prompts` is for, and gets a band after that:
    see `with_band`."""
    fresh = request.data is None and not request.redo
    return fresh and request.band != "melody" and not request.chords and bool(ENSEMBLES[request.band].tune)


def with_band(request: Request, tunes: Sequence[Song]) -> list[BandPrompt]:
    """A prompt for each fresh tune: the band that was asked for plays beside it."""
    ensemble = ENSEMBLES[request.band]
    sheets = [Reading(lead_sheet(tune, ensemble.centre), tune.line) for tune in tunes]
    common = BandPrompt(
        seconds=request.seconds, temperature=request.temperature, top_p=request.top_p, seed=request.seed
    )
    return _beside(
        common,
        (
            accompanied(sheet, ensemble.band, _style(request), request.temperature, seed)
            for seed, sheet in enumerate(sheets, request.seed)
        ),
    )


def _beside(common: BandPrompt, besides: Iterable[Beside]) -> list[BandPrompt]:
    """A prompt for each music to play beside, with the seeds from that of `common` on."""
    return [
        replace(common, seed=seed, style=beside.style, beside=beside)
        for seed, beside in enumerate(besides, common.seed)
    ]


def band_prompts(request: Request, reading: Reading | None, played: Played | None = None) -> list[BandPrompt]:
    """Like `prompts`, for several parts. A song without chord symbols gets chords that are heard in its notes, or that
    fit its tune. `played` is the take of which a part is to be played again."""
    common = replace(_common(BandPrompt, request, reading), band=request.band)
    seeds = range(request.seed, request.seed + request.takes)
    band = BANDS.get(request.accompany)
    if played is not None:
        band = band or (ENSEMBLES[request.band].band if reading is None else None)
        return _beside(common, [played_again(played, request.redo, band, common.style)] * request.takes)
    if band is not None and reading is not None:
        return _beside(
            common,
            (accompanied(reading, band, common.style, request.temperature, seed, request.chords) for seed in seeds),
        )
    if reading is None:
        if request.chords:
            chart, key = fresh_chart(request.chords, common.key, random_stream(request.seed, "chords"))
            common = replace(common, key=key, over=chart)
        return [replace(common, seed=seed) for seed in seeds]
    song = with_chords(reading.song)
    if request.chords and not (request.parts == "all" and reading.together):
        song = tune_alone(reading).song
        song = harmonised(song, song.key or heard_key(song), common.style, 0.0, np.random.default_rng(0))
    chart = parse_chart(request.chords, song.key or heard_key(song)) if request.chords else ()
    return [replace(common, seed=seed, song=song, over=chart) for seed in seeds]


def several(played: Played) -> Played:
    """The take of which a part is to be played again. Raises `Refusal` if it has only one part."""
    if played.alone:
        raise Refusal("This take has one part only. Give it a band first.")
    return played


def fresh_chart(text: str, key: Key | None, rng: np.random.Generator) -> tuple[Chart, Key]:
    """The chords that a user typed for a fresh piece, and its key: the one asked for, or else the one that the chords
    are in, or else any if all are degrees such as “ii V”. Raises `Refusal` for text that is not a chord."""
    if key is None:
        some = Key(str(rng.choice(["C", "D", "Eb", "F", "G", "Bb"])), "major")
        plain = parse_chart(text, Key("C", "major"))
        moving = plain != parse_chart(text, Key("D", "major"))
        key = some if moving else key_of(plain)
    return parse_chart(text, key), key


def parse_metre(text: str) -> tuple[int, int]:
    """“6/8” → (6, 8). Raises `Refusal` for text that is not a metre."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(\d{1,2})\s*", text)
    if not match or not 1 <= int(match[1]) <= 16 or int(match[2]) not in (1, 2, 4, 8, 16):
        raise Refusal("“{text}” is not a metre. Write one like 4/4, 3/4 or 6/8.", text=text[:40])
    return int(match[1]), int(match[2])
