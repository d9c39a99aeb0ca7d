"""More inputs of the kinds that trip readers up: each says in a row what is right."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from generation.music.song import Song
from generation.read.beat import on_its_beat
from generation.read.file import read
from tests.hostile_bytes import NOTE, XML, midi, notes, number, packed, track

TUNE = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60]
ABC = "X:1\nT:Air\nM:4/4\nL:1/4\nK:C\n"
AIR = [60, 62, 64, 65, 67]


def abc(music: str, *fields: str) -> bytes:
    """Music in C in quarters, in 4/4 unless a field says otherwise."""
    return "\n".join(
        ["X:1", "M:4/4", "L:1/4", *fields, *([] if "K:" in "".join(fields) else ["K:C"]), music, ""]
    ).encode()


def kern(*rows: str) -> bytes:
    return "\n".join(["**kern", *rows, "*-", ""]).encode()


def xml(*bars: str) -> bytes:
    """Bars of MusicXML in 4/4, in divisions of a quarter."""
    return XML.replace("{}", "</measure><measure>".join(bars)).encode()


def whole(step: str) -> str:
    return NOTE.format(step, 4, 4)


def sound(**attributes: str) -> str:
    said = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<direction><sound {said}/></direction>"


def called(name: bytes, *events: bytes) -> bytes:
    return track(b"\0\xff\x03" + number(len(name)) + name + b"".join(events))


def every_third(first: int) -> bytes:
    """Every third note of the tune, the others as rests."""
    found, wait = b"", 0
    for i, pitch in enumerate(TUNE):
        if i % 3 == first:
            found += number(wait) + bytes((0x90, pitch, 80)) + number(480) + bytes((0x80, pitch, 0))
            wait = 0
        else:
            wait += 480
    return found


def wrong_header(at: int, value: bytes) -> bytes:
    data = bytearray(midi(track(notes(TUNE))))
    data[at : at + len(value)] = value
    return bytes(data)


ENDINGS = (
    '<barline location="left"><repeat direction="forward"/></barline>' + whole("C"),
    '<barline location="left"><ending number="1, 2" type="start"/></barline>' + whole("D")
    + '<barline location="right"><ending number="1, 2" type="stop"/><repeat direction="backward" times="3"/></barline>',
    '<barline location="left"><ending number="3" type="start"/></barline>' + whole("E")
    + '<barline location="right"><ending number="3" type="discontinue"/></barline>',
    whole("F"),
)  # fmt: skip
PITCHES: dict[str, tuple[bytes, list[int]]] = {
    "abc: endings 1,3 and 2,4": (abc("|:C4|[1,3 D4:|[2,4 E4:|F4|"), [60, 62, 60, 64, 60, 62, 60, 64, 65]),
    "abc: ending 1-2, then 3": (abc("|:C4|[1-2 D4:|[3 E4||F4|"), [60, 62, 60, 62, 60, 64, 65]),
    "abc: endings without a beginning": (abc("C4|1 D4:|2 E4|]"), [60, 62, 60, 64]),
    "abc: coda": (
        abc("C4|!segno!D4|!tocoda!E4|F4!D.S.alcoda!|!coda!G4|]"),
        [60, 62, 64, 65, 62, 64, 67],
    ),
    "abc: dal segno in words": (abc('C4|!segno!D4|E4 !fine!|F4 "^D.S. al Fine"|]'), [60, 62, 64, 65, 62, 64]),
    "abc: a block of text": (abc("CDEF|\n%%begintext\nABc some words DEF|\n%%endtext\nG4|"), AIR),
    "abc: remarks between lines": (abc("CDEF|\nr:a remark ABC|\nN:more|\nG4|"), AIR),
    "abc: a history of two lines": (abc("CDEF|G4|", "H:Played by Bob", "who lived in Galway ABC", "K:C"), AIR),
    "abc: quarter tones": (abc("C^/D_/E F|G4|"), AIR),
    "abc: octave=-1": (abc("CDEF|G4|", "K:C octave=-1"), [pitch - 12 for pitch in AIR]),
    "abc: treble-8": (abc("CDEF|G4|", "K:C clef=treble-8"), [pitch - 12 for pitch in AIR]),
    "abc: gzip": (gzip.compress(abc("CDEF|G4|")), AIR),
    "abc: UTF-16": ((ABC + "CDEF|G4|\n").encode("utf-16"), AIR),
    "abc: lines end with CR": ((ABC + "CDEF|G4|\n").replace("\n", "\r").encode(), AIR),
    "abc: on a web page": (f"<html><body><h1>Air</h1><pre>\n{ABC}CDEF|G4|\n</pre></body></html>".encode(), AIR),
    "abc: quoted in a mail": (
        ("From: bob\nTo: list\n\n" + "".join(f"> {line}\n" for line in f"{ABC}CDEF|G4|\n".split("\n"))).encode(),
        AIR,
    ),
    "abc: between fences": (f"Here is my tune:\n```abc\n{ABC}CDEF|G4|\n```\nthanks!".encode(), AIR),
    "midi: six channels in one track": (
        midi(track(b"".join(notes([pitch], channel=i % 6) for i, pitch in enumerate(TUNE)))),
        TUNE,
    ),
    "midi: a track for each string": (midi(*(called(b"Guitar", every_third(i)) for i in range(3))), TUNE),
    "midi: 65,535 tracks": (wrong_header(10, b"\xff\xff"), TUNE),
    "midi: header of seven bytes": (wrong_header(4, b"\0\0\0\x07"), TUNE),
    "midi: program 200": (midi(track(b"\0\xc0\xc8" + notes(TUNE))), TUNE),
    "midi: a text longer than the track": (midi(track(b"\0\xff\x01\x82\x7fab" + notes(TUNE))), TUNE),
    "midi: junk behind the end": (midi(track(notes(TUNE))) + bytes(500) + b"junk", TUNE),
    "midi: cut within an event": (midi(track(notes(TUNE)))[:-9], TUNE),
    "midi: in a zip of a Mac": (
        packed({"__MACOSX/._a.mid": b"\0\5\x16\7junk", "Songs/a.mid": midi(track(notes(TUNE)))}),
        TUNE,
    ),
    "midi: a part that fades in": (
        midi(track(notes([36, 43] * 6, 960, 1)), track(b"\0\xb0\x07\0\x01\xb0\x07\x64" + notes(TUNE))),
        TUNE,
    ),
    "musicxml: da capo al fine by sound": (
        xml(whole("C"), whole("D") + sound(fine="yes"), whole("E") + sound(dacapo="yes")),
        [60, 62, 64, 60, 62],
    ),
    "musicxml: coda by sound": (
        xml(
            sound(segno="a") + whole("C"), whole("D") + sound(tocoda="b"), whole("E") + sound(dalsegno="a"),
            sound(coda="b") + whole("F"),
        ),
        [60, 62, 64, 60, 62, 65],
    ),
    "musicxml: ending 1, 2, then 3": (xml(*ENDINGS), [60, 62, 60, 62, 60, 64, 65]),
    "musicxml: quarter tones": (
        xml(whole("C").replace("</step>", "</step><alter>0.5</alter>"), whole("D"), whole("E")),
        [60, 62, 64],
    ),
    "musicxml: a container without a table": (packed({"a.xml": xml(*map(whole, "CDEF"))}), AIR[:4]),
    "kern: a repeat without a beginning": (kern("*M4/4", "=1", "1c", "=:|!", "1d", "=||"), [60, 60, 62]),
}  # fmt: skip


@pytest.mark.parametrize("what", PITCHES)
def test_the_notes_are_right(what: str) -> None:
    data, right = PITCHES[what]
    ending = {"abc": ".abc", "midi": ".mid", "musicxml": ".musicxml", "kern": ".krn"}[what.partition(":")[0]]
    assert read(data, f"a{ending}").line.pitch.tolist() == right


def beats(song: Song) -> tuple[Any, list[float]]:
    return song.metre, [mark.quarters_per_minute for mark in song.tempo]


def keys(song: Song) -> list[str]:
    return [str(key) for _, key in song.keys]


def drums(song: Song) -> list[bool]:
    return [part.drums for part in song.parts]


def marked(text: str) -> bytes:
    """A tempo mark in MusicXML."""
    beats = f"<metronome><beat-unit>quarter</beat-unit><per-minute>{text}</per-minute></metronome>"
    return xml(f"<direction><direction-type>{beats}</direction-type></direction>" + whole("C"), *map(whole, "DEF"))


JIG = "GAB BAG ABc cBA|GAB BAG A3 G3|GAB BAG ABc cBA|GAB BAG A3 G3|"
DRUMS = notes([36, 42, 38, 42] * 4, channel=10)
FACTS: list[tuple[str, bytes, Callable[[Song], Any], Any]] = [
    ("12/8.abc", abc(JIG, "M:12/8", "L:1/8", "Q:3/8=70", "K:G"), beats, ((12, 8), [105])),
    ("3/2.abc", abc("G2A2B2|c2BAG2|G2A2B2|G6|", "M:3/2", "Q:1/2=60"), beats, ((3, 2), [120])),
    ("about.abc", abc("CDEF|G4|", "Q:1/4=c. 90"), beats, ((4, 4), [90])),
    ("word.abc", abc("CDEF|G4|", 'Q:"Allegro"'), beats, ((4, 4), [132])),
    ("about.musicxml", marked("c. 90"), beats, ((4, 4), [90])),
    ("range.musicxml", marked("80-84"), beats, ((4, 4), [82])),
    ("keys.abc", abc("CDEF|GAGF|[K:A]ABcd|e2A2|cBAc|A4|"), keys, ["C major", "A major"]),
    ("metres.abc", abc("CDEF|GAGF|\nM:3/4\nCDE|FGA|G3|"), lambda song: song.metres, ((0, (4, 4)), (8, (3, 4)))),
    ("short.krn", kern("*M4/4", "=1", "1c", "=2", "2d", "=3", "1e", "=4", "1f", "=="), lambda song: song.metres,
     ((0, (4, 4)), (4, (2, 4)), (6, (4, 4)))),
    ("xg.mid", midi(track(notes(TUNE)), track(b"\0\xba\0\x7e\0\xca\0" + DRUMS)), drums, [False, True]),
    ("gs.mid", midi(track(notes(TUNE)), track(b"\0\xf0\x0a\x41\x10\x42\x12\x40\x1a\x15\x01\x10\xf7" + DRUMS)), drums,
     [False, True]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "fact", "right"), FACTS, ids=[row[0] for row in FACTS])
def test_the_facts_are_right(name: str, data: bytes, fact: Callable[[Song], Any], right: Any) -> None:
    assert fact(on_its_beat(read(data, name)).song) == right


@pytest.mark.parametrize(
    ("name", "title"),
    [
        *((name, "") for name in ("Unbenannt", "Sans titre", "Без названия", "無題", "New Project", "Sin título")),
        *((name, "") for name in ("untitled.mid", "www.freemidi.com", "Copyright (c) 2003 by Bob", "MIDI Out")),
        ("Sonate Nr. 2", "Sonate Nr. 2"),
    ],
)
def test_what_programs_write_is_no_title(name: str, title: str) -> None:
    song = read(midi(called(name.encode()), track(notes(TUNE))), "a.mid").song
    assert song.title == title


@pytest.mark.parametrize(
    ("title", "encoding"),
    [("茉莉花", "gb18030"), ("Подмосковные вечера", "cp1251"), ("Für Élise à Paris", "mac_roman")],
)
def test_titles_in_old_encodings(title: str, encoding: str) -> None:
    assert read(midi(called(title.encode(encoding)), track(notes(TUNE))), "a.mid").song.title == title
