"""What is asked of the music and what comes back: plain data, without torch or music21."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

# How the names of files end that Encore reads → the format that is expected in them, "" where it may be any. What they
# hold counts more.
ENDINGS = {
    ".mid": "MIDI",
    ".midi": "MIDI",
    ".kar": "MIDI",
    ".rmi": "MIDI",
    ".abc": "ABC",
    ".txt": "",
    ".musicxml": "MusicXML",
    ".xml": "MusicXML",
    ".mxl": "MusicXML",
    ".krn": "**kern",
    ".kern": "**kern",
    ".zip": "",
    ".gz": "",
}
FORMATS = ("mp3", "mid", "abc", "musicxml", "png")
# style → what a musician would call it; the order is that of the model's style numbers.
STYLES = {
    "auto": "whatever fits",
    "jazz": "jazz solo",
    "irish": "Irish traditional",
    "american": "American fiddle",
    "british": "Scottish and British airs",
    "artsong": "art song",
    "classical": "classical piano",
    "pop": "pop",
    "standards": "Tin Pan Alley standards",
    "hymn": "hymn",
}
# instrument → General MIDI program.
INSTRUMENTS = {
    "piano": 0,
    "electric piano": 4,
    "harpsichord": 6,
    "vibraphone": 11,
    "marimba": 12,
    "xylophone": 13,
    "organ": 19,
    "accordion": 21,
    "harmonica": 22,
    "guitar": 24,
    "steel guitar": 25,
    "electric guitar": 27,
    "bass": 32,
    "electric bass": 33,
    "violin": 40,
    "viola": 41,
    "cello": 42,
    "double bass": 43,
    "harp": 46,
    "strings": 48,
    "choir": 52,
    "trumpet": 56,
    "trombone": 57,
    "tuba": 58,
    "horn": 60,
    "brass": 61,
    "soprano sax": 64,
    "alto sax": 65,
    "tenor sax": 66,
    "baritone sax": 67,
    "oboe": 68,
    "bassoon": 70,
    "clarinet": 71,
    "flute": 73,
    "recorder": 74,
    "ocarina": 79,
    "banjo": 105,
    "bagpipe": 109,
    "fiddle": 110,
}


Value: TypeAlias = "str | int | float | Words | tuple[Words, ...]"


@dataclass(frozen=True, init=False)
class Words:
    """What Encore says: an English template with {names}, and the values that fill them. `str()` is the English.

    It is put into the reader's language where it is read; there `template` is what the translation is looked up by.

    template  a sentence or a phrase; without values it is taken as it stands, braces and all
    plural    the template where the value `count` is not 1; "" where both are alike
    values    a number is written as the reader's language writes amounts (a seed is no amount: pass it as text), a
              tuple as a list
    """

    template: str
    plural: str
    values: dict[str, Value]

    def __init__(self, template: str, plural: str = "", /, **values: Value) -> None:
        whole = {name: _whole(of) if isinstance(of, str) else of for name, of in values.items()}
        for name, value in (("template", _whole(template)), ("plural", plural), ("values", whole)):
            object.__setattr__(self, name, value)

    def __bool__(self) -> bool:
        return bool(self.template)

    def __str__(self) -> str:
        return self.fill(self.plural if self.plural and self.values["count"] != 1 else self.template, _in_english)

    def fill(self, template: str, show: Callable[[Value], str]) -> str:
        """These values in a template. What they say is never taken for a template."""
        return template.format_map({name: show(of) for name, of in self.values.items()}) if self.values else template


def _whole(text: str) -> str:
    """Text without halves of characters, for these cannot travel."""
    return text.encode("utf-8", "replace").decode()


def _in_english(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


UNSAID = Words("")


class Told(Exception):  # noqa: N818 — an error that users read
    """An error in `words`: see `Words` for what it is made of."""

    def __init__(self, words: str | Words, plural: str = "", /, **values: Value) -> None:
        self.words = words if isinstance(words, Words) else Words(words, plural, **values)
        super().__init__(self.words)


class Refusal(Told):
    """The one error that is the user's to mend. It says what is wrong, the number, the limit, and what to do."""


def own_checkpoints() -> dict[str, Path]:
    """Style → checkpoint, for every pair NAME.safetensors and NAME.json in the folder that ENCORE_MODELS names.

    A name is that of the file; one of ours, or one longer than 32 characters or with odd ones in it, is passed over.
    """
    folder = os.environ.get("ENCORE_MODELS", "")
    if not folder or not Path(folder).is_dir():
        return {}
    found = {
        path.stem: path for path in sorted(Path(folder).glob("*.safetensors")) if path.with_suffix(".json").is_file()
    }
    return {name: path for name, path in found.items() if name not in STYLES and re.fullmatch(r"[\w .'-]{1,32}", name)}


def styles() -> dict[str, str]:
    """style → what a musician would call it: ours, then those of the checkpoints in ENCORE_MODELS by their names."""
    return STYLES | {name: name for name in own_checkpoints()}


@dataclass(frozen=True)
class Request:
    """A wish for music. `data` is the bytes of a file to continue, or None for a fresh piece.

    seconds      length of the new music, 5 … 180
    temperature  0.1 … 2.0; top_p 0.05 … 1.0
    style        a key of `styles()`; instrument a key of `INSTRUMENTS`, or "auto": the file's own, else piano
    only_new     the files hold the new music alone; open_end: it is cut off in time instead of coming to a close
    key, tempo, meter   for a fresh piece: "D minor", quarter notes a minute, "6/8"; None leaves it to the model
    mp3_bytes    what an MP3 may weigh, by a lower bit rate where need be; 0 for as much as it likes
    """

    data: bytes | None = None
    filename: str = ""
    seconds: float = 20.0
    takes: int = 1
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    instrument: str = "auto"
    only_new: bool = False
    open_end: bool = False
    formats: tuple[str, ...] = FORMATS
    key: str | None = None
    tempo: float | None = None
    meter: str | None = None
    mp3_bytes: int = 0

    def __post_init__(self) -> None:
        for name in ("filename", "key", "meter"):
            if said := getattr(self, name):
                object.__setattr__(self, name, _whole(said))
        for name, low, high in (("seconds", 5, 180), ("takes", 1, 64), ("temperature", 0.1, 2.0), ("top_p", 0.05, 1.0)):
            if not low <= getattr(self, name) <= high:
                raise Refusal(
                    "{name} is {value}; it must lie between {low} and {high}.",
                    name=name,
                    value=getattr(self, name),
                    low=low,
                    high=high,
                )
        if not 0 <= self.seed < 2**63:
            raise Refusal("seed is {seed}; it must lie between 0 and 2^63 − 1.", seed=str(self.seed))
        if self.style not in STYLES and self.style not in (known := styles()):
            raise Refusal(
                "There is no style “{name}”. Choose one of: {styles}.", name=self.style[:40], styles=", ".join(known)
            )
        if self.instrument != "auto" and self.instrument not in INSTRUMENTS:
            raise Refusal(
                "There is no instrument “{name}”. Choose one of: auto, {instruments}.",
                name=self.instrument[:40],
                instruments=tuple(map(Words, INSTRUMENTS)),
            )
        if wrong := [name for name in self.formats if name not in FORMATS]:
            raise Refusal(
                "There is no format “{name}”. Choose from: {formats}.", name=wrong[0][:40], formats=", ".join(FORMATS)
            )
        if self.tempo is not None and not 20 <= self.tempo <= 400:
            raise Refusal("tempo is {tempo}; it must lie between 20 and 400 quarter notes a minute.", tempo=self.tempo)


@dataclass(frozen=True)
class Take:
    """One answer. `seconds` is the length of the sound, `new_from` where the new music begins in it, in seconds;
    `notes` counts the new notes; `files` maps format → bytes; `arithmetic` says in what arithmetic and on what kind of
    processor it was played: on another one the same seed may give other notes."""

    seed: int
    temperature: float
    seconds: float
    new_from: float
    notes: int
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    arithmetic: str = ""


@dataclass(frozen=True)
class Reply:
    """The takes of one request, facts for the caption in a musician's words, and seconds by stage.

    source   where the melody was found in the file; empty where there was no choice
    remarks  what was mended or left out in reading the file, in half a sentence each
    """

    takes: tuple[Take, ...]
    title: str = ""
    key: str = ""
    metre: str = ""
    tempo: float = 0.0
    style: str = "auto"
    instrument: str = "piano"
    source: Words = UNSAID
    remarks: tuple[Words, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
