"""The synthesiser's sound, before mastering."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.finish.sound.phrases import PHRASE, RINGING, phrases
from generation.finish.sound.render import LEAD_IN, rehearse, render
from generation.finish.sound.synth import SAMPLE_RATE, SOUNDFONT, Synth, library_path
from generation.music.clock import Clock, Tempo
from generation.music.notes import Notes
from generation.music.song import EXPRESSION, PAN, SUSTAIN, VOLUME, Part
from generation.request import INSTRUMENTS
from tests.listening import decibels
from tests.tunes import head, line_of, part_of, performance, scale


def one(velocity: int = 80, pitch: int = 60, length: float = 1.0, program: int = 0) -> tuple[Part, Clock]:
    clock = line_of([0.0], [length], [pitch], [velocity], (Tempo(0, 60),))
    return part_of(clock, program, "Piano"), clock.clock


def test_same_notes_same_bytes() -> None:
    melody = performance(30)
    parts = [part_of(melody, 0, "Piano")]
    first = render(parts, melody.clock)
    render([part_of(scale(8), 40, "Violin")], scale(8).clock)  # something else in between
    assert render(parts, melody.clock).tobytes() == first.tobytes()


def test_every_note_sounds_at_its_time() -> None:
    onset = np.array([0.0, 2.0, 4.5, 7.0])
    melody = line_of(onset, np.full(4, 0.5), [60, 67, 48, 84], [90] * 4, (Tempo(0, 60), Tempo(5.0, 120)))
    sound = render([part_of(melody, 0, "Piano")], melody.clock)
    for quarter in onset:
        frame = round((melody.clock.second(quarter) + LEAD_IN) * SAMPLE_RATE)
        before = decibels(sound[max(frame - 1500, 0) : max(frame - 100, 1)])
        assert decibels(sound[frame : frame + 4000]) > before + 20


def test_velocity_is_heard() -> None:
    levels = [decibels(render([part], clock)[:SAMPLE_RATE]) for part, clock in map(one, (20, 50, 80, 110))]
    assert all(louder > softer + 2 for softer, louder in pairwise(levels))
    assert levels[-1] > levels[0] + 15


def test_the_pedal_holds_what_the_fingers_let_go() -> None:
    clock = line_of([0.0, 3.0], [0.3, 0.3], [60, 30], [90, 1], (Tempo(0, 60),))
    dry = part_of(clock, 0, "Piano")
    held = replace(dry, controls=((0.0, SUSTAIN, 127), (2.5, SUSTAIN, 0)))
    late = slice(round(1.5 * SAMPLE_RATE), round(2.0 * SAMPLE_RATE))
    assert decibels(render([held], clock.clock)[late]) > decibels(render([dry], clock.clock)[late]) + 20
    after = slice(round(2.9 * SAMPLE_RATE), round(3.0 * SAMPLE_RATE))
    assert decibels(render([held], clock.clock)[after]) < decibels(render([held], clock.clock)[late]) - 15


def test_it_ends_in_silence_and_soon() -> None:
    part, clock = one(velocity=120, length=2.0)
    part = replace(part, controls=((0.0, SUSTAIN, 127),))  # and nobody lifts it
    sound = render([part], clock)
    assert 2.5 < len(sound) / SAMPLE_RATE < 9
    assert np.abs(sound[-20:]).max() < 1e-4 * np.abs(sound).max()


def test_no_note_hangs_where_notes_overlap() -> None:
    clock = line_of(np.arange(6.0), np.full(6, 1.3), np.full(6, 60), np.full(6, 90), (Tempo(0, 120),))
    unison = part_of(Notes(np.zeros(2), [1.0, 2.0], [64, 64], [90, 80]))
    sound = render([part_of(clock, 73, "Flute"), unison], clock.clock)
    assert decibels(sound[5 * SAMPLE_RATE :]) < decibels(sound[: 3 * SAMPLE_RATE]) - 50


def test_silence_before_the_first_note_is_left_out() -> None:
    melody = line_of([64.0], [1.0], [60], [80])
    sound = render([part_of(melody, 0, "Piano")], melody.clock)
    assert np.abs(sound[: round(0.3 * SAMPLE_RATE)]).max() > 0.1 * np.abs(sound).max()


@pytest.mark.parametrize("program", range(0, 128, 3))
def test_every_program_of_general_midi_sounds_as_itself(program: int) -> None:
    part, clock = one(program=program)
    sound = render([part], clock)[:SAMPLE_RATE]
    assert decibels(sound) > -70
    piano, _ = one()
    assert program == 0 or decibels(sound - render([piano], clock)[:SAMPLE_RATE]) > -70


def test_every_instrument_that_one_can_ask_for_has_a_sound_of_its_own() -> None:
    sounds = {render([one(program=program)[0]], one()[1]).tobytes() for program in INSTRUMENTS.values()}
    assert len(sounds) == len(INSTRUMENTS)


def test_drums_are_drums_and_kits_differ() -> None:
    _, clock = one()
    hits = Notes(np.arange(8) * 0.5, np.full(8, 0.25), [36, 42, 38, 42] * 2, np.full(8, 100))
    kits = [render([part_of(hits, program, drums=True)], clock) for program in (0, 40, 3, 127)]
    assert all(decibels(sound[: 3 * SAMPLE_RATE]) > -60 for sound in kits)
    assert decibels(kits[0][:SAMPLE_RATE] - kits[1][:SAMPLE_RATE]) > -60, "sticks and brushes"
    notes = render([part_of(hits, 0)], clock)
    assert decibels(kits[0][:SAMPLE_RATE] - notes[:SAMPLE_RATE]) > -60, "no piano"


def test_volume_expression_pan_and_bends_are_heard() -> None:
    clock = Clock((Tempo(0.0, 60.0),))
    held = Notes([0.0, 2.0, 4.0], [2.0, 2.0, 2.0], [69, 69, 69], [90, 90, 90])

    def heard(**sound: Any) -> np.ndarray:
        return render([part_of(held, 73, "Flute", **sound)], clock)

    def second(sound: np.ndarray, at: float) -> np.ndarray:
        return sound[round((at + 0.3) * SAMPLE_RATE) : round((at + 1.3) * SAMPLE_RATE)]

    plain = heard()
    for number in (VOLUME, EXPRESSION):
        turned = heard(controls=((0.0, number, 100), (2.0, number, 40), (4.0, number, 0)))
        assert decibels(second(turned, 2)) < decibels(second(turned, 0)) - 8
        assert decibels(second(turned, 4)) < decibels(second(plain, 4)) - 30
    left, right = second(heard(controls=((0.0, PAN, 0),)), 0).T
    assert decibels(left) > decibels(right) + 10
    bent = heard(bends=((0.0, 0), (2.0, 4096), (4.0, -8192)))
    pitches = [pitch(second(bent, at)) for at in (0, 2, 4)]
    assert pitches == pytest.approx([440 * 2 ** (semitones / 12) for semitones in (0, 1, -2)], rel=0.006)
    wide = heard(controls=((0.0, 101, 0), (0.0, 100, 0), (0.0, 6, 12)), bends=((0.0, 8191),))
    assert pitch(second(wide, 2)) == pytest.approx(880, rel=0.006), "an octave, as the file asks"


def pitch(sound: np.ndarray) -> float:
    """The strongest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(sound.mean(1) * np.hanning(len(sound)), 8 * len(sound)))
    return float(np.argmax(spectrum) * SAMPLE_RATE / (8 * len(sound)))


def test_a_program_changes_midway_and_holds_in_later_phrases() -> None:
    clock = Clock((Tempo(0.0, 60.0),))
    held = Notes(np.arange(20.0), np.full(20, 0.9), np.full(20, 60), np.full(20, 90))
    changed = render([part_of(held, 0, programs=((10.0, 73),))], clock)
    piano, flute = (render([part_of(held, program)], clock) for program in (0, 73))
    early, late = (slice(at * SAMPLE_RATE, (at + 4) * SAMPLE_RATE) for at in (1, 15))
    assert decibels(changed[early] - piano[early]) < -80 < decibels(changed[early] - flute[early])
    assert decibels(changed[late] - flute[late]) < -60 < decibels(changed[late] - piano[late])


def test_nothing_begins_for_a_while() -> None:
    """However long a rest is or a note is held, it is heard as such."""
    clock = Clock((Tempo(0.0, 60.0),))
    rest = render([part_of(Notes([0.0, 1.0, 40.0], [1.0, 1.0, 1.0], [60, 62, 64], [90] * 3))], clock)
    assert decibels(rest[10 * SAMPLE_RATE : 39 * SAMPLE_RATE]) < -100 < -60 < decibels(rest[40 * SAMPLE_RATE :])
    drone = render([part_of(Notes([0.0, 0.5, 30.0], [1.0, 29.0, 1.0], [60, 62, 64], [90] * 3), 19)], clock)
    assert decibels(drone[20 * SAMPLE_RATE : 29 * SAMPLE_RATE]) > -50


def test_twenty_parts_and_the_drum_channel_too() -> None:
    melody = scale(2)
    quiet = [part_of(melody, 0, "") for _ in range(20)]
    alone = render([part_of(melody, 0, "")], melody.clock)
    assert np.abs(render(quiet, melody.clock)).max() > 10 * np.abs(alone).max()


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match=r"soundfont .*nothing\.sf3 is missing or damaged"):
        Synth(1, tmp_path / "nothing.sf3")
    (tmp_path / "broken.sf3").write_bytes(SOUNDFONT.read_bytes()[:5000])
    with pytest.raises(OSError, match="missing or damaged"):
        Synth(1, tmp_path / "broken.sf3")
    monkeypatch.setattr("importlib.metadata.files", lambda _: [])
    monkeypatch.setattr("ctypes.util.find_library", lambda _: None)
    with pytest.raises(OSError, match="FluidSynth is missing"):
        library_path()


def test_a_long_piece_is_played_as_one() -> None:
    """However the music is cut into phrases, notes held by key or pedal sound on, and the rest is let go."""
    clock = line_of(
        np.arange(40.0), np.full(40, 0.5), np.full(40, 40) + np.arange(40), np.full(40, 70), (Tempo(0, 60),)
    )
    tune = part_of(clock, 0, "Piano")
    organ = part_of(Notes([1.0], [37.0], [60], [90]), 19)
    pedalled = Notes([7.0, 9.0, 30.0], np.full(3, 0.2), [52, 64, 90], np.full(3, 100))
    held = part_of(pedalled, controls=((0.0, SUSTAIN, 127), (20.0, SUSTAIN, 0)))
    ringing = render([tune, held], clock.clock)[: 21 * SAMPLE_RATE] - render([tune], clock.clock)[: 21 * SAMPLE_RATE]
    assert decibels(ringing[round(12.5 * SAMPLE_RATE) : 13 * SAMPLE_RATE]) > -70
    assert decibels(ringing[round(20.5 * SAMPLE_RATE) :]) < -80
    assert decibels(render([organ], clock.clock)[30 * SAMPLE_RATE : 31 * SAMPLE_RATE]) > -50
    both = render([tune, organ], clock.clock)
    assert np.abs(both).max() > 0.5 * np.abs(render([organ], clock.clock)).max()
    assert decibels(both[-20:]) < -90


def test_a_rehearsal_changes_nothing_but_the_time_it_takes() -> None:
    melody = performance(60)
    given, new = part_of(head(melody, 30), 0, "Piano"), part_of(melody.line[30:], 73, "Flute")
    alone = render([given, new], melody.clock, 1)
    rehearse([given], melody.clock, 1)
    assert render([given, new], melody.clock, 1).tobytes() == alone.tobytes()
    together = render([given, new], melody.clock)
    assert decibels(alone[: len(together)] - together[: len(alone)]) < decibels(together) - 15  # but for the hall


def test_the_level_hardly_sinks_where_a_band_falls_silent() -> None:
    clock = Clock((Tempo(0.0, 120.0),))
    beat = np.arange(32.0)
    tune = Notes(beat, np.full(32, 0.9), 60 + np.arange(32) % 8, np.full(32, 80))
    chords = Notes(np.repeat(beat, 4), np.full(128, 0.9), np.tile([48, 52, 55, 60], 32), np.full(128, 90))
    band = [part_of(tune, 73), part_of(chords, 48), part_of(chords.later(0.5), 25), part_of(chords, 61)]
    alone = part_of(tune.later(32.0), 73)
    sound = render([*band, alone], clock, len(band))
    seam = round((16 + LEAD_IN) * SAMPLE_RATE)
    before, after = (
        decibels(sound[seam - 6 * SAMPLE_RATE : seam]),
        decibels(sound[seam + SAMPLE_RATE :][: 6 * SAMPLE_RATE]),
    )
    apart = decibels(render([alone], clock)[SAMPLE_RATE : 7 * SAMPLE_RATE])
    assert apart < before - 6, "it would sink"
    assert before - 4 < after < before + 1
    assert decibels(render([band[0], alone], clock, 1)[seam + SAMPLE_RATE :][: 6 * SAMPLE_RATE]) == pytest.approx(
        apart, abs=0.5
    )


def test_a_pedal_that_is_never_lifted_is_let_go_before_it_fills_the_memory() -> None:
    count = 600
    pressed = part_of(Notes(np.arange(count), np.ones(count), np.full(count, 60), np.full(count, 80)))
    held = replace(pressed, controls=((0.0, SUSTAIN, 127),))
    found = list(phrases([held], Clock((Tempo(0.0, 60),)), 0.0))
    assert len(found) == 75
    assert max(phrase[-1][0] - phrase[0][0] for phrase in found) <= PHRASE + 1 + RINGING
    assert all(("control", 0, SUSTAIN, 0) in [event[1:] for event in phrase] for phrase in found)
