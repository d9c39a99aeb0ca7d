"""Chords for a tune, from ABC to symbols: they begin and end at home, lead there, and move with the tune's key."""

import numpy as np
import pytest

from generation.model.band import FIRST_CHORD, QUALITIES
from generation.model.chords import bass_of, value_of
from generation.model.harmonise import harmonised
from generation.model.harmony import RESTS
from generation.music.song import Song, heard_key
from generation.request import Request
from generation.serve.listen import listen

# Tunes of their own, with the semitones of their tonic above C.
TUNES = {
    "K:G\nGABG|cedB|ABcA|d4|BdgB|cedB|AcBA|G4|]": 7,
    "K:Eb\nEFGE|AcBG|FGAF|B4|GBeG|AcBG|FAGF|E4|]": 3,
    "K:Dm\nDEFD|GBAF|EFGE|A4|FAdF|GBAF|EG^CE|D4|]": 2,
}


def song(text: str) -> Song:
    reading = listen(Request(f"X:1\nM:4/4\nL:1/4\nQ:1/4=100\n{text}\n".encode(), "tune.abc"))
    assert reading is not None
    part = reading.song.parts[0]
    return Song(
        (type(part)(part.notes, part.program, part.name, role="lead"),),
        reading.song.tempo,
        reading.song.metres,
        reading.song.keys,
    )


def found(text: str, style: str = "standards", temperature: float = 0.0, seed: int = 0) -> list[tuple[float, int]]:
    """(quarter, chord 0 …) of each change."""
    tune = song(text)
    whole = harmonised(tune, tune.key or heard_key(tune), style, temperature, np.random.default_rng(seed))
    return [(at, value_of(symbol) - FIRST_CHORD) for at, symbol in whole.chords]


@pytest.mark.parametrize("style", ["pop", "standards", "hymn", "irish", "classical"])
@pytest.mark.parametrize("tune", TUNES)
def test_chords_begin_and_end_at_home_and_lead_there(tune: str, style: str) -> None:
    chords, tonic = found(tune, style), TUNES[tune]
    assert chords[0][0] == 0.0 and chords[0][1] % 12 == tonic
    assert chords[-1][1] % 12 == tonic and QUALITIES[chords[-1][1] // 12] in RESTS
    assert {(chord - tonic) % 12 for _, chord in chords} >= {0, 7}, "the dominant is heard"
    assert 4 <= len(chords) <= 20


def test_the_same_tune_a_semitone_higher_has_the_same_chords_a_semitone_higher() -> None:
    low, high = (
        found("K:C\nCDEC|FAGE|DEFD|G4|EGcE|FAGE|DFED|C4|]"),
        found("K:Db\nDEFD|GBAF|EFGE|A4|FAdF|GBAF|EGFE|D4|]"),
    )
    assert [at for at, _ in low] == [at for at, _ in high]
    assert [(chord // 12, (chord + 1) % 12) for _, chord in low] == [(chord // 12, chord % 12) for _, chord in high]


def test_warmer_chords_differ_by_seed_and_repeat_with_it() -> None:
    tune = next(iter(TUNES))
    warm = [found(tune, "pop", 1.3, seed) for seed in range(4)]
    assert len({tuple(each) for each in warm}) > 1
    assert warm == [found(tune, "pop", 1.3, seed) for seed in range(4)]


def test_the_most_frequent_chords_do_not_crowd_out_the_others() -> None:
    """A bar of G, B flat and A in D minor stands over Gm, not over the C7 of most lead sheets."""
    [chord] = [chord for at, chord in found("K:Dm\nDEFD|GBAF|EFGE|A4|FAdF|GBAF|EG^CE|D4|]") if at == 4.0]
    assert (QUALITIES[chord // 12], chord % 12) == ("min", 7)


def test_a_tune_of_one_note_and_one_without_bars_have_chords() -> None:
    assert len(found("K:C\nC4|]")) == 1
    assert found("M:none\nK:C\nCEGc")


@pytest.mark.parametrize(("symbol", "bass"), [("C/E", 4), ("F#m7/C#", 1), ("G7", -1), ("C6/9", -1), ("Am/Bb", 10)])
def test_a_symbol_names_its_bass(symbol: str, bass: int) -> None:
    assert bass_of(symbol) == bass
