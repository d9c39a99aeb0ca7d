"""The synthesiser's sound, before mastering."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from generation.finish.sound.render import LEAD_IN, PRESETS, rehearse, render
from generation.finish.sound.synth import SAMPLE_RATE, SOUNDFONT, Synth, library_path
from generation.music.clock import Clock, Tempo
from generation.music.melody import Melody
from generation.music.notes import Notes
from generation.music.song import SUSTAIN, Part
from generation.request import INSTRUMENTS
from tests.listening import decibels
from tests.tunes import part_of, performance, scale


def one(velocity: int = 80, pitch: int = 60, length: float = 1.0, program: int = 0) -> tuple[Part, Clock]:
    clock = Melody([0.0], [length], [pitch], [velocity], (Tempo(0, 60),))
    return part_of(clock, program, "Piano"), clock.clock


def test_same_notes_same_bytes() -> None:
    melody = performance(30)
    parts = [part_of(melody, 0, "Piano")]
    first = render(parts, melody.clock)
    render([part_of(scale(8), 40, "Violin")], scale(8).clock)  # something else in between
    assert render(parts, melody.clock).tobytes() == first.tobytes()


def test_every_note_sounds_at_its_time() -> None:
    onset = np.array([0.0, 2.0, 4.5, 7.0])
    melody = Melody(onset, np.full(4, 0.5), [60, 67, 48, 84], [90] * 4, (Tempo(0, 60), Tempo(5.0, 120)))
    sound = render([part_of(melody, 0, "Piano")], melody.clock)
    for quarter in onset:
        frame = round((melody.seconds_at(quarter) + LEAD_IN) * SAMPLE_RATE)
        before = decibels(sound[max(frame - 1500, 0) : max(frame - 100, 1)])
        assert decibels(sound[frame : frame + 4000]) > before + 20


def test_velocity_is_heard() -> None:
    levels = [decibels(render([part], clock)[:SAMPLE_RATE]) for part, clock in map(one, (20, 50, 80, 110))]
    assert all(louder > softer + 2 for softer, louder in pairwise(levels))
    assert levels[-1] > levels[0] + 15


def test_the_pedal_holds_what_the_fingers_let_go() -> None:
    clock = Melody([0.0, 3.0], [0.3, 0.3], [60, 30], [90, 1], (Tempo(0, 60),))
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
    clock = Melody(np.arange(6.0), np.full(6, 1.3), np.full(6, 60), np.full(6, 90), (Tempo(0, 120),))
    unison = part_of(Notes(np.zeros(2), [1.0, 2.0], [64, 64], [90, 80]))
    sound = render([part_of(clock, 73, "Flute"), unison], clock.clock)
    assert decibels(sound[5 * SAMPLE_RATE :]) < decibels(sound[: 3 * SAMPLE_RATE]) - 50


def test_silence_before_the_first_note_is_left_out() -> None:
    melody = Melody([64.0], [1.0], [60], [80])
    sound = render([part_of(melody, 0, "Piano")], melody.clock)
    assert np.abs(sound[: round(0.3 * SAMPLE_RATE)]).max() > 0.1 * np.abs(sound).max()


def test_every_instrument_of_general_midi_has_a_preset() -> None:
    assert len(PRESETS) == 128
    assert set(PRESETS) == set(INSTRUMENTS.values())
    assert all(PRESETS[program] == program for program in INSTRUMENTS.values())
    Synth(sorted(set(PRESETS))).close()


@pytest.mark.parametrize("program", sorted(INSTRUMENTS.values()))
def test_every_instrument_sounds(program: int) -> None:
    part, clock = one(program=program)
    assert decibels(render([part], clock)[:SAMPLE_RATE]) > -70


def test_twenty_parts_and_the_drum_channel_too() -> None:
    melody = scale(2)
    quiet = [part_of(melody, 0, "") for _ in range(20)]
    alone = render([part_of(melody, 0, "")], melody.clock)
    assert np.abs(render(quiet, melody.clock)).max() > 10 * np.abs(alone).max()


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match=r"soundfont .*nothing\.sf3 is missing or damaged"):
        Synth([0], tmp_path / "nothing.sf3")
    (tmp_path / "broken.sf3").write_bytes(SOUNDFONT.read_bytes()[:5000])
    with pytest.raises(OSError, match="missing or damaged"):
        Synth([0], tmp_path / "broken.sf3")
    with pytest.raises(OSError, match="no preset 99"):
        Synth([99])
    monkeypatch.setattr("importlib.metadata.files", lambda _: [])
    monkeypatch.setattr("ctypes.util.find_library", lambda _: None)
    with pytest.raises(OSError, match="FluidSynth is missing"):
        library_path()


def test_a_long_piece_is_played_as_one() -> None:
    """However it is cut into phrases: what is held by key or pedal sounds on, and the rest is let go."""
    clock = Melody(np.arange(40.0), np.full(40, 0.5), np.full(40, 40) + np.arange(40), np.full(40, 70), (Tempo(0, 60),))
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
    given, new = part_of(melody[:30], 0, "Piano"), part_of(melody[30:], 73, "Flute")
    alone = render([given, new], melody.clock, 1)
    rehearse([given], melody.clock, 1)
    assert render([given, new], melody.clock, 1).tobytes() == alone.tobytes()
    together = render([given, new], melody.clock)
    assert decibels(alone[: len(together)] - together[: len(alone)]) < decibels(together) - 15  # but for the hall
