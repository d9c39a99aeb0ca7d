"""Only packages that we chose are installed, each pinned, with hashes in a lock; and Encore installs as a package."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z]+\])?==([^\s;]+)", re.MULTILINE)
LOCKS = {name: (ROOT / name).read_text() for name in ("requirements.lock", "dev.lock")}


def named(text: str) -> dict[str, str]:
    return {name.lower().replace("_", "-").replace(".", "-"): version for name, version in PINNED.findall(text)}


@pytest.mark.parametrize(("lock", "many"), [("requirements.lock", 50), ("dev.lock", 20)])
def test_every_package_has_hashes(lock: str, many: int) -> None:
    entries = re.split(r"^(?=[A-Za-z])", LOCKS[lock], flags=re.MULTILINE)[1:]
    assert len(entries) > many
    for entry in entries:
        assert re.match(r"\S+==\S+", entry) and re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_the_locks_hold_what_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    torch = named((ROOT / "torch.lock").read_text())
    for wanted, locked in (
        (project["project"]["dependencies"], named(LOCKS["requirements.lock"]) | torch),
        (project["dependency-groups"]["dev"], named(LOCKS["dev.lock"])),
    ):
        names = named("\n".join(wanted))
        assert names and {name: version for name, version in names.items() if locked.get(name) != version} == {}
    assert {"torch": project["tool"]["uv"]["dependency-metadata"][0]["version"]} == torch


def test_the_locks_agree() -> None:
    run, dev = (named(text) for text in LOCKS.values())
    assert {name: version for name, version in dev.items() if run.get(name, version) != version} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_place(lock: str) -> None:
    assert not re.search(r"://|file:|^-|^ *--(?!hash)", LOCKS[lock], re.MULTILINE)


@pytest.mark.skipif(not importlib.util.find_spec("pip"), reason="pip is not installed")
@pytest.mark.skipif(not importlib.util.find_spec("setuptools"), reason="setuptools, which builds, is not installed")
def test_encore_is_installed_as_a_package_from_its_folder(tmp_path: Path) -> None:
    """`pip install --no-deps -e .`, of a copy since it writes beside the sources, and without the network."""
    for name in ("bot", "generation", "tests"):
        shutil.copytree(ROOT / name, tmp_path / "encore" / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    (tmp_path / "encore/assets").mkdir()  # only bot and generation are packages of ours
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "encore" / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-build-isolation"]
    asked = [*pip, "--no-deps", "--prefix", str(tmp_path / "there"), "-e", str(tmp_path / "encore")]
    installed = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    [place] = (tmp_path / "there").rglob("site-packages")
    ask = f"import site; site.addsitedir({str(place)!r}); import bot, generation as g; print(bot.__file__, g.__file__)"
    found = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.split() == [str(tmp_path / "encore" / name / "__init__.py") for name in ("bot", "generation")]
    assert not list(place.glob("tests*"))
