"""Songs of several parts are played on with all their parts, whatever the model wants and whatever the song is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.model import hearing
from generation.model.band import CLASSES, DURATION, END, PART, STEP, TICK, VALUE
from generation.model.chords import value_of
from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.model.tokens import LENGTHS, TICKS
from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.notes import Notes
from generation.music.song import SUSTAIN, Part, Song
from generation.play.asked import BandPrompt
from generation.play.band.decode_step import decode_step
from generation.play.band.ensembles import ENSEMBLES
from generation.play.band.plan import plan
from generation.play.band.rules import BAND_VALUES, in_order
from generation.play.band.session import BandSession, BandTake, play_on
from generation.play.band.state import state_of
from generation.play.band.to_song import rows_of
from generation.play.constraints import NEVER
from generation.play.loops import band as loops


@pytest.fixture(scope="module")
def model() -> BandLSTM:
    """Untrained: it wants anything at all."""
    torch.manual_seed(0)
    return BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=64)).eval()


def notes(onset: np.ndarray, duration: float, pitch: list[int], velocity: int = 80) -> Notes:
    n = len(onset)
    return Notes(onset, np.full(n, duration), np.resize(np.array(pitch, int), n), np.full(n, velocity))


def quartet(bars: int = 8) -> Song:
    """A tune, chords, bass and drums in 4/4, D minor, that end on a bar line."""
    end = 4.0 * bars
    return Song(
        parts=(
            Part(notes(np.arange(0, end), 1.0, [62, 65, 69, 67, 65, 64]), 65, "Sax", role="lead"),
            Part(notes(np.repeat(np.arange(0, end, 2.0), 3), 2.0, [57, 62, 65]), 0, "Piano"),
            Part(notes(np.arange(0, end), 1.0, [38, 41, 45, 43]), 32, "Bass"),
            Part(notes(np.arange(0, end, 0.5), 0.25, [36, 42, 38, 42]), None, "Kit", drums=True),
        ),
        tempo=(Tempo(0.0, 120.0),),
        metres=((0.0, (4, 4)),),
        keys=((0.0, Key("D", "minor")),),
        chords=((0.0, "Dm"), (16.0, "Gm7")),
    )


def fresh_notes(take: BandTake, part: int) -> Notes:
    assert take.whole is not None
    given = 0 if take.prompt.song is None else len(take.prompt.song.parts[part].notes)
    return take.whole.parts[part].notes[given:]


def check(take: BandTake) -> None:
    """Checks that hold for every take that comes to a close."""
    song, whole = take.prompt.song, take.whole
    assert whole is not None and take.share == 1.0
    assert song is not None and len(whole.parts) == len(song.parts)
    for old, new in zip(song.parts, whole.parts, strict=True):
        kept = new.notes[: len(old.notes)]
        for name in ("onset", "duration", "pitch", "velocity"):
            np.testing.assert_array_equal(getattr(kept, name), getattr(old.notes, name))
        more = len(new.notes) - len(old.notes)
        if more:
            assert new.written is not None and len(new.written.late) == more
            assert new.notes.onset[len(old.notes)] >= take.since - 1e-9
    goal = take.plan.goal / TICKS
    new = [i for i, part in enumerate(song.parts) if len(whole.parts[i].notes) > len(part.notes)]
    assert new
    for i in new:
        assert fresh_notes(take, i).end <= goal + 1e-9
    if tones := [fresh_notes(take, i).end for i in new if not whole.parts[i].drums]:
        assert max(tones) == pytest.approx(goal)


@pytest.mark.parametrize("seed", [0, 1])
def test_all_parts_go_on_and_end_together_on_a_bar_line(model: BandLSTM, seed: int):
    song = quartet()
    [take] = play_on(model, [BandPrompt(song, 12.0, seed=seed)])
    check(take)
    goal, last = take.plan.goal / TICKS, take.plan.goal / TICKS - 4
    assert goal % 4 == 0 and abs(goal - 32 - 24) <= 4
    assert 32 - 1e-9 <= take.since <= 33
    for i in range(3):
        new = fresh_notes(take, i)
        closing = new.onset >= last - 0.3
        assert closing.any() and new.end == pytest.approx(goal), i
    drums = fresh_notes(take, 3)
    assert drums.onset[-1] == pytest.approx(last, abs=0.3)
    lowest = fresh_notes(take, 2)
    assert lowest.pitch[-1] % 12 == 2, "the bass closes on the tonic"


def test_a_chord_at_the_close_is_the_tonics_triad_or_contains_it(model: BandLSTM):
    """Of D minor, the key of the quartet."""
    takes = play_on(model, [BandPrompt(quartet(), 6.0, seed=seed, temperature=1.5, top_p=1.0) for seed in range(12)])
    closing = []
    for take in takes:
        assert take.whole is not None
        closing += [symbol for at, symbol in take.whole.chords if at >= take.plan.goal / TICKS - 4 - 1e-6]
    assert closing and set(closing) <= {"Dm", "Dm7", "Dm6"}


def test_a_voice_stays_one_and_all_keep_their_ranges(model: BandLSTM):
    song = quartet()
    for take in play_on(model, [BandPrompt(song, 12.0, seed=seed, temperature=1.5, top_p=1.0) for seed in range(3)]):
        check(take)
        for i, old in enumerate(song.parts[:3]):
            new = fresh_notes(take, i)
            low, high = int(old.notes.pitch.min()), int(old.notes.pitch.max())
            room = max(7, (19 - (high - low)) // 2)
            assert low - room <= new.pitch.min() and new.pitch.max() <= high + room
        for i in (0, 2):
            rows = np.array([row for row in take.rows if row[PART] == take.plan.piece.slots[i]])
            assert (np.diff(rows[:, -1]) > 0).all(), "no two notes at once"
            new = fresh_notes(take, i)
            assert (new.ends[:-1] <= new.onset[1:] + 0.11).all()
        rows = np.array([[*row[:-1], row[-1]] for row in take.rows])
        piano = rows[rows[:, PART] == take.plan.piece.slots[1]]
        end = piano[:, -1] + LENGTHS[piano[:, DURATION]]
        for tick in np.unique(piano[:, -1]):
            sounding = (piano[:, -1] <= tick) & (end > tick)
            assert sounding.sum() <= 4, "as many as in the input, and one"
            assert len(set(piano[sounding, VALUE])) == sounding.sum(), "none struck while it sounds"
        harmony = rows[rows[:, PART] == 0, -1]
        assert len(set(harmony)) == len(harmony)
        order = rows[:, [-1, PART]] @ [100, 1]
        assert (np.diff(order) >= 0).all()


def test_a_part_has_no_note_left_below_when_all_lower_ones_sound():
    """Else it had to leave its range, or to strike a note that it holds."""
    known = plan(BandPrompt(quartet(), 12.0))
    piano, table = known.piece.slots[1], known.table[None].copy()
    low, long = int(known.limits.low[piano]), len(LENGTHS) - 1

    def strike(step: int, value: int) -> bool:
        """Whether the piano may strike another note below this one."""
        said = np.zeros((len(CLASSES), 1), np.int64)
        said[[STEP, PART, VALUE, DURATION], 0] = step, piano, value, long
        loops.begin(said[STEP], BAND_VALUES["step"], table)
        loops.name(said[PART], table, np.zeros(1, np.int64))
        loops.note_down(said, LENGTHS, table)
        return bool(in_order(piano, state_of(table[0])) < NEVER)

    assert strike(long, low + 2) and not strike(0, low)
    assert strike(TICKS, low + 3)
    assert not strike(TICKS, low + 1)


def test_chords_go_on_as_symbols(model: BandLSTM):
    [take] = play_on(model, [BandPrompt(quartet(), 20.0, seed=5)])
    assert take.whole is not None and take.whole.chords[:2] == quartet().chords
    new = take.whole.chords[2:]
    assert len(new) == sum(row[PART] == 0 for row in take.rows)
    assert all(quarter >= 32 and value_of(symbol) for quarter, symbol in new)


def test_takes_are_the_same_in_any_company(model: BandLSTM):
    song = quartet()
    prompts = [BandPrompt(song, 6.0, seed=seed, temperature=0.8 + 0.1 * seed) for seed in range(3)]
    alone = [play_on(model, [prompt])[0].rows for prompt in prompts]
    other = BandPrompt(replace(quartet(4), keys=((0.0, Key("A", "major")),)), 5.0, seed=9)
    session = BandSession(model)
    first = session.add([prompts[0], other])
    for _ in range(5):
        session.step()
    rest = session.add(prompts[1:])
    session.drop([first[1]])
    while session.busy:
        session.step()
    assert [take.rows for take in (first[0], *rest)] == alone
    assert first[1].whole is None


def hostile() -> dict[str, Song]:
    rng = np.random.default_rng(0)
    some = rng.uniform(0.01, 9, 20_000), rng.integers(0, 128, 20_000), rng.integers(1, 128, 20_000)
    crowd = Notes(np.sort(rng.uniform(0, 600, 20_000)), *some)
    pickup, same = quartet(), notes(np.full(3, 2.0), 1.0, [30])
    later = tuple(replace(p, notes=p.notes.later(1.0)) for p in pickup.parts)
    held = Part(Notes(np.array([0.0]), np.array([40.0]), np.array([48]), np.array([70])), 48, "Pad")
    return {
        "one note": Song((Part(notes(np.zeros(1), 1.0, [60]), role="lead"),)),
        "20,000 notes": Song((Part(crowd),)),
        "20 parts": Song(tuple(Part(notes(np.arange(8.0 + i), 1.0, [40 + 2 * i]), i) for i in range(20))),
        "drums alone": Song((Part(notes(np.arange(0, 16, 0.5), 0.1, [36, 42, 38, 42]), drums=True),)),
        "no metre": replace(quartet(), metres=()),
        "a pickup": replace(pickup, parts=later, pickup=1.0),
        "tempo changes": replace(quartet(), tempo=tuple(Tempo(float(q), 60.0 + 7 * q) for q in range(32))),
        "all at one tick": Song((Part(notes(np.full(60, 2.0), 1.0, [*range(40, 100)])), Part(same))),
        "a long pad": replace(quartet(2), parts=(*quartet(2).parts, held)),
        "a pad alone": Song((held,), metres=((0.0, (3, 4)),)),
        "an odd metre": replace(quartet(), metres=((0.0, (4, 4)), (16.0, (7, 8)))),
        "a bar of eleven and a half": replace(quartet(), metres=((0.0, (23, 8)),)),
        "late": replace(pickup, parts=tuple(replace(p, notes=p.notes.later(5000.03)) for p in pickup.parts)),
        "at the top": Song((Part(notes(np.arange(16.0), 1.0, [127])), Part(notes(np.arange(16.0), 1.0, [0])))),
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile())
def test_any_song_is_played_on(model: BandLSTM, name: str):
    song = hostile()[name]
    [take] = play_on(model, [BandPrompt(song, 5.0, seed=1)])
    check(take)
    assert take.rows and take.whole is not None
    last = max(float(part.notes.onset[-1]) for part in song.parts if len(part.notes))
    bar = song.metre[0] * 4 / song.metre[1] if song.metre else 4.0
    assert take.since <= max(last + bar, min(p.notes.end for p in song.parts if len(p.notes)) + 1) + 0.3, (
        "no bar is empty"
    )
    if name == "20 parts":
        resting = [i for i in range(20) if len(take.whole.parts[i].notes) == len(song.parts[i].notes)]
        assert resting[:4] == [0, 1, 2, 3]
        assert "4 parts" in str(take.whole.remarks[-1])
    if name == "drums alone":
        assert set(fresh_notes(take, 0).pitch) and take.whole.parts[0].drums


def test_an_end_may_stay_open(model: BandLSTM):
    [take] = play_on(model, [BandPrompt(quartet(), 8.0, seed=3, open_end=True)])
    assert take.whole is not None
    assert max(row[-1] for row in take.rows) < take.plan.goal
    assert take.whole.end <= take.plan.goal / TICKS + 0.3


@pytest.mark.parametrize("band", ENSEMBLES)
def test_a_fresh_piece_for_each_band(model: BandLSTM, band: str):
    prompt = BandPrompt(None, 6.0, seed=2, band=band, key=Key("Eb", "major"), tempo=100.0, metre=(3, 4))
    [take] = play_on(model, [prompt])
    whole = take.whole
    ensemble = ENSEMBLES[band]
    players = [part.name for part in ensemble.band.seats()]
    assert whole is not None
    assert [part.name for part in whole.parts] == ([ensemble.band.called] if ensemble.tune else []) + players
    assert whole.metres == ((0.0, (3, 4)),) and whole.keys == ((0.0, Key("Eb", "major")),)
    assert whole.end == pytest.approx(take.plan.goal / TICKS) or band == "drums"
    assert take.since < 3
    assert sum(len(part.notes) for part in whole.parts) == sum(row[PART] > 0 or not whole.chords for row in take.rows)


def test_a_pedal_that_is_down_is_let_go_and_wheels_are_centred(model: BandLSTM):
    song = quartet()
    piano = replace(song.parts[1], controls=((0.0, SUSTAIN, 127),), bends=((30.0, 500),))
    song = replace(song, parts=(song.parts[0], piano, *song.parts[2:]))
    [take] = play_on(model, [BandPrompt(song, 8.0)])
    assert take.whole is not None
    part = take.whole.parts[1]
    assert part.controls[-1][1:] == (SUSTAIN, 0) and part.bends[-1][1] == 0
    assert part.controls[-1][0] == pytest.approx(fresh_notes(take, 1).onset[0])


def test_steps_lead_from_tick_to_tick(model: BandLSTM):
    [take] = play_on(model, [BandPrompt(quartet(), 8.0, seed=4)])
    ticks = [row[-1] for row in take.rows]
    steps = [int(LENGTHS[row[STEP]]) for row in take.rows]
    assert np.diff(ticks).tolist() == steps[1:]
    assert TICK > VALUE


@torch.inference_mode()
def test_a_network_that_is_told_what_parts_hold_plays_on_and_is_told_the_truth():
    """While it plays, it is told of every row what `hearing.listen` tells it of the finished music."""
    torch.manual_seed(0)
    model = BandLSTM(Sizes(width=48, heads=2, layers=1, dropout=0.0, window=64, held=4)).eval()
    [take] = play_on(model, [BandPrompt(quartet(4), 4.0, seed=1)])
    check(take)
    session = BandSession(model)
    [take] = session.add([BandPrompt(quartet(2), 4.0, seed=1)])
    line, rows, told = session._line(take), [], []
    while (row := decode_step(model, line))[STEP] != END:
        rows.append(row)
        told.append(state_of(line.table[0]).heard.copy())
    encoded = take.plan.piece.encoded
    music = np.concatenate([encoded.rows.astype(np.int64), rows_of(rows)])
    np.testing.assert_array_equal(np.array(told), hearing.listen(music, encoded.heading)[-len(rows) :])
