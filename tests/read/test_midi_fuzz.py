"""MIDI with one wrong byte, at every place: nothing is refused, and the undamaged rest is read as before."""

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generation.music.song import Song
from generation.read.midi import read_midi
from generation.request import Refusal
from tests.hostile_bytes import TUNE, midi, notes, tempo, track
from tests.tally import tried

QUICK = settings(max_examples=300, deadline=None, database=None, derandomize=True,
                 suppress_health_check=list(HealthCheck))  # fmt: skip
HEAD = track(tempo(400_000) + b"\x00\xff\x58\x04\x04\x02\x18\x08")
LEAD = track(b"\x00\xff\x03\x04Lead\x00\xc0\x28\x00\xb0\x07\x64" + notes(TUNE * 4))
BASS = track(b"\x00\xff\x03\x04Bass\x00\xc1\x20" + notes([40, 43] * 8, 960, 1))
GOOD = midi(HEAD, LEAD, BASS)
ODD = (0x00, 0x7F, 0x80, 0x90, 0xC8, 0xF0, 0xF7, 0xFF)


def struck(song: Song) -> Counter[tuple[float, int]]:
    """(quarter, pitch) of all notes."""
    return Counter(
        (float(at), int(pitch))
        for part in song.parts
        for at, pitch in zip(part.notes.onset, part.notes.pitch, strict=True)
    )


def changed() -> Iterator[tuple[int, bytes]]:
    for at in range(14, len(GOOD)):
        yield from ((at, GOOD[:at] + bytes((value,)) + GOOD[at + 1 :]) for value in ODD)


def lost() -> Iterator[tuple[int, bytes]]:
    yield from ((at, GOOD[:at] + GOOD[at + 1 :]) for at in range(14, len(GOOD)))


def added() -> Iterator[tuple[int, bytes]]:
    for at in range(14, len(GOOD)):
        yield from ((at, GOOD[:at] + bytes((value,)) + GOOD[at:]) for value in ODD[::3])


@pytest.mark.parametrize(("how", "least"), [(changed, 0.85), (lost, 0.75), (added, 0.72)])
def test_one_wrong_byte(how: Callable[[], Iterator[tuple[int, bytes]]], least: float, soak: bool) -> None:
    """At least so many of all notes are where they were: a time that is wrong moves what comes after it. Where the
    events of one track are damaged, the others stay as they are."""
    right = struck(read_midi(GOOD))
    lead, bass = struck(read_midi(midi(HEAD, LEAD))), struck(read_midi(midi(HEAD, BASS)))
    begin, middle = len(midi(HEAD)), len(midi(HEAD, LEAD))
    files = list(how())
    kept = 0
    for at, data in files if soak else random.Random(1).sample(files, 500):
        found = struck(read_midi(data))
        kept += sum((found & right).values())
        if begin + 8 <= at < middle - 4:
            assert found & bass == bass, (at, data[at])
        if at >= middle + 8:
            assert found & lead == lead, (at, data[at])
    count = len(files) if soak else 500
    tried(
        f"MIDI files with a byte {how.__name__}",
        count,
        f"{100 * kept / count / sum(right.values()):.0f} % of notes kept",
    )
    assert kept >= least * count * sum(right.values())


@QUICK
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=3), st.integers(0, 2), st.integers(0, 0xFFFF))
@example([b"\x00\xf0" * 100], 1, 480)
@example([b"\x00\x90\x3c\xff" * 50], 0, 96)
@example([b"\x00\xff\x05\x02la\x00\x90\x3c\x50" * 20, b"\x00\xff\x21\x01\x7f\x00\x99\x3c\x50"], 1, 1)
def test_arbitrary_tracks(bodies: list[bytes], kind: int, division: int) -> None:
    """Whatever stands in tracks, a song comes of it or a sentence; times and values are within their limits."""
    try:
        song = read_midi(midi(*map(track, bodies), kind=kind, division=division))
    except Refusal as refusal:
        assert str(refusal).endswith(".")
        return
    for part in song.parts:
        assert all(0 <= value <= 127 and 0 <= number <= 127 for _, number, value in part.controls)
        assert all(-8192 <= bend < 8192 for _, bend in part.bends)
        assert part.program is None or 0 <= part.program <= 127
