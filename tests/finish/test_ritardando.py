"""New music slows down to its last note, unless it has drums or is danced to."""

from dataclasses import replace

import numpy as np
import pytest

from generation.finish.take import finish
from generation.music.clock import Tempo
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import tempo_at
from generation.read.file import read
from generation.request import Request, Take
from tests.listening import decode
from tests.tunes import going_on, head, part_of, reading_of, scale

WHOLE = head(scale(80), 71)  # 35 quarters to the last note, 100 a minute
FORMATS = ("mid", "abc", "musicxml")


def extended(played: Played, formats: tuple[str, ...] = FORMATS, **wishes: object) -> Take:
    return finish(reading_of(head(WHOLE, 16)), played, Request(data=b"x", formats=formats, **wishes), 1)  # type: ignore[arg-type]


def pace(take: Take) -> np.ndarray:
    """(quarters,) how fast each quarter up to the last note of a take's MIDI is, compared with 100 a minute."""
    song = read(take.files["mid"], "take.mid").song
    seconds = song.clock.seconds(np.arange(0, song.parts[-1].notes.onset[-1] + 0.1))
    return 0.6 / np.diff(seconds)


@pytest.mark.parametrize("style", ["hymn", "classical", "auto"])
def test_it_slows_down_over_its_last_bar_as_pianists_do(style: str):
    take = extended(replace(going_on(WHOLE, 16), style=style))
    np.testing.assert_allclose(pace(take)[:31], 1, atol=1e-3)
    np.testing.assert_allclose(pace(take)[-4:], [0.97, 0.94, 0.90, 0.82], atol=0.03)


@pytest.mark.parametrize("style", ["irish", "american", "jazz", "pop"])
def test_where_one_dances_it_keeps_time(style: str):
    np.testing.assert_allclose(pace(extended(replace(going_on(WHOLE, 16), style=style))), 1, atol=1e-3)


def test_drummers_keep_time_and_so_does_a_tune_that_is_accompanied():
    drums = replace(part_of(head(WHOLE, 16), None, "Drums"), drums=True)
    melody = head(WHOLE, 16)
    reading = Reading(replace(melody, parts=(*melody.parts, drums)), melody.line, 0)
    take = finish(reading, going_on(WHOLE, 16), Request(data=b"x", formats=FORMATS), 1)
    np.testing.assert_allclose(pace(take), 1, atol=1e-3)
    np.testing.assert_allclose(pace(extended(going_on(WHOLE, 16), accompany="guitar")), 1, atol=1e-3)


def test_a_short_answer_slows_down_only_a_little():
    take = extended(going_on(head(WHOLE, 24), 16))
    np.testing.assert_allclose(pace(take)[:-1], 1, atol=1e-3)


def test_where_the_tempo_changes_anyway_it_is_left_alone():
    changed = replace(WHOLE, tempo=(Tempo(0, 100), Tempo(33, 200)))
    assert pace(extended(going_on(changed, 16)))[-1] > 1


@pytest.mark.parametrize("kind", FORMATS)
def test_the_score_says_so_and_music_goes_on_from_it_in_its_old_tempo(kind: str):
    take = extended(going_on(WHOLE, 16))
    text = take.files[kind].decode(errors="replace")
    assert text.count("rit.") == (0 if kind == "mid" else 1)
    again = read(take.files[kind], f"take.{kind}")
    assert tempo_at(again.song, again.song.end) == pytest.approx(100, abs=0.1)
    assert again.song.chords == ()
    if kind == "abc":
        assert text.endswith('"^rit."Bc |\nBA GF ED Cz |]\n')


def test_the_last_note_sounds_later():
    steady, slower = (
        decode(extended(replace(going_on(WHOLE, 16), style=style), ("mp3",)).files["mp3"])
        for style in ("irish", "hymn")
    )
    assert 0.1 < (len(slower) - len(steady)) / 44_100 < 0.6
