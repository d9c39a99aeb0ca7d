"""Finding the beat of a performance without a click: the sound stays and the quarters move; files with a beat stay."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.finish.write_midi import write_midi
from generation.music.clock import Tempo
from generation.music.melody import with_line
from generation.music.reading import Reading
from generation.music.song import SUSTAIN, Song
from generation.read.beat import find_beats, on_its_beat
from generation.read.file import read
from generation.request import Request
from generation.serve.pool import WorkerPool
from tests.tunes import line_of, performance, piece_of, reading_of, scale

CASES = Path(__file__).parents[1] / "data" / "cases"


def in_rhythm(steps: list[float], pace: float, metre: tuple[int, int], off: float, seed: int = 1) -> Song:
    """A tune of these steps in quarters, each note played early or late by about `off` quarters."""
    rng = np.random.default_rng(seed)
    written = np.concatenate([[0.0], np.cumsum(steps)])[:-1]
    onset = np.sort(np.maximum(written + rng.normal(0, off, len(steps)), 0)) + np.arange(len(steps)) * 1e-6
    pitch = rng.choice([60, 62, 64, 65, 67, 69, 71, 72], len(steps))
    duration = np.append(np.diff(onset), 0.3) * 0.9
    return line_of(onset, duration + 1e-3, pitch, rng.integers(70, 90, len(steps)), (Tempo(0.0, pace),), metre)


def free(bars: int = 12, pace: float = 87.0, drift: float = 0.08, seed: int = 5) -> tuple[Song, np.ndarray]:
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
    return line_of(onset, (end - onset) * 0.9, pitch, loud, (Tempo(0.0, 120.0),), None), beats


def moments(reading: Reading) -> np.ndarray:
    return reading.melody.clock.seconds(reading.line.onset)


def midi(melody: Song) -> bytes:
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
    beside = np.abs(after.line.onset * 4 - np.round(after.line.onset * 4)) / 4
    assert np.median(beside) < 0.03, "written on sixteenths, more or less"
    lows = after.line.onset[melody.line.velocity == 100]
    assert np.median(np.abs((lows - after.melody.downbeat + 2) % 4 - 2)) < 0.1, "bars begin where the loud notes do"
    [part] = after.song.parts
    np.testing.assert_array_equal(part.notes.onset, after.line.onset)
    assert 0 < part.controls[0][0] < part.notes.onset[6]


def test_beats_stand_where_they_were_played():
    melody, beats = free(drift=0.05)
    found = find_beats(melody.line.onset / 2, np.ones(len(melody.line)))
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
def test_what_counts_already_stays_as_it_is(melody: Song):
    reading = reading_of(melody)
    assert on_its_beat(reading) is reading


@pytest.mark.parametrize(
    ("name", "metre", "pace"),
    [
        ("b01-sixteenths-2-4.abc", (2, 4), 60),
        ("b01b-sixteenths-2-4-84.abc", (2, 4), 84),
        ("b02-triplets-4-4.abc", (4, 4), 76),
        ("b03-jig-6-8.abc", (6, 8), 165),
        ("b05-dotted-siciliana.abc", (12, 8), 69),
        ("b06-7-8.abc", (7, 8), 100),
        ("m32-jig-played-loosely.mid", (6, 8), 165),
        ("m33-sixteenths-exact.mid", (4, 4), 70.6),
        ("m34-jig-with-a-lilt.mid", (6, 8), 131.65 * 1.5),  # a little slower throughout than the file says
    ],
)
def test_a_beat_that_is_said_is_kept(name: str, metre: tuple[int, int], pace: float):
    melody = on_its_beat(read((CASES / name).read_bytes(), name)).melody
    assert (melody.metre, melody.downbeat) == (metre, 0)
    assert [mark.quarters_per_minute for mark in melody.tempo] == [pytest.approx(pace, rel=1e-3)]


RHYTHMS = {
    "straight": ([1, 0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5, 2], (4, 4)),
    "sixteenths": ([0.25] * 15 + [0.5, 0.25, 0.25], (4, 4)),
    "swung": ([0.61, 0.39, 0.61, 0.39, 1, 0.61, 0.39, 0.61, 0.39, 1, 1, 1], (4, 4)),
    "triplets": ([1 / 3] * 9 + [1], (4, 4)),
    "a jig with a lilt": ([0.56, 0.38, 0.56] * 3 + [0.94, 0.56], (6, 8)),
    "a slow march": ([0.75, 0.25, 0.5, 0.5], (2, 4)),
}


@pytest.mark.parametrize("off", [0.0, 0.03], ids=["exact", "by hand"])
@pytest.mark.parametrize("pace", [72.0, 120.0])
@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_whatever_the_rhythm_a_metre_that_notes_keep_stays(rhythm: str, pace: float, off: float):
    steps, metre = RHYTHMS[rhythm]
    melody = in_rhythm(steps * 10, pace, metre, off)
    after = on_its_beat(read(midi(melody), "a.mid")).melody
    assert after.metre == metre
    assert [mark.quarters_per_minute for mark in after.tempo] == [pytest.approx(pace, abs=0.01)]


@pytest.mark.parametrize("pace", [87.0, 93.0, 100.0])
def test_a_metre_that_a_program_wrote_by_itself_is_not_believed(pace: float):
    """Played at a steady pace of its own, in a file that counts 4/4 at 120."""
    played = in_rhythm(RHYTHMS["straight"][0] * 8, pace, (4, 4), 0.015)
    notes = replace(played.line, onset=played.line.onset * 120 / pace + 0.31)
    melody = with_line(replace(played, tempo=(Tempo(0.0, 120.0),)), notes)
    after = on_its_beat(read(midi(melody), "a.mid")).melody
    beats = np.median(np.diff(after.clock.seconds(np.arange(40.0))))
    assert pace * beats / 60 == pytest.approx(1, rel=0.02) or pace * beats / 30 == pytest.approx(1, rel=0.02)


def test_a_metre_that_is_meant_stays_where_the_beat_was_found():
    played = in_rhythm([0.5, 0.5, 0.5, 1, 0.5, 1.5, 1, 0.5] * 16, 120, (6, 8), 0.015)
    beats = np.concatenate([[0], np.cumsum(1 + 0.06 * np.sin(np.arange(200) / 9))])
    melody = with_line(played, replace(played.line, onset=np.interp(played.line.onset, np.arange(201), beats)))
    after = on_its_beat(read(midi(melody), "a.mid")).melody
    assert after.metre == (6, 8) and len(after.tempo) > 1


def test_what_keeps_no_beat_stays_as_it_is():
    rng = np.random.default_rng(2)
    onset = np.cumsum(rng.exponential(0.7, 80) + 0.05)
    reading = reading_of(line_of(onset, np.full(80, 0.3), rng.integers(55, 80, 80), np.full(80, 70)))
    assert on_its_beat(reading) is reading


async def test_a_free_performance_is_played_on_at_its_own_tempo_and_scored_as_its_file_counts():
    melody, _ = free()
    request = Request(data=midi(melody), filename="free.mid", formats=("mid",), seconds=8)
    async with WorkerPool(renderers=1, model="echo", quiet=True) as pool:
        reply = await pool.play(request)
    assert reply.tempo == pytest.approx(87, rel=0.1) and reply.metre == "4/4"
    whole = read(reply.takes[0].files["mid"], "a.mid")
    np.testing.assert_allclose(np.diff(moments(whole)[: len(melody.line)]), np.diff(melody.line.onset / 2), atol=0.004)
