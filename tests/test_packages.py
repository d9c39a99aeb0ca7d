"""What is installed is what we chose: every package pinned, and every file of it known by its hash."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z]+\])?==([^\s;]+)", re.MULTILINE)
LOCK = (ROOT / "requirements.lock").read_text()


def named(text: str) -> dict[str, str]:
    return {name.lower().replace("_", "-").replace(".", "-"): version for name, version in PINNED.findall(text)}


def test_every_package_has_hashes() -> None:
    entries = re.split(r"^(?=[A-Za-z])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) > 70
    for entry in entries:
        assert re.match(r"\S+==\S+", entry) and re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_the_lock_holds_what_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = named("\n".join([*project["dependencies"], *project["optional-dependencies"]["dev"]]))
    locked = named(LOCK) | named((ROOT / "torch.lock").read_text())
    assert {name: version for name, version in wanted.items() if locked.get(name) != version} == {}


def test_no_lock_names_a_place() -> None:
    assert not re.search(r"://|file:|^-|^ *--(?!hash)", LOCK, re.MULTILINE)
