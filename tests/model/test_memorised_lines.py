"""A copied line is found in any part and any key; a musician's own theme, a figure and chance are no copies."""

from pathlib import Path

import numpy as np
import pytest

from generation.model import band, memorised_lines
from generation.model.band import DRUMS, ROLES
from generation.model.memorised import beside
from generation.model.memorised_lines import BITS, MemorisedLines, copies, lines, longest_run, passages, remember
from generation.model.tokens import Ints
from generation.request import Refusal

LEAD, CHORDS, KIT = 0, 1, 2


def heading() -> Ints:
    parts = np.zeros((band.SLOTS, 4), np.int64)
    parts[[LEAD, CHORDS, KIT], 0] = ROLES.index("lead") + 1, ROLES.index("chords") + 1, DRUMS + 1
    return parts


def theme(seed: int, notes: int) -> tuple[Ints, Ints]:
    """Ticks and pitches of a line that nobody wrote."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.choice([6, 12, 24, 36], notes)), 60 + np.cumsum(rng.integers(-4, 5, notes)) % 24


def rows(*parts: tuple[int, Ints, Ints]) -> Ints:
    """Rows, without the start row, of (slot, ticks, values)."""
    tick, value = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    slot = np.concatenate([np.full(len(part[1]), part[0]) for part in parts])
    return band.rows_of(tick, slot, value, np.full(len(tick), 6), None, [(0, 96)])[1:]


def memorised(*lines_: tuple[Ints, Ints], limit: int = 20) -> MemorisedLines:
    return MemorisedLines(remember([passages(line)[0] for line in lines_]), {"pop": limit})


def test_lines_are_the_top_of_each_part_and_of_all_but_no_drums():
    tick = np.arange(0, 480, 24)
    low, high, kit = np.full(20, 50), np.full(20, 70), np.full(20, band.FIRST_DRUM)
    found = lines(rows((LEAD, tick, high), (CHORDS, tick, low), (CHORDS, tick, low + 4), (KIT, tick, kit)), heading())
    assert [pitch[0] for _, pitch in found] == [70, 54, 70] and all(len(line[0]) == 20 for line in found)
    assert len(lines(rows((LEAD, tick, high), (KIT, tick, kit)), heading())) == 1
    assert not lines(rows((KIT, tick, kit)), heading())


@pytest.mark.parametrize("slot", [LEAD, CHORDS])
def test_a_copy_in_any_part_and_key_is_found(slot: int):
    tick, pitch = theme(1, 60)
    known, other = memorised((tick, pitch)), 1 - slot
    own = theme(2, 40)
    for copied, beyond in ((24, 4), (20, 0), (60, 40)):
        part = slice(0, copied)
        new = rows((slot, tick[part] + 3000, pitch[part] - 5), (other, own[0], own[1]))
        assert copies(new, heading(), known, "pop") == beyond, copied
        assert copies(new, heading(), known, "pop", since=3000) == beyond


def test_a_musicians_own_theme_is_no_copy_but_going_on_with_it_as_written_is():
    tick, pitch = theme(1, 60)
    known = memorised((tick, pitch), limit=15)
    given = slice(0, 30)
    again = rows((LEAD, np.concatenate([tick[given], tick[given] + 3000]), np.tile(pitch[given], 2)))
    assert copies(again, heading(), known, "pop", since=3000) == 0
    on = rows((LEAD, tick, pitch))
    assert copies(on, heading(), known, "pop", since=int(tick[30])) == 30 + 11 - 15
    assert copies(on, heading(), known, "no such style") > 0


def test_a_figure_repeated_belongs_to_all():
    tick, pitch = np.arange(0, 2400, 12), np.tile([60, 67, 64, 67], 50)
    assert longest_run((tick, pitch), memorised((tick, pitch))) == 0


def test_chance_hardly_ever_makes_a_long_run():
    """Two in five bits are set, as in the list that ships."""
    bits = np.packbits(np.random.default_rng(0).random(BITS) < 0.42)
    runs = [longest_run(theme(seed, 120), MemorisedLines(bits, {})) for seed in range(300)]
    assert np.median(runs) < 18 and np.mean(np.array(runs) > 24) < 0.01


def test_a_list_is_small_comes_back_and_is_refused_if_broken(tmp_path: Path):
    rng = np.random.default_rng(0)
    known = MemorisedLines(np.packbits(rng.random(BITS) < 0.42), {"pop": 30, "jazz": 20})
    path = beside(tmp_path / "band.safetensors")
    memorised_lines.save(known, path)
    assert path.stat().st_size <= 1_500_000
    back = memorised_lines.load(path)
    assert (back.bits == known.bits).all() and back.limits == known.limits
    memorised_lines.save(MemorisedLines(known.bits[:100], {}), path)
    with pytest.raises(Refusal, match="another size"):
        memorised_lines.load(path)
    path.write_bytes(b"no list")
    with pytest.raises(Refusal, match="cannot be read"):
        memorised_lines.load(path)
