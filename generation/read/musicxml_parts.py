"""The parts of MusicXML: their names and instruments, and staves of tablature that only repeat other staves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from generation.music.song import legible
from generation.read.instruments import drum_named, program_named
from generation.read.written import Line

SAME = 0.8  # a tablature is left out if this share of its notes also stands elsewhere
# Where a drum set is written on its staff, as percussion is usually notated.
PLACES = {
    "D4": 44, "E4": 35, "F4": 36, "G4": 41, "A4": 43, "B4": 45, "C5": 38, "D5": 47, "E5": 50, "F5": 51, "G5": 42,
    "A5": 49, "B5": 57,
}  # fmt: skip


@dataclass
class Instrument:
    """A part's entry in the list of parts: fields as in `Line`; drums  id of an instrument → drum of General MIDI."""

    name: str = ""
    program: int | None = None
    volume: int | None = None
    pan: int | None = None
    drums: dict[str, int] = field(default_factory=dict)

    def drum(self, instrument: str, place: str, pitch: int | None = None) -> int:
        """The drum of a note by its instrument, else by its place on the staff, such as “C5”, else by the `pitch` that
        some programs write under a percussion clef."""
        said = self.drums.get(instrument) or (self.drums.get("") if not instrument else None)
        return said or PLACES.get(place) or pitch or next(iter(self.drums.values()), 38)


def instruments(root: Element) -> dict[str, Instrument]:
    """The id of each part → its entry in the list of parts."""
    return {part.get("id", ""): _instrument(part) for part in root.iterfind("part-list/score-part")}


def _instrument(part: Element) -> Instrument:
    name = legible(part.findtext("part-name") or "")
    if re.fullmatch(r"(MusicXML )?part|staff|unnamed.*|P?\d+", name, re.I):
        name = ""
    found = Instrument(name or legible(part.findtext("part-name-display/display-text") or ""))
    names = {}
    for each in part.findall("score-instrument"):
        names[each.get("id", "")] = " ".join(
            (each.findtext(tag) or "").replace(".", " ") for tag in ("instrument-name", "instrument-sound")
        )
    for each in part.findall("midi-instrument"):
        drum = _whole(each.findtext("midi-unpitched"), 1, 128)
        if drum is not None:
            found.drums[each.get("id", "")] = drum - 1
        program = _whole(each.findtext("midi-program"), 1, 128)
        if found.program is None and program is not None and drum is None:
            found.program = program - 1
        volume, pan = _whole(each.findtext("volume"), 0, 100), _whole(each.findtext("pan"), -180, 180)
        if found.volume is None and volume is not None:
            found.volume = round(volume * 1.27)
        if found.pan is None and pan is not None:
            pan = pan if abs(pan) <= 90 else (180 - abs(pan)) * (1 if pan > 0 else -1)
            found.pan = min(64 + round(pan * 64 / 90), 127)
    for identity, words in names.items():
        if identity not in found.drums and (drum := drum_named(words)) is not None:
            found.drums[identity] = drum
    if found.program is None:
        programs = (program_named(words) for words in (found.name, *names.values()))
        found.program = next((program for program in programs if program is not None), None)
    return found


def _whole(text: str | None, low: int, high: int) -> int | None:
    found = re.fullmatch(r"\s*(-?\d{1,3})(\.\d*)?\s*", text or "")
    return int(found[1]) if found and low <= int(found[1]) <= high else None


def without_tablature(lines: list[Line], tabs: Sequence[tuple[Line, Line]]) -> None:
    """Leave out staves of tablature whose notes another staff has as well; the others join the part they belong to."""
    known = [_places(line) for line in lines if not line.drums]
    for tab, line in tabs:
        places = _places(tab)
        if not places or any(len(places & others) >= SAME * len(places) for others in known):
            continue
        known.append(places)
        for measure, more in zip(line.measures, tab.measures, strict=True):
            measure.sounds = sorted(measure.sounds + more.sounds, key=lambda sound: sound.at)


def _places(line: Line) -> set[tuple[int, Fraction, int]]:
    return {(i, sound.at, sound.pitch) for i, measure in enumerate(line.measures) for sound in measure.sounds}
