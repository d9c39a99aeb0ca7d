"""The seam of a band: all parts enter where players would, and every file tells the same notes."""

import random
from collections import defaultdict

import numpy as np
import pytest

from generation.finish.paper import draw_band
from generation.finish.paper.notate_band import notate_band
from generation.finish.take import finish
from generation.model.loaded import LoadedBand, load_band
from generation.music.played import Played
from generation.music.reading import Reading
from generation.play.band.session import play_on
from generation.play.prompts import band_prompts
from generation.read.file import READERS, read
from generation.request import Request, Take
from tests.finish.test_seam import NEAR, band, played
from tests.tally import tried

FEW, MANY = 12, 500
AT_ONCE = 12
Onsets = dict[int, list[float]]  # pitch → onsets


@pytest.fixture(scope="module")
def loaded() -> LoadedBand:
    return load_band()


def by_pitch(notes: list[tuple[float, int]]) -> Onsets:
    """The onsets of each pitch, counted from the first note of all."""
    first, found = min(onset for onset, _ in notes), defaultdict(list)
    for onset, pitch in sorted(notes):
        found[pitch].append(onset - first)
    return found


def differ(paper: Onsets, sound: Onsets) -> str:
    """In words, how paper differs from sound; "" if it does not."""
    if {pitch: len(onsets) for pitch, onsets in paper.items()} != {p: len(onsets) for p, onsets in sound.items()}:
        return "other notes"
    worst = max(float(np.abs(np.subtract(paper[pitch], sound[pitch])).max()) for pitch in paper)
    return f"{worst:.2f} quarters beside the sound" if worst > NEAR else ""


def flaws(reading: Reading, whole: Played, take: Take, drawn: list[str], bar: float) -> list[str]:
    """Everything that is wrong with the seam of a take, in words."""
    given = sorted(
        (float(at), float(end))
        for part in reading.song.parts
        for at, end in zip(part.notes.onset, part.notes.ends, strict=True)
    )
    sound = played(take.files["mid"])
    if len(sound) != len(given) + take.notes:
        return [f"{len(sound)} notes sound of {len(given)} and {take.notes}"]
    over = max(end for _, end in given)
    enters = min(float(part.notes.onset[len(old.notes)])
                 for part, old in zip(whole.song.parts, reading.song.parts, strict=True)
                 if len(part.notes) > len(old.notes))  # fmt: skip
    ends = np.maximum.accumulate([end for _, end in given])
    silence = max([0.0, *(at - end for (at, _), end in zip(given[1:], ends[:-1], strict=True))])
    allowed = max(-over % bar, bar / 2, min(silence, bar)) + 0.3
    found = []
    if enters - over > allowed:
        found.append(f"{enters - over:.2f} quarters of silence, where {allowed:.2f} are asked for")
    heard = by_pitch([(at, pitch) for at, _, pitch in sound])
    for kind in ("musicxml", "abc"):
        parts = READERS[kind](take.files[kind]).parts
        notes = [
            (float(at), int(p)) for part in parts for at, p in zip(part.notes.onset, part.notes.pitch, strict=True)
        ]
        if kind == "abc" and notate_band(whole.song, whole.since).staves > 4:
            continue  # of so many, the lead alone
        if wrong := differ(by_pitch(notes), heard):
            found.append(f"{kind}: {wrong}")
    if drawn:  # no piano roll
        sheet = notate_band(whole.song, whole.since)
        sheet = sheet if sheet.staves <= draw_band.MOST_STAVES else sheet.lead()
        symbols = sum(
            len(symbol.pitches)
            for player in sheet.players
            for staff in player.staves
            for voice in staff.voices
            for bar_ in voice.bars
            for symbol in bar_.symbols
        )
        if drawn[0].count('class="note"') > symbols or (
            "bars" not in drawn[1] and drawn[0].count('class="note"') != symbols
        ):
            found.append("other notes in the picture")
    return found


def test_a_band_enters_where_players_would_and_paper_equals_sound(
    loaded: LoadedBand, soak: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, bad, takes = random.Random(7), [], 0
    drawn: list[str] = []
    page = draw_band.page

    def seen(drawing: str, height: int, title: str, under: str, both: bool, footer: str = "", take: int = 0) -> bytes:
        drawn[:] = drawing, footer
        return page(drawing, height, title, under, both, footer, take)

    monkeypatch.setattr(draw_band, "page", seen)
    for _ in range((MANY if soak else FEW) // AT_ONCE):
        asked = []
        while len(asked) < AT_ONCE:
            data, bar = band(rng)
            reading = read(data, "band.mid")
            request = Request(
                data=data, seconds=5, seed=rng.randrange(2**31), temperature=rng.choice((0.7, 0.9, 1.3)),
                formats=("mid", "abc", "musicxml", "png"),
            )  # fmt: skip
            if reading.together:
                asked.append((request, reading, bar))
        prompts = [band_prompts(request, reading)[0] for request, reading, _ in asked]
        for (request, reading, bar), played_on in zip(asked, play_on(loaded.model, prompts), strict=True):
            assert played_on.whole is not None
            whole, drawn[:] = Played(played_on.whole, played_on.since), []
            take = finish(reading, whole, request, request.seed)
            bad += [f"{takes}, seed {request.seed}: {words}" for words in flaws(reading, whole, take, drawn, bar)]
            takes += 1
    tried("seams of bands that play on together", takes, f"{len(bad)} flaws")
    assert bad == []
