"""The command line, as other programs use it: its files, its output and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generation.__main__ import main
from generation.judge import bench_sampler
from generation.music.song import Song
from generation.read.file import read
from generation.serve.pool import WorkerPool
from tests.command import exit_code
from tests.hostile_bytes import midi, notes, track
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
ABC = "X:1\nT:Little\nM:4/4\nL:1/8\nQ:1/4=150\nK:D\nDFAF dfaf|gfed cABc|d2 fd A2 FA|D4 D4|\n"
KERN = "**kern\n*M3/4\n*MM120\n*G:\n=1-\n4g\n4b\n4dd\n=2\n4gg\n4dd\n4b\n=3\n2.g\n==\n*-\n"
Run = subprocess.CompletedProcess[str]
Extended = tuple[Path, dict[str, Any], Run]


def encore(*arguments: object, folder: Path | None = None) -> Run:
    return subprocess.run(
        [sys.executable, "-m", "generation", *map(str, arguments)],
        capture_output=True, text=True, timeout=PATIENCE, cwd=folder or ROOT, env={"PATH": "", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def here(capsys: pytest.CaptureFixture[str], *arguments: object) -> Run:
    """The same within this process, for commands that start no other."""
    words = [str(argument) for argument in arguments]
    code = exit_code(main, words)
    said = capsys.readouterr()
    return Run(words, code, said.out, said.err)


def same_notes(a: Song, b: Song, count: int) -> bool:
    return all((getattr(a.line, name)[:count] == getattr(b.line, name)[:count]).all() for name in ("pitch", "velocity"))


@pytest.fixture(scope="module")
def extended(
    tmp_path_factory: pytest.TempPathFactory,
) -> Extended:
    """One run over good and bad files: (folder, what was printed, the run)."""
    folder = tmp_path_factory.mktemp("tunes")
    (folder / "little.abc").write_text(ABC)
    (folder / "waltz.krn").write_text(KERN)
    (folder / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1")
    (folder / "little.krn").write_text(KERN)
    names = ["little.abc", "missing.abc", "broken.mid", "waltz.krn", "little.krn"]
    ran = encore(
        "extend", *names, "--seconds", 5, "--takes", 2, "--seed", 5, "--temperature", 0.8,
        "--out", "made/here", "--json", folder=folder,
    )  # fmt: skip
    return folder, json.loads(ran.stdout), ran


def test_good_files_are_done_and_bad_ones_get_a_line_each(
    extended: Extended,
) -> None:
    _, printed, ran = extended
    assert ran.returncode == 2
    lines = ran.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["missing.abc", "broken.mid", "little.krn"]
    assert all(line.startswith("encore: ") for line in lines) and "same name" in lines[2]
    assert [take["input"] for take in printed["takes"]] == ["little.abc"] * 2 + ["waltz.krn"] * 2
    assert set(printed) == {"takes", "timings", "inputs"} and {"read", "sample", "finish"} <= set(printed["timings"])
    little, waltz = printed["inputs"]
    assert little == {"input": "little.abc", "title": "Little", "key": "D major", "metre": "4/4", "tempo": 150.0,
                      "source": "", "style": little["style"]}  # fmt: skip
    assert (waltz["input"], waltz["key"], waltz["metre"], waltz["tempo"]) == ("waltz.krn", "G major", "3/4", 120.0)


def test_a_take_is_described_and_its_files_are_there(
    extended: Extended,
) -> None:
    folder, printed, _ = extended
    for i, take in enumerate(printed["takes"]):
        stem, number = take["input"].split(".")[0], i % 2 + 1
        assert (take["seed"], take["temperature"]) == (5 + i % 2, 0.8)
        assert take["notes"] > 0 and 0 < take["new_from"] < take["seconds"]
        assert list(take["files"]) == ["mp3", "mid", "abc", "musicxml", "png"]
        for kind, path in take["files"].items():
            assert path == str(Path("made/here") / f"{stem}-take{number}.{kind}") and (folder / path).stat().st_size
    assert len(list((folder / "made/here").iterdir())) == 20


def test_the_notes_given_stay_as_they_are(
    extended: Extended,
) -> None:
    folder, printed, _ = extended
    for take in printed["takes"]:
        given = read((folder / take["input"]).read_bytes(), take["input"]).melody
        whole = read((folder / take["files"]["mid"]).read_bytes(), "a.mid").melody
        assert len(whole.line) == len(given.line) + take["notes"] and same_notes(whole, given, len(given.line))


def test_the_same_seed_gives_the_same_notes_alone(extended: Extended, tmp_path: Path) -> None:
    folder, printed, _ = extended
    ran = encore(
        "extend", folder / "little.abc", "--seconds", 5, "--seed", 6, "--temperature", 0.8, "--formats", "mid,MID",
        "--out", tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0 and ran.stderr == "" and "seed 6" in ran.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["little-take1.mid"]
    second_take = folder / printed["takes"][1]["files"]["mid"]
    alone, before = (read(path.read_bytes(), "a.mid").melody for path in (tmp_path / "little-take1.mid", second_take))
    assert len(alone.line) == len(before.line) and same_notes(alone, before, len(alone.line))


def test_compose(tmp_path: Path) -> None:
    wish = (
        "--key",
        "D minor",
        "--tempo",
        90,
        "--meter",
        "6/8",
        "--style",
        "irish",
        "--formats",
        "mid,abc",
        "--seconds",
        5,
    )
    ran = encore("compose", *wish, "--json", folder=tmp_path)
    (take,) = json.loads(ran.stdout)["takes"]
    assert ran.returncode == 0 and ran.stderr == "" and "input" not in take
    assert take["files"] == {"mid": "compose-take1.mid", "abc": "compose-take1.abc"} and take["new_from"] == 0
    abc = (tmp_path / "compose-take1.abc").read_text()
    assert "M:6/8" in abc and "K:Dmin" in abc.replace("K:Dm\n", "K:Dmin\n")


def test_score_each_file_from_its_own_second_and_alone(tmp_path: Path) -> None:
    (tmp_path / "little.abc").write_text(ABC)
    (tmp_path / "waltz.krn").write_text(KERN)
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1")
    wish = ("score", "--from", 3, 1.5, 1, "little.abc", "waltz.krn", "broken.mid", "--json")
    ran, once_more = (encore(*wish, *more, folder=tmp_path) for more in ((), ("--alone",)))
    assert ran.returncode == 2 and ran.stderr.startswith("encore: broken.mid: ") and ran.stderr.count("\n") == 1
    given, alone = (json.loads(each.stdout)["files"] for each in (ran, once_more))
    assert [file["file"] for file in given] == ["little.abc", "waltz.krn"] and 0 < given[0]["notes"] < 24
    assert [file["notes"] for file in given] == [file["notes"] for file in alone] == [given[0]["notes"], 4]
    assert all(a["nats"]["total"] != b["nats"]["total"] for a, b in zip(given, alone, strict=True))
    nats = given[0]["nats"]
    assert list(nats) == ["onset", "pitch", "duration", "velocity", "total"] and nats["velocity"] is None
    assert nats["total"] == pytest.approx(nats["onset"] + nats["pitch"] + nats["duration"])


def test_as_many_times_as_files(capsys: pytest.CaptureFixture[str]) -> None:
    ran = here(capsys, "score", "a.abc", "b.abc", "c.abc", "--from", 1, 2)
    assert ran.returncode == 2 and "2 times for 3 files" in ran.stderr


def test_read_says_what_is_in_a_file_to_the_letter(tmp_path: Path) -> None:
    (tmp_path / "little.abc").write_text("X:1\nT:Little\nM:3/4\nL:1/4\nQ:1/4=90\nK:D\nA|:dfa|d3:|\n")
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1")
    ran = encore("read", "little.abc", "broken.mid", "--json", folder=tmp_path)
    assert ran.returncode == 2 and ran.stderr.startswith("encore: broken.mid: ")
    notes = [[0.0, 1.0, 69, 80], [1.0, 1.0, 74, 80], [2.0, 1.0, 78, 80], [3.0, 1.0, 81, 80], [4.0, 3.0, 74, 80]]
    notes += [[onset + 6, *rest] for onset, *rest in notes[1:]]
    assert json.loads(ran.stdout) == {
        "files": [
            {
                "file": "little.abc",
                "title": "Little",
                "keys": [[0.0, "D major"]],
                "metres": [[0.0, [3, 4]]],
                "tempi": [[0.0, 90.0]],
                "pickup": 1.0,
                "chords": [],
                "melody": 0,
                "why": "it is the only part with pitched notes",
                "parts": [{"name": "", "program": None, "role": "lead", "drums": False, "notes": notes}],
            }
        ]
    }


def test_read_hears_the_key_that_a_file_does_not_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scale = tmp_path / "scale.mid"
    scale.write_bytes(midi(track(notes([62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62]))))
    [file] = json.loads(here(capsys, "read", scale, "--json").stdout)["files"]
    assert file["keys"] == [[0.0, "D major"]]
    assert "key: D major, by ear" in here(capsys, "read", scale).stdout


def test_read_hears_the_key_of_all_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the caption of the music does, and not that of the tune alone."""
    band = tmp_path / "band.mid"
    band.write_bytes(
        midi(track(notes([76, 74, 72, 71, 69, 71, 72, 74])), track(notes([53, 57, 58, 60, 65, 58, 60, 53])))
    )
    [file] = json.loads(here(capsys, "read", band, "--json").stdout)["files"]
    assert file["keys"] == [[0.0, "F major"]]
    assert "key: F major, by ear" in here(capsys, "read", band).stdout


def test_read_shows_drums_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drums = tmp_path / "drums.mid"
    drums.write_bytes(midi(track(notes([36, 42, 38, 42] * 4, channel=9))))
    [file] = json.loads(here(capsys, "read", drums, "--json").stdout)["files"]
    assert file["keys"] == [] and [part["drums"] for part in file["parts"]] == [True]
    shown = here(capsys, "read", drums).stdout
    assert "there is nothing but drums" in shown and "key:" not in shown
    assert [row.split("█")[0].strip("·").strip() for row in shown.splitlines() if "█" in row][-1] == "36"


def test_read_shows_a_table_and_a_piano_roll(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "little.abc").write_text(ABC)
    ran = here(capsys, "read", tmp_path / "little.abc")
    assert ran.returncode == 0 and ran.stderr == ""
    assert "Little" in ran.stdout and "key: D major" in ran.stdout and "150 quarters a minute" in ran.stdout
    rows = [line for line in ran.stdout.splitlines() if "█" in line]
    assert rows[0].startswith("A5") and rows[-1].startswith("D4") and sum(row.count("█") for row in rows) == 24


def test_read_says_in_a_sentence_how_the_tempo_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "two.abc").write_text("X:1\nM:3/4\nL:1/4\nQ:1/4=70.0001\nK:C\nCDE|[Q:1/4=96]FGA|\n")
    said = here(capsys, "read", tmp_path / "two.abc").stdout
    assert "tempo: 70 quarters a minute at first, 2 marks from 70 to 96; 6 quarters" in said


@pytest.mark.parametrize("command", [("extend",), ("score", "--from", "3")])
def test_a_bad_file_is_answered_before_any_process_is_started(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def start(pool: WorkerPool) -> WorkerPool:
        raise AssertionError("nobody needs it")

    monkeypatch.setattr(WorkerPool, "__aenter__", start)
    (tmp_path / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1")
    (tmp_path / "empty.abc").write_text("X:1\nK:C\n")
    files = [str(tmp_path / name) for name in ("broken.mid", "empty.abc", "missing.mid")]
    out = ["--out", str(tmp_path)] if command[0] == "extend" else []
    assert main([command[0], *files, *command[1:], *out]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compose", "--seconds", "4"], "between 5 and 180"),
        (["compose", "--seconds", "nan"], "between 5 and 180"),
        (["compose", "--takes", "0"], "takes is 0"),
        (["compose", "--temperature", "hot"], "--temperature"),
        (["compose", "--style", "polka"], "There is no style “polka”"),
        (["compose", "--instrument", "kazoo"], "There is no instrument “kazoo”"),
        (["compose", "--formats", "wav"], "There is no format “wav”"),
        (["compose", "--formats", ","], "No format"),
        (["compose", "--seed", "-1"], "seed is -1"),
        (["compose", "--tempo", "1e9"], "tempo is 1,000,000,000"),
        (["compose", "--out", "/dev/null/x"], "cannot be the folder"),
        (["train", "--config", "no.toml"], "The configuration no.toml cannot be read: No such file or directory."),
        (["extend"], "FILE"),
        (["extend", "a.abc", "--key", "C"], "--key"),
        (["score", "a.abc"], "--from"),
        (["score", "a.abc", "--from", "nan"], "--from is nan"),
        (["dance"], "dance"),
        ([], "command"),
    ],
)
def test_a_bad_request_is_a_line_and_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = here(capsys, *arguments)
    assert ran.returncode == 2 and ran.stdout == ""
    assert ran.stderr.startswith("encore: ") and ran.stderr.count("\n") == 1 and words in ran.stderr


@pytest.mark.parametrize("command", ["", "extend", "compose", "score", "train", "evaluate", "bench"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = here(capsys, *command.split(), "--help")
    assert ran.returncode == 0 and "usage: python -m generation" in ran.stdout and ran.stderr == ""


def test_bench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTES", "TAKES", "LONG"):  # all that is measured, but less of each
        monkeypatch.setattr(bench_sampler, name, 8)
    ran = here(capsys, "bench", "--runs", 1, "--seconds", 5, "--json")
    printed = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert list(printed) == ["machine", "requests", "megabytes", "sampler", "plain loop", "floor", "nats", "band"]
    assert {"read", "sample", "finish", "wait", "all"} == set(printed["requests"]["three takes"])
    assert (
        printed["band"]["sampler"]["1"] > 0
        and printed["sampler"]["32"] > 0
        and printed["plain loop"]["1"] > 0
        and printed["floor"]["ms a note"] > 0
    )
