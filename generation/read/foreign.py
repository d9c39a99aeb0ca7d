"""Recognise files that Encore cannot read, such as a PDF, a recording or another program's score."""

import re

from generation.request import Refusal

Beginnings = tuple[tuple[int, bytes, str], ...]  # (bytes at the beginning, how the file goes on, what it is called)
PICTURES: Beginnings = (
    (0, b"%PDF", "PDF"),
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (8, b"WEBP", "WebP"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypavif", "AVIF"),
    (0, b"%!PS", "PostScript"),
)
RECORDINGS: Beginnings = (
    (0, b"\xff\xf1", "AAC"),
    (0, b"FORM", "AIFF"),
    (4, b"ftypM4A", "M4A"),
    (4, b"ftyp", "MP4"),
    (0, b"\x1aE\xdf\xa3", "WebM"),
)
PROGRAMS: Beginnings = (
    (0, b"BCFZ", "Guitar Pro"),
    (0, b"BCFS", "Guitar Pro"),
    (1, b"FICHIER GUITAR", "Guitar Pro"),
    (1, b"CLIPBOARD GUITAR PRO", "Guitar Pro"),
    (0, b"ptab", "Power Tab"),
    (0, b"ENIGMA BINARY FILE", "Finale"),
    (0, b"\x0fSIBELIUS", "Sibelius"),
    (0, b"[NoteWorthy ArtWare]", "NoteWorthy Composer"),
    (0, b"[NWZ]", "NoteWorthy Composer"),
    (0, b"!NoteWorthyComposer", "NoteWorthy Composer"),
    (0, b"SCOW", "Encore, the notation program"),
    (0, b"cap3-v:", "capella"),
    (0, b"TuxGuitar", "TuxGuitar"),
    (1, b"TuxGuitar", "TuxGuitar"),
    (0, b"FLhd", "FL Studio"),
    (0, b"Extended Module", "FastTracker"),
    (0, b"IMPM", "Impulse Tracker"),
    (44, b"SCRM", "Scream Tracker"),
    (1080, b"M.K.", "ProTracker"),
)
DOCUMENTS: Beginnings = ((0, b"{\\rtf", "RTF"), (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word"))
ARCHIVES: Beginnings = ((0, b"Rar!", "RAR"), (0, b"7z\xbc\xaf", "7-Zip"), (0, b"BZh", "bzip2"), (0, b"\xfd7zXZ", "xz"))
# The first element of an XML file → the program that writes it.
ROOTS = {
    "museScore": "MuseScore",
    "GPIF": "Guitar Pro",
    "mei": "MEI",
    "score": "capella",
    "Ableton": "Ableton Live",
    "rosegarden-data": "Rosegarden",
    "TuxGuitarFile": "TuxGuitar",
    "opus": "MusicXML opus",
}
# A file in a zip archive → the program that writes such archives.
MEMBERS = (
    (r"\.ms[cs]x$", "MuseScore"),
    (r"\.gpif$", "Guitar Pro"),
    (r"NotationMetadata\.xml$", "Finale"),
    (r"\.dorico|(^|/)supplementary_data/", "Dorico"),
    (r"\.capx?$", "capella"),
)
# The same for word processors.
PAGES = ((r"^word/document\.xml$", "Word"), (r"^styles\.xml$", "OpenDocument"), (r"^Index/Document\.iwa$", "Pages"))
LILYPOND = re.compile(r"(\s*%.*\n|\s)*\\(version|score|relative|header|include)\b")


def foreign(data: bytes) -> Refusal | None:
    """The refusal that names what kind of file without readable notes this is; None if it is unknown."""
    if kind := _named(data, PICTURES):
        return picture(kind)
    if kind := _named(data, RECORDINGS):
        return Refusal(
            "Encore does not decode this kind of recording ({kind}). On a phone, record a voice message in Discord "
            "instead; elsewhere, convert it to WAV, FLAC, MP3 or Ogg.",
            kind=kind,
        )
    if kind := _named(data, ARCHIVES):
        return Refusal("This is an archive ({kind}). Unpack it and send the music file that is in it.", kind=kind)
    if kind := _named(data, DOCUMENTS):
        return document(kind)
    if program := _named(data, PROGRAMS):
        return of_program(program)
    if LILYPOND.match(data[:3_000].decode("utf-8", errors="replace").lstrip("\ufeff")):
        return of_program("LilyPond")
    return None


def foreign_root(name: str) -> Refusal | None:
    """The same for an XML file, by its first element."""
    name = name.rpartition("}")[2]
    if name == "svg":
        return picture("SVG")
    return of_program(ROOTS[name]) if name in ROOTS else None


def foreign_zip(names: list[str]) -> Refusal | None:
    """The same for a zip archive, by the names of the files in it."""
    for kinds, refusal in ((MEMBERS, of_program), (PAGES, document)):
        for pattern, kind in kinds:
            if any(re.search(pattern, name) for name in names):
                return refusal(kind)
    return None


def of_program(program: str) -> Refusal:
    return Refusal(
        "This is a {program} file, which Encore does not read. Open it there and export it as MusicXML or MIDI.",
        program=program,
    )


def document(kind: str) -> Refusal:
    return Refusal(
        "This is a word processor’s document ({kind}). Save it as plain text, or export the music as MIDI.", kind=kind
    )


def picture(kind: str) -> Refusal:
    return Refusal(
        "This is a picture ({kind}), not notes. Export the score as MusicXML or MIDI from the program that made it.",
        kind=kind,
    )


def _named(data: bytes, beginnings: Beginnings) -> str:
    return next((name for at, start, name in beginnings if data[at : at + len(start)] == start), "")
