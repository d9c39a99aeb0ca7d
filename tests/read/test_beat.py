"""Finding the beat of a performance without a click: the sound stays, the quarters move, and files that count stay."""

from dataclasses import replace

import numpy as np
import pytest

from generation.finish.write_midi import write_midi
from generation.music.clock import Tempo
from generation.music.melody import Melody
from generation.music.reading import Reading
from generation.music.song import SUSTAIN
from generation.read.beat import find_beats, on_its_beat
from generation.read.file import read
from generation.request import Request
from generation.serve.studio import Studio
from tests.tunes import performance, piece_of, reading_of, scale


def free(bars: int = 12, pace: float = 87.0, drift: float = 0.08, seed: int = 5) -> tuple[Melody, np.ndarray]:
    """A tune in 4/4 played at about `pace`, faster and slower by `drift`, recorded at 120; and where its beats were."""
    rng = np.random.default_rng(seed)
    rhythms = ([2, 1, 0.5, 0.5], [1, 0.5, 0.5, 1, 1], [1.5, 0.5, 1, 1], [1, 0.25, 0.25, 0.5, 1, 1])
    written = np.concatenate([[0.0], np.cumsum(np.concatenate([rhythms[i % 4] for i in range(bars)]))])
    quarter = np.arange(bars * 4 + 2)
    beats = 1.37 + np.concatenate([[0], np.cumsum(60 / pace * (1 + drift * np.sin(quarter / 7)))])[:-1]
    start = np.interp(written, quarter, beats) + rng.normal(0, 0.008, len(written))
    onset, end = start[:-1] * 2, start[1:] * 2  # at 120, half a second is a quarter
    pitch = 60 + np.array([0, 2, 4, 5, 7, 9, 11, 12])[rng.integers(0, 8, len(onset))]
    loud = np.where(np.isclose(written[:-1] % 4, 0), 100, 70)
    return Melody(onset, (end - onset) * 0.9, pitch, loud, (Tempo(0.0, 120.0),), None), beats


def moments(reading: Reading) -> np.ndarray:
    return reading.melody.clock.seconds(reading.melody.onset)


def midi(melody: Melody) -> bytes:
    return write_midi(piece_of(melody))


def test_beats_are_found_and_the_sound_stays():
    melody, _ = free()
    before = reading_of(melody)
    [part] = before.song.parts
    before = replace(
        before, song=replace(before.song, parts=(replace(part, controls=((3.0, SUSTAIN, 127),)),), metres=())
    )
    after = on_its_beat(before)
    np.testing.assert_allclose(np.diff(moments(after)), np.diff(moments(before)), atol=1e-6)
    assert after.melody.metre == (4, 4)
    pace = 60 / np.median(np.diff(after.melody.clock.seconds(np.arange(40.0))))
    assert pace == pytest.approx(87, rel=0.08)
    beside = np.abs(after.melody.onset * 4 - np.round(after.melody.onset * 4)) / 4
    assert np.median(beside) < 0.03, "written on sixteenths, more or less"
    lows = after.melody.onset[melody.velocity == 100]
    assert np.median(np.abs((lows - after.melody.downbeat + 2) % 4 - 2)) < 0.1, "bars begin where the loud notes do"
    [part] = after.song.parts
    np.testing.assert_array_equal(part.notes.onset, after.melody.onset)
    assert 0 < part.controls[0][0] < part.notes.onset[6]


def test_beats_stand_where_they_were_played():
    melody, beats = free(drift=0.05)
    found = find_beats(melody.onset / 2, np.ones(len(melody)))
    nearest = np.abs(found[:, None] - beats[None]).min(0)
    assert np.mean(nearest[:-2] < 0.07) > 0.9


@pytest.mark.parametrize(
    "melody",
    [
        scale(64),
        performance(64),
        scale(12),
        replace(free()[0], tempo=(Tempo(0.0, 120.0), Tempo(8.0, 110.0))),
    ],
    ids=["score", "played to a click", "too short", "a tempo map"],
)
def test_what_counts_already_stays_as_it_is(melody: Melody):
    reading = reading_of(melody)
    assert on_its_beat(reading) is reading


def test_what_keeps_no_beat_stays_as_it_is():
    rng = np.random.default_rng(2)
    onset = np.cumsum(rng.exponential(0.7, 80) + 0.05)
    reading = reading_of(Melody(onset, np.full(80, 0.3), rng.integers(55, 80, 80), np.full(80, 70)))
    assert on_its_beat(reading) is reading


async def test_a_free_performance_is_played_on_at_its_own_tempo_and_scored_as_its_file_counts():
    melody, _ = free()
    request = Request(data=midi(melody), filename="free.mid", formats=("mid",), seconds=8)
    async with Studio(crafts=1, performer="echo", quiet=True) as studio:
        reply = await studio.play(request)
    assert reply.tempo == pytest.approx(87, rel=0.1) and reply.metre == "4/4"
    whole = read(reply.takes[0].files["mid"], "a.mid")
    np.testing.assert_allclose(np.diff(moments(whole)[: len(melody)]), np.diff(melody.onset / 2), atol=0.004)
