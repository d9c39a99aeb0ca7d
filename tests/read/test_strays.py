"""Notes that were left minutes away from the music."""

from generation.read.file import read
from generation.read.midi import read_midi
from tests.hostile_bytes import TUNE, midi, notes, number, track


def later(quarters: int, events: bytes) -> bytes:
    return number(480 * quarters) + events[1:]


def test_a_lone_note_minutes_behind_or_before_the_music() -> None:
    tune = notes(TUNE * 3)
    for odd in (
        midi(track(tune), track(later(400, notes([40], channel=1)))),
        midi(track(tune + later(300, notes([72])))),
        midi(track(tune), track(later(300, notes([36], channel=9)))),
        midi(track(notes([24], 20) + later(200, tune))),
        midi(
            track(
                b"\x00\x90\x18\x50\x00\x90\x1c\x50\x10\x80\x18\x00\x00\x80\x1c\x00"
                + later(200, tune)
                + later(99, notes([30]))
            )
        ),
    ):
        reading = read(odd, "export.mid")
        assert reading.line.pitch.tolist() == TUNE * 3
        assert reading.line.onset[0] < 4
        assert "far from the music" in str(reading.song.remarks[0])


def test_what_is_music_stays() -> None:
    tune = notes(TUNE * 3)
    for rest, end in ((20, notes([72])), (200, notes(TUNE)), (300, notes([60, 64, 67]))):
        song = read_midi(midi(track(tune + later(rest, end))))
        assert len(song.parts[0].notes) == 24 + len(end) // len(notes([60])) and song.remarks == ()
    few = read_midi(midi(track(notes(TUNE[:4]) + later(300, notes([72])))))
    assert len(few.parts[0].notes) == 5, "of so few, who knows which is the stray"
