"""New music is as many bars long as was asked for, and of a long input only the last bars come back."""

import io
import math

import mido
import numpy as np
import pytest

from generation.finish.excerpt import excerpt_start, last_bars
from generation.finish.take import finish
from generation.model.loaded import LoadedModel, model_for
from generation.play.prompts import prompts
from generation.play.session import sample
from generation.read.file import read
from generation.request import Refusal, Request
from generation.serve.listen import listen
from generation.serve.rendering import make
from tests.hostile_bytes import midi, notes, number, tempo, track
from tests.tunes import going_on

JIG = b"X:1\nM:6/8\nL:1/8\nQ:3/8=112\nK:D\nA|DFA dAF|GBd gdB|AFA dAF|GEE E2A|DFA dAF|GBd gdB|Adc dAF|EDD D2|]\n"
AIR = b"X:1\nM:4/4\nL:1/4\nQ:1/4=100\nK:G\nGABc|d2BG|AFDE|G2z2|]\n"


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return model_for("auto", {})


@pytest.mark.parametrize("bars", [4, 8, 13])
@pytest.mark.parametrize("tune", [JIG, AIR])
def test_new_music_has_so_many_bars(loaded: LoadedModel, tune: bytes, bars: int) -> None:
    request = Request(data=tune, filename="a.abc", bars=bars, seed=5, takes=3)
    reading = listen(request)
    assert reading is not None and reading.melody.bar is not None
    for take in sample(loaded, prompts(request, reading)):
        whole = take.played.song
        assert whole.bar is not None
        end = (whole.end - whole.downbeat) / whole.bar
        before = (float(reading.song.end) - whole.downbeat) / whole.bar
        assert abs(end - round(end)) < 0.12, "it ends on a bar line"
        assert round(end) - math.floor(before + 0.5) == bars


def test_fresh_music_has_so_many_bars(loaded: LoadedModel) -> None:
    request = Request(bars=8, meter="3/4", tempo=120, style="classical", seed=2)
    whole = sample(loaded, prompts(request, None))[0].played.song
    assert whole.bar == 3 and round((whole.end - whole.downbeat) / 3, 1) == 8


def test_more_bars_than_three_minutes_are_refused_with_the_number_that_is_possible() -> None:
    slow = AIR.replace(b"1/4=100", b"1/4=60")
    with pytest.raises(Refusal, match=r"64 bars last 256 s at this tempo; the limit is 180 s. Ask for at most 45 bars"):
        listen(Request(data=slow, filename="a.abc", bars=64))
    with pytest.raises(Refusal, match="bars is 3"):
        Request(bars=3)


def long_band() -> bytes:
    """Forty bars of 4/4: a tune, a bass, and a pad that is held over bar lines, with a change of tempo."""
    tune = track(notes([72, 74, 76, 77, 79, 77, 76, 74] * 20, 480))
    bass = b"\0\xc1\x21" + notes([36, 43] * 20, 960 * 2, 1) + b"\0\xb1\x07\x50"
    pad = b"\0\xc2\x59\0\xb2\x0b\x40" + number(960) + notes([60] * 13, 1920 * 3, 2)[1:]
    words = tempo(500_000) + b"\0\xff\x58\x04\x04\x02\x18\x08" + tempo(400_000, 480 * 100)
    return midi(track(words), tune, track(bass), track(pad))


def test_of_a_long_input_only_the_last_bars_come_back(loaded: LoadedModel) -> None:
    request = Request(data=long_band(), filename="band.mid", last_bars=8, seconds=8, formats=("mid", "abc"), seed=1)
    reading = listen(request)
    assert reading is not None
    played = sample(loaded, prompts(request, reading))[0].played
    everything = finish(reading, played, request, 1)
    take = make(request, reading, played, 0)
    assert take.new_from == pytest.approx(32 * 0.4 + 0.05, abs=0.1) and everything.new_from > 70
    said = [message for line in mido.MidiFile(file=io.BytesIO(take.files["mid"])).tracks for message in line]
    assert next(message.tempo for message in said if message.type == "set_tempo") == 400_000
    assert {(m.channel, m.control, m.value) for m in said if m.type == "control_change"} >= {(2, 11, 64)}
    again = read(take.files["mid"], "a.mid")
    assert again.song.parts[0].notes.pitch[:32].tolist() == [72, 74, 76, 77, 79, 77, 76, 74] * 4
    assert [len(part.notes) for part in again.song.parts[1:]] == [8, 3], "a note that began before sounds on"
    paper = read(take.files["abc"], "a.abc").melody
    assert len(paper.line) == 32 + take.notes
    np.testing.assert_array_equal(paper.line.pitch, again.song.parts[0].notes.pitch)


def test_where_the_tune_rests_at_the_end_the_excerpt_begins_with_the_last_bar_in_which_it_plays() -> None:
    tune, bass = track(notes([72, 74, 76, 77] * 5, 480)), track(notes([36, 43] * 20, 960, 1))
    reading = read(midi(tune, bass), "a.mid")
    assert (len(reading.line), reading.song.end) == (20, 80)
    assert [excerpt_start(reading, bars) for bars in (0, 4, 15, 16, 17, 20)] == [0, 16, 16, 16, 12, 0]


def test_an_input_of_fewer_bars_stays_whole() -> None:
    for tune in (JIG, AIR):
        reading = read(tune, "a.abc")
        played = going_on(reading.melody, len(reading.line) - 1)
        assert last_bars(reading, played, 8)[0] is reading
        shorter, rest = last_bars(reading, played, 2)
        assert len(shorter.line) == len(rest.song.line) < len(reading.line)
        assert shorter.song.pickup == 0 and abs(rest.song.line.onset[0]) < 1e-6
