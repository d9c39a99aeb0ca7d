"""MIDI: exact to the tick, whatever the file's habits."""

import numpy as np
import pytest

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.read.file import read
from generation.read.midi import read_midi
from generation.request import Refusal
from tests.hostile_bytes import TUNE, midi, notes, number, tempo, track


def events(*timed: tuple[int, bytes]) -> bytes:
    """(tick, message) in any order → the events of a track."""
    now, out = 0, b""
    for tick, message in sorted(timed, key=lambda event: event[0]):
        out += number(tick - now) + message
        now = tick
    return out


def on(pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 0))


def test_onsets_pitches_and_velocities_are_exact() -> None:
    rng = np.random.default_rng(11)
    starts = np.cumsum(rng.integers(60, 900, 200))
    ends = starts + np.minimum(rng.integers(20, 900, 200), np.append(np.diff(starts), 900) + 40)
    pitch, velocity = rng.integers(50, 90, 200), rng.integers(1, 128, 200)
    pitch[1::2] += 40 * (pitch[1::2] < 70)  # no key is struck again before it is let go
    pitch[::2] -= 30 * (pitch[::2] >= 70)
    played = [(int(a), on(int(p), int(v))) for a, p, v in zip(starts, pitch, velocity, strict=True)]
    played += [(int(b), off(int(p))) for b, p in zip(ends, pitch, strict=True)]
    tempos = [(int(tick), tempo(int(us))[1:]) for tick, us in zip(starts[::3], rng.integers(3e5, 9e5, 67), strict=True)]
    reading = read(midi(track(events(*tempos)), track(events(*played))), "played.mid")
    melody = reading.melody
    assert melody.line.pitch.tolist() == pitch.tolist()
    assert melody.line.velocity.tolist() == velocity.tolist()
    clock = np.interp(starts, *_clock(tempos, int(ends[-1])))
    assert [melody.clock.second(onset) for onset in melody.line.onset] == pytest.approx(clock.tolist(), abs=1e-6)
    assert not reading.source and len(reading.song.parts) == 1


def _clock(tempos: list[tuple[int, bytes]], end: int) -> tuple[list[int], list[float]]:
    """Ticks and their seconds, by the book."""
    ticks, seconds, pace, last = [0], [0.0], 500_000, 0
    for tick, message in [*tempos, (end, tempos[-1][1])]:
        seconds.append(seconds[-1] + (tick - last) / 480 * pace / 1e6)
        ticks.append(tick)
        pace, last = int.from_bytes(message[3:6]), tick
    return ticks, seconds


def test_running_status_and_velocity_0() -> None:
    data = b"\x00\x90\x3c\x50\x60\x3c\x00\x00\x3e\x51\x60\x3e\x00"
    melody = read(midi(track(data), division=96), "running.mid").melody
    assert (melody.line.pitch.tolist(), melody.line.velocity.tolist()) == ([60, 62], [80, 81])
    assert (melody.line.onset.tolist(), melody.line.duration.tolist()) == ([0, 1], [1, 1])


def test_other_events_do_not_disturb_running_status() -> None:
    data = b"\x00\x90\x3c\x50\x00\xff\x01\x02hi\x60\x3c\x00\x00\xf0\x02\x01\xf7\x00\x3e\x51\x60\x3e\x00"
    assert read(midi(track(data)), "running.mid").line.pitch.tolist() == [60, 62]


def test_a_key_struck_again_before_it_is_let_go() -> None:
    data = events((0, on(60)), (480, on(60)), (480, off(60)), (960, off(60)))
    melody = read(midi(track(data)), "again.mid").melody
    assert (melody.line.onset.tolist(), melody.line.duration.tolist()) == ([0, 1], [1, 1])
    melody = read(midi(track(events((0, on(60)), (480, on(60)), (960, off(60))))), "again.mid").melody
    assert (melody.line.onset.tolist(), melody.line.duration.tolist()) == ([0, 1], [1, 1])


def test_notes_that_nobody_ends() -> None:
    melody = read(midi(track(events(*((i * 480, on(pitch)) for i, pitch in enumerate(TUNE))))), "held.mid").melody
    assert melody.line.onset.tolist() == list(range(8))
    assert melody.line.duration.tolist() == [1] * 8


def test_metre_key_pickup_and_title() -> None:
    head = events(
        (0, b"\xff\x03\x04Tune"),
        (0, b"\xff\x58\x04\x01\x03\x18\x08"),
        (240, b"\xff\x58\x04\x06\x03\x18\x08"),
        (0, b"\xff\x59\x02\xff\x01"),
    )
    tune = [62, 65, 69, 67, 65, 64, 62, 61] * 2
    melody = read(midi(track(head), track(notes(tune, 240))), "head.mid").melody
    assert (melody.metre, melody.downbeat, melody.title) == ((6, 8), 0.5, "Tune")
    assert melody.key == Key("D", "minor")


def test_c_major_is_what_programs_write_when_nobody_said_anything() -> None:
    assert read(midi(track(b"\x00\xff\x59\x02\x00\x00" + notes(TUNE))), "c.mid").melody.key is None


def test_without_a_tempo_it_runs_at_120() -> None:
    assert read(midi(track(notes(TUNE))), "plain.mid").melody.tempo == (Tempo(0, 120),)


def test_frames_of_film_are_seconds() -> None:
    data = track(tempo(1_000_000) + notes([60, 62], 1_000))
    melody = read(midi(data, division=0xE728), "film.mid").melody  # 25 frames of 40 ticks: a tick is a millisecond
    assert [melody.clock.second(onset) for onset in melody.line.onset] == pytest.approx([0, 1])


def test_program_and_pedal_are_kept() -> None:
    data = b"\x00\xc0\x28\x00\xb0\x40\x7f" + notes(TUNE) + b"\x00\xb0\x40\x00"
    reading = read(midi(track(data)), "violin.mid")
    assert reading.program == 40
    assert reading.song.parts[0].control(64) == ((0.0, 127), (8.0, 0))
    assert read(midi(track(notes(TUNE))), "nobody.mid").program is None


def test_silence_before_the_first_note_stays_where_it_is() -> None:
    def first(rest: int) -> float:
        return float(read(midi(track(number(rest) + notes(TUNE)[1:])), "rest.mid").line.onset[0])

    assert first(480 * 3) == 3
    assert first(480 * 11) == 11
    assert first(480 * 4 * 1_000 + 480) == 1, "but not for half an hour"
    two = midi(track(number(480 * 9) + notes(TUNE)[1:]), track(tempo(400_000) + number(480 * 8) + notes([40] * 8)[1:]))
    reading = read(two, "two.mid")
    assert [float(part.notes.onset[0]) for part in reading.song.parts] == [9, 8]
    assert reading.line.onset[0] == 9
    assert reading.melody.tempo[0] == Tempo(0, 150)


def test_channels_of_one_track_are_voices() -> None:
    both = [(i * 480, on(pitch)) for i, pitch in enumerate(TUNE)] + [(i * 480, on(40, 60, 9)) for i in range(8)]
    both += [(i * 480 + 400, off(pitch)) for i, pitch in enumerate(TUNE)] + [
        (i * 480 + 99, off(40, 9)) for i in range(8)
    ]
    song = read_midi(midi(track(events(*both)), kind=0))
    assert [(part.channel, part.drums, len(part.notes)) for part in song.parts] == [
        (1, False, 8),
        (10, True, 8),
    ]
    assert [part.drums for part in read(midi(track(events(*both)), kind=0), "drums.mid").song.parts] == [False, True]


def test_a_file_of_five_megabytes_is_read() -> None:
    """Keyboards send the pressure on their keys all the time."""
    pressed = midi(track(notes(TUNE)), track(b"\x00\xd0\x01" + b"\x00\x40" * 2_450_000))
    assert 4_900_000 < len(pressed) < 5_000_000
    assert read(pressed, "pressed.mid").line.pitch.tolist() == TUNE
    with pytest.raises(Refusal, match="limit is 5,000,000"):
        read(pressed + bytes(200_000), "pressed.mid")
