"""ABC: the parts of a song besides its tune, and the parts of a file besides its music."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from generation.music.key import Key
from generation.music.song import Song
from generation.read.abc import abc_song
from generation.read.beat import on_its_beat
from generation.read.file import read
from generation.request import Refusal

CASES = Path(__file__).parents[1] / "data" / "cases"
HEAD = "X:1\nT:Little\nM:4/4\nL:1/4\nK:C\n"


def case(name: str) -> Song:
    return read((CASES / name).read_bytes(), name).song


def pitches(song: Song, part: int = 0) -> list[int]:
    return [int(pitch) for pitch in song.parts[part].notes.pitch]


def test_a_change_of_key() -> None:
    reading = read((CASES / "k01-key-change.abc").read_bytes(), "k01.abc")
    assert reading.song.keys == ((0.0, Key("C", "major")), (32.0, Key("A", "major")))
    assert (reading.melody.key, reading.melody.downbeat) == (Key("A", "major"), 1.0)
    back = abc_song(HEAD + "|:CDEF|[K:Gmin]GABc:|")
    assert [(quarter, str(key)) for quarter, key in back.keys] == [
        (0.0, "C major"),
        (4.0, "G minor"),
        (8.0, "C major"),
        (12.0, "G minor"),
    ]


def test_a_change_of_metre() -> None:
    reading = read((CASES / "k02-metre-change.abc").read_bytes(), "k02.abc")
    assert reading.song.metres == ((0.0, (4, 4)), (48.0, (3, 4)))
    assert (reading.melody.metre, reading.melody.downbeat) == ((3, 4), 0.0)
    assert abc_song("X:1\nM:6/8\nL:1/8\nK:G\nG3 d3|[M:2/4]G2A2|\nM:6/8\nG6|").metres == (
        (0.0, (6, 8)),
        (3.0, (2, 4)),
        (5.0, (6, 8)),
    )


def test_a_short_bar_is_a_bar() -> None:
    reading = read((CASES / "k03-one-short-bar.abc").read_bytes(), "k03.abc")
    assert reading.song.metres == ((0.0, (4, 4)), (12.0, (2, 4)), (14.0, (4, 4)))
    assert (reading.melody.metre, reading.melody.downbeat) == ((4, 4), 2.0)
    said_nowhere = abc_song(HEAD + "CDEF|CD|CDEF|CDE|FGA|")
    assert said_nowhere.metres == ((0.0, (4, 4)), (4.0, (2, 4)), (6.0, (4, 4)), (10.0, (3, 4)), (13.0, (4, 4)))


def test_bars_before_the_first_metre_leave_its_bar_lines_where_they_are() -> None:
    reading = read(b"X:1\nM:none\nL:1/4\nK:D\nDEFG|ABc|\nM:3/4\nDEF|G3|\n", "a.abc")
    assert (reading.melody.metre, reading.melody.downbeat) == ((3, 4), 1.0)


def test_a_pickup_and_the_bar_that_makes_up_for_it_are_no_metres() -> None:
    song = abc_song(HEAD + "|:C|CDEF|GAB:|\n|:c|cBAG|F3:|")
    assert (song.metres, song.pickup, song.metre) == (((0.0, (4, 4)),), 1.0, (4, 4))


def test_a_six_nine_chord_has_no_bass() -> None:
    assert abc_song(HEAD + '"Bb6/9"C2"Cm6/9"D2|"G6/B"E4|').chords == ((0.0, "Bb6/9"), (2.0, "Cm6/9"), (4.0, "G6/B"))


def test_chords_and_words_keep_their_places() -> None:
    song = abc_song(HEAD + '|:"C"C(3"G7/B"DE"^slow"F GG|"Am7"A2A2:|\nw:Hal-le-lu-jah~oh * A-men\nw:se-cond verse\n')
    once = [(0.0, "C"), (1.0, "G7/B"), (5.0, "Am7")]
    assert list(song.chords) == [*once, *((quarter + 9, chord) for quarter, chord in once)]
    bars = song.parts[0].notes.onset
    words = dict(song.parts[0].words)
    assert [words.get(float(onset)) for onset in bars[:8]] == ["Hal-", "le-", "lu-", "jah oh", None, "A-", "men", None]
    assert [words.get(float(onset)) for onset in bars[8:]] == ["se-", "cond", "verse", None, None, None, "men", None]


def test_words_go_from_bar_to_bar() -> None:
    song = abc_song(HEAD + "C4|D2E2|z2F2|\nw:one|_two|three\n")
    assert song.parts[0].words == ((0.0, "one"), (6.0, "two"), (10.0, "three"))


def test_titles_and_names() -> None:
    text = (
        "X:1\nT:Caf\\'e, &eacute;t\\\"ude \\u00e9t\\`a \\OEuvre\nC:B\\'ela Bart\\'ok\nK:C\nV:1 nm=\"Fl\\^ute\"\nCDEF|"
    )
    song = abc_song(text)
    assert (song.title, song.composer) == ("Café, étüde étà Œuvre", "Béla Bartók")
    assert song.parts[0].name == "Flûte"


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp1251", "Светит месяц, светит ясный"),
        ("utf-16", "Ševčík’s Étude"),
        ("shift_jis", "さくらさくら"),
        ("gbk", "茉莉花"),
    ],
)
def test_titles_in_other_encodings(encoding: str, title: str) -> None:
    text = f"X:1\nT:{title}\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n"
    reading = read(text.encode(encoding), "a.abc")
    assert (reading.song.title, len(reading.line)) == (title, 8)


def test_midi_directives() -> None:
    song = case("a03-midi-program-transpose.abc")
    assert (song.parts[0].program, pitches(song)) == (73, [74, 76, 78, 81, 78, 76, 74, 74])
    two = abc_song(
        HEAD + "V:1\n%%MIDI program 40 % a fiddle\nCDEF|\nV:2\n[I:MIDI program 32]\nC,4|\n[I:MIDI program 33]D,4|\n"
    )
    assert [part.program for part in two.parts] == [40, 32]
    assert two.parts[1].programs == ((4.0, 33),)
    header = abc_song("X:1\nM:4/4\nL:1/4\n%%MIDI transpose -2\nK:C\nCD|%%MIDI transpose 9\n")
    assert pitches(header) == [58, 60]


def test_a_voice_is_played_by_the_instrument_that_it_is_called_by() -> None:
    assert abc_song(HEAD + 'V:1 name="Flute"\nCDEF|\nV:2 nm=Tune\nCDEF|\n').parts[0].program == 73


def test_a_quotation_mark_without_another_takes_no_notes() -> None:
    assert pitches(abc_song(HEAD + '"C"C"Am DEF|\n"G"GA"D7B2|')) == [60, 62, 64, 65, 67, 69, 71]


def test_drums() -> None:
    text = HEAD + "V:1\ncdef|\nV:2\n%%MIDI channel 10\n%%MIDI drummap F 36\n%%MIDI drummap ^c 42\nF^cFc|\n"
    song = abc_song(text)
    assert [part.drums for part in song.parts] == [False, True]
    assert pitches(song, 1) == [36, 42, 36, 72]
    assert read(text.encode(), "a.abc").line.pitch.tolist() == [72, 74, 76, 77]
    assert abc_song(HEAD + "V:1\ncdef|\nV:2 clef=perc\nFFFF|\n").parts[1].drums


@pytest.mark.parametrize(
    ("key", "semitones"),
    [
        ("C treble-8", -12),
        ("C clef=treble+8", 12),
        ("C octave=-1", -12),
        ("C transpose=-2", -2),
        ("C bass octave=2", 24),
    ],
)
def test_clefs_that_transpose(key: str, semitones: int) -> None:
    assert pitches(abc_song(f"X:1\nL:1/4\nK:{key}\nC|")) == [60 + semitones]


def test_a_clef_leaves_the_key_alone() -> None:
    assert pitches(abc_song("X:1\nL:1/4\nK:D\nF|[K:clef=bass octave=-1]F|[K:treble]F|")) == [66, 54, 66]


def test_a_second_voice_in_a_bar_is_a_part() -> None:
    song = abc_song(HEAD + "CDEF & C,4|G4|A2B2 & F,2 z2|")
    assert [part.notes.onset.tolist() for part in song.parts] == [[0, 1, 2, 3, 4, 8, 10], [0, 8]]
    assert [pitches(song, i) for i in (0, 1)] == [[60, 62, 64, 65, 67, 69, 71], [48, 53]]


def test_macros_and_symbols() -> None:
    song = abc_song("X:1\nM:4/4\nL:1/4\nm:~G2 = G{A}G\nU:S=!fermata!\nK:C\n~G2SA2|!fine!B4|c4 !D.S.!|")
    assert pitches(song) == [67, 67, 69, 71, 72, 67, 67, 69, 71]


WORDS = [
    "Here is a tune that a bagger gave me.",
    "It was collected in Kerry (1843) | by a priest:",
    "Subject: A bad cab",
    "History: from a manuscript | in Dublin",
    "http://www.example.org/tunes/index.html",
    "Das hört man gern, und alle tanzen mit.",
    "-- \nJohn Brown, fiddler and piper",
]


@pytest.mark.parametrize("words", WORDS)
def test_words_between_the_lines_are_no_music(words: str) -> None:
    song = abc_song(HEAD + f"CDEF|\n{words}\nG4|]\n")
    assert pitches(song) == [60, 62, 64, 65, 67]
    assert song.remarks


@pytest.mark.parametrize(
    "block",
    [
        "%%begintext\nHere is a cab.\n%%endtext\n",
        "%%begintext\nA bad cab.\nA faded bead.\n%%endtext\n",
        "%%beginps\n/a { 0 0 moveto } def\nGA Bc\n%%endps\n",
        "%%text CDEF\n%%center GABc\n",
        "W:A bad cab|\nw:A bad cab\n",
        "% CDEF|\nN:CDEF|\nr:a remark\n",
        "H:history\n",
    ],
)
def test_blocks_and_directives_are_no_music(block: str) -> None:
    assert pitches(abc_song(HEAD + f"{block}CDEF|\n{block}G4|]\n")) == [60, 62, 64, 65, 67]


def test_words_of_other_peoples_files() -> None:
    assert pitches(case("a44-text-block-behind-key.abc")) == [60, 62, 64, 65, 67]
    assert len(case("a45-comment-then-line-without-bar.abc").parts[0].notes) == 18


PAGE = """<!DOCTYPE html>
<html><head><title>Tunes</title></head><body><p>A tune that I like</p><pre>
X:1
T:Rose &amp; Thorn
M:4/4
L:1/4
K:C
C&lt;D E&gt;F|<br>
G4|]
</pre><p>Back to the <a href="index.html">index</a></p></body></html>"""
MAIL = """From: ann@example.org
Subject: Re: a tune

> X:1
> T:Rose & Thorn
> M:4/4
> L:1/4
> K:C
> C<D E>F|
> G4|]

Thanks for this, it is lovely.
Ann
"""


ENCODED = """From: ann@example.org
MIME-Version: 1.0
Content-Transfer-Encoding: quoted-printable

X:1
T:Rose & =
Thorn
M:4/4
L:1/4
K:C=20
=3DC<D E>F|
G4|]
"""


@pytest.mark.parametrize(("name", "text"), [("page.html", PAGE), ("mail.txt", MAIL), ("mail.eml", ENCODED)])
def test_a_tune_on_a_page_or_in_a_mail(name: str, text: str) -> None:
    reading = read(text.encode(), name)
    assert reading.song.title == "Rose & Thorn"
    assert reading.line.onset.tolist() == [0, 0.5, 2, 3.5, 4]


def test_a_score_is_never_taken_for_a_performance() -> None:
    """Whatever its rhythm: its quarters are meant."""
    rng = np.random.default_rng(3)
    notes = "".join(f"{rng.choice(list('CDEFGAB'))}{rng.integers(1, 12)}" for _ in range(80))
    reading = read(f"X:1\nM:none\nL:1/16\nK:C\n{notes}|\n".encode(), "a.abc")
    assert on_its_beat(reading) is reading


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "<w/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tune.rtf", b"{\\rtf1\\ansi\\deff0\nX:1\\par\nK:C\\par\nCDEF|\\par}"),
        ("tune.abc", b"{\\rtf1\\ansi\\deff0\nX:1\nK:C\nCDEF|\n}"),
        ("tune.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"X:1\nK:C\nCDEF|"),
        ("tune.docx", zipped("[Content_Types].xml", "word/document.xml")),
        ("tune.odt", zipped("mimetype", "content.xml", "styles.xml")),
    ],
)
def test_a_document_is_called_one(name: str, data: bytes) -> None:
    with pytest.raises(Refusal, match="as plain text"):
        read(data, name)
