"""Scores: notes are heard as MusicXML and **kern write them."""

from collections.abc import Sequence

import pytest

from generation.music.key import Key
from generation.read.file import read
from generation.request import Refusal

HEAD = """<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key>
<time><beats>2</beats><beat-type>4</beat-type></time>{more}</attributes>"""


def note(step: str, octave: int = 4, duration: int = 2, more: str = "", chord: bool = False, alter: int = 0) -> str:
    pitch = f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
    return f"<note>{'<chord/>' if chord else ''}{pitch}<duration>{duration}</duration>{more}</note>"


def score(*parts: Sequence[str], names: Sequence[str] = ("Flute", "Piano"), fifths: int = 0, more: str = "") -> bytes:
    """Bars of parts, the first bar of each with the usual signatures, as MusicXML."""
    listed = "".join(
        f'<score-part id="P{i}"><part-name>{name}</part-name></score-part>'
        for i, (name, _) in enumerate(zip(names, parts, strict=False))
    )
    head = HEAD.format(fifths=fifths, more=more)
    written = "".join(
        f'<part id="P{i}">'
        + "".join(f'<measure number="{n}">{head if n == 1 else ""}{bar}</measure>' for n, bar in enumerate(bars, 1))
        + "</part>"
        for i, bars in enumerate(parts)
    )
    return f"<score-partwise><part-list>{listed}</part-list>{written}</score-partwise>".encode()


def line(where: str, what: str) -> str:
    return f'<barline location="{where}">{what}</barline>'


def ending(number: int, kind: str) -> str:
    return f'<ending number="{number}" type="{kind}"/>'


BEGIN, AGAIN = '<repeat direction="forward"/>', '<repeat direction="backward"/>'


def heard(data: bytes) -> list[tuple[float, int]]:
    melody = read(data, "score.musicxml").melody
    return list(zip(melody.line.onset.tolist(), melody.line.pitch.tolist(), strict=True))


def test_repeats_and_endings_are_played() -> None:
    bars = [
        note("C", duration=4),
        line("left", BEGIN) + note("D", duration=4),
        line("left", ending(1, "start")) + note("E", duration=4) + line("right", ending(1, "stop") + AGAIN),
        line("left", ending(2, "start")) + note("F", duration=4) + line("right", ending(2, "stop")),
        note("G", duration=4) + line("right", AGAIN),
    ]
    assert [pitch for _, pitch in heard(score(bars))] == [60, 62, 64, 62, 65, 67, 67]
    assert [onset for onset, _ in heard(score(bars))] == [0, 2, 4, 6, 8, 10, 12]


def test_all_parts_repeat_together() -> None:
    bars = [note("C") * 2, note("D") * 2 + line("right", AGAIN), note("E") * 2]
    bass = [note("C", 2, 4), note("D", 2, 4), note("E", 2, 4)]
    reading = read(score(bars, bass), "two.musicxml")
    assert str(reading.source) == "part 1 (Flute)"
    assert reading.song.parts[1].notes.pitch.tolist() == [36, 38, 36, 38, 40]
    assert reading.song.parts[1].notes.onset.tolist() == [0, 2, 4, 6, 8]


def test_the_voice_with_words_is_the_melody() -> None:
    words = "<lyric><text>la</text></lyric>"
    sung = [note("C", more=words) + note("D", more=words), note("E", 4, 4, more=words)]
    high = [note("C", 6) + note("D", 6), note("E", 6) + note("F", 6)]
    reading = read(score(high, sung, names=("Violin", "Anna")), "song.musicxml")
    assert str(reading.source) == "part 2 (Anna)"
    assert reading.line.pitch.tolist() == [60, 62, 64]


def test_ties_chords_grace_notes_and_rests() -> None:
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    grace = "<note><grace/><pitch><step>B</step><octave>5</octave></pitch></note>"
    bars = [
        grace + note("C") + note("E", chord=True) + note("G", more=start),
        note("G", more=stop) + "<note><rest/><duration>1</duration></note>" + note("A", duration=1),
    ]
    melody = read(score(bars), "tied.musicxml").melody
    assert melody.line.pitch.tolist() == [64, 67, 69]
    assert melody.line.onset.tolist() == [0, 1, 3.5]
    assert melody.line.duration.tolist() == [1, 2, 0.5]


def test_what_is_written_for_a_clarinet_sounds_a_tone_lower() -> None:
    transposed = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    melody = read(score([note("D") + note("E")], fifths=2, more=transposed), "clarinet.musicxml").melody
    assert melody.line.pitch.tolist() == [60, 62]
    assert melody.key == Key("C", "major")


def test_loudness_lasts_until_the_next_mark() -> None:
    def mark(name: str) -> str:
        return f"<direction><direction-type><dynamics><{name}/></dynamics></direction-type></direction>"

    bars = [note("C") + mark("p") + note("D"), note("E") + mark("ff") + note("F")]
    assert read(score(bars), "loud.musicxml").line.velocity.tolist() == [80, 54, 54, 111]


def test_a_signature_without_a_mode_is_heard_by_its_notes() -> None:
    minor = [note("A") + note("E"), note("C", 5) + note("G", alter=1), note("A", 4, 4)]
    assert read(score(minor), "minor.musicxml").melody.key == Key("A", "minor")
    major = [note("C") + note("E"), note("G") + note("C"), note("C", 5, 4)]
    assert read(score(major), "major.musicxml").melody.key == Key("C", "major")


def test_tempo_marks_are_played_with_the_repeats() -> None:
    def mark(pace: int) -> str:
        return f'<direction><direction-type><words>x</words></direction-type><sound tempo="{pace}"/></direction>'

    bars = [mark(100) + note("C", duration=4), mark(50) + note("D", duration=4) + line("right", AGAIN)]
    tempo = read(score(bars), "tempo.musicxml").melody.tempo
    assert [(mark.onset, mark.quarters_per_minute) for mark in tempo] == [(0, 100), (2, 50), (4, 100), (6, 50)]


def test_kern_spines_are_parts() -> None:
    rows = ["**kern\t**kern", "*M3/4\t*M3/4", "=1\t=1", "2.GG\t4g", ".\t8a", ".\t8b", ".\t[4cc", "=2\t=2"]
    rows += ["2.GG\t4cc]", ".\t2b", "==\t==", "*-\t*-"]
    reading = read("\n".join(rows).encode(), "two.krn")
    assert reading.line.pitch.tolist() == [67, 69, 71, 72, 71]
    assert reading.line.duration.tolist() == [1, 0.5, 0.5, 2, 2]
    assert len(reading.song.parts) == 2


def test_a_score_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    bars = [note("C"), note("D"), note("E")]
    whole = score(bars)
    reading = read(whole[: whole.index(b"<step>E") + 20], "cut.musicxml")
    assert reading.line.pitch.tolist() == [60, 62]
    assert [str(remark) for remark in reading.song.remarks] == ["the file is damaged, and was read as far as possible"]
    with pytest.raises(Refusal, match="damaged"):
        read(whole[: whole.index(b"<note>")], "cut.musicxml")
