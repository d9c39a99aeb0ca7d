"""Tunes in an envelope, and files that are no tunes at all: told apart by their contents."""

import gzip
import zlib
from pathlib import Path

import pytest

from generation.read.file import read
from generation.request import Refusal
from tests.hostile_bytes import ABC, TUNE, midi, notes, packed, track

CASES = Path(__file__).parents[1] / "data/cases"
MIDI = midi(track(notes(TUNE)))


def test_macbinary() -> None:
    name = "m05-macbinary.mid"
    assert read((CASES / name).read_bytes(), name).line.pitch[:6].tolist() == [64, 64, 65, 67, 67, 65]


@pytest.mark.parametrize(
    "envelope",
    [
        b"\0\5\x16\7\0\2\0\0" + bytes(80),  # AppleDouble
        b"RIFF\xff\0\0\0RMIDLIST\x0c\0\0\0INFOINAM\0\0\0\0data\xff\0\0\0",
        b"Content-Type: audio/midi\r\n\r\n",
        b"\r\n",
        bytes(700),
    ],
)
def test_midi_behind_something_else(envelope: bytes) -> None:
    assert read(envelope + MIDI, "tune.mid").line.pitch.tolist() == TUNE
    assert read(envelope + MIDI + bytes(100), "attachment").line.pitch.tolist() == TUNE


def test_packed_tunes() -> None:
    assert read(gzip.compress(MIDI), "tune.mid.gz").line.pitch.tolist() == TUNE
    assert read(gzip.compress(MIDI)[:-9], "broken-off.mid").line.pitch.tolist() == TUNE
    assert read(packed({"tune.mid": MIDI}), "tune.zip").line.pitch.tolist() == TUNE
    assert read(packed({"a/b/TUNE.MID": MIDI, "readme.txt": b"Hello.", "a/": b""}), "t.zip").line.pitch.tolist() == TUNE
    assert read(packed({"tune.txt": ABC.encode(), "__MACOSX/._tune.mid": b"?"}), "tune.zip").melody.title == "Small"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (packed({"a.mid": MIDI, "b.mid": MIDI}), "2 music files"),
        (packed({"photo.jpg": b"x"}), "no score in this zip file"),
        (packed({"tune.mid": MIDI})[:60], "cannot be unpacked"),
        (packed({"tune.mid": bytes(9_000_000)}), "more than 5,000,000 bytes"),
        (gzip.compress(bytes(9_000_000), mtime=0), "more than 5,000,000 bytes"),
        (b"\x1f\x8b\x08" + bytes(50), "cannot be unpacked"),
        (zlib.compress(MIDI), "does not recognise"),
        (gzip.compress(b"", mtime=0), "empty"),
    ],
    ids=lambda given: given if isinstance(given, str) else "file",  # archives hold the time, names of tests must not
)
def test_what_cannot_be_unpacked(data: bytes, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        read(data, "tune")


@pytest.mark.parametrize(
    "page",
    [
        (CASES / "m06-page-not-found.mid").read_bytes(),
        (CASES / "m06b-page-old.mid").read_bytes(),
        b'\xef\xbb\xbf\r\n<?xml version="1.0"?>\n<!-- a proxy -->\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml">',
        b"<head><title>403 Forbidden</title></head>",
        "<HTML><body>X:1\nK:C\nCDEF|".encode("utf-16"),
        b"<script>window.location = 'index.php'</script>",
    ],
)
def test_web_pages(page: bytes) -> None:
    for name in ("tune.mid", "tune.xml", "tune.abc"):
        with pytest.raises(Refusal, match="This is a web page"):
            read(page, name)
