"""Files under a score's name: containers, encodings, damage, and the names of other programs' files."""

import zipfile

import pytest

from generation.read.file import read
from generation.request import Refusal
from tests.hostile_bytes import packed
from tests.read.test_read_score import note, score

CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'
SCORE, OTHER = score([note("C", duration=4)]), score([note("G", duration=4)])
DECLARED = '<?xml version="1.0" encoding="{}"?>'


def pitches(data: bytes, name: str = "score.mxl") -> list[int]:
    return read(data, name).line.pitch.tolist()


@pytest.mark.parametrize(
    "said", ["score.xml", "./score.xml", "/score.xml", "SCORE.XML", "a\\..\\score.xml", "gone.xml"]
)
def test_the_container_says_which_file_is_the_score(said: str) -> None:
    members = {"parts/flute.xml": OTHER, "META-INF/container.xml": CONTAINER.format(said).encode(), "score.xml": SCORE}
    assert pitches(packed(members)) == [60]


def test_a_container_that_is_damaged_or_missing() -> None:
    assert pitches(packed({"META-INF/container.xml": b"<container><rootfiles>", "score.xml": SCORE})) == [60]
    assert pitches(packed({"score.musicxml": SCORE})) == [60]
    assert pitches(packed({"__MACOSX/._score.xml": b"\0\0", "score.xml": SCORE}, zipfile.ZIP_STORED)) == [60]
    assert pitches(packed({"score.xml": SCORE}), "score.xml") == [60], "compressed under a plain name"


@pytest.mark.parametrize(
    "data",
    [
        DECLARED.format("UTF-16").encode("utf-16") + SCORE.decode().encode("utf-16-le"),
        DECLARED.format("UTF-16").encode() + SCORE,  # it is not
        (DECLARED.format("UTF-8") + SCORE.decode()).encode("utf-16-le"),  # it is, without a mark
        DECLARED.format("utf-8").encode() + SCORE.replace(b"Flute", b"Fl\xf6te"),  # Latin-1
        b"\n\n  " + DECLARED.format("UTF-8").encode() + SCORE,
        SCORE.replace(b"Flute", b"Fl&ouml;te & more\x0b"),
        SCORE.replace(b"<score-partwise>", b'<!DOCTYPE score-partwise SYSTEM "http://127.0.0.1:9/x.dtd"><score-partwise>'),
        SCORE.replace(b"<score-partwise>", b'<score-partwise xmlns="urn:x">'),
        SCORE.replace(b"score-partwise", b"score-timewise").replace(b'<part id="P0"><measure number="1">',
            b'<measure number="1"><part id="P0">').replace(b"</measure></part>", b"</part></measure>"),
    ],
)  # fmt: skip
def test_xml_of_any_make(data: bytes) -> None:
    assert pitches(data, "score.musicxml") == [60]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<html><body>404</body></html>", "web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "picture (SVG)"),
        (b'<?xml version="1.0"?><museScore version="3.02"></museScore>', "MuseScore"),
        (b'<?xml version="1.0"?><mei xmlns="http://www.music-encoding.org/ns/mei"/>', "MEI"),
        (b"<GPIF><Score>", "Guitar Pro"),
        (b"<note><to>You</to></note>", "not a score in MusicXML"),
        (packed({"score.mscx": b"<museScore/>", "META-INF/container.xml": b"<container/>"}), "MuseScore"),
        (packed({"Content/score.gpif": b"<GPIF/>", "VERSION": b"7.0"}), "Guitar Pro"),
        (packed({"score.dat": b"x", "NotationMetadata.xml": b"<metadata/>"}), "Finale"),
        (b"\x18FICHIER GUITAR PRO v5.00", "Guitar Pro"),
        (b"BCFZ\0\0", "Guitar Pro"),
        (b"ENIGMA BINARY FILE\0", "Finale"),
        (b"\x0fSIBELIUS\0", "Sibelius"),
        (b'\\version "2.24.0"\n\\score { c4 }', "LilyPond"),
        (b"% a song\n\\relative c' { c4 }", "LilyPond"),
        (b"%PDF-1.7", "picture (PDF)"),
        (b"\xff\xd8\xff\xe0", "picture (JPEG)"),
        (b"\0\0\0\x20ftypM4A ", "kind of recording (M4A)"),
        (b"\x1aE\xdf\xa3", "kind of recording (WebM)"),
        (b"Rar!\x1a", "archive (RAR)"),
    ],
)
def test_other_files_are_called_by_their_names(data: bytes, what: str) -> None:
    for name in ("score.musicxml", "score.mxl", "score"):
        with pytest.raises(Refusal) as refusal:
            read(data, name)
        assert what in str(refusal.value) and "damaged" not in str(refusal.value)
