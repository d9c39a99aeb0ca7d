"""Hostile words: names of files, titles, addresses of all kinds, and files of quite another kind."""

import io
import json
import pickle
import random
import tarfile
from collections.abc import Iterator

from tests.hostile_bytes import ABC, ABC_HEAD, NOTE, TUNE, XML, File, midi, notes, number, track

# What a program that trusts its input might open, fetch, run or choke on.
WORDS = {
    "path": "/etc/passwd",
    "path-upwards": "../../../../etc/passwd",
    "path-of-windows": "C:\\Windows\\win.ini",
    "share": "\\\\127.0.0.1\\share\\tune.abc",
    "home": "~root/.ssh/id_rsa",
    "device": "/dev/zero",
    "process": "/proc/self/environ",
    "file-url": "file:///etc/passwd",
    "url": "http://127.0.0.1:9/tune.abc",
    "secure-url": "https://localhost:9/tune.xml",
    "ftp-url": "ftp://127.0.0.1/tune.krn",
    "data-url": "data:text/plain;base64,WDoxCks6QwpDREVGfA==",
    "shell": "$(cat /etc/passwd) `id` | cat; ${IFS}",
    "format": "%s%s%n%x {0.__class__} {{7*7}} ${jndi:ldap://127.0.0.1:9/a}",
    "sql": "'; DROP TABLE servers; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "mention": "@everyone @here <@1> <@&1> <#1>",
    "markdown": "**_~~`||[x](http://127.0.0.1:9/)||`~~_**\n# big\n> quoted",
    "escape": "\x1b[2J\x1b]0;title\x07",
    "controls": "".join(map(chr, [*range(1, 10), 11, 12, *range(14, 32), 127, *range(128, 160)])),
    "right-to-left": "\u202e3pm.enut\u202c \u2067\u0634\u0639\u0631\u2069 \u200f",
    "invisible": "\u200b\u200d\u2060\ufeff\u00ad\u034f",
    "stacked": "a" + "\u0300\u0489" * 400,
    "lines": "one\u2028two\u2029three\x85four\x0bfive\x0csix",
    "long": "x" * 300,
    "long-in-arabic": "\u0634" * 300,
    "emoji": "\U0001f3bb\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466\U0001f1e9\U0001f1ea" * 20,
    "beyond-unicode": "\ufffe\uffff\U0010ffff",
}
NAMES = (
    "\u202egpj.abc", "x" * 300 + ".mid", "\u0634" * 300 + ".abc", "CON.mid", "aux", "..", ".", "/", "", " ", "-rf.abc",
    "a/b\\c:d*?\"<>|.abc", "a\nb\r.abc", "\x1b[2J.abc", "tune.abc\0.mid", "tune.mid.exe", ".abc", "%2e%2e%2f.abc",
    "http://127.0.0.1:9/tune.abc", "file:///etc/passwd", "/etc/passwd", "\ud800.abc", "TUNE.ABC", "tune.\u212abc",
)  # fmt: skip


def words(rng: random.Random) -> Iterator[File]:
    """Words as a file, in the titles of files that are in order, and as names."""
    for name, said in WORDS.items():
        yield f"words-{name}.abc", said.encode()
        yield f"title-{name}.abc", ABC.replace("Small", said).encode()
    for name in ("path", "url", "controls", "right-to-left", "long", "stacked", "lines", "beyond-unicode"):
        said = WORDS[name].encode()
        titled = b"\x00\xff\x03" + number(len(said)) + said
        yield f"title-{name}.mid", midi(track(titled + notes(TUNE)), track(titled + notes(TUNE[::-1])))
    for name in ("path", "file-url", "url", "right-to-left", "long", "sql"):
        score = XML.format(NOTE.format("C", 4, 1)).replace(
            "<part-list>", f"<work><work-title>{WORDS[name]}</work-title></work><part-list>"
        )
        yield f"title-{name}.xml", score.encode()
        yield f"title-{name}.krn", f"!!!OTL: {WORDS[name]}\n**kern\n4c\n4d\n*-\n".encode()
    for name in NAMES:
        yield name, ABC.encode()
    yield from _fields()
    yield from _kinds(rng)


def _fields() -> Iterator[File]:
    """Fields of ABC that ask a program to open, fetch or run something."""
    for field in ("I:abc-include /etc/passwd", "%%abc-include ../../etc/passwd", "%%postscript (/etc/passwd) run",
                  "%%beginps\n(/etc/passwd) (r) file\n%%endps", "F:http://127.0.0.1:9/tune.abc", "%%MIDI program 999",
                  "%%font file:///etc/passwd", "%%soundfont /etc/passwd", "U:T=!/etc/passwd!", "m:a=/etc/passwd",
                  "%%EPS /etc/passwd", "%%text <img src='http://127.0.0.1:9/'>"):  # fmt: skip
        yield (
            f"field-{field[:24].encode().hex()}.abc",
            ABC_HEAD.replace("K:", f"{field}\nK:").encode() + b"CDEF|GABc|\n",
        )


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('unpickled')",))


def _kinds(rng: random.Random) -> Iterator[File]:
    """Files of another kind under the name of a tune."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../../etc/passwd"))
    yield "tar.abc", archive.getvalue()
    yield "pickle.mid", pickle.dumps(_Bomb())
    yield "pickle.abc", pickle.dumps(_Bomb(), protocol=0)
    yield "program.mid", b"\x7fELF\x02\x01\x01" + rng.randbytes(2_000)
    yield "windows.mid", b"MZ\x90\x00" + rng.randbytes(2_000)
    yield "script.abc", b"#!/bin/sh\ncat /etc/passwd\n"
    yield "python.abc", b"import os\nos.system('id')\n"
    yield "database.mid", b"SQLite format 3\x00" + rng.randbytes(2_000)
    yield "document.abc", b"%PDF-1.7\n" + rng.randbytes(2_000)
    yield "deep.json", b'{"X:1":' * 20_000
    yield "tune.json", json.dumps({"X": 1, "K": "C", "notes": "CDEF"}).encode()
    yield "picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"
    yield "page.xml", b"<!DOCTYPE html><html><script src='http://127.0.0.1:9/x.js'></script></html>"
    yield "5-mb-of-nothing.mid", bytes(4_999_999)
    yield "5-mb-of-noise.abc", rng.randbytes(4_999_999)
    yield "5-mb-of-bytes.xml", b"<" * 4_999_999
    yield "7-bit.abc", bytes(range(128)) * 20
    yield "8-bit.abc", bytes(range(256)) * 20
    yield "half-a-pair.abc", b"\xff\xfe" + "X:1\nK:C\nT:\ud800\nCDEF|".encode("utf-16-le", "surrogatepass")
    yield "odd-utf-16.abc", b"\xfe\xff" + "X:1\nK:C\nCDEF|".encode("utf-16-be") + b"\x00"
    yield "overlong-utf-8.abc", b"X:1\nT:\xc0\xaf\xc0\xae\nK:C\nCDEF|"
    yield "utf-32.abc", "X:1\nK:C\nCDEF|".encode("utf-32")
    yield "shift-jis.abc", "X:1\nT:\u97f3\u697d\nK:C\nCDEF|".encode("shift-jis")
    yield "old-mac.abc", ABC.replace("\n", "\r").encode()
    yield "mixed-lines.abc", ABC.replace("\n", "\r\n\n\r").encode()
