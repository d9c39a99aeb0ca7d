"""What stands around the notes of MusicXML: tempo, loudness, words, chords, instruments, titles."""

import pytest

from generation.music.song import SUSTAIN
from tests.read.test_musicxml import song, sound, words
from tests.read.test_read_score import AGAIN, line, note, score


@pytest.mark.parametrize(
    ("mark", "pace"),
    [
        ("<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>ca. 72</per-minute>"
         "</metronome></direction-type></direction>", 72),
        ("<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
         "<per-minute>60</per-minute></metronome></direction-type></direction>", 90),
        (words("Allegro"), 132),
        (words("Langsam"), 56),
        (words("Adagio", sound('tempo="50"')), 50),
        (words("Andante (♩ = c. 88)"), 88),
        (words("Andante (ca. 72)"), 72),
        (words("Presto (half note = 60)"), 120),
        (words("Lento♪. = 80"), 60),
        (words("Largo (eighth = 3000)"), 50),
        ("<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit>half</beat-unit></metronome>"
         "</direction-type></direction>", 110),
        (sound('tempo="90"'), 90),
    ],
)  # fmt: skip
def test_tempo(mark: str, pace: float) -> None:
    assert song(score([mark + note("C", duration=4), note("D", duration=4)])).tempo[0].quarters_per_minute == pace


def test_the_first_tempo_of_the_score_returns_whichever_part_says_so() -> None:
    flute = [words("Adagio") + note("C", duration=4), *(note(step, duration=4) for step in "DEF")]
    piano = [note("C", duration=4), words("Presto") + note("D", duration=4), words("Tempo I") + note("E", duration=4)]
    found = song(score(flute, piano)).tempo
    assert [(mark.onset, mark.quarters_per_minute) for mark in found] == [(0, 66), (2, 180), (4, 66)]


def test_hairpins_and_accents() -> None:
    def mark(what: str) -> str:
        return f"<direction><direction-type>{what}</direction-type></direction>"

    p, f, sf = (mark(f"<dynamics><{name}/></dynamics>") for name in ("p", "f", "sf"))
    swell, stop = mark('<wedge type="crescendo"/>'), mark('<wedge type="stop"/>')
    tune = [p + swell + note("C") + note("D"), note("E") + note("F"), stop + f + note("G") + sf + note("A"), note("B")]
    assert song(score(tune)).parts[0].notes.velocity.tolist() == [54, 64, 75, 86, 96, 108, 96]


def test_what_stands_around_the_notes() -> None:
    lyric = '<lyric number="{}"><syllabic>{}</syllabic><text>{}</text></lyric>'
    sung = note("C", 4, 4, lyric.format(1, "begin", "Hal") + lyric.format(2, "single", "Lo"))
    harmony = "<harmony><root><root-step>{}</root-step></root><kind>{}</kind>{}</harmony>"
    over = "<bass><bass-step>B</bass-step><bass-alter>-1</bass-alter></bass>"
    pedal = '<direction><direction-type><pedal type="{}"/></direction-type></direction>'
    rehearsal = "<direction><direction-type><rehearsal>A</rehearsal></direction-type></direction>"
    tune = [rehearsal + harmony.format("C", "major-seventh", "") + pedal.format("start") + sung + pedal.format("stop"),
            harmony.format("D", "minor-seventh", over) + note("D", duration=4) + line("right", AGAIN)]  # fmt: skip
    found = song(score(tune))
    assert found.parts[0].words == ((0, "Hal-"), (4, "Lo"))
    assert found.chords == ((0, "Cmaj7"), (2, "Dm7/Bb"), (4, "Cmaj7"), (6, "Dm7/Bb"))
    assert found.markers == ((0, "A"), (4, "A"))
    assert found.parts[0].control(SUSTAIN) == ((0, 127), (2, 0), (4, 127), (6, 0))


def test_chords_sound_with_their_part() -> None:
    shift = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    harmony = "<harmony><root><root-step>C</root-step></root><kind>dominant</kind></harmony>"
    assert song(score([harmony + note("D", duration=4)], more=shift)).chords == ((0, "Bb7"),)


@pytest.mark.parametrize(
    ("inside", "symbol"),
    [
        ("<kind>half-diminished</kind>", "Am7b5"),
        ("<kind>dominant</kind><degree><degree-value>9</degree-value><degree-alter>-1</degree-alter>"
         "<degree-type>add</degree-type></degree>", "A7(b9)"),
        ("<kind>major</kind><degree><degree-value>9</degree-value><degree-alter>0</degree-alter>"
         "<degree-type>add</degree-type></degree>", "A(add9)"),
        ("<kind text='alt'>other</kind>", "Aalt"),
        ("<kind>none</kind>", "N.C."),
    ],
)  # fmt: skip
def test_chord_symbols(inside: str, symbol: str) -> None:
    harmony = f"<harmony><root><root-step>A</root-step></root>{inside}</harmony>"
    assert song(score([harmony + note("C", duration=4)])).chords == ((0, symbol),)


def test_chord_symbols_over_one_note_share_its_time() -> None:
    def named(step: str, more: str = "") -> str:
        return f"<harmony><root><root-step>{step}</root-step></root><kind>major</kind>{more}</harmony>"

    bar = named("C") + named("F") + note("C", duration=4)
    assert song(score([bar, named("G") + named("G") + note("D", duration=4)])).chords == ((0, "C"), (1, "F"), (2, "G"))
    placed = named("C") + named("F", "<offset>3</offset>") + note("C", duration=4)
    assert song(score([placed])).chords == ((0, "C"), (1.5, "F"))


def test_pitches_under_a_percussion_clef_are_drums() -> None:
    clef = "<attributes><clef><sign>percussion</sign></clef></attributes>"
    places = clef + note("F") + note("C", 5)
    keys = note("F", 2, alter=1) + note("C", 2)
    found = song(score([note("C", duration=4)] * 2, [places, keys], names=("Flute", "Kit"))).parts
    assert [part.drums for part in found] == [False, True]
    assert found[1].notes.pitch.tolist() == [36, 38, 42, 36], "on the staff, or as General MIDI numbers drums"


def test_drums_and_instruments() -> None:
    listed = b"""<score-part id="P0"><part-name>Kit</part-name>
<score-instrument id="a"><instrument-name>Snare</instrument-name></score-instrument>
<score-instrument id="b"><instrument-name>x</instrument-name></score-instrument>
<midi-instrument id="b"><midi-unpitched>43</midi-unpitched></midi-instrument></score-part>
<score-part id="P1"><part-name>Lead</part-name><score-instrument id="c"><instrument-name>x</instrument-name>
</score-instrument><midi-instrument id="c"><midi-program>66</midi-program><volume>50</volume><pan>-90</pan>
</midi-instrument></score-part>"""
    hit = "<note><unpitched><display-step>{}</display-step><display-octave>4</display-octave></unpitched>"
    hit += '<duration>1</duration><instrument id="{}"/></note>'
    data = score([hit.format("A", "a") + hit.format("A", "b") + hit.format("F", "?")], [note("C", duration=4)])
    start, end = data.index(b"<score-part id"), data.index(b"</part-list>")
    drums, lead = song(data[:start] + listed + data[end:]).parts
    assert drums.drums and drums.notes.pitch.tolist() == [38, 42, 36]
    assert (lead.program, lead.drums, lead.controls) == (65, False, ((0, 7, 64), (0, 10, 0)))


@pytest.mark.parametrize(
    ("name", "program"),
    [("Flute", 73), ("B♭ Clarinet 2", 71), ("Violoncello", 42), ("Contrabass", 43), ("Singstimme", 52), ("Klavier", 0),
     ("Horn in F", 60), ("Bass Guitar", 33), ("Alto Saxophone", 65), ("Viola", 41), ("Hautbois", 68), ("Zither", None)],
)  # fmt: skip
def test_an_instrument_is_known_by_its_name(name: str, program: int | None) -> None:
    assert song(score([note("C", duration=4)], names=(name,))).parts[0].program == program


def test_cue_notes_are_left_out_and_small_ones_are_not() -> None:
    cue = note("G").replace("<note>", "<note><cue/>")
    small = note("A", more='<type size="cue">quarter</type>')
    assert song(score([cue + small])).parts[0].notes.pitch.tolist() == [69]


@pytest.mark.parametrize(
    ("head", "title", "composer"),
    [
        ("<work><work-title>Air</work-title></work>", "Air", ""),
        ("<work><work-title>Suite</work-title></work><movement-title>Gigue</movement-title>", "Gigue", ""),
        ("<movement-title>Untitled score</movement-title>", "", ""),
        ("<work><work-title>Title</work-title></work><credit page='1'><credit-words font-size='12'>N. N.</credit-words>"
         "</credit><credit page='1'><credit-words font-size='24'>La Paloma</credit-words></credit>", "La Paloma", ""),
        ("<movement-title>Air.mscz</movement-title><identification><creator type='composer'>J. S. Bach</creator>"
         "</identification>", "Air", "J. S. Bach"),
        ("<work><work-title>Partitura</work-title></work><identification><creator type='composer'>Composer</creator>"
         "</identification>", "", ""),
    ],
)  # fmt: skip
def test_title_and_composer(head: str, title: str, composer: str) -> None:
    found = song(score([note("C", duration=4)]).replace(b"<part-list>", head.encode() + b"<part-list>"))
    assert (found.title, found.composer) == (title, composer)
