"""The documents and docstrings tell the truth about where things are: links lead somewhere, and names exist."""

import ast
import functools
import re
from pathlib import Path

import pytest

from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)
]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(document: Path) -> set[str]:
    """The names by which a document's headings are linked to, as GitHub makes them."""
    heads = re.findall(r"^#+ +(.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_there_are_documents_with_links() -> None:
    assert any(LINK.search(path.read_text("utf-8")) for path in DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), f"{link} is not there"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


# What a document or a docstring names between backticks must exist: files, constants, settings, functions.
FILE = re.compile(r"[\w./-]+\.(?:py|toml|md|yaml|sh|lock|safetensors|po)")
CONSTANT = re.compile(r"[A-Z][A-Z_]{3,}[A-Z]")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*(?:\(\))?")
MADE_UP = {"x.py", "x.po", "NAME.safetensors", "no_wide_leap"}  # in examples
THEIRS = {"no_new_privs", "expf"}  # of Linux, and of C
HISTORY = {"LOG.md", "CHANGELOG.md"}  # entries say how things were called at their time
ROOMS = [ROOT / room for room in ("assets", "bot", "generation", "tests")]
SOURCES = [path for room in ROOMS for path in room.rglob("*.py")]
OTHERS = ("Makefile", "Dockerfile", "compose.yaml", "kubernetes.yaml", "pyproject.toml")


@functools.cache
def words() -> frozenset[str]:
    """All words of the code, apart from those between backticks."""
    text = "\n".join(path.read_text("utf-8") for path in [*SOURCES, *(ROOT / name for name in OTHERS)])
    settings = (f"ENCORE_{name}".upper() for name in Settings.model_fields)
    return frozenset({*re.findall(r"\w+", re.sub(r"`[^`\n]+`", "", text)), *settings})


@functools.cache
def files() -> list[str]:
    """The paths of all files, each after a slash."""
    return [f"/{path.relative_to(ROOT)}" for path in [*ROOT.iterdir(), *(p for room in ROOMS for p in room.rglob("*"))]]


def missing(text: str, names: re.Pattern[str]) -> list[str]:
    """The files between backticks in `text` that do not exist, and the names that `names` matches and no code has."""

    def exists(said: str) -> bool:
        if FILE.fullmatch(said):
            return Path(said).name in MADE_UP or any(path.endswith(f"/{said}") for path in files())
        return said in MADE_UP | THEIRS or words() >= set(re.findall(r"\w+", said))

    said = re.findall(r"`([^`\n]+)`", text)
    return [name for name in said if (FILE.fullmatch(name) or names.fullmatch(name)) and not exists(name)]


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name not in HISTORY], ids=lambda path: str(path.relative_to(ROOT))
)
def test_what_a_document_names_exists(document: Path) -> None:
    wrong = missing(document.read_text("utf-8"), CONSTANT)
    assert not wrong


def test_what_docstrings_name_exists() -> None:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, kinds)
        for name in missing(ast.get_docstring(node) or "", NAME)
    ]
    assert not wrong


def test_a_name_that_does_not_exist_is_found() -> None:
    gone = "NO_SUCH" + "_THING"  # in two, so that this file does not contain it
    file = f"play/{gone.lower()}.py"
    assert missing(f"`{gone}`, `{file}`, `README.md`, `READERS`", CONSTANT) == [gone, file]
