"""MusicXML song books: the first voice of the part that is sung, as written.

This does not use `generation.read`, which plays repeats out and merges the voices of a staff.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from defusedxml import ElementTree

from generation.music.clock import Tempo
from generation.music.key import PITCH_CLASS, Key
from generation.music.melody import melody_of
from generation.music.metre import Metre, bar_length
from generation.music.notes import Notes
from generation.music.song import Song
from generation.request import Refusal

DEFAULT_TEMPO = 96.0  # quarter notes a minute, where a song states none


def lieder(root: Path) -> Iterator[tuple[str, Song]]:
    """The voice of every song of OpenScore's Lieder corpus."""
    yield from _songs(root / "scores")


def standards(root: Path) -> Iterator[tuple[str, Song]]:
    """The tune of every lead sheet of OpenEWLD."""
    yield from _songs(root / "dataset")


def _songs(folder: Path) -> Iterator[tuple[str, Song]]:
    """(name of the file, melody) of every compressed MusicXML file below a folder."""
    for path in sorted(folder.rglob("*.mxl")):
        with zipfile.ZipFile(path) as archive:  # some containers name no root file: take the one that there is
            inner = next(n for n in archive.namelist() if n.endswith((".xml", ".musicxml")) and "META" not in n)
            root = ElementTree.fromstring(archive.read(inner))
        try:
            yield path.stem, voice(root)
        except Refusal:
            continue  # longer than a melody may be


@dataclass(eq=False)
class _Voice:
    """The state while the measures are read; `now` in quarters."""

    now: float = 0.0
    divisions: float = 1.0
    metre: Metre | None = None
    key: Key | None = None
    notes: list[tuple[float, float, int]] = field(default_factory=list)  # onset, end, pitch


def voice(root: Element) -> Song:
    """The first voice of the part with the most lyrics, as written: without repeats and grace notes."""
    part = max(root.findall("part"), key=lambda part: len(part.findall(".//lyric")))
    heard, pickup = _Voice(), 0.0
    for i, measure in enumerate(part.findall("measure")):
        start = end = heard.now
        for element in measure:
            _hear(element, heard)
            end = max(end, heard.now)
        heard.now = end
        bar = float(bar_length(heard.metre)) if heard.metre else 0.0
        if i == 0 and 0 < end - start < bar - 1e-6:
            pickup = end - start
    tempo = next((float(sound.get("tempo", 0)) for sound in root.iter("sound") if sound.get("tempo")), DEFAULT_TEMPO)
    notes = [note for i, note in enumerate(heard.notes) if i == 0 or note[0] > heard.notes[i - 1][0] + 1e-3]
    onset, until, pitch = (np.array(column) for column in zip(*notes, strict=True))
    bars = np.floor(onset[0] / bar + 1e-6) * bar if bar else 0.0  # skip the silent bars of an introduction
    after = np.append(onset[1:], np.inf)
    duration = np.clip(np.minimum(until, after) - onset, 0.02, 16)
    return melody_of(
        Notes(onset - bars, duration, pitch, np.full(len(notes), 80)),
        (Tempo(0.0, float(np.clip(tempo, 10, 400))),),
        heard.metre,
        heard.key,
        pickup,
    )


def _hear(element: Element, heard: _Voice) -> None:
    """Read one child of a measure."""
    if element.tag == "attributes":
        _hear_attributes(element, heard)
    elif element.tag in ("backup", "forward"):
        sign = -1 if element.tag == "backup" else 1
        heard.now += sign * float(element.findtext("duration") or 0) / heard.divisions
    elif element.tag == "note" and element.find("grace") is None and element.find("cue") is None:
        if element.find("chord") is not None:
            return
        start = heard.now
        heard.now += float(element.findtext("duration") or 0) / heard.divisions
        step = element.findtext("pitch/step")
        if step is None or heard.now == start or element.findtext("voice", "1") != "1":
            return
        octave, alter = int(element.findtext("pitch/octave") or 4), float(element.findtext("pitch/alter") or 0)
        pitch = 12 * (octave + 1) + PITCH_CLASS[step] + int(alter)
        tied = any(tie.get("type") == "stop" for tie in element.findall("tie"))
        if tied and heard.notes and heard.notes[-1][2] == pitch:
            heard.notes[-1] = (heard.notes[-1][0], heard.now, pitch)
        else:
            heard.notes.append((start, heard.now, pitch))


def _hear_attributes(element: Element, heard: _Voice) -> None:
    """Take the divisions always, metre and key only the first time."""
    heard.divisions = float(element.findtext("divisions") or heard.divisions)
    beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
    if heard.metre is None and beats and unit and beats.isdigit() and unit.isdigit():
        heard.metre = (int(beats), int(unit))
    fifths = element.findtext("key/fifths")
    if heard.key is None and fifths and abs(int(fifths)) <= 7:
        minor = element.findtext("key/mode") == "minor"
        heard.key = Key.signed(int(fifths), "minor" if minor else "major")
