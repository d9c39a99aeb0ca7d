"""A reply of the studio → a message: its words, and which files fit. Pure; knows Discord's limits, not Discord."""

import re
from dataclasses import dataclass

from generation.request import Reply, Request

MOST_FILES = 10
MOST_BYTES = 25 * 2**20  # of all files of a request together
ROOM = 64 * 2**10  # for what surrounds the files in the request
ORDER = ("mp3", "png", "mid", "abc", "musicxml")
CALLED = {"mp3": "the MP3", "png": "the picture", "mid": "the MIDI", "abc": "the ABC", "musicxml": "the MusicXML"}


@dataclass(frozen=True)
class Message:
    """What is posted: at most 2,000 characters, and (name, bytes) of every file."""

    content: str
    files: tuple[tuple[str, bytes], ...]


def message(reply: Reply, request: Request, limit: int) -> Message:
    """The message for a reply where a single file may have `limit` bytes."""
    stem = _stem(request.filename) if request.data is not None else "encore"
    several = len(reply.takes) > 1
    files: list[tuple[str, bytes]] = []
    left_out: list[str] = []
    total = ROOM
    for kind in ORDER:
        for number, take in enumerate(reply.takes, 1):
            if kind not in take.files:
                continue
            data = take.files[kind]
            if len(data) > limit or total + len(data) > MOST_BYTES:
                size = f"{len(data) / 2**20:.1f} MB"
                left_out.append(f"{CALLED[kind]}{f' of take {number}' if several else ''} ({size})")
            elif len(files) < MOST_FILES:
                files.append((f"{stem}-take{number}.{kind}", data))
                total += len(data)
    return Message("\n".join(_lines(reply, request, left_out, limit))[:2000], tuple(files))


def _lines(reply: Reply, request: Request, left_out: list[str], limit: int) -> list[str]:
    title = (
        f"**{plain(reply.title)}**" if reply.title else ("Your tune" if request.data is not None else "A fresh piece")
    )
    metre = f", {reply.metre}" if reply.metre else ""
    doing = f"{title} plays on" if request.data is not None else title
    style = "" if reply.style == "auto" else f", {reply.style}"
    lines = [f"{doing}: {reply.key}{metre}, ♩ = {reply.tempo:g}, {reply.instrument}{style}."]
    for number, take in enumerate(reply.takes, 1):
        name = f"Take {number}: " if len(reply.takes) > 1 else ""
        begins = f", the new part from {clock(take.new_from)}" if take.new_from else ""
        lines.append(f"-# {name}{clock(take.seconds)}{begins} · temperature {take.temperature:g} · seed {take.seed}")
    if reply.source:
        lines.append(f"-# Melody: {plain(reply.source)}.")
    if left_out:
        lines.append(f"-# Too large to post here (limit {limit / 2**20:.0f} MB): {', '.join(left_out)}.")
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
