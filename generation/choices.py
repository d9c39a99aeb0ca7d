"""What a request may choose from: formats, styles, instruments and bands, and the checkpoints of a folder."""

import json
import os
import re
from pathlib import Path

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
# Who joins a tune → in a musician's words; the first is the command's own choice.
ACCOMPANISTS = {
    "trio": "chords, bass and drums",
    "piano": "piano",
    "guitar": "guitar",
    "jazz trio": "jazz trio",
    "pop band": "pop band",
    "string quartet": "string quartet",
    "choir": "choir",
}
# What one part of a take is for → in a musician's words, where that part is played again.
REDONE = {"drums": "drums", "bass": "bass", "chords": "chords", "melody": "melody"}


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
