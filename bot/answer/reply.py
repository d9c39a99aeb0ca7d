"""From a reply to a message: its text, and which files fit. Pure functions that know Discord's limits, not Discord."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.words import key_in, say
from generation.request import ACCOMPANISTS, STYLES, Reply, Request, Words

MOST_FILES = 10
MOST_BYTES = 25 * 2**20  # of all files in a message together
ROOM = 64 * 2**10  # for the rest of the HTTP request
ORDER = ("mp3", "stems", "mid", "abc", "png", "musicxml")
# Every take can be heard and opened. If not everything fits, the first picture and ABC come before further ones.
WANTED = (("mp3", "mid"), ("png", "abc"), ("stems",))
SHEETS = (("png",), ("musicxml",))  # behind a button of their own
SHEET_WORDS = Words("The sheet music: a picture to read, and MusicXML for MuseScore and similar programs.")
UNHEARD = Words(
    "The MP3 is too large even at its lowest bit rate. Ask for fewer seconds or takes; the MIDI has the same music."
)
NO_STEMS = Words("With so many takes there is no room for the stems. Ask for one or two takes.")
CALLED = {
    "mp3": Words("the MP3"),
    "png": Words("the picture"),
    "mid": Words("the MIDI"),
    "abc": Words("the ABC"),
    "musicxml": Words("the MusicXML"),
    "stems": Words("the stems"),
}
ENDS = {"stems": "-stems.zip"}  # a file's kind → the end of its name, if that is not the kind
# Key of `REDONE` → what is new.
AGAIN = {
    "melody": Words("The melody is played again; the rest stays as it was."),
    "chords": Words("The chords are played again; the rest stays as it was."),
    "bass": Words("The bass is played again; the rest stays as it was."),
    "drums": Words("The drums are played again; the rest stays as it was."),
}


class LeftOut(NamedTuple):
    """A file that is not posted: its format, its take (from 0), and its size in bytes if it is too large, otherwise
    0."""

    kind: str
    take: int
    bytes: int = 0


@dataclass(frozen=True)
class Message:
    """Text of at most 2,000 characters, (name, bytes) of every file, and the name of a picture → its description."""

    content: str
    files: tuple[tuple[str, bytes], ...]
    alts: Mapping[str, str] = field(default_factory=dict)


def message(reply: Reply, request: Request, limit: int, locale: str = "en") -> Message:
    """The message for a reply in the language of `locale`; no file is larger than `limit` bytes."""
    takes = [take.files for take in reply.takes]
    chosen, left_out = choose(takes, limit)
    words = [*_lines(reply, request, locale), *_missing(left_out, len(takes), limit, locale)]
    return _message(words, request, takes, chosen, locale, plain(reply.title), _music(reply, locale))


def sheet_music(sheets: Sequence[Mapping[str, bytes]], request: Request, limit: int, locale: str = "en") -> Message:
    """The message with the score of every take as a picture and as MusicXML."""
    chosen, left_out = choose(sheets, limit, SHEETS)
    words = [say(SHEET_WORDS, locale), *_missing(left_out, len(sheets), limit, locale)]
    return _message(words, request, sheets, chosen, locale, plain(request.filename))


def _message(
    words: Sequence[str],
    request: Request,
    takes: Sequence[Mapping[str, bytes]],
    chosen: Sequence[tuple[str, int]],
    locale: str,
    title: str,
    music: str = "",
) -> Message:
    """The message with the chosen files, and a description of each picture for people who cannot see it."""
    stem = _stem(request.filename) if request.data is not None else "encore"
    names = [f"{stem}-take{number + 1}{ENDS.get(kind, f'.{kind}')}" for kind, number in chosen]
    alts = {}
    for name, (kind, number) in zip(names, chosen, strict=True):
        if kind == "png":
            about = say("The score of take {number}", locale, number=number + 1)
            alts[name] = ": ".join(filter(None, (about, ", ".join(filter(None, (title, music))))))[:1024]
    files = tuple((name, takes[number][kind]) for name, (kind, number) in zip(names, chosen, strict=True))
    return Message("\n".join(words)[:2000], files, alts)


def choose(
    takes: Sequence[Mapping[str, bytes]], limit: int, wanted: tuple[tuple[str, ...], ...] = WANTED
) -> tuple[list[tuple[str, int]], list[LeftOut]]:
    """Choose the files to post. Returns them in order as (format, take from 0), and the files left out.

    takes   for each take, its files by format
    wanted  groups of formats, the most important first
    """
    chosen: list[tuple[str, int]] = []
    left_out: list[LeftOut] = []
    room = MOST_BYTES - ROOM
    for kinds in wanted:
        every = [(kind, number) for number in range(len(takes)) for kind in kinds if kind in takes[number]]
        for kind, number in sorted(every, key=lambda file: ORDER.index(file[0])) if kinds == wanted[0] else every:
            size = len(takes[number][kind])
            if size > min(limit, room):
                left_out.append(LeftOut(kind, number, size))
            elif len(chosen) < MOST_FILES:
                chosen.append((kind, number))
                room -= size
            else:
                left_out.append(LeftOut(kind, number))
    return sorted(chosen, key=lambda file: (ORDER.index(file[0]), file[1])), left_out


def mp3_share(limit: int, takes: int) -> int:
    """The largest size in bytes at which all MP3s fit into one message, with half a MiB for the other files of each."""
    return min(limit, (MOST_BYTES - ROOM) // takes - 2**19)


def _missing(left_out: list[LeftOut], takes: int, limit: int, locale: str) -> list[str]:
    """Lines that say which files were left out, why, and how to get them."""
    large = [file for file in left_out if file.bytes]
    lines = []
    if large:
        lines.append(
            Words(
                "Discord accepts {files} files here, up to {each} MB each and {together} MB in all; left out: {what}.",
                files=MOST_FILES,
                each=round(limit / 2**20, 1),
                together=round(MOST_BYTES / 2**20),
                what=tuple(_too_large(file, takes) for file in large),
            )
        )
    crowded_out = {file.kind for file in left_out if not file.bytes}
    if crowded_out - {"stems"}:
        lines.append(
            Words("Discord accepts {files} files a message; “Sheet music” shows every take.", files=MOST_FILES)
        )
    if "stems" in crowded_out:
        lines.append(NO_STEMS)
    if any(file.kind == "mp3" for file in large):
        lines.append(UNHEARD)
    return ["-# " + say(line, locale) for line in lines]


def _too_large(file: LeftOut, takes: int) -> Words:
    """ "the MP3 of take 2 (11 MB)" """
    name, size = CALLED[file.kind], round(file.bytes / 2**20, 1)
    if takes == 1:
        return Words("{file} ({size} MB)", file=name, size=size)
    return Words("{file} of take {number} ({size} MB)", file=name, number=file.take + 1, size=size)


def _lines(reply: Reply, request: Request, locale: str) -> list[str]:
    lines = [say(_opening(request, plain(reply.title), _music(reply, locale)), locale)]
    if request.redo:
        lines.append("-# " + say(AGAIN[request.redo], locale))
    for number, take in enumerate(reply.takes, 1):
        lasts = clock(take.seconds)
        if len(reply.takes) > 1:
            lasts = say("Take {number}: {length}", locale, number=number, length=lasts)
        if take.new_from:
            lasts += ", " + say("the new part from {time}", locale, time=clock(take.new_from))
        if take.again:
            lasts += ", " + say("much of it your tune again", locale)
        how = say("temperature {temperature}", locale, temperature=take.temperature)
        lines.append(f"-# {lasts} · {how} · " + say("seed {seed}", locale, seed=str(take.seed)))
        if take.chords:
            lines.append("-# " + say("Chords: {chords}", locale, chords=plain(take.chords, 120)))
    if reply.parts:
        names = plain(", ".join(say(part, locale) for part in reply.parts), 300)
        playing = Words("All play on: {parts}.", parts=names)
        goes_on = request.data is not None and not request.accompany
        lines.append("-# " + say(playing if goes_on else Words("Playing: {parts}.", parts=names), locale))
    if reply.source:
        lines.append("-# " + say("Melody: {source}.", locale, source=plain(say(reply.source, locale))))
    for remark in reply.remarks:
        lines.append("-# " + say("Note: {remark}.", locale, remark=plain(say(remark, locale), 200)))
    return lines


def _opening(request: Request, title: str, music: str) -> Words:
    if request.accompany:
        band = Words(ACCOMPANISTS[request.accompany])
        if title:
            return Words("**{title}**, with {band}: {music}.", title=title, band=band, music=music)
        return Words("Your tune, with {band}: {music}.", band=band, music=music)
    if request.data is not None and title:
        return Words("**{title}** plays on: {music}.", title=title, music=music)
    if request.data is not None:
        return Words("Your tune plays on: {music}.", music=music)
    if title:
        return Words("**{title}**: {music}.", title=title, music=music)
    return Words("A fresh piece: {music}.", music=music)


def _music(reply: Reply, locale: str) -> str:
    """ "D minor, 6/8, ♩. = 75 (♩ = 112.5), flute, Irish traditional" """
    facts = [key_in(reply.key, locale), reply.metre, say(_tempo(reply), locale), say(reply.instrument, locale)]
    if reply.style != "auto":
        facts.append(say(STYLES[reply.style], locale) if reply.style in STYLES else plain(reply.style))
    return ", ".join(filter(None, facts))


def _tempo(reply: Reply) -> Words:
    """The tempo in beats as musicians count them: dotted quarters in 6/8 and similar, with the quarters beside."""
    beats, _, unit = reply.metre.partition("/")
    if unit == "8" and beats.isdigit() and int(beats) > 3 and int(beats) % 3 == 0:
        dotted = round(reply.tempo * 2 / 3, 1)
        return Words("♩. = {dotted} (♩ = {quarters})", dotted=dotted, quarters=reply.tempo)
    return Words("♩ = {quarters}", quarters=reply.tempo)


def plain(text: str, longest: int = 80) -> str:
    """Text from a member's file, cut to `longest` characters, so that it can neither format nor mention anybody."""
    text = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", text)[:longest]
    return re.sub(r"([\\*_`~|>\[\]<#@])", r"\\\1", text).strip()


def clock(seconds: float) -> str:
    """75.2 → 1:15"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _stem(filename: str) -> str:
    """A file name's stem in at most 40 characters that are safe everywhere."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", filename.rsplit(".", 1)[0]).strip("-")[:40]
    return stem or "tune"
