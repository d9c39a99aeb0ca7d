"""Hymns in LilyPond with absolute pitches: the notes, ties, metre, key and pickup of their voices."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generation.model.full_score import FullScore
from generation.model.roles import ENSEMBLE, Staff, full_score
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import melody_of
from generation.music.notes import COLUMNS, Notes
from generation.music.song import Song

TEMPO = 90.0
NAMES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
# Names of the blocks of soprano, alto, tenor and bass.
BLOCKS = tuple(
    re.compile(rf"^(?:{names})\s*=\s*\{{", re.MULTILINE)
    for names in (
        "Soprano|soprano|sopNotes|sopMusic|sop|upperV?",
        "Alto|alto|altoNotes|altNotes|altMusic|alt",
        "Tenor|tenor|tenorNotes|tenNotes|tenMusic|ten",
        "Bass|bass|bassNotes|bassMusic|bas",
    )
)
TOKEN = re.compile(
    r"\\time\s+(?P<beats>\d+)/(?P<unit>\d+)|\\partial\s+(?P<pickup>\d+\.*)|\\key\s+(?P<tonic>[a-g](?:is|es|s)?)\s*\\(?P<mode>\w+)"
    r"|\\transpose\s+(?P<from>\S+)\s+(?P<to>\S+)|\\(?:times\s+(?P<times>\d+/\d+)|tuplet\s+(?P<tuplet>\d+/\d+))\s*\{"
    r"|\\\w+(?:\s+\"[^\"]*\"|\s+\d+)?|\^\\markup|\"[^\"]*\"|(?P<open>\{)|(?P<close>\})|(?P<tie>~)"
    r"|(?<![a-zA-Z\\])(?P<note>[a-grs])(?P<bend>(?:is|es|s)*)(?P<octave>[',]*)[!?]?(?P<length>\d+\.*)?(?:\*\d+)?(?![a-zA-Z])"
)


def hymns(root: Path) -> Iterator[tuple[str, Song]]:
    """The soprano of every hymn."""
    for name, blocks in voices(root):
        if melody := line(blocks[0]):
            yield name, melody


def voices(root: Path) -> Iterator[tuple[str, list[str]]]:
    """The blocks of a hymn's voices, soprano first; "" for a voice that it lacks."""
    book = (root / "hymnproject.ly").read_text(encoding="utf-8", errors="replace")
    columns = [
        dict(re.findall(r"^% (\S+\.ly)\n(.*?)(?=^%|^\}|\Z)", block, re.MULTILINE | re.DOTALL))
        for block in re.split(r"^\}", book, flags=re.MULTILINE)[:4]  # a block for each voice, hymn after hymn
    ]
    for name in columns[0]:
        yield f"hymnproject.ly#{name}", [column.get(name, "") for column in columns]
    for path in sorted((root / "ftp").rglob("*.ly")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found = [block.search(text) for block in BLOCKS]
        if found[0] and "\\relative" not in text:
            yield str(path.relative_to(root)), [_block(text, begin.end()) if begin else "" for begin in found]


def scores(root: Path) -> Iterator[tuple[str, FullScore]]:
    """All voices of every hymn; metre, key and pickup stand in the soprano's block."""
    for name, blocks in voices(root):
        lines = [(voice, melody) for voice, block in enumerate(blocks) if (melody := line(block))]
        if not lines or lines[0][0] != 0:
            continue
        soprano = lines[0][1]
        staves = [Staff(family=ENSEMBLE, lead=voice == 0) for voice, _ in lines]
        bar = soprano.bar or 0.0
        first = soprano.downbeat - bar if soprano.downbeat else 0.0
        onset, duration, pitch, velocity = (
            np.concatenate([getattr(each.line, column) for _, each in lines]) for column in COLUMNS
        )
        part = np.repeat(np.arange(len(lines)), [len(each.line) for _, each in lines])
        yield name, full_score(
            onset, duration, pitch, velocity, part, staves,
            metre=soprano.metre, bars=((first, bar),) if bar else (), key=soprano.key, tempo=TEMPO,
        )  # fmt: skip


def _block(text: str, start: int) -> str:
    """The text between the brace before `start` and the one that closes it."""
    depth = 1
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[start:i]
    return text[start:]


def line(text: str) -> Song | None:
    """The notes of a block of LilyPond; None if there are fewer than four."""
    text = re.sub(r"%.*", "", text)
    now, length, by, scales, tied = 0.0, 1.0, 0, [1.0], False
    metre, key, pickup = None, None, 0.0
    notes: list[tuple[float, float, int]] = []
    for token in TOKEN.finditer(text):
        if token["beats"] and metre is None:
            metre = (int(token["beats"]), int(token["unit"]))
        elif token["pickup"]:
            pickup = pickup or _quarters(token["pickup"])
        elif token["tonic"] and key is None and token["mode"] in ("major", "minor"):
            key = Key(token["tonic"][0].upper() + _accidental(token["tonic"][1:]), token["mode"])
        elif token["from"]:
            by = _pitch(token["to"]) - _pitch(token["from"])
        elif token["times"] or token["tuplet"]:
            a, b = (int(part) for part in (token["times"] or token["tuplet"]).split("/"))
            scales.append(a / b if token["times"] else b / a)
        elif token["open"]:
            scales.append(scales[-1])
        elif token["close"] and len(scales) > 1:
            scales.pop()
        elif token["tie"]:
            tied = True
        elif token["note"]:
            length = _quarters(token["length"]) if token["length"] else length
            start, now = now, now + length * scales[-1]
            if token["note"] in "rs":
                continue
            pitch = _pitch(token["note"] + token["bend"] + token["octave"]) + by
            if tied and notes and notes[-1][2] == pitch:
                notes[-1] = (notes[-1][0], now, pitch)
            else:
                notes.append((start, now, pitch))
            tied = False
    if len(notes) < 4:
        return None
    if key and by:
        key = _moved(key, by)
    onset, end, pitches = (np.array(column) for column in zip(*notes, strict=True))
    velocity = np.full(len(notes), 80)
    return melody_of(Notes(onset, end - onset, pitches, velocity), (Tempo(0.0, TEMPO),), metre, key, pickup)


def _quarters(length: str) -> float:
    """ "4." → 1.5"""
    dots = length.count(".")
    return 4 / int(length.rstrip(".")) * (2 - 0.5**dots)


def _accidental(bend: str) -> str:
    return "#" * bend.count("is") + "b" * len(re.findall("es|s", bend.replace("is", "")))


def _pitch(name: str) -> int:
    """ "fis'" → 66: LilyPond's absolute octaves, c' is middle C."""
    bend = _accidental(re.sub(r"[',]", "", name[1:]))
    octave = name.count("'") - name.count(",")
    return 48 + NAMES[name[0]] + bend.count("#") - bend.count("b") + 12 * octave


def _moved(key: Key, by: int) -> Key:
    """A key `by` semitones away, spelled with few accidentals."""
    names = [Key(tonic, key.mode) for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")]
    return next(name for name in names if name.pitch_class == (key.pitch_class + by) % 12)
