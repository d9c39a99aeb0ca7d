"""A reply of the studio → a message: its words, and which files fit. Pure; knows Discord's limits, not Discord."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.languages import say
from bot.musical_words import key_in
from generation.request import STYLES, Reply, Request

MOST_FILES = 10
MOST_BYTES = 25 * 2**20  # of all files of a request together
ROOM = 64 * 2**10  # for what surrounds the files in the request
ORDER = ("mp3", "mid", "abc", "png", "musicxml")
# Every take can be heard and opened; where not all fits, one picture and one text of the notes go before more of them.
WANTED = (("mp3", "mid"), ("png", "abc"))
SHEETS = (("png",), ("musicxml",))  # what is asked for by a button of its own
SHEET_WORDS = "The sheet music: a picture to read, and MusicXML for MuseScore and its like."
UNHEARD = "Even its lowest bit rate is too large. Ask for fewer seconds or takes; the MIDI has the same music."
CALLED = {
    "mp3": "the MP3",
    "png": "the picture",
    "mid": "the MIDI",
    "abc": "the ABC",
    "musicxml": "the MusicXML",
}


@dataclass(frozen=True)
class Message:
    """What is posted: at most 2,000 characters, and (name, bytes) of every file."""

    content: str
    files: tuple[tuple[str, bytes], ...]


def message(reply: Reply, request: Request, limit: int, locale: str = "en") -> Message:
    """The message for a reply where a single file may have `limit` bytes, in the language of `locale`."""
    takes = [take.files for take in reply.takes]
    chosen, left_out = choose(takes, limit)
    words = [*_lines(reply, request, locale), *_missing(left_out, limit, locale)]
    return Message("\n".join(words)[:2000], _named(request, takes, chosen))


def sheet_music(sheets: Sequence[Mapping[str, bytes]], request: Request, limit: int, locale: str = "en") -> Message:
    """The message with every take as a picture of its score and as MusicXML."""
    chosen, left_out = choose(sheets, limit, SHEETS)
    words = [say(SHEET_WORDS, locale), *_missing(left_out, limit, locale)]
    return Message("\n".join(words)[:2000], _named(request, sheets, chosen))


def _named(
    request: Request, takes: Sequence[Mapping[str, bytes]], chosen: Sequence[tuple[str, int]]
) -> tuple[tuple[str, bytes], ...]:
    stem = _stem(request.filename) if request.data is not None else "encore"
    return tuple((f"{stem}-take{number + 1}.{kind}", takes[number][kind]) for kind, number in chosen)


def choose(
    takes: Sequence[Mapping[str, bytes]], limit: int, wanted: tuple[tuple[str, ...], ...] = WANTED
) -> tuple[list[tuple[str, int]], list[str]]:
    """Which files to post, as (format, number of the take from 0) in their order; and what was left out, in words.

    A take is its files by format; `wanted` are the formats, those first that go before the others."""
    chosen: list[tuple[str, int]] = []
    left_out: list[str] = []
    room = MOST_BYTES - ROOM
    for kinds in wanted:
        every = [(kind, number) for number in range(len(takes)) for kind in kinds if kind in takes[number]]
        for kind, number in sorted(every, key=lambda file: ORDER.index(file[0])) if kinds == wanted[0] else every:
            size = len(takes[number][kind])
            name = CALLED[kind] + (f" of take {number + 1}" if len(takes) > 1 else "")
            if size > min(limit, room):
                left_out.append(f"{name} ({size / 2**20:.1f} MB)")
            elif len(chosen) < MOST_FILES:
                chosen.append((kind, number))
                room -= size
            else:
                left_out.append(name)
    return sorted(chosen, key=lambda file: (ORDER.index(file[0]), file[1])), left_out


def mp3_share(limit: int, takes: int) -> int:
    """Bytes that every MP3 may have for all to fit into one message, with half a MiB for what goes with each."""
    return min(limit, (MOST_BYTES - ROOM) // takes - 2**19)


def _missing(left_out: list[str], limit: int, locale: str) -> list[str]:
    """Why files were left out, and how to get at them."""
    large = [name for name in left_out if name.endswith(" MB)")]
    each, together = f"{limit / 2**20:.3g}", f"{MOST_BYTES / 2**20:.0f}"
    what = ", ".join(_left_out(name, locale) for name in large)
    lines = []
    if large:
        lines.append(
            f"Discord takes {MOST_FILES} files, {each} MB each, {together} MB together here; left out: {what}."
        )
    if len(large) < len(left_out):
        lines.append(f"Discord takes {MOST_FILES} files a message; “Sheet music” shows every take.")
    if any(name.startswith(CALLED["mp3"]) for name in large):
        lines.append(UNHEARD)
    return ["-# " + say(line, locale) for line in lines]


def _left_out(name: str, locale: str) -> str:
    """ "the MP3 of take 2 (11.0 MB)" in the language of a locale."""
    what, bracket, size = name.partition(" (")
    file, of, take = what.partition(" of take ")
    file = say(file, locale)
    return (say(f"{file} of take {take}", locale) if of else file) + bracket + size


def _lines(reply: Reply, request: Request, locale: str) -> list[str]:
    unnamed = say("Your tune", locale) if request.data is not None else "A fresh piece"
    title = f"**{plain(reply.title)}**" if reply.title else unnamed
    metre = f", {reply.metre}" if reply.metre else ""
    doing = f"{title} plays on" if request.data is not None else title
    style = "" if reply.style == "auto" else ", " + say(STYLES.get(reply.style, plain(reply.style)), locale)
    music = f"{key_in(reply.key, locale)}{metre}, {_tempo(reply)}, {say(reply.instrument, locale)}{style}"
    lines = [say(f"{doing}: {music}.", locale)]
    for number, take in enumerate(reply.takes, 1):
        lasts = clock(take.seconds)
        lasts = say(f"Take {number}: {lasts}", locale) if len(reply.takes) > 1 else lasts
        begins = say(f", the new part from {clock(take.new_from)}", locale) if take.new_from else ""
        lines.append(f"-# {lasts}{begins}" + say(f" · temperature {take.temperature:g} · seed {take.seed}", locale))
    if reply.source:
        lines.append("-# " + say(f"Melody: {_source(plain(str(reply.source)), locale)}.", locale))
    return lines


def _tempo(reply: Reply) -> str:
    """In what musicians count: dotted quarters in 6/8 and its like, with the quarters that /compose takes beside."""
    beats, _, unit = reply.metre.partition("/")
    if unit == "8" and beats.isdigit() and int(beats) > 3 and int(beats) % 3 == 0:
        return f"♩. = {reply.tempo * 2 / 3:.3g} (♩ = {reply.tempo:g})"
    return f"♩ = {reply.tempo:g}"


def _source(words: str, locale: str) -> str:
    """ "the top voice of track 2" is made of two phrases, and what stands between commas of two such."""
    said = []
    for part in words.split(", "):
        top, of, where = part.partition("the top voice of ")
        said.append(say(top + of + say(where, locale), locale) if of else say(part, locale))
    return ", ".join(said)


def plain(text: str) -> str:
    """Text of a member's file without its power to format or to mention, at most 80 characters."""
    text = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", text)[:80]
    return re.sub(r"([\\*_`~|>\[\]<#@])", r"\\\1", text).strip()


def clock(seconds: float) -> str:
    """75.2 → 1:15"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _stem(filename: str) -> str:
    """A file name's stem in letters that are safe everywhere, at most 40 of them."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", filename.rsplit(".", 1)[0]).strip("-")[:40]
    return stem or "tune"
