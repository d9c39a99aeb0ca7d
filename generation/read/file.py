"""Read a file from a stranger: bytes → the melody in it, or one sentence that says why not."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from generation.music.reading import Reading
from generation.music.song import Song
from generation.read.abc import MAX_CHARACTERS, abc_song
from generation.read.abc_tune import tunes
from generation.read.audio import read_audio
from generation.read.encoding import text_of
from generation.read.find_melody import find_melody
from generation.read.foreign import foreign
from generation.read.kern import read_kern
from generation.read.midi import read_midi
from generation.read.midi_events import HEADER
from generation.read.musicxml import read_musicxml, read_mxl
from generation.read.recording import is_recording
from generation.read.roles import with_roles
from generation.read.unwrap import unwrapped
from generation.request import ENDINGS, Refusal, Words

log = logging.getLogger(__name__)

MAX_BYTES = 5_000_000
ACCEPTED = Words(
    "MIDI (.mid), ABC (.abc), MusicXML (.musicxml, .mxl), **kern (.krn) or a recording (.ogg, .wav, .flac, .mp3)"
)
# The characters of ABC music, fields aside: a text of hardly anything else is a snippet of ABC.
ABC_MUSIC = re.compile(
    r'"[^"\n]*"|![^!\n]*!|\{[^{}\n]*\}|\[[A-Z]:[^\]\[\n]*\]|[_^=]*[A-Ga-gzZx][,\']*[\d/]*|[|:\[\]\d()<>~.\\&-]'
)
NUMBER, KEY = re.compile(r"^[ \t>]*X:[ \t]*\d+[ \t]*$", re.MULTILINE), re.compile(r"^[ \t>]*K:", re.MULTILINE)
ARTICLE = re.compile(r"(\S.*?),\s?(The|An?|La|Les?|Der|Die|Das)$")  # of a title as in an index: “Butterfly, The”
WEB_PAGE = re.compile(
    r"\ufeff?(\s|<\?xml.*?\?>|<!--.*?-->)*<(!doctype\s+html|(html|head|title|meta|body|script|frameset|center|h1|p)[\s>])",
    re.I | re.S,
)
Reader = Callable[[bytes], Song]


def read(data: bytes, filename: str, drums: bool = False, wanted: str = "") -> Reading:
    """Find the melody in a file. Its contents count more than its name.

    data      the file's bytes, up to 5 MB (**kern 2 MB, ABC 64,000 characters a tune)
    filename  its name; never opened
    drums     whether a file of drums alone will do
    wanted    the part that holds the melody, by its name or number; "" to find it

    Raises `Refusal`, and nothing else, if anything is wrong with the file.
    """
    data = unwrapped(data)
    kind = _kind(data, filename)
    try:
        reading = find_melody(READERS[kind](data), drums, wanted)
        song = with_roles(reading.song, reading.part)
        reading = replace(reading, song=replace(song, title=ARTICLE.sub(r"\2 \1", song.title)))
    except Refusal:
        raise
    except Exception as error:  # the edge: whatever strange content does to a parser, the user gets a sentence
        log.warning("%s could not be read: %.200r", kind, error)
        raise Refusal(
            "This {kind} file cannot be read: it is damaged or contains something unusual. Export it again, as MIDI "
            "if you can.",
            kind=NAMES[kind],
        ) from error
    if kind == "abc" and (count := len(tunes(text_of(data))[1])) > 1:
        first, where = Words("the first of {count} tunes", count=count), reading.source
        return replace(reading, source=Words("{first}, {where}", first=first, where=where) if where else first)
    return reading


def read_abc_bytes(data: bytes) -> Song:
    """The first tune of an ABC file."""
    return abc_song(text_of(data))


READERS: dict[str, Reader] = {
    "midi": read_midi,
    "abc": read_abc_bytes,
    "musicxml": read_musicxml,
    "mxl": read_mxl,
    "kern": read_kern,
    "audio": read_audio,
}
NAMES = {"midi": "MIDI", "abc": "ABC", "musicxml": "MusicXML", "mxl": "MusicXML", "kern": "**kern", "audio": "audio"}


def _kind(data: bytes, filename: str) -> str:
    """The key in `READERS` for some bytes, by their contents; the name only helps to explain a refusal."""
    suffix = PurePath(filename.lower()).suffix
    if not data.strip():
        raise Refusal("This file is empty. Send {accepted}.", accepted=ACCEPTED)
    if len(data) > MAX_BYTES:
        raise Refusal(
            "This file has {bytes} bytes; the limit is {limit}. Send a shorter piece.", bytes=len(data), limit=MAX_BYTES
        )
    if data[:4] == b"PK\x03\x04":
        return "mxl"
    if data[:4] == b"MThd" or HEADER.search(data):  # perhaps inside RIFF, MacBinary or a part of a mail
        return "midi"
    if is_recording(data):
        return "audio"
    if refusal := foreign(data):
        raise refusal
    start = text_of(data[:MAX_CHARACTERS])
    if (number := NUMBER.search(start)) and KEY.search(start, number.end()):  # on a web page or in a mail, too
        return "abc"
    if WEB_PAGE.match(start):
        raise Refusal("This is a web page, not a music file: the download went wrong. Send the file itself.")
    if start.lstrip().startswith("<"):
        return "musicxml"
    if re.search(r"^(\*\*\w+\t)*\*\*kern\b", start, re.MULTILINE):
        return "kern"
    if "\0" not in start and (re.search(r"^[ \t]*[XK]:", start, re.MULTILINE) or _is_music(start)):
        return "abc"
    if kind := ENDINGS.get(suffix):
        raise Refusal(
            "There is no {kind} in this {suffix} file. Send {accepted}.", kind=kind, suffix=suffix, accepted=ACCEPTED
        )
    raise Refusal("Encore does not recognise this as music. Send {accepted}.", accepted=ACCEPTED)


def _is_music(text: str) -> bool:
    """Whether a text without any header is a snippet of ABC rather than prose."""
    music = "\n".join(line for line in text.splitlines() if not re.match(r"\s*[A-Za-z]:[^|:]", line))
    music = re.sub(r"\s", "", re.sub(r"%.*", "", music))
    return bool(music) and len(ABC_MUSIC.sub("", music)) <= 0.05 * len(music)
