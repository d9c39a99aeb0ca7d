"""Damaged MIDI: events are clipped or skipped as a careful player would do it, and the tune is played."""

import io
import random
import struct
from pathlib import Path

import mido
import pytest

from generation.read.file import read
from generation.read.midi import read_midi
from generation.request import Refusal, Words
from tests.hostile_bytes import TUNE, midi, notes, number, tempo, track

CASES = Path(__file__).parents[1] / "data/cases"
CLIPPED = "values beyond MIDI's limits were clipped"
BASS = notes([40, 43] * 4, channel=1)


def struck(data: bytes) -> list[tuple[float, int, int]]:
    """(quarter, pitch, velocity) of every note."""
    parts = [part.notes for part in read_midi(data).parts]
    return sorted(
        (float(at), int(pitch), int(velocity))
        for part in parts
        for at, pitch, velocity in zip(part.onset, part.pitch, part.velocity, strict=True)
    )


def said(remarks: tuple[Words, ...]) -> list[str]:
    return [str(remark) for remark in remarks]


def struck_by_mido(data: bytes) -> list[tuple[float, int, int]]:
    file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    found = []
    for line in file.tracks:
        tick = 0
        for message in line:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                found.append((tick / file.ticks_per_beat, message.note, message.velocity))
    return sorted(found)


@pytest.mark.parametrize("name", ["m01-controller-255.mid", "m02-velocity-200.mid"])
def test_impossible_values_are_clipped(name: str) -> None:
    data = (CASES / name).read_bytes()
    reading = read(data, name)
    assert len(reading.line) == 30
    assert reading.line.pitch[:6].tolist() == [64, 64, 65, 67, 67, 65]
    assert struck(data) == struck_by_mido(data)
    assert said(reading.song.remarks) == [CLIPPED]


@pytest.mark.parametrize(
    "odd",
    [
        b"\x00\xb0\x07\xff",
        b"\x00\xb0\xff\x40",
        b"\x00\xc0\xc8",
        b"\x00\xe0\xff\xff",
        b"\x00\x90\xc8\xff\x60\x80\xc8\x00",
        b"\x00\xa0\x3c\xf0",
        b"\x00\xd0\xfe",
    ],
)
def test_any_message_may_hold_one(odd: bytes) -> None:
    data = midi(track(notes(TUNE[:4]) + odd + notes(TUNE[4:])), track(BASS))
    assert struck(data) == struck_by_mido(data)
    assert said(read_midi(data).remarks) == [CLIPPED]


def test_all_velocities_impossible() -> None:
    """A program that counts to 255."""
    data = midi(
        track(b"".join(bytes((0, 0x90, pitch, 150 + pitch)) + b"\x60\x80" + bytes((pitch, 200)) for pitch in TUNE))
    )
    assert struck(data) == struck_by_mido(data)
    assert [velocity for _, _, velocity in struck(data)] == [127] * 8


@pytest.mark.parametrize("status", [0xF8, 0xFA, 0xFC, 0xFE, 0xF6, 0xF4, 0xF5, 0xF9, 0xFD])
def test_system_bytes_between_events(status: int) -> None:
    """Clocks and the like do not belong in a file, nor do they end running status."""
    data = b"\x00\x90\x3c\x50\x60\x3c\x00" + bytes((0, status)) + b"\x00\x3e\x51\x60\x3e\x00"
    assert struck(midi(track(data), division=96)) == [(0, 60, 80), (1, 62, 81)]


def test_system_messages_with_data_between_events() -> None:
    for message in (b"\xf1\x22", b"\xf2\x10\x20", b"\xf3\x05"):
        data = midi(track(notes(TUNE[:4]) + b"\x00" + message + notes(TUNE[4:])))
        assert [pitch for _, pitch, _ in struck(data)] == TUNE


def test_system_exclusive_as_it_goes_over_the_wire() -> None:
    """Without its length: the XG reset and the GS reset."""
    for message in (b"\xf0\x43\x10\x4c\x00\x00\x7e\x00\xf7", b"\xf0\x41\x10\x42\x12\x40\x00\x7f\x00\x41\xf7"):
        data = midi(track(b"\x00" + message + notes(TUNE)), track(BASS))
        assert [pitch for _, pitch, _ in struck(data) if pitch >= 60] == TUNE


def test_system_exclusive_in_packets() -> None:
    """In order, though it does not end with F7: its end comes later."""
    packets = b"\x00\xf0\x03\x43\x12\x00\x48\xf7\x02\x01\x02\x00\xf7\x01\xf7"
    later = [(at + 72 / 480, pitch, velocity) for at, pitch, velocity in struck(midi(track(notes(TUNE))))]
    assert struck(midi(track(packets + notes(TUNE)))) == later


def test_damage_in_one_track_leaves_the_others() -> None:
    junk = bytes(range(0x80, 0x100)) * 4
    reading = read(
        midi(track(tempo(400_000)), track(notes(TUNE)), track(notes([40] * 8, channel=1) + junk)), "junk.mid"
    )
    assert reading.line.pitch.tolist() == TUNE
    assert [len(part.notes) for part in reading.song.parts][1:] == [8]
    assert said(reading.song.remarks) == ["track 3 is damaged, and its unreadable parts were skipped"]


def test_reading_goes_on_behind_damage() -> None:
    rng = random.Random(4)
    for size in (1, 2, 3, 5, 9):
        for _ in range(20):
            junk = b"\x00\xf7\x8f\xff\xff\x7f" + bytes(rng.randrange(0xF8, 0xFF) for _ in range(size))
            data = midi(track(notes(TUNE * 4) + junk + notes(TUNE * 4)), track(BASS))
            pitches = [pitch for _, pitch, _ in struck(data) if pitch >= 60]
            assert pitches[:32] == TUNE * 4
            assert len(pitches) >= 62, "all but a note or two behind the damage"


@pytest.mark.parametrize("by", [-40, -3, -1, 1, 2, 5, 40, 10_000, 0x7FFFFFFF])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_wrong_lengths_of_tracks(by: int, which: int) -> None:
    tracks = [track(tempo(400_000)), track(notes(TUNE)), track(BASS)]
    right = struck(midi(*tracks))
    size = max(0, int.from_bytes(tracks[which][4:8]) + by)
    tracks[which] = tracks[which][:4] + struct.pack(">I", size) + tracks[which][8:]
    assert struck(midi(*tracks)) == right


def test_a_track_that_swallows_the_next() -> None:
    first, second = track(notes(TUNE)), track(BASS)
    both = first[:4] + struct.pack(">I", len(first) + len(second) - 8) + first[8:] + second
    assert struck(midi(both)) == struck(midi(first, second))


@pytest.mark.parametrize("junk", [b"\0", b"\0" * 7, b"\r\n\r\n", b"junk between the tracks", b"MTr", b"\xff\x2f\x00"])
def test_junk_between_and_behind_tracks(junk: bytes) -> None:
    right = struck(midi(track(notes(TUNE)), track(BASS)))
    assert struck(midi(track(notes(TUNE)), junk, track(BASS), junk)) == right
    assert struck(midi(junk, track(notes(TUNE)), track(BASS))) == right


def test_chunks_of_other_kinds() -> None:
    """Such as Yamaha's XF and CASM, in which a track's mark may stand."""
    other = b"XFIH" + struct.pack(">I", 12) + b"MTrk\0\0\0\x04\x00\x90\x3c\x40"
    assert struck(midi(other, track(notes(TUNE)), other)) == struck(midi(track(notes(TUNE))))


def test_a_track_without_its_end() -> None:
    data = midi(track(notes(TUNE), end=False), track(BASS, end=False))
    assert struck(data) == struck(midi(track(notes(TUNE)), track(BASS)))
    assert read_midi(data).remarks == ()


def test_a_file_that_breaks_off() -> None:
    whole = midi(track(tempo(400_000)), track(notes(TUNE)))
    right = struck(whole)
    for size in range(len(whole) - 70, len(whole)):
        reading = read(whole[:size], "cut.mid")
        assert reading.line.pitch.tolist() == TUNE[: len(reading.line)] and len(reading.line) >= 1
        assert struck(whole[:size]) == right[: len(reading.line)]
        assert said(reading.song.remarks) == ["track 2 is damaged, and its unreadable parts were skipped"]


def test_what_is_not_there_is_not_invented() -> None:
    with pytest.raises(Refusal, match="no notes"):
        read(midi(track(bytes(range(0x80, 0x100)) * 3, end=False)), "junk.mid")


def test_numbers_longer_than_they_need_be() -> None:
    data = b"\x80\x80\x80\x80\x00\x90\x3c\x50\x80\x80\x80\x83\x60\x80\x3c\x00"
    assert struck(midi(track(data + notes([62])))) == [(0, 60, 80), (1, 62, 80)]


def test_a_rest_of_weeks_is_a_wrong_byte() -> None:
    odd = notes(TUNE[:4]) + b"\x8f\xff\xff\x7f\x90\x43\x50\x83\x60\x80\x43\x00" + notes(TUNE[5:])
    reading = read(midi(track(odd), track(BASS)), "gap.mid")
    assert reading.line.pitch.tolist() == TUNE
    assert reading.line.onset.tolist() == list(range(8))
    late = midi(*(track(number(480 * 40_003) + events[1:]) for events in (notes(TUNE), BASS)))
    assert [float(part.notes.onset[0]) for part in read(late, "late.mid").song.parts] == [3, 3], (
        "a late beginning is none"
    )


def test_impossible_tempo_marks() -> None:
    for microseconds, quarters in ((0, 120), (1, 120), (0xFFFFFF, 4), (60_000, 1_000), (50_000, 1_000)):
        melody = read(midi(track(tempo(microseconds) + notes(TUNE))), "tempo.mid").melody
        assert melody.tempo[0].quarters_per_minute == pytest.approx(quarters)


def test_a_second_file_behind_the_first() -> None:
    one = midi(track(notes(TUNE)))
    assert struck(one + one) == struck(one)


def test_patterns_follow_one_another() -> None:
    data = midi(track(notes(TUNE[:4])), track(notes(TUNE[4:])), kind=2)
    assert read(data, "patterns.mid").line.pitch.tolist() == TUNE
    assert struck(data) == [(i, pitch, 80) for i, pitch in enumerate(TUNE)]


def test_a_header_or_a_mark_with_a_wrong_letter() -> None:
    data = midi(track(tempo(400_000)), track(notes(TUNE)))
    for at in (*range(4), *(data.rindex(b"MTrk") + i for i in range(4))):
        odd = data[:at] + b"?" + data[at + 1 :]
        assert read(odd, "odd.mid").line.pitch.tolist() == TUNE
