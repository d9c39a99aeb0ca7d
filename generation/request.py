"""Request and Reply: plain data, importable without torch or music21."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from generation.words import UNSAID as UNSAID
from generation.words import Refusal as Refusal
from generation.words import Told as Told
from generation.words import Value as Value
from generation.words import Words as Words
from generation.words import whole

# Ending of a file name that Encore reads → the format to expect, "" for any. The contents of the file decide.
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
} | dict.fromkeys((".ogg", ".oga", ".opus", ".wav", ".flac", ".mp3"), "audio")
FORMATS = ("mp3", "mid", "abc", "musicxml", "png")
# style → a musician's name for it, in the order of the model's style numbers.
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


# Which parts of a file go on → in a musician's words.
PARTS = {"all": "all of them", "melody": "the melody only"}
# Who plays a fresh piece → in a musician's words.
BANDS = {
    "melody": "one instrument",
    "piano": "piano, both hands",
    "song": "a voice and a piano",
    "quartet": "string quartet",
    "choir": "choir",
    "jazz quartet": "jazz quartet",
    "pop band": "pop band",
    "rock band": "rock band",
    "drums": "drums",
}
MOST_SECONDS = 180  # of new music


def own_checkpoints() -> dict[str, Path]:
    """Style → checkpoint, for every sound pair NAME.safetensors and NAME.json in the folder ENCORE_MODELS."""
    return {path.stem: path for path in _own_files() if not _fault(path)}


def checkpoint_faults() -> list[str]:
    """The files in the folder that ENCORE_MODELS names that are no style, each with the reason, in sentences."""
    return [f"{path} is no style: {why}" for path in _own_files() if (why := _fault(path))]


def _own_files() -> list[Path]:
    folder = os.environ.get("ENCORE_MODELS", "")
    return sorted(Path(folder).glob("*.safetensors")) if folder else []


def _fault(path: Path) -> str:
    """The reason why a file is no style, "" if it is one. Reads only the weights' header, whose tensors must end where
    the file ends; the model's process checks the rest when it loads them."""
    if path.stem in STYLES:
        return "its name is that of a built-in style"
    if not re.fullmatch(r"[\w .'-]{1,32}", path.stem):
        return "its name has more than 32 characters, or others than letters, digits, spaces and . _ - '"
    if not (card := path.with_suffix(".json")).is_file():
        return f"{card.name} is missing beside it"
    try:
        described = json.loads(card.read_text("utf-8"))
    except (OSError, ValueError):
        described = None
    if not isinstance(described, dict):
        return f"{card.name} is damaged"
    try:
        with path.open("rb") as file:
            length, size = int.from_bytes(file.read(8), "little"), path.stat().st_size
            tensors = json.loads(file.read(min(length, size)))
        ends = [each["data_offsets"][1] for name, each in tensors.items() if name != "__metadata__"]
        return "" if 8 + length + max(ends) == size else "it is damaged"
    except (OSError, ValueError, AttributeError, KeyError, TypeError, IndexError):
        return "it is damaged"


def styles() -> dict[str, str]:
    """style → a musician's name for it: the built-in styles, then the checkpoints in ENCORE_MODELS."""
    return STYLES | {name: name for name in own_checkpoints()}


RANGES = (
    ("seconds", 5, MOST_SECONDS), ("bars", 4, 64), ("last_bars", 1, 64), ("takes", 1, 64), ("temperature", 0.1, 2.0),
    ("top_p", 0.05, 1.0),
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A request for music. Raises `Refusal` for a value out of range or unknown.

    data         the bytes of a file to continue; None for a fresh piece
    seconds      length of the new music, 5 … 180
    bars         its length in bars instead, 4 … 64; 0: in seconds
    last_bars    of the input, that are in the files, 1 … 64; 0 for all. The model hears all of it.
    takes        how many different answers, 1 … 64
    temperature  0.1 … 2.0
    top_p        0.05 … 1.0
    style        a key of `styles()`
    instrument   a key of `INSTRUMENTS`, or "auto": the file's own, else one that suits the style
    only_new     leave the input out of the files
    open_end     cut the music off when the time is up, instead of bringing it to a close
    parts        of a file of several: a key of `PARTS`
    lead         the part of the file that is the tune, by its name or number; "" to find it
    band         of a fresh piece: a key of `BANDS`
    key, tempo, meter  for a fresh piece: "D minor", quarter notes a minute, "6/8"; None leaves the choice to Encore
    arithmetic   that of the take to have again, `Take.arithmetic`: on a machine with another it is refused; "": any
    wholes       the notes of takes that were played before, `Take.whole`: nothing is played, their files are made again
    mp3_bytes    the largest size of an MP3, whose bit rate is lowered to fit; 0 for no limit
    """

    data: bytes | None = None
    filename: str = ""
    seconds: float = 20.0
    bars: int = 0
    last_bars: int = 0
    takes: int = 1
    temperature: float = 0.9
    top_p: float = 0.97
    seed: int = 0
    style: str = "auto"
    instrument: str = "auto"
    only_new: bool = False
    open_end: bool = False
    formats: tuple[str, ...] = FORMATS
    parts: str = "all"
    lead: str = ""
    band: str = "melody"
    key: str | None = None
    tempo: float | None = None
    meter: str | None = None
    mp3_bytes: int = 0
    arithmetic: str = ""
    wholes: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in ("filename", "lead", "key", "meter"):
            if said := getattr(self, name):
                object.__setattr__(self, name, whole(said))
        for name, low, high in RANGES:
            value = getattr(self, name)
            if not low <= value <= high and (value or name not in ("bars", "last_bars")):
                raise Refusal(
                    "{name} is {value}; it must lie between {low} and {high}.",
                    name=name,
                    value=value,
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
        for name, known in (("parts", PARTS), ("band", BANDS)):
            if getattr(self, name) not in known:
                raise Refusal(
                    "{name} is “{value}”; it must be one of: {known}.",
                    name=name,
                    value=getattr(self, name)[:40],
                    known=", ".join(known),
                )
        if wrong := [name for name in self.formats if name not in FORMATS]:
            raise Refusal(
                "There is no format “{name}”. Choose from: {formats}.", name=wrong[0][:40], formats=", ".join(FORMATS)
            )
        if self.tempo is not None and not 20 <= self.tempo <= 400:
            raise Refusal("tempo is {tempo}; it must lie between 20 and 400 quarter notes a minute.", tempo=self.tempo)


@dataclass(frozen=True)
class Take:
    """One answer.

    seconds     length of the sound
    new_from    second at which the new music begins in it
    notes       number of new notes
    again       whether they are mostly the input's, although it was played again several times
    files       format → bytes
    arithmetic  the arithmetic and the kind of processor that it was sampled with: with another, the same seed may
                give other notes
    whole       its notes, packed: with them in `Request.wholes` its files are made again, the same on every machine
    chords      the harmony of the new music's first bars, such as “C | Am F | G7”; empty if unknown
    """

    seed: int
    temperature: float
    seconds: float
    new_from: float
    notes: int
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    arithmetic: str = ""
    again: bool = False
    chords: str = ""
    whole: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reply:
    """The takes of one request, and facts for the caption in a musician's words.

    tempo    quarter notes a minute
    source   where the melody was found in the file; empty if there was no choice
    parts    the names of the parts that play on together; empty for a melody
    remarks  half a sentence on each thing that was repaired or left out in reading the file
    voices   each part of the file that could be the tune, described; empty if there is no choice
    voice    the number of the part that was taken for it, counted from 1
    timings  stage → seconds
    """

    takes: tuple[Take, ...]
    title: str = ""
    key: str = ""
    metre: str = ""
    tempo: float = 0.0
    style: str = "auto"
    instrument: str = "piano"
    source: Words = UNSAID
    parts: tuple[Words, ...] = ()
    remarks: tuple[Words, ...] = ()
    voices: tuple[Words, ...] = ()
    voice: int = 0
    timings: dict[str, float] = field(default_factory=dict)
