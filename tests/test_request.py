"""Requests for a band, for chords or for one part again: which are possible, which are refused; and the answer."""

import pytest

from generation.request import ACCOMPANISTS, REDONE, Refusal, Reply, Request, Words
from generation.serve.console import say


@pytest.mark.parametrize("band", ACCOMPANISTS)
def test_a_tune_may_have_every_band(band: str) -> None:
    assert Request(b"X:1", accompany=band, chords="Dm7 G7 | C", stems=True).accompany == band


@pytest.mark.parametrize("part", REDONE)
def test_every_part_of_one_take_may_be_played_again(part: str) -> None:
    assert Request(b"X:1", redo=part, wholes=(b"one",), takes=3).redo == part


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"data": b"", "accompany": "gamelan"}, "band is “gamelan”; it must be one of: trio, piano"),
        ({"accompany": "trio"}, "no tune to accompany"),
        ({"redo": "violas", "wholes": (b"1",)}, "redo is “violas”; it must be one of: drums"),
        ({"chords": "C | G", "band": "drums"}, "Drums play no chords"),
        ({"redo": "drums"}, "0 takes are given"),
        ({"redo": "drums", "wholes": (b"1", b"2")}, "2 takes are given"),
        ({"chords": "C | " * 501}, "The chords have 2,004 characters, and the limit is 2,000"),
    ],
)
def test_what_nobody_can_play_is_refused(asked: dict[str, object], said: str) -> None:
    with pytest.raises(Refusal, match=said.replace("|", r"\|")):
        Request(**asked)  # type: ignore[arg-type]


def test_chords_are_text_that_can_be_stored() -> None:
    assert Request(chords="C\ud800").chords == "C?"


def test_the_command_line_says_of_drums_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    say(Reply((), metre="4/4", tempo=85.0, instrument="", parts=(Words("Drums"),)), ())
    assert capsys.readouterr().out == "4/4, 85 quarter notes a minute, Drums\n"
