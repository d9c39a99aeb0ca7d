"""The metres, keys and tempi that a MIDI file states, and whether its notes confirm them."""

from pathlib import Path

import pytest

from generation.music.key import Key, believed
from generation.read.file import read
from generation.read.midi import read_midi
from generation.read.signatures import metres_of
from tests.hostile_bytes import TUNE, midi, notes, tempo, track
from tests.read.test_read_midi import events

CASES = Path(__file__).parents[1] / "data/cases"
MINOR = [62, 64, 65, 69, 67, 65, 64, 61, 62, 69, 65, 62]  # of D minor
G_MAJOR, A_MAJOR = [67, 71, 74, 66, 67, 69, 71, 72, 74, 72, 66, 67], [69, 73, 76, 68, 69, 71, 73, 74, 76, 74, 68, 69]


def key(sharps: int, minor: int = 0) -> bytes:
    return bytes((0xFF, 0x59, 2, sharps & 0xFF, minor))


def metre(beats: int, unit: int) -> bytes:
    return bytes((0xFF, 0x58, 4, beats, unit.bit_length() - 1, 24, 8))


@pytest.mark.parametrize("name", ["m17-minor-as-major.mid", "m17b-minor-said.mid"])
def test_a_minor_piece_whose_signature_says_major(name: str) -> None:
    assert read((CASES / name).read_bytes(), name).song.keys == ((0.0, Key("D", "minor")),)


def keys(said: list[tuple[int, bytes]], pitches: list[int]) -> list[tuple[float, str]]:
    song = read_midi(midi(track(events(*said)), track(notes(pitches))))
    return [(quarter, str(key)) for quarter, key in song.keys]


def test_a_key_is_believed_as_far_as_the_notes_agree() -> None:
    assert keys([(0, key(-1))], MINOR * 2) == [(0, "D minor")]
    assert keys([(0, key(-1, 1))], MINOR * 2) == [(0, "D minor")]
    assert keys([(0, key(3))], A_MAJOR) == [(0, "A major")]
    assert keys([(0, key(-4))], A_MAJOR) == [(0, "A major")], "four flats are somebody's mistake"
    assert keys([(0, key(4, 1))], [61, 63, 64, 68, 66, 64, 63, 60, 61, 68, 64, 61]) == [(0, "C# minor")]
    assert keys([(0, key(-1))], MINOR[:4]) == [(0, "F major")], "a few notes contradict nobody"


def test_c_major_is_nobodys_word_unless_other_keys_follow() -> None:
    assert keys([(0, key(0))], A_MAJOR) == []
    assert keys([(0, key(0)), (12 * 480, key(3))], TUNE + TUNE[:4] + A_MAJOR) == [(0, "C major"), (12, "A major")]


def test_all_keys_with_their_places() -> None:
    said = [(0, key(1)), (12 * 480, key(3)), (24 * 480, key(-1)), (36 * 480, key(2))]
    found = keys(said, G_MAJOR + A_MAJOR + MINOR)
    assert found == [(0, "G major"), (12, "A major"), (24, "D minor")], "at the end nobody plays in D"
    reading = read(midi(track(events(*said)), track(notes(G_MAJOR + A_MAJOR))), "keys.mid")
    assert reading.melody.key == Key("A", "major"), "it goes on in the last one"


# A tune in D with one C natural, one in D minor with two of B natural; and both without what sets them apart.
JIG = [62, 66, 69, 74, 72, 69, 66, 62, 64, 67, 69, 62, 66, 69, 74, 72, 69, 62]
REEL = [62, 65, 69, 74, 71, 69, 65, 62, 64, 60, 62, 65, 69, 71, 69, 65, 62, 62]
PLAIN_JIG, PLAIN_REEL = [{72: 73}.get(pitch, pitch) for pitch in JIG], [{71: 70}.get(pitch, pitch) for pitch in REEL]


@pytest.mark.parametrize(
    ("tune", "signature", "key"),
    [
        (JIG, 1, Key("D", "mixolydian")),
        (PLAIN_JIG, 1, Key("D", "major")),
        (REEL, 0, Key("D", "dorian")),
        (PLAIN_REEL, -1, Key("D", "minor")),
    ],
)
def test_the_signature_of_a_folk_tune_tells_its_mode(tune: list[int], signature: int, key: Key) -> None:
    """Programs state such a signature as a major key: G major over a jig in D that has C natural."""
    stated = track(b"\0" + bytes((0xFF, 0x59, 2, signature & 0xFF, 0)) + notes(tune))
    assert read(midi(stated), "a.mid").melody.key == key


def test_a_lone_c_major_is_no_evidence_against_d_minor() -> None:
    assert read(midi(track(b"\0" + key(0) + notes(PLAIN_REEL))), "a.mid").melody.key is None


def test_other_modes_are_believed() -> None:
    assert believed(Key("D", "dorian"), read_midi(midi(track(notes(A_MAJOR)))).parts[0].notes.pitch, [1.0] * 12) == Key(
        "D", "dorian"
    )


def metres(said: list[tuple[int, bytes]], quarters: int = 24) -> tuple[list[tuple[float, str]], float]:
    song = read_midi(midi(track(events(*said)), track(notes((TUNE * 9)[:quarters]))))
    return [(quarter, f"{beats}/{unit}") for quarter, (beats, unit) in song.metres], song.pickup


def test_metres_with_their_places() -> None:
    change = [(0, metre(4, 4)), (8 * 480, metre(3, 4))]
    assert metres(change) == ([(0, "4/4"), (8, "3/4")], 0)
    assert metres([*change, (24 * 480, metre(4, 4))]) == ([(0, "4/4"), (8, "3/4")], 0), "at the end nobody plays"
    reading = read(midi(track(events(*change)), track(notes(TUNE * 3))), "metres.mid")
    assert (reading.melody.metre, reading.melody.downbeat) == ((3, 4), 2), "it goes on in the last one, at its bars"


def test_pickups() -> None:
    assert metres([(0, metre(1, 8)), (240, metre(6, 8))]) == ([(0, "6/8")], 0.5)
    assert metres([(0, metre(1, 4)), (480, metre(4, 4)), (480 * 9, metre(3, 4))]) == ([(0, "4/4"), (9, "3/4")], 1)
    assert metres([(480, metre(4, 4))]) == ([(0, "4/4")], 1)


def test_a_short_bar() -> None:
    """Said, or to be seen from the place of the next signature; the bar lines behind it are right."""
    said = [(0, metre(4, 4)), (8 * 480, metre(2, 4)), (10 * 480, metre(4, 4))]
    right = [(0, "4/4"), (8, "2/4"), (10, "4/4")]
    assert metres(said) == (right, 0)
    assert metres([said[0], said[2]]) == (right, 0)
    assert metres([(0, metre(6, 8)), (2160, metre(6, 8))])[0] == [(0, "6/8"), (3, "3/8"), (4.5, "6/8")]
    assert metres([(0, metre(4, 4)), (8 * 480, metre(4, 4))])[0] == [(0, "4/4")], "said again"
    assert metres([(0, metre(4, 4)), (480 * 10 + 77, metre(3, 4))])[0] == [(0, "4/4"), (10 + 77 / 480, "3/4")]


def test_bars_of_one_beat_are_none() -> None:
    assert metres([(0, metre(1, 4))]) == ([], 0)
    assert metres_of({0.1 * i: (3 + i % 2, 4) for i in range(5_000)}) == ((), 0.0)


def test_tempo_marks_behind_the_last_note() -> None:
    name = "m29-tempo-map-beyond-the-end.mid"
    tempi = read((CASES / name).read_bytes(), name).song.tempo
    assert [(mark.onset, mark.quarters_per_minute) for mark in tempi] == [(0, 120)]
    data = midi(
        track(tempo(500_000) + tempo(1_000_000, 480 * 4) + tempo(100_000, 480 * 4) + tempo(200_000, 480)),
        track(notes(TUNE)),
    )
    assert [mark.quarters_per_minute for mark in read_midi(data).tempo] == [120, 60]
