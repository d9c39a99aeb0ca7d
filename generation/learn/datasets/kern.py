"""Scores in **kern, all parts, a thousand notes in some ten milliseconds: for training data that are known to be kern.

Notes, ties, metres, key and tempo are read; what is hidden (`yy`) sounds, grace notes are left out, repeats are not
played out. A staff is a part.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from generation.model.full_score import FullScore
from generation.model.roles import Staff, full_score
from generation.music.key import Key
from generation.request import Refusal

UNIT = 40_320  # of time to a quarter: every usual tuplet takes a whole number of them
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
LENGTH = re.compile(r"(\d+)(?:%(\d+))?(\.*)")
PITCH = re.compile(r"(([a-gA-G])\2*)([#n-]*)")
METRE = re.compile(r"\*M(\d+)/(\d+)")
KEY = re.compile(r"\*([a-gA-G])([#-]?):")
Tone = tuple[int, str]  # pitch, and its tie: “[”, “_”, “]” or ""


@dataclass(eq=False)
class _Spine:
    """A column: the staff it belongs to (−1: not notes), and when its last note ends, None if unknown."""

    staff: int
    free: int | None = 0


@dataclass(eq=False)
class _Heard:
    """The state while the lines are read."""

    spines: list[_Spine] = field(default_factory=list)
    staves: list[Staff] = field(default_factory=list)
    notes: list[list[int]] = field(default_factory=list)  # onset, end, pitch, staff
    tied: dict[tuple[int, int], int] = field(default_factory=dict)
    metres: list[tuple[int, int, int]] = field(default_factory=list)
    bar_lines: list[int] = field(default_factory=list)
    key: Key | None = None
    sharps: int | None = None
    tempo: float = 0.0
    now: int = 0


_known: dict[str, tuple[int, tuple[Tone, ...]]] = {}


def read(path: Path) -> FullScore:
    """All staves of a file. `Refusal` if there are no notes."""
    heard = _Heard()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line or line[0] == "!":
            continue
        cells = line.split("\t")
        if line[0] == "*":
            _interpret(cells, heard)
        elif line[0] == "=":
            _bar_line(heard)
        else:
            _play(cells, heard)
    if len(heard.notes) < 2:
        raise Refusal("There are no notes.")
    scale = 0.5 if heard.metres and heard.metres[0][2] == 1 else 1.0  # an old metre, which counts semibreves
    onset, end, pitch, staff = np.array(heard.notes).T
    quarter = scale / UNIT
    key = heard.key or (_signature(heard.sharps) if heard.sharps is not None else None)
    bars = [(time * quarter, beats * 4 / unit * scale) for time, beats, unit in heard.metres]
    lines = [time * quarter for time in heard.bar_lines]
    return full_score(
        onset * quarter,
        (end - onset) * quarter,
        pitch,
        np.full(len(pitch), 80),
        staff,
        heard.staves[::-1],
        metre=heard.metres[0][1:] if heard.metres and scale == 1 else None,
        bars=with_pickup(bars, lines),
        key=key,
        tempo=heard.tempo * scale,
        upward=True,
    )


def with_pickup(bars: list[tuple[float, float]], lines: list[float]) -> tuple[tuple[float, float], ...]:
    """The places where bars begin, given the metres and all bar lines: a first bar that is too short is counted as one
    that began before the music."""
    first = next((line for line in lines if line > 1e-6), 0.0)
    if bars and 0 < first < bars[0][1] - 1e-6:
        bars = [(first - bars[0][1], bars[0][1]), *bars[1:]]
    return tuple(bars)


def _signature(sharps: int) -> Key:
    names = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
    return Key(names[max(-7, min(7, sharps)) + 7], "major")


def _interpret(cells: list[str], heard: _Heard) -> None:
    """Columns that begin, split, join, change places and end; instruments, metre, key and tempo."""
    if cells[0].startswith("**"):
        heard.spines, heard.staves = [], []
        for cell in cells:
            heard.spines.append(_Spine(len(heard.staves) if cell == "**kern" else -1))
            if cell == "**kern":
                heard.staves.append(Staff())
        return
    spines: list[_Spine] = []
    joined: _Spine | None = None
    for place, (cell, spine) in enumerate(zip(cells, heard.spines, strict=False)):
        if cell == "*v":
            if joined is None or joined.staff != spine.staff:
                spines.append(spine)
                joined = spine
            elif joined.free is None:
                joined.free = spine.free
            continue
        joined = None
        if cell == "*-":
            continue
        spines.append(spine)
        if cell in ("*^", "*+"):
            spines.append(_Spine(spine.staff if cell == "*^" else -1, spine.free))
        elif cell == "*x" and place and cells[place - 1] == "*x":
            spines[-1], spines[-2] = spines[-2], spines[-1]
        elif spine.staff >= 0:
            _about(cell, heard.staves[spine.staff], heard)
    heard.spines = spines


def _about(cell: str, staff: Staff, heard: _Heard) -> None:
    if cell.startswith('*I"'):
        staff.name = staff.name or cell[3:]
    elif cell.startswith("*I") and cell[2:3].islower():
        staff.code = staff.code or cell[2:]
    elif metre := METRE.fullmatch(cell):
        mark = (_time(heard), int(metre[1]), int(metre[2]))
        if mark[1] and mark[2] and (not heard.metres or heard.metres[-1] != mark):
            if heard.metres and heard.metres[-1][0] == mark[0]:
                heard.metres.pop()
            if not heard.metres or heard.metres[-1][1:] != mark[1:]:
                heard.metres.append(mark)
    elif cell.startswith("*k[") and heard.sharps is None:
        heard.sharps = cell.count("#") - cell.count("-")
    elif (key := KEY.fullmatch(cell)) and heard.key is None:
        tonic = key[1].upper() + {"": "", "#": "#", "-": "b"}[key[2]]
        heard.key = Key(tonic, "minor" if key[1].islower() else "major")
    elif cell.startswith("*MM") and not heard.tempo:
        pace = re.match(r"\*MM(\d+(?:\.\d+)?)", cell)
        heard.tempo = float(pace[1]) if pace and 10 <= float(pace[1]) <= 260 else 0.0


def _time(heard: _Heard) -> int:
    """The moment at which the next line of notes begins."""
    free = [spine.free for spine in heard.spines if spine.staff >= 0 and spine.free is not None]
    return min(free, default=heard.now)


def _bar_line(heard: _Heard) -> None:
    """Bring all columns to the moment at which most of them are."""
    free = Counter(spine.free for spine in heard.spines if spine.staff >= 0 and spine.free is not None)
    if free:
        [(heard.now, _)] = free.most_common(1)
        heard.bar_lines.append(heard.now)
        for spine in heard.spines:
            spine.free = heard.now


def _play(cells: list[str], heard: _Heard) -> None:
    now = _time(heard)
    played: list[_Spine] = []
    for cell, spine in zip(cells, heard.spines, strict=False):
        if spine.staff < 0 or cell == ".":
            continue
        length, tones = _known.get(cell) or _parse(cell)
        if not length:
            continue
        spine.free = now + length
        played.append(spine)
        for pitch, tie in tones:
            key = (spine.staff, pitch)
            held = heard.tied.pop(key, None) if tie in ("_", "]") else None
            if held is not None and heard.notes[held][1] == now:
                heard.notes[held][1] = now + length
            else:
                held = len(heard.notes)
                heard.notes.append([now, now + length, pitch, spine.staff])
            if tie in ("[", "_"):
                heard.tied[key] = held
    if played:  # a column that lacks a note here has lost its way
        for spine in heard.spines:
            if spine.free is not None and spine.free <= now:
                spine.free = None


def _parse(cell: str) -> tuple[int, tuple[Tone, ...]]:
    """Length in units (0 for grace notes and anything unknown), and the tones of a cell."""
    length, tones = 0, []
    for sub in cell.split(" "):
        if "q" in sub or "Q" in sub:
            continue
        if written := LENGTH.search(sub):
            value, over = int(written[1]), int(written[2] or 1)
            plain = 4 * UNIT * over / value if value else 4 * UNIT * 2 ** len(written[1])
            length = max(length, round(plain * (2 - 0.5 ** len(written[3]))))
        note = PITCH.search(sub)
        if note and "r" not in sub:
            letter, octaves = note[2], len(note[1])
            octave = 4 + octaves if letter.islower() else 5 - octaves
            pitch = 12 * octave + STEPS[letter.lower()] + note[3].count("#") - note[3].count("-")
            tie = next((sign for sign in "[_]" if sign in sub), "")
            if 0 <= pitch < 128:
                tones.append((pitch, tie))
    _known[cell] = length, tuple(tones)
    return _known[cell]


def scores(folder: Path) -> Iterator[tuple[str, FullScore]]:
    """Every file below a folder, by its name without the ending."""
    for path in sorted(folder.rglob("*.krn")):
        try:
            yield path.stem, read(path)
        except Refusal:
            continue
