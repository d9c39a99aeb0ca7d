"""A band beside a tune: the tune stays, given chords are obeyed, and one part alone can be played again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from generation.model.band import FIRST_CHORD, QUALITIES
from generation.model.chords import value_of
from generation.model.hear_chords import TONES
from generation.model.loaded import load_band
from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.music.played import Played
from generation.music.reading import Reading
from generation.music.song import REDONE_ROLES, Part, Song, heard_key
from generation.play.band.session import play_on
from generation.play.prompts import band_prompts, of_several
from generation.read.file import read
from generation.request import ACCOMPANISTS, Refusal, Request
from generation.serve.listen import listen
from generation.serve.rendering import make

CASES = Path(__file__).parents[1] / "data" / "cases"
JIG = b"""X:1
T:A jig
M:6/8
L:1/8
K:D
A|dfd cec|BdB AFA|GBG FAF|EFE E2A|
dfd cec|BdB AFA|Gfe dcB|AFG A2|]
"""
REEL = b"X:1\nM:4/4\nL:1/8\nK:Am\n" + b"A2 cA eAcA|G2 BG dGBG|" * 4 + b"A8|]\n"
HYMN = b"X:1\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\nGABG|cedA|Bdec|A4|GABG|cedA|BdAF|G4|]\n"
SNARE_AND_TOMS = (38, 43, 47, 50)
CHORDS = b'X:1\nM:3/4\nL:1/4\nK:G\n"G"G2B|"D7"A2d|"G"B2d|"C"e2c|"D"d2A|"G"G3|]\n'


@pytest.fixture(scope="module")
def model() -> BandLSTM:
    """Untrained: it wants anything at all."""
    torch.manual_seed(0)
    return BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=64)).eval()


def asked(tune: bytes, **wish: object) -> tuple[Request, Reading]:
    request = Request(tune, "tune.abc", **wish)  # type: ignore[arg-type]
    reading = listen(request)
    assert reading is not None and of_several(request, reading)
    return request, reading


def play(model: BandLSTM, tune: bytes, **wish: object) -> tuple[Song, Reading]:
    request, reading = asked(tune, **wish)
    [take] = play_on(model, band_prompts(request, reading))
    assert take.whole is not None
    return take.whole, reading


def same(one: Song, other: Song, part: int) -> bool:
    a, b = one.parts[part].notes, other.parts[part].notes
    return all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("onset", "duration", "pitch", "velocity")
    )


def sounding_at(part: Part, line: float) -> NDArray[np.bool_]:
    """Which notes of a part sound just after a quarter."""
    return (part.notes.onset < line + 0.3) & (part.notes.ends > line + 0.3)


def chord_at(song: Song, quarter: float) -> str:
    return [symbol for at, symbol in song.chords if at <= quarter + 1e-6][-1]


def in_chord(song: Song, roles: tuple[str, ...], since: float = 0.0) -> tuple[int, int]:
    """How many notes on strong beats belong to the chord, and how many there are."""
    beats, unit = song.metre or (4, 4)
    bar, inside, all_of_them = beats * 4 / unit, 0, 0
    when = np.array([at for at, _ in song.chords])
    for part in song.parts:
        late = np.zeros(len(part.notes)) if part.written is None else part.written.late
        late = np.concatenate([np.zeros(len(part.notes) - len(late)), late])
        for onset, pitch in zip(part.notes.onset - late, part.notes.pitch, strict=True):
            written = round(float(onset) * 24) / 24 - song.pickup
            place = written % bar
            ruling = int(np.searchsorted(when, written + song.pickup + 1e-6, side="right")) - 1
            if part.role in roles and written >= since and min(place, abs(place - bar / 2)) < 1e-6 and ruling >= 0:
                quality, root = divmod(value_of(song.chords[ruling][1]) - FIRST_CHORD, 12)
                inside += (int(pitch) - root) % 12 in TONES[QUALITIES[quality]][0]
                all_of_them += 1
    return inside, all_of_them


@pytest.mark.parametrize("band", ACCOMPANISTS)
def test_every_band_joins_and_the_tune_stays(model: BandLSTM, band: str) -> None:
    whole, reading = play(model, JIG, accompany=band, seed=3)
    tune, *others = whole.parts
    assert same(whole, reading.song, 0) and tune.role == "lead"
    assert all(len(part.notes) > 2 for part in others)
    assert whole.pickup == reading.song.pickup == 0.5
    sings = band == "choir"  # it begins with the tune; the others wait for the first bar
    assert (min(float(part.notes.onset[0]) for part in others) > 0.4) != sings
    assert all(part.notes.end <= tune.notes.end + 0.6 for part in others if not part.drums)
    assert whole.chords and whole.chords[0][0] == (0.0 if sings else 0.5)


def test_given_chords_win_over_those_of_the_file_which_win_over_found_ones(model: BandLSTM) -> None:
    own, _ = play(model, CHORDS, accompany="trio")
    assert [symbol for _, symbol in own.chords] == ["G", "D7", "G", "C", "D", "G"]
    ours, _ = play(model, CHORDS, accompany="trio", chords="Em | A7")
    assert [symbol for _, symbol in ours.chords] == ["Em", "A7"] * 3


@pytest.fixture(scope="module")
def shipped() -> BandLSTM:
    return load_band(device="cpu").model


@pytest.mark.parametrize("band", ["trio", "jazz trio", "piano"])
def test_given_chords_are_obeyed(shipped: BandLSTM, band: str) -> None:
    whole, _ = play(shipped, REEL, accompany=band, chords="Am | F | C G | E7", temperature=1.2)
    inside, notes = in_chord(whole, ("chords", "bass"))
    assert notes >= 16 and inside / notes >= 0.95


def test_seeds_differ_and_repeat(model: BandLSTM) -> None:
    request, reading = asked(REEL, accompany="trio", takes=2, seed=5)
    first, second = play_on(model, band_prompts(request, reading))
    assert first.rows != second.rows
    [again] = play_on(model, band_prompts(replace(request, takes=1), reading))
    assert again.rows == first.rows


@pytest.mark.parametrize("what", ["drums", "bass", "chords", "melody"])
def test_one_part_is_played_again_and_all_else_stays(model: BandLSTM, what: str) -> None:
    whole, reading = play(model, REEL, accompany="trio", seed=2)
    request = Request(REEL, "tune.abc", accompany="trio", redo=what, wholes=(b"it",), seed=9)
    [take] = play_on(model, band_prompts(request, reading, Played(whole)))
    assert take.whole is not None
    for i, part in enumerate(whole.parts):
        again = part.role in REDONE_ROLES[what]
        assert same(whole, take.whole, i) != again, part.role
        assert len(take.whole.parts[i].notes) > 8
    assert take.whole.chords == whole.chords


def test_a_part_of_a_band_that_played_on_is_played_again_from_there(model: BandLSTM) -> None:
    whole, reading = play(model, REEL, accompany="trio", seed=2)
    song = replace(reading, song=whole)
    request = Request(REEL, "tune.abc", seconds=8, seed=1)
    [take] = play_on(model, band_prompts(request, song))
    assert take.whole is not None and take.since > 30
    redo = Request(REEL, "tune.abc", seconds=8, redo="bass", wholes=(b"it",), seed=9)
    [other] = play_on(model, band_prompts(redo, song, Played(take.whole, take.since)))
    assert other.whole is not None and other.since == take.since
    old, new = take.whole.parts[2].notes, other.whole.parts[2].notes
    given = len(whole.parts[2].notes)
    assert np.array_equal(old.onset[:given], new.onset[:given]) and not np.array_equal(old.pitch, new.pitch)
    assert all(same(take.whole, other.whole, i) for i in (0, 1, 3))


def test_what_is_not_there_cannot_be_played_again(model: BandLSTM) -> None:
    whole, reading = play(model, JIG, accompany="guitar")
    request = Request(JIG, "tune.abc", accompany="guitar", redo="drums", wholes=(b"it",))
    with pytest.raises(Refusal, match="no part that could be played again like this: drums"):
        band_prompts(request, reading, Played(whole))


@pytest.mark.parametrize("chords", ["Bm | G A", "ii V I"])
def test_a_line_goes_on_over_given_chords_and_stays_one(model: BandLSTM, chords: str) -> None:
    whole, reading = play(model, JIG, chords=chords, bars=6)
    assert len(whole.parts) == 1 and len(whole.parts[0].notes) > len(reading.song.parts[0].notes)
    new = [symbol for at, symbol in whole.chords if at > reading.song.end - 0.6]
    assert new[:3] == (["Bm", "G", "A"] if chords.startswith("B") else ["Em", "A", "D"])


def test_a_fresh_piece_over_chords_is_in_their_key(shipped: BandLSTM) -> None:
    request = Request(chords="Eb | Ab Bb7", band="pop band", bars=8)
    [take] = play_on(shipped, band_prompts(request, None))
    assert take.whole is not None and str(take.whole.key) == "Eb major"
    assert [symbol for _, symbol in take.whole.chords[:3]] == ["Eb", "Ab", "Bb7"]
    inside, notes = in_chord(take.whole, ("chords", "bass"))
    assert notes > 10 and inside / notes >= 0.95


def test_a_tune_that_gets_a_band_stays_whole(model: BandLSTM) -> None:
    request, reading = asked(JIG, accompany="piano", last_bars=2, formats=("mid", "abc"), seed=2)
    [whole] = [Played(take.whole, take.since) for take in play_on(model, band_prompts(request, reading)) if take.whole]
    files = make(request, reading, whole, 0).files
    parts = read(files["mid"], "a.mid").song.parts
    assert parts[0].notes.pitch.tolist() == reading.line.pitch.tolist() and files["abc"]


@pytest.mark.parametrize("band", ["trio", "piano"])
def test_a_bass_that_a_chord_names_is_played(shipped: BandLSTM, band: str) -> None:
    whole, _ = play(shipped, REEL, accompany=band, chords="Am Am/G | F/A | C/E | Dm/E", seed=2)
    bass = [part for part in whole.parts if part.role == "bass" or part.name == "Piano"][-1]
    assert bass.written is not None
    written = np.round((bass.notes.onset - bass.written.late) * 24) / 24
    wanted = {"Am/G": 7, "F/A": 9, "C/E": 4, "Dm/E": 4}
    struck = [
        (int(bass.notes.pitch[abs(written - at) < 1e-6].min()) - wanted[symbol]) % 12 == 0
        for at, symbol in whole.chords
        if symbol in wanted and (abs(written - at) < 1e-6).any()
    ]
    assert len(struck) >= 5 and np.mean(struck) >= 0.8


def test_a_choir_sings_the_thirds_of_its_chords(shipped: BandLSTM) -> None:
    whole, _ = play(shipped, HYMN, accompany="choir", chords="G | C D | G C | D7 | G | C D | G D | G", seed=1)
    full = 0
    lines = [4.0 * bar for bar in range(8)]
    for line in lines:
        sounding = {int(p) % 12 for part in whole.parts for p in part.notes[sounding_at(part, line)].pitch}
        root, kind = divmod(value_of(chord_at(whole, line)) - FIRST_CHORD, 12)[::-1]
        full += (root + TONES[QUALITIES[kind]][0][1]) % 12 in sounding
    assert full >= len(lines) - 1


def test_the_piano_closes_on_a_whole_chord_and_the_drums_fill_each_fourth_bar(shipped: BandLSTM) -> None:
    fills = elsewhere = 0
    for seed in range(4):
        song, _ = play(shipped, HYMN, accompany="trio", chords="G | D7 | Em C | D | G | D7 | Am7 D7 | G", seed=seed)
        piano, drums = (next(part for part in song.parts if part.name == name) for name in ("Piano", "Drums"))
        assert (piano.notes.ends > song.end - 0.3).sum() >= 3
        bar, place = np.divmod(drums.notes.onset + 0.1, 4)
        rolls = np.isin(drums.notes.pitch, SNARE_AND_TOMS) & (place >= 2)
        fills += int((rolls & (bar == 3)).sum())
        elsewhere += int((rolls & (bar != 3)).sum())
    assert fills > elsewhere / 6  # of eight bars, the last is the close


def test_the_key_is_that_of_the_tune_whatever_the_band_plays(shipped: BandLSTM) -> None:
    whole, reading = play(shipped, (CASES / "m16-soft-karaoke.kar").read_bytes(), accompany="trio", seed=1172120315)
    assert str(whole.key) == str(heard_key(reading.song)) == "C major"
    assert reading.song.key is None
