"""Open a score from a stranger: MusicXML, .mxl or **kern → a music21 score, with nothing in it that can do harm."""

import contextlib
import io
import re
import warnings
import zipfile

from defusedxml import DefusedXmlException, ElementTree
from music21 import converter, stream

from generation.read.encoding import text_of
from generation.request import Refusal

MAX_BYTES = 5_000_000  # of XML, unpacked
MAX_NOTES = 10_000  # music21 takes up to half a second for a thousand
MAX_KERN_BYTES = 500_000
MAX_BARS = 2_000  # of a part: music21's time grows with their square
MAX_PARTS = 100
MAX_MARKS = 4_000  # tempi, dynamics, signatures, bar lines
MAX_SPINES = 64  # of **kern
MARKS = ("attributes", "direction", "barline", "sound")
# What music21 counts out one by one, a million if it must: what stands there instead of anything odd.
PLAIN = {"fifths": ("0", re.compile(r"[+-]?\d")), "beats": ("4", re.compile(r"\d\d?( *\+ *\d\d?){0,5}"))}
ENDING = re.compile(r" *\d\d?( *[,-]? *\d\d?){0,4} *")
USED = ("note", "backup", "forward", *MARKS)  # what a bar may hold; music21 is slow with much of the rest


def open_musicxml(data: bytes) -> stream.Score:
    """Parse MusicXML. Entities are refused, DTDs are never fetched. Raises `Refusal`."""
    if len(data) > MAX_BYTES:
        raise Refusal(
            "This score has {bytes} bytes of XML; the limit is {limit}. Send a shorter piece.",
            bytes=len(data),
            limit=MAX_BYTES,
        )
    try:
        root = ElementTree.fromstring(data)
    except DefusedXmlException as error:
        raise Refusal("This XML file defines entities, which no score needs. Export it again as MusicXML.") from error
    except ElementTree.ParseError as error:
        raise Refusal("This MusicXML file is damaged ({why}). Export it again.", why=str(error)) from error
    if root.tag == "score-timewise":
        raise Refusal("This MusicXML file is written bar by bar (score-timewise). Export it as score-partwise.")
    if root.tag != "score-partwise":
        raise Refusal("This XML file is not a score in MusicXML. Export the score as MusicXML (.musicxml).")
    bars, parts = list(root.iter("measure")), root.findall("part")
    for bar in bars:
        bar[:] = [element for element in bar if element.tag in USED and element.find("grace") is None]
    for ending in root.iter("ending"):
        if not ENDING.fullmatch(ending.get("number", "")):
            ending.set("number", "1")
    for name, (usual, plain) in PLAIN.items():
        for element in root.iter(name):
            if not plain.fullmatch((element.text or "").strip()):
                element.text = usual
    notes = sum(1 for _ in root.iter("note"))
    if notes > MAX_NOTES:
        raise Refusal(
            "This score has {notes} notes; the limit is {limit}. Send a shorter piece.", notes=notes, limit=MAX_NOTES
        )
    if len(parts) > MAX_PARTS:
        raise Refusal(
            "This score has {parts} parts; the limit is {limit}. Send a simpler one.", parts=len(parts), limit=MAX_PARTS
        )
    if (longest := max(map(len, parts), default=0)) > MAX_BARS:
        raise Refusal(
            "This score has {bars} bars; the limit is {limit}. Send a shorter piece.", bars=longest, limit=MAX_BARS
        )
    marks = sum(element.tag in MARKS for bar in bars for element in bar)
    if marks > MAX_MARKS:
        raise Refusal(
            "This score has {marks} marks besides its notes; the limit is {limit}. Send a simpler one.",
            marks=marks,
            limit=MAX_MARKS,
        )
    return _parse(ElementTree.tostring(root, encoding="unicode"), "musicxml")


def open_mxl(data: bytes) -> stream.Score:
    """Unpack the one score in a compressed MusicXML file, never more than the limit, and parse it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith((".xml", ".musicxml"))]
            scores = [name for name in names if not name.upper().startswith("META-INF")]
            if not scores:
                raise Refusal("There is no score in this zip file. Export the score as .mxl or .musicxml.")
            with archive.open(scores[0]) as member:
                unpacked = member.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Refusal("This .mxl file cannot be unpacked: it is damaged or locked. Export it again.") from error
    return open_musicxml(unpacked)


def open_kern(data: bytes) -> stream.Score:
    """Parse **kern (Humdrum). Raises `Refusal`."""
    if len(data) > MAX_KERN_BYTES:
        raise Refusal(
            "This **kern file has {bytes} bytes; the limit is {limit}. Send a shorter piece.",
            bytes=len(data),
            limit=MAX_KERN_BYTES,
        )
    text = text_of(data).replace("\r\n", "\n")
    notes = sum(len(re.findall(r"[A-Ga-g]+", line)) for line in text.split("\n") if line[:1] not in "!*=")
    spines = max(line.count("\t") + 1 for line in text.split("\n"))
    if notes > MAX_NOTES:
        raise Refusal(
            "This **kern file has {notes} notes; the limit is {limit}. Send a shorter piece.",
            notes=notes,
            limit=MAX_NOTES,
        )
    if spines > MAX_SPINES:
        raise Refusal(
            "This **kern file has {spines} spines; the limit is {limit}. Send a simpler one.",
            spines=spines,
            limit=MAX_SPINES,
        )
    return _parse(text, "humdrum")


def _parse(text: str, kind: str) -> stream.Score:
    # What music21 says on the way is about wedges and such, of which we make no use.
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        # The format is named: otherwise music21 takes a text for the path of a file or a URL.
        score = converter.parseData(text, format=kind)
    if not isinstance(score, stream.Score):
        found = list(score.scores) if isinstance(score, stream.Opus) else []
        if not found:
            raise Refusal("There is no music in this score. Send one with notes.")
        score = found[0]
    score.toSoundingPitch(inPlace=True)
    return score
