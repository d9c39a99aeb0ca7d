"""Crops of full scores in more forms than they were written in."""

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from generation.learn.augment import Augment, Cut, augmented, drummers, example
from generation.learn.band_batches import stream
from generation.model import band
from generation.model.band import ARTICULATION, BAR, PART, ROLES, SINCE, STEP, TICK, VALUE, VELOCITY
from generation.model.encode_band import encode
from generation.model.full_score import FullScore, PartOf
from generation.model.tokens import LENGTHS, Ints

NEVER: dict[str, Any] = {name: 0.0 for name in vars(Augment()) if name != "keys"}
BARS = 8


def song(drums: bool = False) -> FullScore:
    """A lead over a pianist's broken chords, on chord symbols, or drums alone; 4/4."""
    if drums:
        onset = np.arange(0, BARS * 4, 0.5)
        pitch = np.where(onset % 2 == 0, 36, 42)
        part, parts = np.zeros(len(onset), int), (PartOf("drums", timing=True, dynamics=True),)
    else:
        beat = np.arange(BARS * 4.0)
        onset = np.concatenate([beat, beat, beat])
        pitch = np.concatenate([72 + beat % 5, 60 + beat % 4, np.where(beat % 2 == 0, 43, 55)]).astype(int)
        part = np.repeat([0, 1, 1], BARS * 4)
        parts = (PartOf("lead", 0, False, True), PartOf("chords", 0, False, True))
    order = np.argsort(onset, kind="stable")
    velocity = 40 + (np.arange(len(onset)) * 7) % 60
    chords = () if drums else ((0.0, band.chord_value(0, "maj")), (16.0, band.chord_value(7, "7")))
    return FullScore(
        onset[order], np.full(len(onset), 0.5), pitch[order], velocity, part[order], parts,
        metre=(4, 4), bars=((0.0, 4.0),), tempo=100.0, chords=chords,
    )  # fmt: skip


SONG = example(encode(song()))
PLAYED = drummers([SONG, example(encode(song(drums=True)))])


def crop(first: int = 0, **shares: float) -> Cut:
    rows = SONG.piece.encoded.rows.astype(np.int64)
    cut = Cut(rows, SONG.piece.encoded.heading, SONG.piece.conditions.copy(), first)
    return augmented(cut, SONG, PLAYED, Augment(**{**NEVER, **shares}), np.random.default_rng(3))


def sound(rows: Ints) -> set[tuple[int, int]]:
    return {(int(tick), int(value)) for tick, value in rows[1:, [TICK, VALUE]]}


def in_order(cut: Cut) -> None:
    rows = cut.rows[1:]
    assert (np.diff(rows[:, TICK]) >= 0).all()
    assert (LENGTHS[rows[1:, STEP]] == np.diff(rows[:, TICK])).all()
    keys = rows[:, TICK] * 10**6 + rows[:, PART] * 10**3 - rows[:, VALUE]
    assert (np.diff(keys) > 0).all(), "sorted by tick, slot and pitch, none twice"
    assert set(np.unique(rows[:, PART])) <= set(np.flatnonzero(cut.heading[:, 0])), "every part is declared"


def test_only_drums_alone_are_borrowed_and_in_whole_bars() -> None:
    assert len(PLAYED) == 1
    assert (PLAYED[0][:, VALUE] >= band.FIRST_DRUM).all()
    assert PLAYED[0][-1, TICK] < (BARS - 1) * 96


def test_a_drummer_plays_in_the_bars_of_the_song() -> None:
    cut = crop(drummer=1.0)
    in_order(cut)
    drums = cut.rows[cut.rows[:, PART] == 4 - 1]
    assert cut.heading[3, 0] == band.DRUMS + 1
    assert len(drums) > 8
    kicks = drums[drums[:, VALUE] == band.FIRST_DRUM]
    assert (kicks[:, TICK] % 48 == 0).all(), "on one and three, as it was played"
    assert (drums[:, SINCE] == drums[:, TICK]).all()
    assert (drums[:, BAR] == 96).all()
    assert sound(SONG.piece.encoded.rows) == {pair for pair in sound(cut.rows) if not 128 <= pair[1] < band.NO_CHORD}


def test_a_bass_takes_over_the_lowest_notes() -> None:
    cut = crop(bass=1.0)
    in_order(cut)
    assert sound(cut.rows) == sound(SONG.piece.encoded.rows)
    bass = cut.rows[cut.rows[:, PART] == 3]
    assert ROLES[cut.heading[3, 0] - 1] == "bass"
    assert len(bass)
    assert len(np.unique(bass[:, TICK])) == len(bass), "one note at a time"
    assert bass[:, VALUE].max() <= 52


def test_others_play_what_a_pianist_played() -> None:
    families = {tuple(augmented(
        Cut(SONG.piece.encoded.rows, SONG.piece.encoded.heading, SONG.piece.conditions, 0), SONG, PLAYED,
        Augment(**{**NEVER, "players": 1.0}), np.random.default_rng(seed),
    ).heading[1:3, 1]) for seed in range(12)}  # fmt: skip
    assert len(families) > 4


@pytest.mark.parametrize("name", ["joined", "bass", "drummer", "dropped", "moved"])
def test_the_first_row_to_learn_from_stays_at_its_tick(name: str) -> None:
    first = 20
    cut = crop(first, **{name: 1.0})
    in_order(cut)
    tick = SONG.piece.encoded.rows[first, TICK]
    assert name == "dropped" or cut.rows[cut.first, TICK] == tick
    assert cut.first == 0 or cut.rows[cut.first - 1, TICK] <= tick


def test_touch_is_hidden_from_what_is_heard_never_from_what_is_learned() -> None:
    rng = np.random.default_rng(1)
    augment = Augment(**{**NEVER, "flat": 1.0})
    batch = next(stream([SONG], 32, 256, augment, rng))
    heard, learned = batch.rows.numpy(), batch.following.numpy()
    flat = (heard[..., VELOCITY : ARTICULATION + 1] == band.start_row()[VELOCITY : ARTICULATION + 1]).all(-1)
    hidden = flat[:, 1:] & (heard[:, 1:, PART] != 0) & batch.valid.numpy()[:, 1:]
    assert hidden.any()
    assert not flat[batch.valid.numpy()].all()
    told = learned[:, :-1][hidden]
    assert len(np.unique(told[told[:, PART] > 0][:, VELOCITY])) > 4


def test_crops_are_never_longer_than_asked_for() -> None:
    rng = np.random.default_rng(1)
    augment = Augment(**{**NEVER, "drummer": 1.0})
    both = [SONG, example(encode(song(drums=True)))]
    for batch in islice(stream(both, 64, 512, augment, rng), 8):
        assert batch.valid.shape[1] <= 64
        assert batch.valid.any(1).all()


def test_chords_that_were_only_heard_may_go_unnamed() -> None:
    known, guessed = SONG, example(SONG.piece, guessed=True)
    cut = Cut(SONG.piece.encoded.rows.astype(np.int64), SONG.piece.encoded.heading, SONG.piece.conditions, 0)
    augment = Augment(**{**NEVER, "unnamed": 1.0})
    assert augmented(cut, known, PLAYED, augment, np.random.default_rng(0)) is cut
    bare = augmented(cut, guessed, PLAYED, augment, np.random.default_rng(0))
    in_order(bare)
    without = encode(replace(song(), chords=()))
    assert (bare.rows[:, :4] == without.encoded.rows[:, :4]).all()
    assert (bare.heading == without.encoded.heading).all()


def test_a_part_that_plays_one_note_alone_is_not_learned_from() -> None:
    whole = song()
    late = whole.onset == whole.onset.max()
    keep = (whole.part == 0) | (late & (whole.pitch == whole.pitch[late].min()))
    once = replace(
        whole, **{name: getattr(whole, name)[keep] for name in ("onset", "duration", "pitch", "velocity", "part")}
    )
    batches = stream([example(encode(once))], 8, 8, Augment(**{**NEVER, "dropped": 1.0}), np.random.default_rng(1))
    for batch in islice(batches, 200):
        assert batch.valid.any(1).all()
