"""Scores in MusicXML, all parts and chord symbols, as written: for training data that are known to be MusicXML.

Ties are merged; grace and cue notes are left out, repeats are not played out. A staff is a part, so that the model
learns what each hand of a pianist plays; `generation.read` joins the staves of a player, and therefore does not serve
here.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from defusedxml import ElementTree

from generation.model.band import NO_CHORD, chord_value
from generation.model.full_score import FullScore
from generation.model.roles import Staff, full_score
from generation.music.key import PITCH_CLASS, Key
from generation.music.metre import bar_length
from generation.request import Refusal

# How the word for a chord's kind begins → our kind; the first that matches counts.
KINDS = {
    "major-seventh": "maj7",
    "major-sixth": "maj6",
    "major-ninth": "maj7",
    "major-minor": "min7",
    "major": "maj",
    "minor-seventh": "min7",
    "minor-sixth": "min6",
    "minor-ninth": "min7",
    "minor": "min",
    "dominant": "7",
    "diminished-seventh": "dim7",
    "diminished": "dim",
    "half-diminished": "hdim7",
    "augmented": "aug",
    "suspended": "sus4",
}


NEAR = 0.05  # quarters by which the ends of a tie may lie apart, since a measure's tuplets may not add up


@dataclass(eq=False)
class _Heard:
    """The state while the measures of all parts are read; times in quarters."""

    staves: list[Staff] = field(default_factory=list)
    notes: list[list[float]] = field(default_factory=list)  # onset, end, pitch, staff, drum
    bars: list[tuple[float, float]] = field(default_factory=list)
    metre: tuple[int, int] | None = None
    lines: list[float] = field(default_factory=list)
    key: Key | None = None
    tempo: float = 0.0
    chords: list[tuple[float, int]] = field(default_factory=list)


def scores(folder: Path, melody: str = "_melody") -> Iterator[tuple[str, FullScore]]:
    """Every score below a folder, by its file's name; files that end in `melody` are left out."""
    for path in sorted([*folder.rglob("*.mxl"), *folder.rglob("*.musicxml")]):
        if path.stem.endswith(melody):
            continue
        try:
            yield path.stem, read(path)
        except Refusal:
            continue


def read(path: Path) -> FullScore:
    """`Refusal` if there are no notes."""
    if path.suffix == ".mxl":
        with zipfile.ZipFile(path) as archive:
            inner = next(n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and "META" not in n)
            root = ElementTree.fromstring(archive.read(inner))
    else:
        root = ElementTree.fromstring(path.read_bytes())
    return score(root)


def score(root: Element) -> FullScore:
    heard = _Heard()
    about = {each.get("id"): each for each in root.iter("score-part")}
    sung = {part.get("id") for part in root.findall("part") if part.find(".//lyric") is not None}
    for number, part in enumerate(root.findall("part")):
        _hear_part(part, about.get(part.get("id")), part.get("id") in sung, number == 0, heard)
    if len(heard.notes) < 2:
        raise Refusal("There are no notes.")
    onset, end, pitch, staff = np.array(heard.notes).T
    return full_score(
        onset,
        end - onset,
        pitch.astype(int),
        np.full(len(pitch), 80),
        staff.astype(int),
        heard.staves,
        metre=heard.metre,
        bars=with_pickup(heard.bars, heard.lines),
        key=heard.key,
        tempo=heard.tempo,
        chords=tuple(dict(sorted(heard.chords)).items()),
    )


def with_pickup(bars: list[tuple[float, float]], lines: list[float]) -> tuple[tuple[float, float], ...]:
    """The places where bars begin, given the metres and all bar lines: a first bar that is too short is counted as one
    that began before the music."""
    first = next((line for line in lines if line > 1e-6), 0.0)
    if bars and 0 < first < bars[0][1] - 1e-6:
        bars = [(first - bars[0][1], bars[0][1]), *bars[1:]]
    return tuple(bars)


def _hear_part(part: Element, about: Element | None, sung: bool, first: bool, heard: _Heard) -> None:
    name = (about.findtext("part-name") or "") if about is not None else ""
    name += " " + ((about.findtext("score-instrument/instrument-name") or "") if about is not None else "")
    drums = {
        each.get("id"): int(each.findtext("midi-unpitched") or 0) - 1
        for each in about or ()
        if each.tag == "midi-instrument"
    }
    staves: dict[str, int] = {}
    now, divisions, moved = 0.0, 1.0, 0
    tied: dict[tuple[int, int], int] = {}
    for number, measure in enumerate(part.findall("measure")):
        if not first and number < len(heard.lines):  # all parts begin a measure together, even if tuplets do not add up
            now = heard.lines[number]
        start = last = latest = now
        for element in measure:
            if element.tag == "note":
                if element.find("grace") is not None or element.find("cue") is not None:
                    continue
                length = float(element.findtext("duration") or 0) / divisions
                if element.find("chord") is None:
                    last, now = now, now + length
                pitch, drum = _pitch(element, moved, drums)
                if pitch is None or not length:
                    latest = max(latest, now)
                    continue
                where = element.findtext("staff", "1") + ("d" if drum else "")
                if where not in staves:
                    staves[where] = len(heard.staves)
                    heard.staves.append(Staff(name, lead=sung and where == "1", drums=drum))
                key = (staves[where], pitch)
                ties = {tie.get("type") for tie in element.findall("tie")}
                held = tied.pop(key, None) if "stop" in ties else None
                if held is not None and abs(heard.notes[held][1] - last) < NEAR:
                    heard.notes[held][1] = last + length
                else:
                    held = len(heard.notes)
                    heard.notes.append([last, last + length, pitch, staves[where]])
                if "start" in ties:
                    tied[key] = held
            elif element.tag in ("backup", "forward"):
                now += (-1 if element.tag == "backup" else 1) * float(element.findtext("duration") or 0) / divisions
            elif element.tag == "attributes":
                divisions = float(element.findtext("divisions") or divisions)
                if (transpose := element.find("transpose")) is not None:
                    octaves = int(transpose.findtext("octave-change") or 0)
                    moved = int(float(transpose.findtext("chromatic") or 0)) + 12 * octaves
                _hear_attributes(element, now, first, moved, heard)
            elif first:
                if element.tag == "harmony":
                    heard.chords.append((now, _chord(element, moved)))
                sound = element if element.tag == "sound" else element.find("sound")
                if sound is not None and sound.get("tempo") and not heard.tempo:
                    heard.tempo = float(np.clip(float(sound.get("tempo", 0)), 10, 400))
            latest = max(latest, now)
        now = latest
        if first:
            heard.lines.append(start)


def _pitch(note: Element, moved: int, drums: dict[str | None, int]) -> tuple[int | None, bool]:
    """The pitch as it sounds, None for rests; and whether it is a drum."""
    step = note.findtext("pitch/step")
    if step is not None:
        octave, alter = int(note.findtext("pitch/octave") or 4), float(note.findtext("pitch/alter") or 0)
        return int(np.clip(12 * (octave + 1) + PITCH_CLASS[step] + int(alter) + moved, 0, 127)), False
    if note.find("unpitched") is None:
        return None, False
    instrument = note.find("instrument")
    return max(0, drums.get(instrument.get("id") if instrument is not None else None, 38)), True


def _hear_attributes(element: Element, now: float, first: bool, moved: int, heard: _Heard) -> None:
    """Take the metres of the first part, and the key of the first part that sounds as it is written."""
    beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
    if first and beats and unit and re.fullmatch(r"\d+", beats) and unit.isdigit():
        metre = int(beats), int(unit)
        bar = float(bar_length(metre))
        if not heard.bars or heard.bars[-1][1] != bar:
            heard.bars.append((now, bar))
        heard.metre = heard.metre or metre
    fifths = element.findtext("key/fifths")
    if heard.key is None and fifths and abs(int(fifths)) <= 7 and moved % 12 == 0:
        minor = element.findtext("key/mode") == "minor"
        heard.key = Key.signed(int(fifths), "minor" if minor else "major")


def _chord(harmony: Element, moved: int) -> int:
    """The value of a chord symbol, which is transposed like its part."""
    root = harmony.findtext("root/root-step")
    kind = harmony.findtext("kind") or ""
    quality = next((ours for theirs, ours in KINDS.items() if kind.startswith(theirs)), None)
    if root is None or kind == "none":
        return NO_CHORD
    alter = int(float(harmony.findtext("root/root-alter") or 0))
    return chord_value(PITCH_CLASS[root] + alter + moved, quality or "maj")
