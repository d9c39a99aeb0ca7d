"""The baseline for accompaniment: MMA plays chords, bass and drums on the clock of the tune, over given chords."""

import numpy as np
import pytest

from generation.judge.baselines.mma import here, played_by_mma
from generation.music.song import Song
from generation.request import Request
from generation.serve.listen import listen

pytestmark = pytest.mark.skipif(not here(), reason="MMA is not installed (Debian package mma)")


def tune(text: bytes) -> Song:
    reading = listen(Request(b"X:1\nL:1/4\nK:C\n" + text, "tune.abc"))
    assert reading is not None
    return reading.song


def test_its_band_is_on_the_tunes_clock_and_over_the_chords() -> None:
    given = tune(b"M:4/4\nQ:1/4=120\nG|c2 e2|f4|g2 b2|c'4|]\n")
    whole = played_by_mma(given, ((1.0, "C"), (5.0, "F"), (9.0, "G"), (13.0, "C")), "pop")
    assert whole is not None and whole.parts[0] is given.parts[0]
    assert {part.role for part in whole.parts} == {"lead", "chords", "bass", "drums"}
    bass = next(part.notes for part in whole.parts if part.role == "bass")
    first = [int(bass.pitch[np.argmin(abs(bass.onset - line))]) % 12 for line in (1.0, 5.0, 9.0)]
    assert first == [0, 5, 7]
    again = played_by_mma(given, whole.chords, "pop")
    assert again is not None and all(
        np.array_equal(one.notes.onset, other.notes.onset) for one, other in zip(whole.parts, again.parts, strict=True)
    )


def test_a_metre_without_a_groove_is_left_out() -> None:
    assert played_by_mma(tune(b"M:7/8\nG7/2|A7/2|]\n"), ((0.0, "C"),), "pop") is None
