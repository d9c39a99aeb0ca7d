"""Several parts as rows, the notes that sound beside them, and the network that predicts them."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from generation.learn.augment import Augment, example
from generation.learn.band_batches import collate, stream, whole
from generation.learn.band_loss import HEADS, loss, surprise
from generation.model import band, hearing, tokens
from generation.model.band import DURATION, PART, STEP, TICK, VALUE
from generation.model.encode_band import encode
from generation.model.full_score import FullScore, PartOf
from generation.model.hearing import CLASSES_HEARD, HELD_HEARD, LEFT_HEARD, SLOTS_HEARD
from generation.model.networks.band_lstm import BandLSTM, Sizes
from generation.music.key import Key


def augment(**shares: float) -> Augment:
    """Only these changes."""
    never: dict[str, Any] = {name: 0.0 for name in vars(Augment()) if name != "keys"}
    return Augment(**{**never, **shares})


def song() -> FullScore:
    """Eight bars of a tune over a bass, drums and two chords."""
    beats = np.arange(32.0)
    tune = 60 + np.resize([0, 4, 7, 5, 4, 2, 0, 7], 32)
    bass = np.resize([36, 43], 16)
    onset = np.concatenate([beats, beats[::2], beats, beats[::4]])
    duration = np.concatenate([np.ones(32), np.full(16, 2.0), np.full(32, 0.1), np.full(8, 0.1)])
    pitch = np.concatenate([tune, bass, np.full(32, 42), np.full(8, 36)])
    part = np.repeat([1, 0, 2, 2], [32, 16, 32, 8])
    velocity = np.full(len(pitch), 80)
    parts = (PartOf("bass", 4), PartOf("lead", 0), PartOf("drums", dynamics=True))
    chords = tuple((8.0 * i, band.chord_value(7 * (i % 2), "maj")) for i in range(4))
    about = {"metre": (4, 4), "bars": ((0.0, 4.0),), "key": Key("C", "major"), "tempo": 100.0, "chords": chords}
    return FullScore(onset, duration, pitch, velocity, part, parts, **about)


def small(held: int = 0) -> BandLSTM:
    """With `held`, as after training: what parts hold matters."""
    torch.manual_seed(0)
    model = BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=24, held=held)).eval()
    for layer in (model.beside, model.beside_next, model.to_held, model.to_ends) if held else ():
        torch.nn.init.normal_(layer.weight, std=0.1)
    return model


def test_rows_go_by_time_then_harmony_lead_downward_and_drums():
    rows = encode(song()).encoded.rows
    first = rows[1:6]
    assert first[:, TICK].tolist() == [0] * 5
    assert first[:, PART].tolist() == [0, 1, 2, 3, 3]
    hat, kick = band.drum_value(np.array([42, 36]))
    assert first[:, VALUE].tolist() == [band.chord_value(0, "maj"), 60, 36, hat, kick]
    assert tokens.LENGTHS[first[:, DURATION]].tolist() == [0, 24, 48, 0, 0]
    assert tokens.LENGTHS[rows[:, STEP]].sum() == rows[-1, TICK] == 31 * 24


def test_the_heading_says_what_each_slot_is():
    heading = encode(song()).encoded.heading
    assert [band.ROLES[role - 1] for role in heading[:4, 0]] == ["harmony", "lead", "bass", "drums"]
    assert (heading[4:] == 0).all()
    assert heading[:4, 3].tolist() == [0, 0, 0, 1]


def test_transposing_moves_tones_and_chords_but_no_drums():
    rows = encode(song()).encoded.rows
    up = band.transpose(rows, 3)
    moved = up[1:6, VALUE] - rows[1:6, VALUE]
    assert moved.tolist() == [3, 3, 3, 0, 0]
    np.testing.assert_array_equal(band.transpose(up, -3), rows)


def test_the_key_is_moved_to_the_one_without_signs():
    plain = encode(song())
    score = song()
    drums = score.part == 2
    pitch = np.where(drums, score.pitch, score.pitch + 2)
    chords = tuple((quarter, band.chord_value(value - band.FIRST_CHORD + 2, "maj")) for quarter, value in score.chords)
    moved = encode(FullScore(**vars(score) | {"pitch": pitch, "key": Key("D", "major"), "chords": chords}))
    np.testing.assert_array_equal(moved.encoded.rows, plain.encoded.rows)
    assert moved.shift == -2


def test_what_is_heard_at_a_row():
    encoded = encode(song()).encoded
    heard = hearing.listen(encoded.rows, encoded.heading)
    beat = int(np.flatnonzero(encoded.rows[:, TICK] == 24)[0])  # the second beat: the bass goes on under the tune
    assert encoded.rows[beat, PART] == 1
    now = dict(zip(hearing.HEARD, heard[beat], strict=False))
    assert now["last"] == 60 and now["gap"] == 24  # the tune's note before, a quarter ago
    assert (now["bass"], now["top"], now["voices"]) == (36, 36, 1)
    assert now["chord"] == band.chord_value(0, "maj") and now["age"] == 24
    assert now["until"] == 24  # with the tune's new note: both end in a quarter
    assert heard[beat, CLASSES_HEARD:SLOTS_HEARD].tolist() == [1] + [0] * 11
    assert heard[beat, SLOTS_HEARD : SLOTS_HEARD + 4].tolist() == [
        hearing.SILENT, hearing.ENDED, hearing.SOUNDING, hearing.SILENT,
    ]  # fmt: skip
    hat = heard[beat + 1, SLOTS_HEARD : SLOTS_HEARD + 4].tolist()
    assert hat == [hearing.SILENT, hearing.STRUCK, hearing.SOUNDING, hearing.SILENT]
    held, left = heard[beat + 1, HELD_HEARD:LEFT_HEARD], heard[beat + 1, LEFT_HEARD:]
    assert held[:3].tolist() == [band.chord_value(0, "maj"), 64, 36] and set(held[4:].tolist()) == {band.START}
    assert left[:4].tolist() == [0, 24, 24, 0]


@torch.inference_mode()
@pytest.mark.parametrize("held", [0, 4])
def test_step_by_step_gives_what_all_at_once_gives(held: int):
    model = small(held)
    batch = collate([whole(encode(song())), whole(encode(song(), keyed=False).beginning(45))])
    inputs = (batch.rows, batch.heard)
    all_at_once, _ = model(*inputs, batch.heading, batch.conditions, batch.countdown)
    for cuts in (range(batch.rows.shape[1] + 1), (0, 1, 40, 41, batch.rows.shape[1])):
        state, found = None, []
        for start, stop in pairwise(cuts):
            now = slice(start, stop)
            x, state = model(
                *(each[:, now] for each in inputs), batch.heading, batch.conditions, batch.countdown[:, now], state
            )
            found.append(x)
        torch.testing.assert_close(torch.cat(found, 1), all_at_once, atol=2e-5, rtol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("held", [0, 4])
def test_the_future_does_not_change_the_past(held: int):
    """Neither later rows, nor the fields of a row that are not spelled yet, change a prediction."""
    model = small(held)
    batch = collate([whole(encode(song()))])
    other = collate(
        [whole(encode(FullScore(**vars(song()) | {"pitch": np.where(song().onset > 20, 50, song().pitch)})))]
    )
    same = int((encode(song()).encoded.rows[:, TICK] <= 20 * 24).sum())
    a, b = (model(each.rows, each.heard, each.heading, each.conditions, each.countdown)[0] for each in (batch, other))
    torch.testing.assert_close(a[:, :same], b[:, :same])
    assert (a[:, same:] - b[:, same:]).abs().max() > 1e-3
    row, heard = batch.following[:, 40], batch.heard_next[:, 40].clone()
    parts, only = model.parts(batch.heading), torch.tensor([0])
    said = model.part_head(a[:, 40], row, heard, parts, only)[0]
    blind = row.clone()
    blind[:, [PART, VALUE, DURATION]] = 0
    heard[:, [hearing.LAST, hearing.GAP, hearing.UNTIL]] = 0
    torch.testing.assert_close(model.part_head(a[:, 40], blind, heard, parts, only)[0], said)


@torch.inference_mode()
def test_what_parts_hold_changes_pitches_and_durations_alone_where_it_sounds():
    """The third slot's held note counts for the second slot's pitch and duration, but no longer once it has ended."""
    model = small(held=4)
    batch = collate([whole(encode(song()))])
    x, _ = model(batch.rows, batch.heard, batch.heading, batch.conditions, batch.countdown)
    at = int(np.flatnonzero(batch.following[0, :, TICK] == 24)[0])  # the tune moves over the bass
    row, heard, parts, only = batch.following[:, at], batch.heard_next[:, at], model.parts(batch.heading), only_one()

    def said(held: int, left: int) -> tuple[torch.Tensor, torch.Tensor]:
        other = heard.clone()
        other[0, HELD_HEARD + 2], other[0, LEFT_HEARD + 2] = held, left
        value, _ = model.value_head(x[:, at], row, other, parts, only, only)
        return value[:, :128], model.duration_head(x[:, at], row, other)[0]

    a, b = said(36, 24), said(37, 48)
    assert (a[0] - b[0]).abs().max() > 1e-3 and (a[1] - b[1]).abs().max() > 1e-3
    for one, other in zip(said(36, 0), said(37, 0), strict=True):
        torch.testing.assert_close(one, other)


@torch.inference_mode()
def test_a_network_that_learns_what_parts_hold_begins_where_the_other_is():
    plain, batch = small(), collate([whole(encode(song()))])
    more = BandLSTM(Sizes(width=48, heads=2, layers=2, dropout=0.0, window=24, held=4)).eval()
    more.load_state_dict(plain.state_dict(), strict=False)
    for head, (nats, _) in loss(plain, batch)[0].items():
        torch.testing.assert_close(loss(more, batch)[0][head][0], nats)


def test_a_piece_whose_end_is_judged_apart_from_its_notes():
    """Pieces are judged in stretches of 512 rows; of this one, the last has nothing but the end."""
    onset, n = np.arange(512.0) / 2, np.full(512, 60)
    line = FullScore(onset, onset * 0 + 0.5, n, n, n * 0, (PartOf("lead"),), key=Key("C", "major"))
    [judged] = surprise(small(held=2), [encode(line)])
    assert judged["rows"] == 512 and np.isfinite(judged["step"])


def test_a_mixture_gives_each_class_the_mean_of_the_probabilities():
    """So it never costs more than the mean of what both cost."""
    one, other, pieces = small(), small(held=4), [encode(song())]
    [a], [same], [both] = (surprise(one, pieces, *others) for others in ((), (one,), (other,)))
    [b] = surprise(other, pieces)
    for head in HEADS:
        assert same[head] == pytest.approx(a[head], rel=1e-5)
        assert both[head] <= (a[head] + b[head]) / 2 + 1e-3, "its logarithm is concave"
    assert both["value"] < max(a["value"], b["value"])


def only_one() -> torch.Tensor:
    """The index of the one sequence."""
    return torch.tensor([0])


def test_it_learns_a_song_by_heart():
    model = small().train()
    batch = collate([whole(encode(song()))])
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    totals = []
    for _ in range(50):
        found, _ = loss(model, batch)
        assert set(found) == set(HEADS)
        total = sum(nats.sum() for nats, _ in found.values()) / int(batch.valid.sum())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < totals[0] / 4
    [judged] = surprise(model, [encode(song())])
    assert judged["rows"] == len(encode(song()).encoded.rows) - 1
    assert sum(judged[head] for head in HEADS) / judged["rows"] < totals[0] / 4


def test_a_part_never_plays_what_is_not_its_kind_and_only_declared_parts_play():
    model = small()
    batch = collate([whole(encode(song()))])
    x, _ = model(batch.rows, batch.heard, batch.heading, batch.conditions, batch.countdown)
    row, heard = batch.following[:, 5], batch.heard_next[:, 5]
    parts, only = model.parts(batch.heading), torch.tensor([0])
    said, x = model.part_head(x[:, 5], row, heard, parts, only)
    assert torch.isfinite(said[:, :4]).all() and torch.isneginf(said[:, 4:]).all()
    for kind, (low, high) in enumerate(((0, 128), (128, band.NO_CHORD), (band.NO_CHORD, band.VALUES))):
        values = model.value_head(x, row, heard, parts, only, torch.tensor([kind]))[0][0]
        assert torch.isfinite(values[low:high]).all() and torch.isfinite(values).sum() == high - low


@pytest.mark.parametrize("dropped", [0.0, 1.0])
def test_crops_lose_parts_and_stay_whole(dropped: float):
    """Steps still lead from tick to tick, and every part that plays is declared."""
    rng = np.random.default_rng(3)
    batches = stream([example(encode(song()))], 32, 64, augment(moved=1.0, dropped=dropped), rng)
    headings = set()
    for _, batch in zip(range(6), batches, strict=False):
        for i in range(len(batch.valid)):
            rows, following = batch.rows[i][batch.valid[i]], batch.following[i][batch.valid[i]]
            inner = following[:, STEP] != band.END
            gone = (following[:, TICK] - rows[:, TICK])[inner]
            np.testing.assert_array_equal(tokens.LENGTHS[following[inner][:, STEP]], gone)
            playing = following[inner][:, PART].unique()
            assert (batch.heading[i][playing, 0] > 0).all()
            headings.add(tuple(batch.heading[i, :, 0].tolist()))
    assert (len(headings) > 1) == (dropped > 0)


def test_both_hands_of_a_pianist_become_one_part():
    """No note is lost except those that both hands strike; the sound is the same."""
    hands = FullScore(**vars(song()) | {"parts": (PartOf("chords", 0), PartOf("lead", 0), PartOf("drums"))})
    for pieces, joined in ((encode(hands), True), (encode(song()), False)):
        rng = np.random.default_rng(1)
        batch = next(stream([example(pieces)], 512, 128, augment(joined=1.0), rng))
        rows = batch.following[0][batch.valid[0]][:-1]  # the last one says that it is over
        assert ({1, 2} <= set(rows[:, PART].tolist())) != joined
        assert (batch.heading[0, 2, 0] == 0) == joined
        plain = pieces.encoded.rows[1:]
        assert sorted(rows[:, VALUE].tolist()) == sorted(plain[:, VALUE].tolist())
        assert (np.diff(rows[:, TICK].numpy()) >= 0).all()
