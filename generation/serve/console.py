"""The command line's output: the files of takes, facts about them for programs and for people, and progress."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from generation.request import Reply

ENDS = {"stems": "-stems.zip"}  # a file's kind → the end of its name, if that is not the kind
FACTS = ("title", "key", "metre", "tempo", "source", "style")  # fields of a reply


def complain(what: str, code: int) -> int:
    """Write one line to standard error; returns `code`."""
    clear()
    print(f"encore: {' '.join(what.split())}", file=sys.stderr)
    return code


def clear() -> None:
    """Erase the line of progress from the terminal."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


class Bar:
    """A progress bar on one line of a terminal; call it with the share that is done, 0 … 1."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, share: float) -> None:
        print(f"\r{self.name}  {'▪' * round(share * 20):20}  {share:4.0%}", end="", file=sys.stderr, flush=True)


def bar(file: Path) -> Bar | None:
    return Bar(file.name) if sys.stderr.isatty() else None


def write(reply: Reply, out: Path, stem: str) -> list[dict[str, object]]:
    """Write the files of every take; returns `--json`'s description of each take."""
    described: list[dict[str, object]] = []
    for number, take in enumerate(reply.takes, 1):
        paths = {name: out / f"{stem}-take{number}{ENDS.get(name, f'.{name}')}" for name in take.files}
        for name, data in take.files.items():
            paths[name].write_bytes(data)
        facts = {name: value for name, value in asdict(take).items() if name not in ("files", "whole")}
        described.append({**facts, "files": {name: str(path) for name, path in paths.items()}})
    return described


def facts(reply: Reply) -> dict[str, object]:
    """`--json`'s description of the piece."""
    said = {name: getattr(reply, name) for name in FACTS}
    return {name: value if isinstance(value, float) else str(value) for name, value in said.items()}


def say(reply: Reply, takes: Sequence[dict[str, object]]) -> None:
    """Print a line about the music, and one about each take."""
    players = reply.instrument or ", ".join(map(str, reply.parts))
    facts = (reply.key, reply.metre or "free metre", f"{reply.tempo:g} quarter notes a minute", players)
    about = ", ".join(filter(None, facts))  # drums have no key
    print("; ".join([about, *([f"melody: {reply.source}"] if reply.source else []), *map(str, reply.remarks)]))
    for take in takes:
        files = take["files"]
        assert isinstance(files, dict)
        again = ", mostly your tune again" if take["again"] else ""
        new = f"{take['notes']} new notes from {take['new_from']} s{again}"
        print(f"  seed {take['seed']}: {new}: {', '.join(files.values())}")
