"""Judging a model of several parts: excerpts, false continuations, and figures that must be true to their names."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.judge.band.discriminate import ANOTHER, SAMPLED, discrimination, grafted, nats_since, sampled, told
from generation.judge.band.excerpts import Excerpt, alone, excerpts
from generation.judge.baselines.row_ngram import RowNGram
from generation.learn.band_batches import collate, whole
from generation.learn.band_loss import CONTENT, loss, surprise
from generation.learn.full_corpus import Work
from generation.model import band
from generation.model.band import DURATION, PART, SINCE, STEP, TICK, VALUE
from generation.model.encode_band import encode
from generation.music.key import Key
from tests.model.test_band import small, song


def work(name: str, up: int = 0) -> Work:
    """A song, moved up, in its own key."""
    score = song()
    tonal = score.part != 2
    moved = replace(score, pitch=score.pitch + up * tonal, key=Key("D", "major") if up == 2 else Key("C", "major"))
    return Work("songs", "songs", name, "pop", "test", name, replace(moved, tempo=60.0))


def three() -> list[Excerpt]:
    """12 quarters given, 8 that follow, of three songs."""
    return list(excerpts([work("one"), work("two", 2), work("three", 5)], 12.0, 8.0))


def counted() -> RowNGram:
    ngram = RowNGram()
    ngram.learn([encode(work("learned").score).encoded.rows])
    return ngram


def test_excerpts_begin_at_bar_lines_and_have_what_rules_there():
    first, second = three()[:2]
    assert (first.start, second.start) == (0.0, 12.0)
    assert first.rows[first.first, TICK] == 12 * 24 and first.rows[first.first - 1, TICK] < 12 * 24
    assert first.rows[-1, TICK] < 20 * 24
    # The chord that began four quarters before the excerpt rules its beginning.
    assert second.score.chords[0] == (0.0, band.chord_value(7, "maj")) and second.score.bars == ((0.0, 4.0),)
    assert not second.piece.complete
    assert not list(excerpts([work("short")], 30.0, 8.0))


def test_a_graft_keeps_what_is_given_and_brings_anothers_notes_into_its_key_and_bars():
    every = three()
    given = every[0]
    false = grafted(given, every, np.random.default_rng(1))
    assert false is not None
    rows, first = false.encoded.rows, given.first
    assert (rows[:first] == given.rows[:first]).all() and (false.encoded.heading == given.piece.encoded.heading).all()
    # The songs are the same but for their keys, and the two excerpts begin at other bars of it.
    lead = rows[first:][rows[first:, PART] == 1]
    assert lead[0, TICK] == 12 * 24 and lead[0, SINCE] % 96 == 0
    assert set(lead[:, VALUE] % 12) <= {0, 2, 4, 5, 7} or set(lead[:, VALUE] % 12) <= {5, 7, 9, 10, 0}
    assert grafted(given, [given], np.random.default_rng(1)) is None


def test_alone_a_continuation_begins_at_its_bar_line():
    given = three()[0]
    rows = alone(given, given.piece).encoded.rows
    assert len(rows) - 1 == len(given.rows) - given.first
    assert (rows[1, TICK], rows[1, STEP], rows[1, SINCE]) == (0, 0, 0)
    assert (rows[1:, [PART, VALUE, DURATION]] == given.rows[given.first :][:, [PART, VALUE, DURATION]]).all()


def test_the_nats_of_a_continuation_are_those_of_the_whole_less_those_of_what_is_given():
    torch.set_num_threads(1)
    model, every = small(), three()
    for given in every:
        before = replace(given.piece, encoded=replace(given.piece.encoded, rows=given.rows[: given.first]))
        whole, part = (
            {k: v for k, v in each.items() if k in CONTENT} for each in surprise(model, [given.piece, before])
        )
        found = nats_since(model, [given.piece, before], [given.first, 1])
        rows = len(given.rows) - given.first
        assert found[0] == pytest.approx((sum(whole.values()) - sum(part.values())) / rows, rel=0.02)  # bf16
        assert found[1] == pytest.approx(sum(part.values()) / (given.first - 1), rel=0.02)


def test_what_the_3_gram_plays_is_for_the_declared_parts_of_their_kinds_and_in_order():
    given, ngram = three()[0], counted()
    rows = sampled(given, ngram, np.random.default_rng(0)).encoded.rows
    assert len(rows) > given.first + 8 and (rows[: given.first] == given.rows[: given.first]).all()
    kinds = np.digitize(rows[1:, VALUE], [band.FIRST_DRUM, band.NO_CHORD])
    assert (kinds == band.kinds(given.piece.encoded.heading)[rows[1:, PART]]).all()
    assert (np.lexsort((-rows[1:, VALUE], rows[1:, PART], rows[1:, TICK])) == np.arange(len(rows) - 1)).all()
    assert rows[-1, TICK] <= given.rows[-1, TICK]


def test_the_3_gram_samples_what_it_counts():
    ngram, rows = counted(), three()[0].rows[:-1]
    assert rows[-1, VALUE] < band.FIRST_DRUM and rows[-1, TICK] > 24
    for head in ("step", "part", "value", "duration"):
        assert ngram.chances(head, rows).sum() == pytest.approx(1)
    at = [
        np.log(ngram.chances(head, rows)[rows[-1, i]]) for i, head in enumerate(("step", "part", "value", "duration"))
    ]
    last = sum(ngram.nats(rows, ends=False).values()) - sum(ngram.nats(rows[:-1], ends=False).values())
    assert -sum(at) == pytest.approx(last)


def test_a_model_that_knows_a_song_tells_it_from_another():
    torch.set_num_threads(1)
    known, other = work("known"), work("other")
    other = replace(other, score=replace(other.score, pitch=other.score.pitch[::-1] % 24 + 48))
    model, piece = small(), encode(known.score, "pop")
    learning = torch.optim.AdamW(model.parameters(), 5e-3)
    for _ in range(40):
        found, _ = loss(model.train(), collate([whole(piece)]))
        learning.zero_grad()
        sum(nats.sum() for nats, _ in found.values()).backward()
        learning.step()
    wins = discrimination(model.eval(), counted(), [known, other], keyed=True)
    assert len(wins[ANOTHER]) == len(wins[SAMPLED]) == 2
    assert max(each[:2] for each in wins[ANOTHER]) == max(each[:2] for each in wins[SAMPLED]) == (True, True)
    assert min(each[:2] for each in wins[ANOTHER]) == (False, False)  # the other song, against the one it knows
    assert told({ANOTHER: [(True, True, False), (True, False, False)], SAMPLED: []}) == {
        ANOTHER: {"likelihood": 1.0, "gain": 0.5, "3-gram": 0.0, "primes": 2}
    }
