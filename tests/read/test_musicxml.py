"""MusicXML of other people's programs: repeats and jumps, bars, transposition, and all that stands around the notes."""

from pathlib import Path

import pytest

from generation.music.key import Key
from generation.music.song import Song
from generation.read.file import read
from tests.read.test_read_score import AGAIN, BEGIN, line, note, score

CASES = Path(__file__).parents[1] / "data" / "cases"
LETTERS = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}


def song(data: bytes) -> Song:
    return read(data, "score.musicxml").song


def case(name: str) -> Song:
    (path,) = CASES.glob(f"{name}-*")
    return read(path.read_bytes(), path.name).song


def letters(of: Song) -> str:
    """The tones of the first part, by letter."""
    return " ".join(LETTERS[pitch % 12] for pitch in of.parts[0].notes.pitch)


def bars(*marked: str) -> bytes:
    """A tone a bar, C D E …, each bar of 2 quarters, with what is said of it behind the note; “^” puts it in front."""
    steps = "CDEFGAB"
    return score(
        [
            said[1:] + note(steps[i], duration=4) if said.startswith("^") else note(steps[i], duration=4) + said
            for i, said in enumerate(marked)
        ]
    )


def words(text: str, sound: str = "") -> str:
    return f"<direction><direction-type><words>{text}</words></direction-type>{sound}</direction>"


def glyph(name: str) -> str:
    return f"<direction><direction-type><{name}/></direction-type></direction>"


def sound(what: str) -> str:
    return f"<sound {what}/>"


def bracket(number: str, stop: bool = True) -> str:
    ends = f'<ending number="{number}" type="stop"/>' if stop else ""
    return line("left", f'<ending number="{number}" type="start"/>') + (line("right", ends + AGAIN))


@pytest.mark.parametrize(
    ("name", "tones"), [("x01", "C D E F D E G A"), ("x02", "C D E C D F G"), ("x03", "C D E F D E"), ("x39", "C D E")]
)
def test_other_peoples_jumps(name: str, tones: str) -> None:
    assert letters(case(name)) == tones


@pytest.mark.parametrize(
    ("marked", "tones"),
    [
        # Without <sound>, in several languages.
        (("", "", words("Fine"), words("D.C. al Fine")), "C D E F C D E"),
        (("", "", words("FINE"), words("Da Capo al Fine")), "C D E F C D E"),
        (("", "", words("Ende"), words("Von vorn bis zum Ende")), "C D E F C D E"),
        (("", "", words("Fin"), words("D.C. à la Fin")), "C D E F C D E"),
        (("", "^" + glyph("segno"), words("To Coda"), words("D.S. al Coda"), "^" + glyph("coda"), ""),
         "C D E F D E G A"),
        (("", "^" + glyph("segno"), words("al Coda"), words("D. S. al Coda"), "^" + words("Coda")), "C D E F D E G"),
        (("", "^" + words("Segno"), words("Zur Coda"), words("Dal Segno al Coda"), "^" + words("CODA")),
         "C D E F D E G"),
        # Without words.
        (("", "", sound('fine="yes"'), sound('dacapo="yes"')), "C D E F C D E"),
        (("", "^" + sound('segno="a"'), sound('tocoda="b"'), sound('dalsegno="a"'), "^" + sound('coda="b"')),
         "C D E F D E G"),
        # Two signs alone, the first in place of “To Coda”.
        (("", "^" + glyph("segno"), glyph("coda"), words("D.S. al Coda"), "^" + glyph("coda")), "C D E F D E G"),
        # A sign at the end of a bar stands at the next bar line.
        ((glyph("segno"), "", words("Fine"), words("D.S. al Fine")), "C D E F D E"),
        # Behind a jump, repeats are not taken.
        (("^" + line("left", BEGIN), line("right", AGAIN), words("Fine"), words("D.C. al Fine")), "C D C D E F C D E"),
        # Words that only look alike.
        (("", words("Codetta"), words("Finely"), words("dolce con segno")), "C D E F"),
    ],
)  # fmt: skip
def test_jumps(marked: tuple[str, ...], tones: str) -> None:
    assert letters(song(bars(*marked))) == tones


@pytest.mark.parametrize(
    ("numbers", "tones"),
    [
        (("1", "2", "3"), "C D C E C F"),
        (("1, 3", "2"), "C D C E C D"),
        (("1-2", "3"), "C D C D C E"),
        (("1.", "2."), "C D C E"),
        (("1",), "C D C E"),
    ],
)
@pytest.mark.parametrize("stop", [True, False])
def test_endings(numbers: tuple[str, ...], tones: str, stop: bool) -> None:
    written = [note("C", duration=4)]
    for step, number in zip("DEF", numbers, strict=False):
        left = line("left", f'<ending number="{number}" type="start"/>')
        ends = f'<ending number="{number}" type="stop"/>' if stop else ""
        again = AGAIN if number != numbers[-1] or len(numbers) == 1 else ""
        written.append(left + note(step, duration=4) + line("right", ends + again))
    written += [note("E", duration=4)] if len(numbers) == 1 else []
    assert letters(song(score(written))) == tones


def test_a_repeat_is_played_as_often_as_it_says() -> None:
    assert letters(song(bars("", line("right", '<repeat direction="backward" times="3"/>'), ""))) == "C D C D C D E"


def test_a_double_bar_begins_no_repeat() -> None:
    double = line("right", "<bar-style>light-light</bar-style>")
    assert letters(song(bars("", double, line("right", AGAIN), ""))) == "C D E C D E F"


def test_a_pickup_beside_a_bars_rest() -> None:
    found = case("x29")
    assert found.parts[0].notes.onset.tolist()[:3] == [0, 1, 3] and found.pickup == 1
    assert found.parts[1].notes.onset.tolist()[:2] == [1, 4]
    rest = '<note><rest measure="yes"/><duration>4</duration></note>'
    long = song(score([note("C"), note("D") + note("E")], [rest, note("C", 3, 4)]))  # the rest is too long
    assert long.parts[0].notes.onset.tolist() == [0, 1, 2] and long.pickup == 1
    plain = "<note><rest/><duration>4</duration><type>whole</type></note>"  # nor does it say what it is
    assert song(score([note("C"), note("D") + note("E")], [plain, note("C", 3, 4)])).pickup == 1


def test_time_that_nothing_fills() -> None:
    assert case("x35").parts[0].notes.onset.tolist() == [0, 4, 7, 8, 12]
    forward = "<forward><duration>{}</duration></forward>"
    late = [note("C") + forward.format(2), note("D") + forward.format(9), note("E")]
    assert song(score(late)).parts[0].notes.onset.tolist() == [0, 2, 4], "a hole may end a bar, not lengthen it"
    rounded = [note("C", duration=1) * 2 + note("D", duration=1), note("E", duration=4)]
    third = score(rounded).replace(b"<divisions>2<", b"<divisions>1.503<")
    assert song(third).parts[0].notes.onset.tolist()[3] == 2, "a triplet that was rounded fills its bar"


def test_a_clarinet_in_a_is_believed() -> None:
    found = case("x34")
    assert found.parts[0].notes.pitch.tolist() == [69, 73, 76, 69] and found.key == Key("A", "major")
    shift = "<transpose><diatonic>-4</diatonic><chromatic>-7</chromatic></transpose>"
    horn = song(score([note("C", duration=4)], names=("Trumpet in B♭",), more=shift))
    assert horn.parts[0].notes.pitch.tolist() == [53] and horn.key == Key("F", "major")
    octave = "<transpose><chromatic>0</chromatic><octave-change>-1</octave-change></transpose>"
    assert song(score([note("C", duration=4)], names=("Bass",), more=octave)).parts[0].notes.pitch.tolist() == [48]


def test_tones_between_the_semitones() -> None:
    found = case("x36b")
    assert found.parts[0].notes.pitch.tolist() == [69, 71, 72, 74, 76, 74, 72, 71, 69]
    assert found.key == Key("A", "minor")
    assert [str(remark).split()[-1] for remark in found.remarks] == ["ones", "semitone"]
    comma = note("B", duration=4).replace("<alter>0<", "<alter>-0.9056<")  # four commas of 53
    assert song(score([comma])).parts[0].notes.pitch.tolist() == [70]
    odd = b"<key><key-step>E</key-step><key-alter>-1.5</key-alter></key>"
    quarter = score([note("G") + note("B"), note("D") + note("G")]).replace(b"<key><fifths>0</fifths></key>", odd)
    assert song(quarter).key == Key("G", "major")


def test_keys_and_metres_change_where_they_are_written() -> None:
    change = (
        "<attributes><key><fifths>3</fifths></key><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    )
    tune = [note("C") + note("E"), note("G") + note("C", 5), change + note("A") + note("C", 5, alter=1) + note("E", 5)]
    found = song(score([*tune, note("A", duration=6)]))
    assert found.keys == ((0, Key("C", "major")), (4, Key("A", "major")))
    assert found.metres == ((0, (2, 4)), (4, (3, 4)))
    short = song(score([note("C", duration=4), note("D"), note("E", duration=4), note("F", duration=4)]))
    assert short.metres == ((0, (2, 4)), (2, (1, 4)), (3, (2, 4)))


def test_a_signature_that_was_left_out_or_names_no_mode() -> None:
    def key(*steps: str, chords: str = "", fifths: int = 0) -> Key | None:
        named = "".join(
            f"<harmony><root><root-step>{chord[0]}</root-step></root><kind>{'minor' if chord[1:] else 'major'}</kind>"
            "<offset>0</offset></harmony>"
            for chord in chords.split()
        )
        tones = [note(step[0], duration=1, alter=step.count("#") - step.count("b")) for step in steps]
        filled = ["".join(tones[i : i + 4]) for i in range(0, len(tones), 4)]
        return song(score([named + filled[0], *filled[1:]], fifths=fifths)).key

    in_f = ("F", "A", "C", "Bb", "A", "G", "Bb", "G", "C", "Bb", "G", "E", "F", "A", "C", "F")
    assert key(*in_f) == Key("F", "major"), "each B has its flat"
    assert key(*(step[0] for step in in_f)) == Key("C", "major")
    assert key("A", "B", "C", "E", "D", "C", "B", "A", "G#", "A", "B", "C", "E", "D", "C", "A") == Key("A", "minor")
    both = ("B", "D", "F#", "D", "E", "F#", "D", "B", "F#", "D", "F#", "B", "D", "F#", "E", "B")
    assert key(*both, fifths=2) == Key("B", "minor")
    assert key(*both, fifths=2, chords="D") == Key("D", "major")
    assert key(*both, fifths=2, chords="Bm") == Key("B", "minor")


def test_tempo_marks_behind_the_last_note() -> None:
    late = sound('tempo="20"') + "<note><rest/><duration>4</duration></note>"
    found = song(score([sound('tempo="96"') + note("C", duration=4), late]))
    assert [mark.quarters_per_minute for mark in found.tempo] == [96]


def test_a_bar_that_is_divided_by_a_repeat_is_one_bar() -> None:
    tune = [note("C"), note("D", duration=4), note("E") + line("right", AGAIN), note("F"), note("G", duration=4)]
    found = song(score(tune))
    assert found.pickup == 1 and found.metres == ((0, (2, 4)),)


def test_tablature_says_nothing_again() -> None:
    clefs = '<staves>2</staves><clef number="1"><sign>G</sign></clef><clef number="2"><sign>TAB</sign></clef>'
    upper = note("E", more="<voice>1</voice><staff>1</staff>") + note("G", more="<voice>1</voice><staff>1</staff>")
    lower = upper.replace("<staff>1", "<staff>2").replace("<voice>1", "<voice>5")
    both = upper + "<backup><duration>4</duration></backup>" + lower
    assert song(score([both], more=clefs)).parts[0].notes.pitch.tolist() == [64, 67]
    alone = "<clef><sign>TAB</sign></clef>"
    assert song(score([note("E") + note("G")], more=alone)).parts[0].notes.pitch.tolist() == [64, 67]
    part = song(score([note("E") + note("G")], [note("E") + note("G")])).parts
    assert len(part) == 2, "two players on one tune are no tablature"


def test_signs_and_repeats_at_bar_lines() -> None:
    segno, coda = line("left", "<segno/>"), '<barline location="left" coda="c"/>'
    marked = ("", "^" + segno, words("To Coda"), words("D.S. al Coda"), "^" + coda)
    assert letters(song(bars(*marked))) == "C D E F D E G"
    early = ("", line("right", BEGIN), line("right", AGAIN), "")  # the sign of the next bar, at the end of this one
    assert letters(song(bars(*early))) == "C D E E F"


def test_movements_keep_their_jumps_to_themselves() -> None:
    final = line("right", "<bar-style>light-heavy</bar-style>")
    data = bars(final, "", words("Fine"), words("D.C. al Fine") + final, final)
    for number, new in ((2, 1), (3, 2), (4, 3), (5, 1)):
        data = data.replace(f'<measure number="{number}">'.encode(), f'<measure number="{new}">'.encode())
    assert letters(song(data)) == "C D E F D E G"


def test_the_same_again() -> None:
    again = '<attributes><measure-style><measure-repeat type="{}">1</measure-repeat></measure-style></attributes>'
    rest = '<note><rest measure="yes"/><duration>4</duration></note>'
    tune = [note("C") + note("E"), again.format("start") + rest, rest, again.format("stop") + note("G", duration=4)]
    assert letters(song(score(tune))) == "C E C E C E G"
    slash = note("B", more="<notehead>slash</notehead>")
    assert letters(song(score([slash + note("C")]))) == "C", "a slash stands for a chord, not for a tone"


def test_a_second_voice_that_rests_through_a_pickup() -> None:
    rest = "<note><rest/><duration>4</duration><voice>2</voice></note>"
    backed = note("C") + "<backup><duration>2</duration></backup>" + rest
    assert song(score([backed, note("D", duration=4)])).pickup == 1
