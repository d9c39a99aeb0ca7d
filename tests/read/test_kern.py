"""**kern of other people's collections: columns, sections, and all that stands beside the notes."""

from pathlib import Path

import pytest

from generation.music.key import Key
from generation.music.song import SUSTAIN, Song
from generation.read.file import read
from generation.request import Refusal

CASES = Path(__file__).parents[1] / "data" / "cases"


def song(*rows: str, records: str = "") -> Song:
    """The song of some rows; a blank in a row parts its columns, “~” stands for one within a field."""
    lines = [row.replace(" ", "\t").replace("~", " ") for row in rows]
    ends = "\t".join(["*-"] * (lines[0].count("\t") + 1))
    return read("\n".join([*records.splitlines(), *lines, ends]).encode(), "a.krn").song


def tones(of: Song, part: int = 0) -> list[int]:
    return of.parts[part].notes.pitch.tolist()


def test_the_notes_need_not_stand_in_the_first_column() -> None:
    found = read((CASES / "h08-kern-not-first.krn").read_bytes(), "h08.krn").song
    assert found.parts[0].notes.onset.tolist() == [0, 4] and tones(found) == [60, 62]
    assert found.parts[0].notes.velocity.tolist() == [54, 54]
    harmony = song("**mxhm **text **kern", "* * *M2/4", "=1 =1 =1", "A~minor-seventh la 4a", "C~major/E lo 4cc")
    assert harmony.chords == ((0, "Am7"), (1, "C/E"))
    assert harmony.parts[0].words == ()
    with pytest.raises(Refusal, match=r"kern"):
        read(b"**mens\n1c\n*-\n", "a.krn")


def test_sections_in_the_order_of_their_list() -> None:
    rows = ["**kern", "*>[A,A1,A,A2]", "*>norep[A,A2]", "*M2/4", "*>A", "=1", "2c", "*>A1", "=2", "2d", "=:|!",
            "*>A2", "2e", "=="]  # fmt: skip
    assert tones(song(*rows)) == [60, 62, 60, 64]
    minuet = ["**kern", "*>[A,A,B,B,A]", "*M2/4", "*>A", "2c", "=:|!|:", "*>B", "2d", "=:|!"]
    assert tones(song(*minuet)) == [60, 60, 62, 62, 60]
    unknown = ["**kern", "*>[A,X,B]", "*M2/4", "*>A", "2c", "=", "*>B", "2d", "=="]
    assert tones(song(*unknown)) == [60, 62]


@pytest.mark.parametrize(
    ("rows", "played"),
    [
        (("=1", "2c", "=2", "2d", "=:|!", "2e", "=="), [60, 62, 60, 62, 64]),
        (("=1", "2c", "=!|:", "2d", "=:!!:", "2e", "=:|!"), [60, 62, 62, 64, 64]),
        (("=1", "2c", "=2||", "2d", "=:|!", "=="), [60, 62, 60, 62]),
        (("=1", "2c", "!LO:TX:a:t=Fine", "=2", "2d", "!LO:TX:a:i:t=D.C. al Fine", "=="), [60, 62, 60]),
        (("=1", "2c", "!LO:TX:a:t=D.c.6.", "=2", "2d", "=="), [60, 62]),
    ],
)
def test_repeats_and_jumps(rows: tuple[str, ...], played: list[int]) -> None:
    assert tones(song("**kern", "*M2/4", *rows)) == played


def test_columns_are_divided_joined_and_exchanged() -> None:
    rows = ["**kern **kern", "*M2/4 *M2/4", "=1 =1", "2C 2c", "* *^", "2C 4c 2g", ". 4d .", "=2 =2 =2", "* *v *v",
            "*x *x", "4e 4D", "4f 4E", "== =="]  # fmt: skip
    found = song(*rows)
    assert tones(found, 0) == [60, 60, 67, 62, 64, 65]
    assert found.parts[0].notes.onset.tolist() == [0, 2, 2, 3, 4, 5]
    assert tones(found, 1) == [48, 48, 50, 52]


def test_rhythm() -> None:
    found = song(
        "**kern", "*M4/4", "4.c#", "8d-", "0e", "3%2f", "12g~12b", "16qa", "12r", "[4a", "=", "4a_", "4a]", "4B--"
    )
    assert tones(found) == [61, 61, 64, 65, 67, 71, 69, 57]
    assert found.parts[0].notes.duration.tolist() == pytest.approx([1.5, 0.5, 8, 8 / 3, 1 / 3, 1 / 3, 3, 1])
    over = song("**kern **kern", "*M2/2 *M2/2", "2.C 4c", ". 2d", "=2 =2", ". 4e", "4D 4f", "== ==")
    assert over.parts[0].notes.onset.tolist() == [0, 1, 3, 4], "a note may last over a bar line without a tie"
    assert over.parts[1].notes.onset.tolist() == [0, 4]


def test_a_line_alone_that_lasts_over_its_bar_lines() -> None:
    found = song("**kern", "*M2/2", "0r", "=2", ".", "=3", "2.c", "2d", "=4", "4e", "2.f", "=5", "4g", "2a", "==")
    assert found.parts[0].notes.onset.tolist() == [8, 11, 13, 14, 17, 18]
    assert found.metres == ((0, (2, 2)),)


def test_drums_and_degrees_of_other_keys() -> None:
    found = song("**kern **kern **harm", '*I"Bass~drum * *', "*clefX * *", "*k[] *k[] *", "*C: *C: *",
                 "4RcR 4c V7/V", "4RcR 4d viioD7/ii")  # fmt: skip
    assert [part.drums for part in found.parts] == [False, True] and tones(found, 1) == [36, 36]
    assert found.chords == ((0, "D7"), (1, "C#dim7"))


def test_what_stands_beside_the_notes() -> None:
    rows = ["**kern **text **text **dynam **harm", '*I"Violino * * * *', "*Ivioln * * * *", "*k[f#] * * * *",
            "*G: * * * *", "*M2/4 * * * *", "*MM90 * * * *", "=1 =1 =1 =1 =1", "*ped * * * *", "4g Hal- Lo p I",
            "4a -le- . < V7", "*Xped * * * *", "=2 =2 =2 =2 =2", "*MM60 * * * *", "4b -lu- . . viio7",
            "4cc -jah . [~f ii", "=:|! =:|! =:|! =:|! =:|!"]  # fmt: skip
    found = song(*rows)
    part = found.parts[0]
    assert (part.name, part.program, found.key) == ("Violino", 40, Key("G", "major"))
    assert [word for _, word in part.words] == ["Hal-", "le-", "lu-", "jah", "Lo", "le-", "lu-", "jah"]
    assert part.notes.velocity.tolist()[:4] == [54, 54, 75, 96]
    assert part.control(SUSTAIN)[:2] == ((0, 127), (2, 0))
    assert found.chords[:4] == ((0, "G"), (1, "D7"), (2, "F#m7b5"), (3, "Am"))
    assert [(mark.onset, mark.quarters_per_minute) for mark in found.tempo] == [(0, 90), (2, 60), (4, 90), (6, 60)]


def test_the_nameless_hand_of_a_pianist_plays_the_piano_and_an_editors_brackets_are_no_name() -> None:
    found = song("**kern **kern **kern", "*part2 *part2 *part1", '*I" *I"[Fortepian] *I"[Głos]', "1C 1c 1cc")
    assert [(part.name, part.program) for part in found.parts] == [("Głos", 52), ("Fortepian", 0), ("Fortepian", 0)]


def test_headings_before_a_staff_are_no_names() -> None:
    for words in ("MAESTOSO.", "No.~1.", "[quarter]~=~104", "Introduzione.", "Nº~IV"):
        assert song("**kern", f'*I"{words}', "1c").parts[0].name == ""
    for words in ("Singstimme.", "Piano", "Oboe~II", "Noël"):
        assert song("**kern", f'*I"{words}', "1c").parts[0].name == words.replace("~", " ")


@pytest.mark.parametrize(
    ("words", "pace"),
    [("Allegretto. M. M. [quarter] = 120.", 120), ("M. M. ([half] = 54.)", 108), ("[quarter-dot] = 60", 90)],
)
def test_tempo_in_figures(words: str, pace: float) -> None:
    assert song("**kern", "1c", records=f"!!!OMD: {words}").tempo[0].quarters_per_minute == pace


def test_slower_than_before_is_no_tempo_and_the_first_one_returns() -> None:
    def paces(*words: str) -> list[float]:
        rows = [row for said in words for row in (f"!!!OMD: {said}".replace(" ", "~"), "1c")]
        return [mark.quarters_per_minute for mark in song("**kern", *rows).tempo]

    assert paces("Allegro marziale.", "Poco più lento.", "Tempo 1°.") == [132]
    assert paces("Allegro", "Lento", "Tempo I") == paces("Allegro", "Lento", "Tempo 1mo.") == [132, 52, 132]
    assert paces("Lente") == [56] and paces("Etwas bewegt") == [112]


def test_a_part_that_only_rests_is_none() -> None:
    found = song("**kern **kern", '*I"Horn *I"Oboe', "1r 1c", "1r 1d")
    assert [part.name for part in found.parts] == ["Oboe"]


def test_a_pedal_that_no_mark_lifts_is_lifted_at_the_bar_line() -> None:
    pressed = song("**kern", "*M2/4", "=1", "*ped", "4c", "4d", "=2", "4e", "4f", "=3", "*ped", "4g", "4a", "*-")
    assert pressed.parts[0].control(SUSTAIN) == ((0.0, 127), (2.0, 0), (4.0, 127))


def test_keys_metres_and_transposition() -> None:
    found = song("**kern **kern", "*ITrd1c2 *", "*k[b-] *k[b-]", "*M2/4 *M2/4", "2d 2dd", "=2 =2", "*k[f#] *k[f#]",
                 "*M3/4 *M3/4", "2.g 2.gg", "== ==")  # fmt: skip
    assert tones(found, 1) == [62, 67], "it is written as it sounds, whatever the score shows"
    assert found.metres == ((0, (2, 4)), (2, (3, 4)))
    assert found.keys[-1] == (2, Key("G", "major"))
    assert song("**kern", "*d:dor", "4d").key == Key("D", "dorian")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Fr&uuml;hling", "Frühling"),
        ("\\\"Ubung f\\'ur \\c{c}a", "Übung fúr ça"),
        ("Gro\\ss er", "Großer"),
        ("Caf\\351", "Café"),
        ("untitled", ""),
    ],
)
def test_titles(written: str, title: str) -> None:
    found = song("**kern", "*M2/4", "2c", records=f"!!!OTL: {written}\n!!!COM: Bach, Johann Sebastian\n!!!OMD: Allegro")
    assert (found.title, found.composer) == (title, "Johann Sebastian Bach")
    assert found.tempo[0].quarters_per_minute == 132


def test_only_the_first_piece_and_no_cues() -> None:
    data = "**kern\n*M2/4\n4c\n*cue\n4d\n*Xcue\n4e\n*-\n**kern\n4g\n*-\n"
    found = read(data.encode(), "two.krn").song
    assert tones(found) == [60, 64] and found.parts[0].notes.onset.tolist() == [0, 2]


def test_small_notes_that_are_most_of_a_line_are_played() -> None:
    data = "**kern\n*M2/4\n*MM60\n8c\n*cue\n8e\n8g\n8e\n*Xcue\n=\n8d\n*cue\n8f\n8a\n8f\n*Xcue\n==\n*-\n"
    assert tones(read(data.encode(), "study.krn").song) == [60, 64, 67, 64, 62, 65, 69, 65]
