"""A reply of the studio → a message: its words, and which files fit. Pure; knows Discord's limits, not Discord."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.languages import say
from generation.request import STYLES, Reply, Request, Take

MOST_FILES = 10
MOST_BYTES = 25 * 2**20  # of all files of a request together
ROOM = 64 * 2**10  # for what surrounds the files in the request
ORDER = ("mp3", "mid", "abc", "png", "musicxml")
# Every take can be heard and opened; where not all fits, one picture and one text of the notes go before more of them.
WANTED = (("mp3", "mid"), ("png", "abc"), ("musicxml",))
CALLED = {"mp3": "MP3", "png": "picture", "mid": "MIDI", "abc": "ABC", "musicxml": "MusicXML"}


@dataclass(frozen=True)
class Message:
    """What is posted: at most 2,000 characters, and (name, bytes) of every file."""

    content: str
    files: tuple[tuple[str, bytes], ...]


def message(reply: Reply, request: Request, limit: int, locale: str = "en") -> Message:
    """The message for a reply where a single file may have `limit` bytes, in the language of `locale`."""
    stem = _stem(request.filename) if request.data is not None else "encore"
    chosen, left_out = choose(reply.takes, limit)
    files = tuple((f"{stem}-take{number + 1}.{kind}", reply.takes[number].files[kind]) for kind, number in chosen)
    return Message("\n".join(_lines(reply, request, left_out, limit, locale))[:2000], files)


def choose(takes: Sequence[Take], limit: int) -> tuple[list[tuple[str, int]], list[str]]:
    """Which files to post, as (format, number of the take from 0) in their order; and what was left out, in words."""
    chosen: list[tuple[str, int]] = []
    left_out: list[str] = []
    room = MOST_BYTES - ROOM
    for kinds in WANTED:
        every = [(kind, number) for number in range(len(takes)) for kind in kinds if kind in takes[number].files]
        for kind, number in sorted(every, key=lambda file: ORDER.index(file[0])) if kinds == WANTED[0] else every:
            size = len(takes[number].files[kind])
            name = f"the {CALLED[kind]}" + (f" of take {number + 1}" if len(takes) > 1 else "")
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


def _lines(reply: Reply, request: Request, left_out: list[str], limit: int, locale: str) -> list[str]:
    unnamed = say("Your tune", locale) if request.data is not None else "A fresh piece"
    title = f"**{plain(reply.title)}**" if reply.title else unnamed
    metre = f", {reply.metre}" if reply.metre else ""
    doing = f"{title} plays on" if request.data is not None else title
    style = "" if reply.style == "auto" else f", {STYLES.get(reply.style, reply.style)}"
    lines = [say(f"{doing}: {reply.key}{metre}, ♩ = {reply.tempo:g}, {reply.instrument}{style}.", locale)]
    for number, take in enumerate(reply.takes, 1):
        lasts = clock(take.seconds)
        lasts = say(f"Take {number}: {lasts}", locale) if len(reply.takes) > 1 else lasts
        begins = say(f", the new part from {clock(take.new_from)}", locale) if take.new_from else ""
        lines.append(f"-# {lasts}{begins}" + say(f" · temperature {take.temperature:g} · seed {take.seed}", locale))
    if reply.source:
        lines.append("-# " + say(f"Melody: {plain(reply.source)}.", locale))
    if left_out:
        each, together, what = f"{limit / 2**20:.3g}", f"{MOST_BYTES / 2**20:.0f}", ", ".join(left_out)
        words = f"Discord takes {MOST_FILES} files, {each} MB each, {together} MB together here; left out: {what}."
        lines.append("-# " + say(words, locale))
    return lines


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
