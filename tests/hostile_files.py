"""Files that mean harm, or were broken on the way: made from a seed, never stored. Each is (name, bytes)."""

import random
import struct
from collections.abc import Iterator
from functools import cache

from tests.hostile_bombs import bombs
from tests.hostile_bytes import ABC, NOTE, TUNE, XML, File, midi, notes, number, packed, tempo, track
from tests.hostile_sounds import sounds
from tests.hostile_words import words


@cache
def hostile_files(seed: int = 7) -> tuple[File, ...]:
    """All of them, more than five hundred; no two have the same name."""
    rng = random.Random(seed)
    return (
        *_midi(rng),
        *_abc(rng),
        *_xml(rng),
        *_zip(),
        *_kern(),
        *_other(rng),
        *bombs(rng),
        *words(rng),
        *sounds(rng),
    )


def _midi(rng: random.Random) -> Iterator[File]:
    good = midi(track(notes(TUNE)))
    yield "empty.mid", b""
    yield "blank.mid", b"   \n"
    for size in (1, 3, 4, 8, 13, 14, 18, 21, 22, 23, 30, 45, len(good) - 5, len(good) - 1):
        yield f"cut-at-{size}.mid", good[:size]
    yield "no-tracks.mid", midi()
    yield "promises-tracks.mid", midi(count=5)
    yield "division-0.mid", midi(track(notes(TUNE)), division=0)
    yield "frames.mid", midi(track(notes(TUNE)), division=0xE728)  # 25 frames of 40 ticks
    yield "frames-29.mid", midi(track(notes(TUNE)), division=0xE364)
    yield "frames-0.mid", midi(track(notes(TUNE)), division=0xE700)
    yield "format-2.mid", midi(track(notes(TUNE)), track(notes(TUNE)), kind=2)
    yield "format-9.mid", midi(track(notes(TUNE)), kind=9)
    yield "long-header.mid", b"MThd\x00\x00\x00\x0a" + good[8:14] + b"\x00\x00\x00\x00" + good[14:]
    yield "huge-header.mid", b"MThd\xff\xff\xff\xff" + good[8:]
    yield "no-end.mid", midi(track(notes(TUNE), end=False))
    yield "huge-track.mid", good[:18] + b"\xff\xff\xff\xff" + good[22:]
    yield "data-first.mid", midi(track(b"\x00\x40\x40" + notes(TUNE)))
    yield "running-garbage.mid", midi(track(b"\x00\x90\x3c\x50" + bytes(rng.randrange(128) for _ in range(301))))
    yield "status-in-data.mid", midi(track(b"\x00\x90\x3c\xf0" + notes(TUNE)))
    yield "pitch-200.mid", midi(track(b"\x00\x90\xc8\x40" + notes(TUNE)))
    yield "endless-number.mid", midi(track(b"\xff" * 400))
    yield "undefined-status.mid", midi(track(b"\x00\xf4" + notes(TUNE)))
    yield "tempo-0.mid", midi(track(tempo(0) + notes(TUNE)))
    yield "tempo-1.mid", midi(track(tempo(1) + notes(TUNE)))
    yield "tempo-10000000.mid", midi(track(tempo(10_000_000) + notes(TUNE)))
    yield "tempo-slowest.mid", midi(track(tempo(0xFFFFFF) + notes(TUNE)))
    yield "tempo-short.mid", midi(track(b"\x00\xff\x51\x01\x07" + notes(TUNE)))
    yield (
        "many-tempos.mid",
        midi(
            track(b"".join(tempo(rng.randrange(300_000, 900_000), 3) for _ in range(20_000))), track(notes(TUNE * 20))
        ),
    )
    yield "metre-0.mid", midi(track(b"\x00\xff\x58\x04\x00\x02\x18\x08" + notes(TUNE)))
    yield "metre-over-2-to-255.mid", midi(track(b"\x00\xff\x58\x04\x04\xff\x18\x08" + notes(TUNE)))
    yield "key-100-sharps.mid", midi(track(b"\x00\xff\x59\x02\x64\x05" + notes(TUNE)))
    yield "name-of-nonsense.mid", midi(track(b"\x00\xff\x03\x20" + rng.randbytes(32) + notes(TUNE)))
    yield "gap-100000000.mid", midi(track(notes([60]) + b"\x00\x90\x3c\x50" + number(100_000_000) + b"\x80\x3c\x00"))
    yield "late-by-100000000.mid", midi(track(number(100_000_000) + notes(TUNE)[1:]))
    yield "gap-at-1-tick.mid", midi(track(notes([60]) + number(0x0FFFFFFF) + notes([62])[1:]), division=1)
    yield "end-far-away.mid", midi(track(notes(TUNE) + number(0x0FFFFFFF) + b"\xb0\x07\x00"))
    yield "many-events.mid", midi(track(b"\x00\xb0\x07\x40" + b"\x00\x07\x41" * 300_000))
    yield "too-many-bytes.mid", midi(track(b"\x00\xf0\x83\x9f\xff\x7f" + bytes(5_100_000)))
    yield "many-notes.mid", midi(track(notes([60] * 30_000, 1)))
    yield "many-notes-at-once.mid", midi(track(b"".join(bytes((0, 0x90, i % 128, 80)) for i in range(60_000))))
    yield "no-note-off.mid", midi(track(b"".join(b"\x83\x60\x90" + bytes((pitch, 80)) for pitch in TUNE)))
    yield "only-note-off.mid", midi(track(b"".join(b"\x83\x60\x80" + bytes((pitch, 0)) for pitch in TUNE)))
    yield (
        "instant-notes.mid",
        midi(track(b"".join(b"\x60" + b"\x90" + bytes((p, 80)) + b"\x00\x80" + bytes((p, 0)) for p in TUNE))),
    )
    yield "200-tracks.mid", midi(*[track(notes([40 + i % 50] * 8)) for i in range(200)])
    yield "70000-tracks.mid", midi(*[track(b"")] * 70_000, count=65_535)
    yield "no-notes.mid", midi(track(b""))
    yield "only-drums.mid", midi(track(notes([36, 38, 42] * 4, channel=9)))
    yield "two-headers.mid", good + good
    yield "riff.rmi", b"RIFF" + struct.pack("<I", len(good) + 12) + b"RMIDdata" + struct.pack("<I", len(good)) + good
    yield "text.mid", b"This is not MIDI at all."
    yield "zip-called.mid", b"PK\x03\x04" + rng.randbytes(60)
    for i in range(20):
        data = bytearray(midi(track(tempo(500_000)), track(notes(TUNE)), track(notes(TUNE[::-1], channel=1))))
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(14, len(data))] = rng.randrange(256)
        yield f"flipped-{i}.mid", bytes(data)
    for i in range(5):
        yield f"noise-{i}.mid", b"MThd" + rng.randbytes(rng.randrange(500))


def _abc(rng: random.Random) -> Iterator[File]:
    head = "X:1\nL:1/8\nM:4/4\nK:C\n"
    yield "empty.abc", b""
    yield "no-notes.abc", head.encode()
    yield "only-rests.abc", (head + "z4 z4|Z8|\n").encode()
    yield "endless-note.abc", (head + "C999999999|\n").encode()
    yield "long-number.abc", (head + "C" + "9" * 5000 + "|\n").encode()
    yield "divided-by-0.abc", (head + "C/0 D0 E0/0|\n").encode()
    yield "slashes.abc", (head + "C" + "/" * 3000 + "|D|\n").encode()
    yield "octaves.abc", (head + "C" + "," * 3000 + " c" + "'" * 3000 + " D|\n").encode()
    yield "metre-0.abc", b"X:1\nM:0/0\nL:0/0\nQ:0\nK:C\nCDEF|\n"
    yield "metre-4-over-0.abc", b"X:1\nM:4/0\nL:1/0\nK:C\nCDEF|\n"
    yield "tempo-fast.abc", b"X:1\nQ:1/4=999999\nK:C\nCDEF|\n"
    yield "tempo-slow.abc", b"X:1\nQ:1/64=1\nK:C\nCDEF|\n"
    yield "nobodys-key.abc", b"X:1\nK:H# phantasy ^^^^ exp\nCDEF|\n"
    yield "long-key.abc", b"X:1\nK:" + b"a" * 60_000 + b"\nCDEF|\n"
    yield "path.abc", b"/etc/passwd"
    yield "url.abc", b"http://localhost/tune.abc"
    yield (
        "path-as-title.abc",
        (head.replace("X:1\n", "X:1\nT:/etc/passwd\nF:file:///etc/passwd\n") + "CDEF|\n").encode(),
    )
    yield "include.abc", ("%%abc-include /etc/passwd\n" + head + "CDEF|\n").encode()
    yield "20-kb.abc", (head + "CDEF GABc|" * 2_000).encode()
    yield "60-kb-no-bars.abc", (head + "cdefgabc" * 7_000).encode()
    yield (
        "60-kb-different.abc",
        (head + "".join(f"C{rng.randrange(1, 99)}{rng.choice('DEFGAB')}|" for _ in range(12_000))).encode(),
    )
    yield "too-long.abc", (head + "CDEF|" * 20_000).encode()
    yield "300000-tunes.abc", b"X:1\n" * 300_000
    yield "repeats.abc", (head + "|:C|" * 3_000 + ":|" * 3_000).encode()
    yield "endings.abc", (head + "|:C|" + "".join(f"[{i % 16 + 1} D|" for i in range(3_000)) + ":|").encode()
    yield "parts.abc", b"X:1\nP:((((((((A9)9)9)9)9)9)9)9)9\nK:C\nP:A\nCDEF|\n"
    yield "many-parts.abc", b"X:1\nP:" + b"A" * 150 + b"\nK:C\nP:A\n" + b"C|" * 200
    yield "40-voices.abc", (head + "".join(f"V:{i}\nCDEF|\n" for i in range(40))).encode()
    yield "tuplets.abc", (head + "(9:9:9" * 4_000 + "C|\n").encode()
    yield "tuplet-of-0.abc", (head + "(3:0:3CDE (0CDE (12abc|\n").encode()
    yield "rests-99-bars.abc", (head + "Z99|" * 2_000 + "C|\n").encode()
    for character in '[]{}"!()|:-<>%\\^_=&+.~':
        yield f"many-{ord(character):x}.abc", (head + "C" + character * 30_000 + "D|\n").encode()
    for opening in ("[V:", "[K:", '"a', "{c", "[CE", "(3", "C<", "|1", "::", "!a"):
        yield f"open-{opening.encode().hex()}.abc", (head + opening * 8_000 + "|\n").encode()
    yield "blank-lines.abc", b"\n" * 60_000 + b"CDEF|"
    yield "null.abc", (head + "C\0D\0E|").encode()
    yield "emoji.abc", (head + "CDEF|🎵🎶 GABc|\n").encode()
    yield "latin.abc", (head.replace("X:1\n", "X:1\nT:Caf\xe9\n") + "CDEF|\n").encode("latin-1")
    yield "utf-16.abc", (head + "CDEF|\n").encode("utf-16")
    for i in range(15):
        text = list(ABC)
        for _ in range(rng.randrange(1, 9)):
            text[rng.randrange(len(text))] = chr(rng.randrange(32, 127))
        yield f"mutated-{i}.abc", "".join(text).encode()


def _xml(rng: random.Random) -> Iterator[File]:
    note = NOTE.format("C", 4, 1)
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
    yield (
        "laughs.musicxml",
        f"<?xml version='1.0'?><!DOCTYPE a [{laughs}]><score-partwise>&l9;</score-partwise>".encode(),
    )
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield "passwd.musicxml", f"<?xml version='1.0'?>{entity}<score-partwise>&x;</score-partwise>".encode()
    yield (
        "remote.xml",
        XML.format(note)
        .replace("<score-partwise>", '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><score-partwise>')
        .encode(),
    )
    yield "empty.xml", b"<score-partwise/>"
    yield "html.xml", b"<html><body>hello</body></html>"
    yield "svg.musicxml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    yield "timewise.xml", b"<score-timewise/>"
    yield "cut.xml", XML.format(note).encode()[:200]
    yield "deep.xml", b"<a>" * 50_000 + b"</a>" * 50_000
    yield "deep-score.xml", b"<score-partwise>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</score-partwise>"
    yield "divisions-0.xml", XML.format(note).replace("<divisions>1", "<divisions>0").encode()
    yield "divisions-word.xml", XML.format(note).replace("<divisions>1", "<divisions>one").encode()
    yield "metre-0.xml", XML.format(note).replace("<beats>4", "<beats>0").encode()
    yield "metre-over-0.xml", XML.format(note).replace("<beat-type>4", "<beat-type>0").encode()
    for duration in ("-1", "0", "1e400", "1000000000000", "nan", "x"):
        yield f"duration-{duration}.xml", XML.format(NOTE.format("C", 4, duration)).encode()
    yield "octave-99.xml", XML.format(NOTE.format("C", 99, 1)).encode()
    yield "octave-word.xml", XML.format(NOTE.format("C", "high", 1)).encode()
    yield "step-h.xml", XML.format(NOTE.format("H", 4, 1)).encode()
    yield "no-notes.xml", XML.format("").encode()
    yield "only-drums.xml", XML.format("<note><unpitched/><duration>1</duration></note>" * 4).encode()
    yield "backup.xml", XML.format(note + "<backup><duration>100</duration></backup>" + note).encode()
    yield "many-notes.xml", XML.format(note * 16_000).encode()
    yield "too-large.xml", XML.format("<!-- " + "x" * 5_100_000 + "-->" + note).encode()
    yield (
        "repeats.xml",
        XML.format(
            '<barline location="right"><repeat direction="backward" times="1000000"/></barline>' + note
        ).encode(),
    )
    yield (
        "transposed.xml",
        XML.format("<attributes><transpose><chromatic>100000</chromatic></transpose></attributes>" + note).encode(),
    )
    for i in range(8):
        text = list(XML.format(note * 4))
        for _ in range(rng.randrange(1, 4)):
            text[rng.randrange(len(text))] = chr(rng.randrange(32, 127))
        yield f"mutated-{i}.xml", "".join(text).encode()


def _zip() -> Iterator[File]:
    score = XML.format(NOTE.format("C", 4, 1)).encode()
    yield "bomb.mxl", packed({"score.xml": score.replace(b"</part>", b" " * 60_000_000 + b"</part>")})
    yield "empty.mxl", packed({})
    yield "nothing-in-it.mxl", packed({"readme.txt": b"hello"})
    yield "cut.mxl", packed({"score.xml": score})[:80]
    yield "many-members.mxl", packed({f"a{i}.txt": b"" for i in range(2_000)} | {"score.xml": score})
    yield "wrong-sum.mxl", packed({"score.xml": score}).replace(b"score-part", b"scope-part")
    yield "mxl-without-zip.mxl", score
    yield (
        "locked.mxl",
        packed({"score.xml": score})
        .replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
        .replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
    )


def _kern() -> Iterator[File]:
    yield "empty.krn", b"**kern\n"
    yield "unequal.krn", b"**kern\t**kern\n4c\n4d\t4e\t4f\n*-\n"
    yield "no-end.krn", b"**kern\n4c\n4d\n"
    yield "recip-0.krn", b"**kern\n0000c\n4d\n*-\n"
    yield "recip-huge.krn", b"**kern\n" + b"9" * 3_000 + b"c\n*-\n"
    yield "splits.krn", b"**kern\n" + b"".join(b"\t".join([b"*^"] * 2**i) + b"\n" for i in range(8)) + b"4c\n*-\n"
    yield "many.krn", b"**kern\n" + b"4c\n" * 5_000 + b"*-\n"
    yield "too-long.krn", b"**kern\n" + b"4c\n" * 200_000 + b"*-\n"


def _other(rng: random.Random) -> Iterator[File]:
    yield "photo.png", b"\x89PNG\r\n\x1a\n" + rng.randbytes(100)
    yield "song.mp3", b"ID3\x04" + rng.randbytes(100)
    yield "prose.txt", b"Dear sir, here is my tune. Best regards."
    yield "noise", rng.randbytes(300)
    yield "x" * 5_000 + ".abc", b"CDEF|"
    yield "../../etc/passwd", b"CDEF GABc|"
    yield "\0.abc", b"CDEF GABc|"
    yield "too-large.bin", bytes(5_000_001)
