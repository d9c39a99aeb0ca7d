"""Music goes on from a bar of a file, which counts as the score of the file counts it."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from generation.model.loaded import LoadedModel, model_for
from generation.play.prompts import prompts
from generation.play.session import sample
from generation.request import Refusal, Request
from generation.serve.listen import listen
from generation.serve.rendering import make
from tests.hostile_bytes import midi, notes, number, track
from tests.play.test_length import AIR, JIG

CHANGING = b"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|[M:3/4]cBA|GFE|[M:2/4]DC|DE|\n"
LATE = b"X:1\nM:3/4\nL:1/4\nK:C\nz3|z3|zCD|EFG|ABc|c3|\n"
WAITING = b"X:1\nM:4/4\nL:1/4\nK:C\nV:1\nz4|z4|z4|cdef|g4|\nV:2\nC4|E4|G4|C4|C4|\n"


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return model_for("auto", {})


def test_the_music_goes_on_after_the_bar(loaded: LoadedModel) -> None:
    request = Request(data=JIG, filename="jig.abc", bars=4, after_bar=4, seed=3, formats=("mid", "abc"))
    reading = listen(request)
    assert reading is not None
    line = 0.5 + 4 * 3.0
    assert len(reading.line) == 1 + 6 + 6 + 6 + 5 and reading.line.end <= line
    [played] = [take.played for take in sample(loaded, prompts(request, reading))]
    assert line - 1.5 <= played.since < line + 3
    take = make(request, reading, played, 0)
    again = listen(Request(data=take.files["mid"], filename="jig.mid", after_bar=2))
    assert again is not None and again.line.pitch.tolist() == reading.line.pitch[:13].tolist()


@pytest.mark.parametrize(("tune", "name"), [(JIG, "a.abc"), (AIR, "a.abc"), (CHANGING, "a.abc"), (LATE, "a.abc")])
def test_a_bar_has_the_number_that_it_has_on_the_score(loaded: LoadedModel, tune: bytes, name: str) -> None:
    request = Request(data=tune, filename=name, seconds=5, seed=3, formats=("musicxml", "mid"))
    reading = listen(request)
    assert reading is not None
    [played] = [take.played for take in sample(loaded, prompts(request, reading))]
    files = make(request, reading, played, 0).files
    measures = ElementTree.fromstring(files["musicxml"]).findall(".//measure")
    for bar in (1, 2, 3):  # in the fourth the new music may begin already
        until = [measure for measure in measures if int(measure.get("number", "")) <= bar]
        begun = sum(
            note.find("pitch") is not None and note.find("tie[@type='stop']") is None
            for measure in until
            for note in measure.findall("note")
        )
        for data, called in ((tune, name), (files["mid"], "take.mid")):
            some = listen(Request(data=data, filename=called, after_bar=bar))
            assert some is not None and len(some.line) == begun, f"bar {bar} of {called}"


def test_all_parts_stop_at_the_bar() -> None:
    low = track(notes([36] * 4, 480 * 4, 1))
    band = midi(track(notes([72, 74, 76, 77] * 4, 480)), low)
    reading = listen(Request(data=band, filename="band.mid", after_bar=2))
    assert reading is not None and [len(part.notes) for part in reading.song.parts] == [8, 2]
    early = reading.line.onset[-1]
    assert reading.song.end == 8 and early == 7 and np.all(reading.line.ends <= 8)


def test_a_band_goes_on_from_a_bar_before_its_tune_enters() -> None:
    late = track(number(480 * 8) + notes([72, 74, 76, 77] * 2, 480)[1:])
    band = midi(late, track(notes([36, 43] * 8, 480, 1)))
    asked = Request(data=band, filename="band.mid", after_bar=2)
    whole, reading = listen(replace(asked, after_bar=0)), listen(asked)
    assert whole is not None and whole.part == 0
    assert reading is not None and reading.part == 1 and reading.song.end == 8
    for alone in (replace(asked, parts="melody"), replace(asked, lead="1")):
        with pytest.raises(Refusal, match=r"The tune has no notes up to bar 2\."):
            listen(alone)


def test_a_bar_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refusal, match=r"There is no bar 9: this tune has 8 full bars. Choose one of them."):
        listen(Request(data=JIG, filename="a.abc", after_bar=9))
    with pytest.raises(Refusal, match="after_bar is 1,000; it must lie between 1 and 999"):
        Request(data=JIG, after_bar=1000)
    with pytest.raises(Refusal, match=r"The tune has no notes up to bar 2\. Choose a later bar\."):
        listen(Request(data=WAITING, filename="a.abc", lead="1", after_bar=2))
