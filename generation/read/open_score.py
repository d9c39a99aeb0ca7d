"""Open a score from a stranger: MusicXML or .mxl → a tree that can do no harm, **kern → its text."""

import io
import re
import zipfile
from html.entities import name2codepoint
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from generation.read.encoding import text_of
from generation.read.foreign import foreign_root, foreign_zip
from generation.request import Refusal, Words

MAX_BYTES = 10_000_000  # of XML, unpacked
MAX_NOTES = 50_000
MAX_BARS = 5_000  # of one part
MAX_MEASURES = 60_000  # of all parts
MAX_PARTS = 100
MAX_KERN_BYTES = 2_000_000
MAX_SPINES = 64  # of **kern, side by side
MAX_MARKS = 60_000  # tempi, dynamics, signatures, bar lines
NOTES = ("note", "backup", "forward")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:(\w{1,31});)?")
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CUT = Words("the file is damaged, and was read as far as possible")
CONTAINER = "META-INF/container.xml"


def open_musicxml(data: bytes) -> tuple[Element, list[Words]]:
    """The tree of a MusicXML score, part by part, and remarks on repairs. Raises `Refusal`."""
    if len(data) > MAX_BYTES:
        raise Refusal(
            "This score has {bytes} bytes of XML; the limit is {limit}. Send a shorter piece.",
            bytes=len(data),
            limit=MAX_BYTES,
        )
    try:
        root, mended = _tree(data.lstrip(b"\x00\t\n\r "))
    except DefusedXmlException as error:
        raise Refusal("This XML file defines entities, which no score needs. Export it again as MusicXML.") from error
    if root.tag.startswith("{"):
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else element.tag
    if root.tag == "score-timewise":
        _turn(root)
    if root.tag != "score-partwise":
        raise foreign_root(root.tag) or Refusal(
            "This XML file is not a score in MusicXML. Export the score as MusicXML (.musicxml)."
        )
    _limit(root)
    return root, mended


def _tree(data: bytes) -> tuple[Element, list[Words]]:
    """The tree of an XML file; mended if its encoding is not the one that it states, or if it breaks off.

    No DTD is fetched, and a file that defines entities is refused (DefusedXmlException).
    """
    try:
        return ElementTree.fromstring(data), []
    except (ParseError, ValueError, LookupError) as error:
        text = _text(data)
        try:
            return ElementTree.fromstring(text), []
        except ParseError:
            root = _as_far_as_it_goes(text)
        if root is None or root.find("part/measure/note") is None:
            if root is not None and (refusal := foreign_root(root.tag)):
                raise refusal from error
            raise Refusal("This MusicXML file is damaged ({why}). Export it again.", why=str(error)) from error
        return root, [CUT]


def _text(data: bytes) -> str:
    """The text of an XML file whatever encoding it states, without characters and entities that XML does not know."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[1:2] == b"\0" or data[:1] == b"\0":
        text = data.decode("utf-16-le" if data[1:2] == b"\0" or data[:2] == b"\xff\xfe" else "utf-16-be", "replace")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    text = UNREADABLE.sub("", re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text.lstrip("\ufeff")))
    return ENTITY.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    """“&eacute;” → é; an ampersand that begins no name stays an ampersand."""
    name = found[1] or ""
    return chr(name2codepoint[name]) if name in name2codepoint else "&amp;" + found[0][1:]


def _as_far_as_it_goes(text: str) -> Element | None:
    """The elements of an XML file before it breaks off or becomes invalid."""
    root: Element | None = None
    try:
        for _, element in ElementTree.iterparse(io.BytesIO(text.encode()), events=("start",)):
            root = element if root is None else root
    except ParseError:
        pass
    return root


def _turn(root: Element) -> None:
    """Turn a score that is written bar by bar (score-timewise) into one that is written part by part."""
    parts: dict[str, Element] = {}
    for measure in root.findall("measure"):
        for part in measure.findall("part"):
            within = parts.setdefault(part.get("id", ""), Element("part", {"id": part.get("id", "")}))
            within.append(bar := Element("measure", dict(measure.attrib)))
            bar.extend(part)
        root.remove(measure)
    root.extend(parts.values())
    root.tag = "score-partwise"


def _limit(root: Element) -> None:
    """Raise `Refusal` for a score that would take too long to read."""
    parts = [part.findall("measure") for part in root.findall("part")]
    notes = sum(1 for _ in root.iter("note"))
    if notes > MAX_NOTES:
        raise Refusal(
            "This score has {notes} notes; the limit is {limit}. Send a shorter piece.", notes=notes, limit=MAX_NOTES
        )
    if len(parts) > MAX_PARTS:
        raise Refusal(
            "This score has {parts} parts; the limit is {limit}. Send a simpler one.", parts=len(parts), limit=MAX_PARTS
        )
    longest, measures = max(map(len, parts), default=0), sum(map(len, parts))
    if longest > MAX_BARS:
        raise too_many_bars(longest, MAX_BARS)
    if measures > MAX_MEASURES:
        raise too_many_bars(measures, MAX_MEASURES)
    marks = sum(element.tag not in NOTES for part in parts for measure in part for element in measure)
    if marks > MAX_MARKS:
        raise too_many_marks(marks)


def too_many_bars(count: int, limit: int) -> Refusal:
    return Refusal("This score has {bars} bars; the limit is {limit}. Send a shorter piece.", bars=count, limit=limit)


def too_many_marks(count: int) -> Refusal:
    return Refusal(
        "This score has {marks} marks besides its notes; the limit is {limit}. Send a simpler one.",
        marks=count,
        limit=MAX_MARKS,
    )


def open_mxl(data: bytes) -> tuple[Element, list[Words]]:
    """Unpack the score in a compressed MusicXML file, never more than the limit, and open it. Raises `Refusal`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            name = _root_file(archive, names)
            if name is None:
                raise foreign_zip(names) or Refusal(
                    "There is no score in this zip file. Export the score as .mxl or .musicxml."
                )
            with archive.open(name) as member:
                unpacked = member.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Refusal("This .mxl file cannot be unpacked: it is damaged or locked. Export it again.") from error
    return open_musicxml(unpacked)


def _root_file(archive: zipfile.ZipFile, names: list[str]) -> str | None:
    """The name of the score: the one that the container gives, if there is such a file, else the first that may be
    one."""
    plain = {re.sub(r"^(\./|/)+", "", name.replace("\\", "/")).lower(): name for name in reversed(names)}
    container = plain.get(CONTAINER.lower())
    if container is not None:
        with archive.open(container) as member:
            said = re.findall(rb"""full-path\s*=\s*["']([^"']{1,300})["']""", member.read(100_000))
        for path in said:
            wanted = re.sub(r"^(\./|/)+", "", path.decode("utf-8", "replace").replace("\\", "/")).lower()
            if wanted in plain and wanted.endswith((".xml", ".musicxml")):
                return plain[wanted]
    scores = [name for name in names if name.lower().endswith((".xml", ".musicxml"))]
    scores = [name for name in scores if not name.upper().startswith("META-INF") and "__MACOSX" not in name]
    if foreign_zip(names):
        return None
    return min(scores, key=lambda name: name.count("/"), default=None)


def open_kern(data: bytes) -> list[str]:
    """The lines of a **kern file. Raises `Refusal`."""
    if len(data) > MAX_KERN_BYTES:
        raise Refusal(
            "This **kern file has {bytes} bytes; the limit is {limit}. Send a shorter piece.",
            bytes=len(data),
            limit=MAX_KERN_BYTES,
        )
    lines = text_of(data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    notes = sum(len(re.findall(r"\d[^\t ]*?[A-Ga-g]+", line)) for line in lines if line[:1] not in "!*=")
    spines = max((line.count("\t") + 1 for line in lines), default=0)
    if notes > MAX_NOTES:
        raise Refusal(
            "This **kern file has {notes} notes; the limit is {limit}. Send a shorter piece.",
            notes=notes,
            limit=MAX_NOTES,
        )
    if spines > MAX_SPINES:
        raise too_many_spines(spines)
    return lines


def too_many_spines(count: int) -> Refusal:
    return Refusal(
        "This **kern file has {spines} spines; the limit is {limit}. Send a simpler one.",
        spines=count,
        limit=MAX_SPINES,
    )
