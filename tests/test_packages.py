"""Only the packages that we chose are installed: every one is pinned, and every file has its hash in a lock."""

import re
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
