"""More hostile files: small ones that grow, large ones, and those that only just may be; see hostile_files.py."""

import bz2
import gzip
import io
import random
import struct
import zipfile
from collections.abc import Iterator

from tests.hostile_bytes import ABC_HEAD, NOTE, TUNE, XML, File, midi, notes, number, packed, tempo, track

SCORE = XML.format(NOTE.format("C", 4, 1)).encode()


def bombs(rng: random.Random) -> Iterator[File]:
    yield from _midi(rng)
    yield from _midi_lines(rng)
    yield from _abc(rng)
    yield from _xml()
    yield from _zip()
    yield from _kern()


def _midi(rng: random.Random) -> Iterator[File]:
    tune = notes(TUNE)
    yield "a-million-events.mid", midi(track(b"\x00\x90\x3c\x50" + b"\x00\x3c\x00\x00\x3c\x50" * 500_000))
    yield "nearly-a-million-events.mid", midi(track(b"\x00\xc0\x00" + b"\x00\x01" * 999_000))
    yield "as-many-events-as-may-be.mid", midi(track(b"\x00\xb0\x07\x40" + b"\x00\x07\x41" * 199_900 + tune))
    yield "as-many-notes-as-may-be.mid", midi(track(notes([60, 62] * 9_900, 20)))
    yield "pedals.mid", midi(track(b"\x00\xb0\x40\x40" + b"\x01\x40\x7f\x01\x40\x00" * 80_000 + tune))
    yield "metres.mid", midi(track(b"".join(b"\x01\xff\x58\x04\x03\x02\x18\x08" for _ in range(100_000)) + tune))
    yield "keys.mid", midi(track(b"".join(bytes((1, 255, 0x59, 2, i % 8, i % 2)) for i in range(100_000)) + tune))
    yield "programs.mid", midi(track(b"".join(bytes((1, 0xC0, i % 128)) for i in range(100_000)) + tune))
    yield "bends.mid", midi(track(b"\x00\xe0\x00\x40" + b"\x01\x01\x41" * 190_000 + tune))
    yield "lyrics.mid", midi(track(b"\x01\xff\x05\x04la-\x00" * 60_000 + tune))
    yield "a-long-lyric.mid", midi(track(b"\x00\xff\x05" + number(1_900_000) + b"a" * 1_900_000 + tune))
    yield (
        "all-keys-held.mid",
        midi(*[track(b"".join(bytes((0, 0x90 | c, p, 80)) for p in range(128))) for c in range(16)]),
    )
    yield "one-key-struck-50000-times.mid", midi(track(b"\x00\x90\x3c\x50" + b"\x01\x3c\x50" * 50_000))
    yield "time-runs-over.mid", midi(track(b"".join(number(0x0FFFFFFF) + b"\x90\x3c\x50" for _ in range(2_000))))
    yield (
        "tempos-in-turn.mid",
        midi(track(b"".join(tempo((1, 0xFFFFFF)[i % 2], 1) for i in range(20_000))), track(tune)),
    )
    yield "65535-tracks.mid", midi(*[track(notes([60 + i % 7])) for i in range(65_535)])
    yield "2000-channels.mid", midi(*[track(b"".join(notes([60], 9, c) for c in range(16))) for _ in range(125)])
    yield "tracks-within-tracks.mid", midi(track(track(track(track(tune)))))
    yield "division-1.mid", midi(track(tune), division=1)
    yield "division-32767.mid", midi(track(tune), division=0x7FFF)
    for size in (0, 5):
        good = midi(track(tune))
        yield f"header-of-{size}.mid", good[:4] + struct.pack(">I", size) + good[8:]
    yield "sysex-without-end.mid", midi(track(b"\x00\xf0" + number(0x0FFFFFFF) + b"x" + tune))
    yield "meta-without-end.mid", midi(track(b"\x00\xff\x01" + number(0x0FFFFFFF) + b"x" + tune))
    yield "number-of-five-bytes.mid", midi(track(b"\xff\xff\xff\xff\x7f\x90\x3c\x50" + tune))
    yield "riff-without-data.rmi", b"RIFF\xff\xff\xff\xffRMID"
    yield "riff-of-riffs.rmi", b"RIFF\x10\x00\x00\x00" * 12 + midi(track(tune))
    yield "nothing-but-headers.mid", midi() * 100_000
    yield "trills.mid", midi(track(b"".join(notes([p, p + 1], 1) for p in rng.choices(range(40, 90), k=9_000))))


def _midi_lines(rng: random.Random) -> Iterator[File]:
    """Many lines, settings and words, impossible values and damage everywhere; and envelopes."""
    tune = notes(TUNE)
    many = [track(notes([60 + i % 7, 62], 96)) for i in range(900)]
    yield "a-setup-for-all.mid", midi(track(b"\x00\xb0\x07\x40" + b"\x01\x07\x41" * 90_000), *many)
    yield "programs-for-all.mid", midi(track(b"".join(bytes((1, 0xC0, i % 128)) for i in range(90_000))), *many)
    yield "karaoke-in-shift-jis.mid", midi(track(b"\x01\xff\x01\x04\x82\xb3\x82\xad" * 60_000), track(tune * 100))
    choirs = [track(b"".join(notes([60 + i % 3, 65], 9, c) for c in range(16))) for i in range(100)]
    yield "lyrics-for-1600-lines.mid", midi(track(b"\x01\xff\x05\x04la-\x00" * 60_000), *choirs)
    lines = [b"".join(bytes((0, 0x90 | c, 60 + (i + c) % 9, 80)) for c in range(16)) for i in range(999)]
    yield "16000-lines.mid", midi(*map(track, lines))
    yield "ports.mid", midi(track(b"".join(b"\x00\xff\x21\x01" + bytes((port,)) + lines[0] for port in range(256))))
    yield "impossible-values.mid", midi(track(b"\x00\xa0\xff\xff" * 450_000 + tune))
    yield "damage-everywhere.mid", midi(*[track((b"\x00\xf7\x8f\xff\xff\x7f" + notes([60], 9)) * 100)] * 150)
    yield "sysex-without-length.mid", midi(track(b"\x00\xf0\x43\x10\x4c\x00\x00\x7e\x00\xf7" * 190_000 + tune))
    yield "tracks-without-end.mid", midi() + b"MTrk\x7f\xff\xff\xff" * 240_000
    yield "a-name-of-2-mb.mid", midi(track(b"\x00\xff\x03" + number(1_900_000) + b"\xe3" * 1_900_000 + tune))
    yield "bomb.mid.gz", gzip.compress(bytes(50_000_000))
    yield "bomb.zip", packed({"tune.mid": bytes(60_000_000)})
    yield "many-members.zip", packed({f"{i}/{rng.random()}.mid": b"" for i in range(3_000)})


def _abc(rng: random.Random) -> Iterator[File]:
    head = ABC_HEAD
    yield "1-mb.abc", (head + "CDEF GABc|\n" * 95_000).encode()
    yield "1-mb-in-a-line.abc", (head + "CDEF GABc|" * 100_000).encode()
    yield "1-mb-of-blanks.abc", (head + " " * 1_000_000 + "CDEF|\n").encode()
    yield "1-mb-of-comments.abc", ("%" + "x" * 98 + "\n").encode() * 10_000 + (head + "CDEF|\n").encode()
    yield "1-mb-of-words.abc", (head + "CDEF|\nw:" + "la " * 330_000 + "\n").encode()
    yield "1-mb-of-lines.abc", b"\n".join([b"X:1", b"K:C", *[b"C|"] * 330_000])
    yield "4-mb-of-letters.abc", b"X:1\nK:C\n" + b"a" * 4_900_000
    yield "as-long-as-may-be.abc", (head + "".join(rng.choices("CDEFGABc", k=63_000))).encode()
    yield "as-long-as-may-be-in-bars.abc", (head + "C2 D|" * 4_990).encode()
    yield "nested-repeats.abc", (head + "|:C" * 5_000 + ":|" * 5_000 + "\n").encode()
    yield "repeats-of-repeats.abc", (head + "|:C|:D|:E:|F:|G:|" * 1_000 + "\n").encode()
    yield "a-thousand-times.abc", (head + "|::::::::::C:::::::::::|" * 900 + "\n").encode()
    yield "nested-endings.abc", (head + "|:C|[1 D|[1 E|[1 F:|[2 G|[2 A:|" * 800 + "\n").encode()
    yield "endings-to-the-millionth.abc", (head + "|:C|[1-1000000 D:|[1000001 E|]\n").encode()
    yield "endings-backwards.abc", (head + "|:C|[9-1 D:|[0 E:|[-3 F|]\n").encode()
    yield "parts-within-parts.abc", b"X:1\nP:" + b"(" * 100 + b"A" + b")2" * 90 + b"\nK:C\nP:A\nCDEF|\n"
    yield "overlays.abc", (head + "C&D" * 15_000 + "|\n").encode()
    yield "a-chord-of-10000.abc", (head + "[" + "CEG" * 10_000 + "]|\n").encode()
    yield "ties-without-end.abc", (head + "C-" * 20_000 + "C|\n").encode()
    yield "grace-notes.abc", (head + "{" + "abc" * 10_000 + "}D|\n").encode()
    yield "broken-rhythm.abc", (head + "C>>>>D<<<<E>" * 4_000 + "|\n").encode()
    yield "fields-within.abc", (head + "[K:G][L:1/16][M:3/8][Q:90]C" * 2_000 + "|\n").encode()
    yield "10000-accidentals-in-the-key.abc", b"X:1\nK:C " + b"^f _b =c " * 1_100 + b"\nCDEF|\n"
    yield "a-tempo-of-4500-digits.abc", b"X:1\nQ:1/4=" + b"9" * 4_500 + b"\nK:C\nCDEF|\n"
    yield "a-metre-of-4500-digits.abc", b"X:1\nM:" + b"9" * 4_500 + b"/4\nK:C\nCDEF|\n"
    yield "a-unit-of-4500-digits.abc", b"X:1\nL:1/" + b"9" * 4_500 + b"\nK:C\nCDEF|\n"
    yield "a-rest-of-4500-digits.abc", (head + "Z" + "9" * 4_500 + "|C|\n").encode()
    yield "a-tuplet-of-4500-digits.abc", (head + "(" + "9" * 4_500 + "CDE|\n").encode()
    yield "an-ending-of-4500-digits.abc", (head + "|:C[" + "9" * 4_500 + "D:|E|\n").encode()
    yield "a-voice-of-60000-letters.abc", (head + "V:" + "v" * 60_000 + "\nCDEF|\n").encode()
    yield "a-page-of-comments.abc", (f"<pre>\n{head}C|" + "<!--" * 14_000).encode()
    yield "quotes-that-do-not-close.abc", (head + ('"' + "h" * 30) * 1_601 + "\nCDEF|\n").encode()
    yield "jumps-to-jumps.abc", (head + '!segno!C!coda!D "D.S. al Coda"!fine!|' * 1_500 + "\n").encode()
    yield "verses.abc", (head + "C" * 3_000 + "\n" + ("w:" + "a " * 990 + "\n") * 28).encode()
    yield "voices-over-voices.abc", (head + "C&D&E&F&G|" * 4_000 + "\n").encode()
    yield "macros.abc", b"X:1\nm:~n=nnnnnnnn\nm:~g=~n~n~n~n\nK:C\n" + b"~g" * 9_000 + b"|\n"


def _xml() -> Iterator[File]:
    note = NOTE.format("C", 4, 1)
    start = "<?xml version='1.0'?>"
    kb = "x" * 50_000
    yield (
        "quadratic.xml",
        f"{start}<!DOCTYPE a [<!ENTITY x '{kb}'>]><score-partwise>{'&x;' * 50_000}</score-partwise>".encode(),
    )
    parameter = '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>'
    yield "parameter-entity.xml", f"{start}{parameter}{XML.format(note)}".encode()
    yield "entity-in-an-attribute.xml", f"{start}<!DOCTYPE a [<!ENTITY x 'y'>]><score-partwise version='&x;'/>".encode()
    yield (
        "public-entity.xml",
        f"{start}<!DOCTYPE a [<!ENTITY x PUBLIC '-' 'http://127.0.0.1:9/'>]>{SCORE.decode()}".encode(),
    )
    yield "notation.xml", f"{start}<!DOCTYPE a [<!NOTATION n SYSTEM 'file:///bin/sh'>]>{SCORE.decode()}".encode()
    yield "default-attributes.xml", f"{start}<!DOCTYPE a [<!ATTLIST note x CDATA 'y'>]>{SCORE.decode()}".encode()
    include = "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/>"
    yield "include.xml", XML.format(include + note).encode()
    yield "style-sheet.xml", f"{start}<?xml-stylesheet href='http://127.0.0.1:9/x.xsl'?>{SCORE.decode()}".encode()
    yield (
        "as-many-notes-as-may-be.xml",
        XML.format("".join(NOTE.format("CDEFGAB"[i % 7], 4, 1) for i in range(5_000))).encode(),
    )
    yield "as-many-notes-as-may-be-in-bars.xml", _measures(1_250, note * 4).encode()
    yield "100000-empty-bars.xml", _measures(100_000, "").encode()
    yield (
        "100000-attributes.xml",
        SCORE.replace(b"<note>", b"<note " + b" ".join(b"a%d='1'" % i for i in range(100_000)) + b">"),
    )
    yield (
        "100000-namespaces.xml",
        SCORE.replace(b"<note>", b"<note " + b" ".join(b"xmlns:a%d='u'" % i for i in range(100_000)) + b">"),
    )
    yield "a-tag-of-a-million-letters.xml", b"<score-partwise><" + b"a" * 1_000_000 + b"/></score-partwise>"
    yield "4-mb-of-data.xml", XML.format(f"<![CDATA[{'x' * 4_000_000}]]>{note}").encode()
    yield "300-parts.xml", _parts(300, note).encode()
    yield "a-chord-of-4000.xml", XML.format(note + note.replace("<note>", "<note><chord/>") * 4_000).encode()
    yield (
        "4000-grace-notes.xml",
        XML.format("<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>" * 4_000 + note).encode(),
    )
    yield (
        "4000-voices.xml",
        XML.format(
            "".join(
                note.replace("</note>", f"<voice>{i}</voice></note><backup><duration>1</duration></backup>")
                for i in range(4_000)
            )
        ).encode(),
    )
    for name, tuplet in (
        ("0", "<actual-notes>0</actual-notes><normal-notes>0</normal-notes>"),
        ("huge", "<actual-notes>999999999</actual-notes><normal-notes>1</normal-notes>"),
    ):
        yield (
            f"tuplet-of-{name}.xml",
            XML.format(note.replace("</note>", f"<time-modification>{tuplet}</time-modification></note>")).encode(),
        )
    for pace in ("0", "nan", "1e308", "-90", "fast"):
        yield f"tempo-{pace}.xml", XML.format(f"<direction><sound tempo='{pace}'/></direction>{note}").encode()
    yield "key-of-a-million.xml", SCORE.replace(b"<time>", b"<key><fifths>1000000</fifths></key><time>")
    yield "divisions-huge.xml", SCORE.replace(b"<divisions>1<", b"<divisions>999999999999<")
    yield (
        "octaves-of-transposition.xml",
        SCORE.replace(
            b"</attributes>",
            b"<transpose><chromatic>0</chromatic><octave-change>9999</octave-change></transpose></attributes>",
        ),
    )
    yield "utf-16.xml", f"<?xml version='1.0' encoding='utf-16'?>{SCORE.decode()}".encode("utf-16")
    yield "nobodys-encoding.xml", b"<?xml version='1.0' encoding='klingon'?>" + SCORE
    yield "utf-7.xml", b"<?xml version='1.0' encoding='utf-7'?>" + SCORE
    yield (
        "nested-repeats.xml",
        _measures(
            300,
            "<barline location='left'><repeat direction='forward'/></barline>"
            + note
            + "<barline location='right'><repeat direction='backward' times='9'/></barline>",
        ).encode(),
    )
    yield (
        "jumps-for-ever.xml",
        _measures(4, note + "<direction><sound dacapo='yes' segno='a' dalsegno='a' tocoda='b'/></direction>").encode(),
    )


def _measures(count: int, inside: str) -> str:
    head, _, tail = XML.partition("</attributes>{}</measure>")
    more = "".join(f'<measure number="{i + 2}">{inside}</measure>' for i in range(count - 1))
    return f"{head}</attributes>{inside}</measure>{more}{tail}"


def _parts(count: int, inside: str) -> str:
    named = "".join(f'<score-part id="P{i}"><part-name>{i}</part-name></score-part>' for i in range(count))
    parts = "".join(f'<part id="P{i}"><measure number="1">{inside}</measure></part>' for i in range(count))
    return f"<score-partwise><part-list>{named}</part-list>{parts}</score-partwise>"


def _zip() -> Iterator[File]:
    for name, method in (("deflated", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        yield f"bomb-{name}.mxl", packed({"score.xml": bytes(100_000_000)}, method)
    inner = packed({"score.xml": bytes(50_000_000)})
    yield "zip-in-a-zip.mxl", packed({"score.xml": inner, "again.mxl": inner})
    for name in (
        "../../etc/passwd.xml",
        "/etc/passwd.xml",
        "x" * 300 + ".xml",
        "\u202egpj.xml",
        "a\x01b.xml",
        "C:\\win.xml",
    ):
        yield f"member-{ascii(name)[1:30]}.mxl", packed({name: SCORE})
    link = zipfile.ZipInfo("score.xml")
    link.external_attr = 0o120777 << 16
    yield "link-to-the-passwords.mxl", packed({link: b"/etc/passwd"})
    container = "<container><rootfiles><rootfile full-path='{}'/></rootfiles></container>"
    for to in ("/etc/passwd", "http://127.0.0.1:9/x.xml", "../secret.xml"):
        members = {"META-INF/container.xml": container.format(to).encode(), "score.xml": SCORE}
        yield f"container-to-{to.replace('/', '-')}.mxl", packed(members)
    yield (
        "nobodys-method.mxl",
        packed({"score.xml": SCORE}).replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x63\x00"),
    )
    yield "65000-members.mxl", packed({f"{i}": b"" for i in range(40_000)} | {"score.xml": SCORE})
    good = bytearray(packed({"score.xml": SCORE}))
    at = good.rindex(b"PK\x01\x02")
    lies = bytearray(good)
    lies[at + 24 : at + 28] = b"\x00\x00\x00\x00"  # the size when unpacked
    yield "says-it-is-empty.mxl", bytes(lies)
    lies[at + 24 : at + 28] = b"\xff\xff\xff\xff"
    yield "says-it-is-4-gb.mxl", bytes(lies)
    lies = bytearray(good)
    lies[at + 42 : at + 46] = struct.pack("<I", at)  # where the member begins
    yield "member-is-its-own-directory.mxl", bytes(lies)
    yield "midi-in-a-zip.mxl", packed({"tune.mid": midi(track(notes(TUNE)))})
    yield "comment-of-64-kb.mxl", bytes(good[:-2]) + b"\xff\xff" + b"x" * 65_535
    yield "two-zips.mxl", bytes(good) * 2
    yield "tune.mid.gz", gzip.compress(midi(track(notes(TUNE))))
    yield "tune.mid.bz2", bz2.compress(midi(track(notes(TUNE))))
    out = io.BytesIO()
    out.write(good)
    yield "zip-behind-text.mxl", b"hello" + out.getvalue()


def _kern() -> Iterator[File]:
    yield "as-long-as-may-be.krn", b"**kern\n" + b"8c\n" * 14_000 + b"*-\n"
    yield (
        "1000-spines.krn",
        b"\t".join([b"**kern"] * 1_000)
        + b"\n"
        + b"\t".join([b"4c"] * 1_000)
        + b"\n"
        + b"\t".join([b"*-"] * 1_000)
        + b"\n",
    )
    yield "joins-of-nothing.krn", b"**kern\n*v\n*x\n*+\n4c\n*-\n*-\n"
    yield "again-and-again.krn", b"**kern\n*>[" + b"A," * 10_000 + b"A]\n*>A\n4c\n*-\n"
    yield "ties-without-end.krn", b"**kern\n" + b"[4c\n4c_\n" * 1_000 + b"*-\n"
    yield "a-metre-of-nothing.krn", b"**kern\n*M0/0\n*MM0\n*k[x#]\n4c\n4d\n*-\n"
    yield "dots.krn", b"**kern\n4" + b"." * 5_000 + b"c\n*-\n"
    yield "records.krn", b"!!!OTL: /etc/passwd\n!!!URL: http://127.0.0.1:9/\n**kern\n4c\n4d\n*-\n"
    yield "a-chord-of-5000.krn", b"**kern\n" + b" ".join([b"4c"] * 5_000) + b"\n*-\n"
