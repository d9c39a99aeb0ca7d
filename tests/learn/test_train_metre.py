"""Learning how bars are filled: a habit of rhythm that was counted tells where bars begin, and of how many beats."""

from pathlib import Path

import numpy as np
import pytest

from generation.learn.train_metre import tables
from generation.music.clock import Tempo
from generation.music.song import Song
from generation.read import sung_metre
from tests.tunes import line_of

LONG_SHORT = (2.0, 1.0)  # quarters: a waltz
MARCH = (1.0, 0.5, 0.5, 2.0)


def song(rhythm: tuple[float, ...], metre: tuple[int, int], bars: int = 12) -> Song:
    onset = np.cumsum([0.0, *rhythm * bars])[:-1]
    pitch = 60 + np.resize([0, 2, 4, 2, 5, 4, 0], len(onset))
    return line_of(onset, np.full(len(onset), 0.4), pitch, np.full(len(onset), 80), (Tempo(0, 100),), metre, None)


@pytest.mark.parametrize(("rhythm", "metre", "pickup"), [(LONG_SHORT, (3, 4), 1.0), (MARCH, (4, 4), 2.0)])
def test_bars_are_found_by_rhythms_that_were_counted(
    rhythm: tuple[float, ...], metre: tuple[int, int], pickup: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = tables([song(LONG_SHORT, (3, 4)), song(MARCH, (4, 4))])
    path = tmp_path / "tables.npz"
    np.savez(path, **{f"{kind} {name}": table for kind in sung_metre.KINDS for name, table in counted.items()})
    monkeypatch.setattr(sung_metre, "TABLES", path)
    sung_metre._tables.cache_clear()
    tune = song(rhythm, metre).line
    keep = tune.onset >= sum(rhythm) - pickup  # it begins with a pickup
    found = sung_metre.metre_of(np.arange(50.0), tune.onset[keep] - tune.onset[keep][0], tune.pitch[keep])
    sung_metre._tables.cache_clear()
    assert found.metre == metre and found.pickup == pickup
