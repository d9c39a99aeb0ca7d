"""Rules of the house that a machine can check: imports, and the form of a file."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for room in ("bot", "generation", "tests") for path in (ROOT / room).rglob("*.py"))
BOT = [path for path in FILES if path.is_relative_to(ROOT / "bot")]
GENERATION = [path for path in FILES if path.is_relative_to(ROOT / "generation")]
HEAVY = ("torch", "music21", "numpy", "scipy", "verovio", "fluidsynth", "pydub")
LONGEST = 300  # lines


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module(path: Path) -> str:
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_by(*modules: str) -> set[str]:
    """Top-level names of all modules that a fresh Python has loaded after importing some."""
    program = f"import sys\nfor name in {modules!r}: __import__(name)\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_there_are_files() -> None:
    assert len(BOT) > 10 and len(GENERATION) > 20


@pytest.mark.parametrize("package", ["generation", "bot"])
def test_the_picture_of_the_rooms_is_the_rule_of_their_imports(package: str) -> None:
    """import-linter holds the code to the layers; this holds CONTRIBUTING's picture to them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == [package]]
    floor = {room: i for i, layer in enumerate(layers) for room in layer.split(" | ")}
    picture = (ROOT / "CONTRIBUTING.md").read_text().split(f"In `{package}/`")[1].split("```")[1]
    drawn = re.findall(r"(\w+)(?:\.py|/)", picture)
    assert {*floor} - {*drawn} <= {"__main__", "bench_engine"}
    assert drawn == sorted(drawn, key=floor.__getitem__)


def test_the_bot_is_light() -> None:
    loaded = imported_by(*(module(path) for path in BOT if path.name != "__main__.py"))
    assert "discord" in loaded and not loaded & set(HEAVY)


def test_asking_for_help_is_light() -> None:
    assert not imported_by("generation.__main__") & {*HEAVY, "discord"}


def test_files_are_read_without_the_model_and_music_is_made_without_the_reader() -> None:
    assert "torch" not in imported_by("generation.serve.rendering")
    model = imported_by("generation.play.session", "generation.play.prompts", "generation.model.likelihood")
    assert not model & {"music21", "verovio"}


def test_generation_knows_nothing_of_discord() -> None:
    for path in GENERATION:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [each for each in names if each.split(".")[0] in ("bot", "discord")], name(path)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_says_its_purpose_and_is_short(path: Path) -> None:
    text = path.read_text()
    assert text.startswith('"""') and ast.get_docstring(ast.parse(text)), "the first line is a docstring"
    limit = LONG.get(path, LONGEST)
    assert len(text.splitlines()) <= limit


# The stand-in for Discord is one thing, and in one file can be read from top to bottom.
LONG = {ROOT / "tests" / "discord_stand_in.py": 400}


SPEAKERS = {"Words", "Refusal", "WorkerFault", "Unfit", "fault", "say"}


@pytest.mark.parametrize("path", BOT + GENERATION, ids=name)
def test_nobody_is_told_a_finished_sentence(path: Path) -> None:
    """Users read templates with values: no catalogue can contain an f-string, or a sum of strings."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SPEAKERS:
            finished = [part for part in call.args if isinstance(part, ast.JoinedStr | ast.BinOp)]
            assert not finished, f"{name(path)}:{call.lineno} needs a template and its values"


def test_handlers_know_the_client() -> None:
    """Interaction[Any] would let a handler ask the client for anything; the few that need no client are listed."""
    counts = {name(path): path.read_text().count("Interaction[Any]") for path in BOT}
    assert {path: count for path, count in counts.items() if count} == {
        "bot/commands/settings.py": 1,
        "bot/presses.py": 1,
        "bot/words/locale.py": 2,
    }
