"""If nothing begins for a long time, silence or the held note is heard, and the new part does not wait."""

from pathlib import Path

import numpy as np
import pytest

from generation.finish.take import finish
from generation.play.asked import Prompt
from generation.play.entry import around
from generation.read.file import read
from generation.request import Request
from generation.serve.echo import again
from tests.hostile_bytes import midi, notes, number, track
from tests.listening import RATE, decibels, decode

CASES = Path(__file__).parents[1] / "data/cases"
TUNE = [60, 62, 64, 65, 67, 65, 64, 62] * 2
PAUSE = number(480 * 32)  # 16 seconds at 120
DRUMS = b"".join(
    number(240 if i else 0) + bytes((0x99, 42, 90)) + number(240) + bytes((0x89, 42, 0)) for i in range(64)
)


def made(name: str) -> bytes:
    """Files of our own: a rest before the first note, a hole under drums, and a stray note minutes later."""
    if name == "a rest at first.abc":
        return b"X:1\nM:3/4\nL:1/4\nQ:1/4=100\nK:G\nZ12|GAB|d3|BAG|D3|]\n"
    if name == "a hole under drums.mid":
        return midi(track(notes(TUNE, 480) + PAUSE + notes(TUNE, 480)[1:]), track(DRUMS))
    if name == "a stray note.mid":
        return midi(
            track(notes(TUNE, 480) + number(480 * 400) + bytes((0x90, 30, 20)) + number(10) + bytes((0x80, 30, 0)))
        )
    return (CASES / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "loud", "quiet"),
    [
        ("s01-rest-of-16-seconds.abc", [1, 5, 23], [12, 20]),
        ("s02-note-of-20-seconds.abc", [1, 6, 26], []),
        ("a rest at first.abc", [1, 4], []),
        ("a hole under drums.mid", [2, 12, 20, 30], []),
        ("a stray note.mid", [2, 7, 9, 14], []),
    ],
)
def test_the_answer_is_heard_where_it_should_be(name: str, loud: list[int], quiet: list[int]) -> None:
    reading = read(made(name), name)
    whole = again(Prompt(reading.melody, beside=around(reading.song)))
    take = finish(reading, whole, Request(data=b"x", formats=("mp3", "mid")), 1)
    sound = decode(take.files["mp3"])
    level = [decibels(sound[second * RATE : (second + 1) * RATE]) for second in range(len(sound) // RATE)]
    assert all(level[second] > -45 for second in loud), level
    assert all(level[second] < -70 for second in quiet), level
    assert take.seconds < 80 and level[int(take.new_from)] > -45
    end = reading.song.clock.second(reading.song.end) - reading.song.clock.second(reading.line.onset[0])
    assert take.new_from < end + 4, "by a bar or two"
    assert np.abs(sound).max() < 1
