"""What is asked of the music and what comes back: plain data, without torch or music21."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

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
# instrument → General MIDI program; exactly the presets of the soundfont in assets/.
INSTRUMENTS = {
    "piano": 0,
    "electric piano": 4,
    "harpsichord": 6,
    "vibraphone": 11,
    "xylophone": 13,
    "organ": 19,
    "guitar": 24,
    "bass": 32,
    "violin": 40,
    "cello": 42,
    "harp": 46,
    "choir": 52,
    "trumpet": 56,
    "horn": 60,
    "alto sax": 65,
    "tenor sax": 66,
    "oboe": 68,
    "clarinet": 71,
    "flute": 73,
    "recorder": 74,
    "ocarina": 79,
}


class Refusal(Exception):  # noqa: N818 — not an error of ours
    """The one error meant for a user's eyes: a sentence that says what is wrong, the limit, and what to do."""


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
        for name in ("filename", "key", "meter"):  # half a character cannot travel
            if said := getattr(self, name):
                object.__setattr__(self, name, said.encode("utf-8", "replace").decode())
        for name, low, high in (("seconds", 5, 180), ("takes", 1, 64), ("temperature", 0.1, 2.0), ("top_p", 0.05, 1.0)):
            if not low <= getattr(self, name) <= high:
                raise Refusal(f"{name} is {getattr(self, name):g}; it must lie between {low} and {high}.")
        if not 0 <= self.seed < 2**63:
            raise Refusal(f"seed is {self.seed}; it must lie between 0 and 2^63 − 1.")
        if self.style not in STYLES and self.style not in (known := styles()):
            raise Refusal(f"There is no style “{self.style[:40]}”. Choose one of: {', '.join(known)}.")
        if self.instrument != "auto" and self.instrument not in INSTRUMENTS:
            raise Refusal(
                f"There is no instrument “{self.instrument[:40]}”. Choose one of: auto, {', '.join(INSTRUMENTS)}."
            )
        if wrong := [name for name in self.formats if name not in FORMATS]:
            raise Refusal(f"There is no format “{wrong[0][:40]}”. Choose from: {', '.join(FORMATS)}.")
        if self.tempo is not None and not 20 <= self.tempo <= 400:
            raise Refusal(f"tempo is {self.tempo:g}; it must lie between 20 and 400 quarter notes a minute.")


@dataclass(frozen=True)
class Take:
    """One answer. `seconds` is the length of the sound, `new_from` where the new music begins in it, in seconds;
    `notes` counts the new notes; `files` maps format → bytes."""

    seed: int
    temperature: float
    seconds: float
    new_from: float
    notes: int
    files: dict[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Reply:
    """The takes of one request, facts for the caption in a musician's words, and seconds by stage."""

    takes: tuple[Take, ...]
    title: str = ""
    key: str = ""
    metre: str = ""
    tempo: float = 0.0
    style: str = "auto"
    instrument: str = "piano"
    source: str = ""
    timings: dict[str, float] = field(default_factory=dict)
