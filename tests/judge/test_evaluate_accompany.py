"""Judging accompaniment from the command line: tunes of a folder, with the chords that their files name."""

import json
from pathlib import Path

import pytest

from generation.__main__ import main

TUNE = """X:1
T:{number}
M:4/4
L:1/8
K:{key}
"{one}"c2e2 gfed|"{four}"f2a2 c'2a2|"{five}"b2d'2 g2f2|"{one}"e6 z2|\
"{one}"g2e2 c2de|"{four}"f2c2 a2f2|"{five}"d2b2 g2b2|"{one}"c'8|]
"""
CHORDS = {"C": ("C", "F", "G7"), "Cdor": ("Cm", "F", "Gm")}
BARS = 8


def test_the_command_prints_the_table_and_writes_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):  # so that some are on the side that is judged
        key = [*CHORDS][number % 2]
        one, four, five = CHORDS[key]
        tune = TUNE.format(number=number, key=key, one=one, four=four, five=five)
        (tmp_path / f"{number}.abc").write_text(tune)
    figures = tmp_path / "figures.json"
    asked = ["evaluate-accompany", "--data", tmp_path, "--cache", tmp_path / "cache", "--split", "valid", "--some"]
    assert main([*map(str, asked), "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    found = {figure["what"].partition(",")[0].partition(" (")[0]: figure for figure in json.loads(figures.read_text())}
    assert "| folder | trio |" in said and all(what in said for what in found)
    assert found["chords a bar"]["baseline"] == 7 / BARS  # two bars on the first chord, as the files say
    obeyed = found["notes of chords and bass on strong beats in the chord"]
    assert obeyed["value"] >= obeyed["bar"] == 0.95
