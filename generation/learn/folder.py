"""A folder of music files to learn from: which files they are, which could not be read, and which are held out."""

import hashlib
import json
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from generation.request import ENDINGS, Refusal

# A text file is rarely music, and the notes of a recording are only guessed.
MUSIC = [ending for ending, kind in ENDINGS.items() if ending != ".txt" and kind != "audio"]
SHOWN = 20  # how many of the files left out are named
SMALL = 5  # pieces: in a folder of so many or more, one is held out for testing and one for validation


def music_in(folder: Path) -> list[Path]:
    """All music files in a folder and below. Raises `Refusal` if there are none."""
    music = sorted(path for path in folder.rglob("*") if path.suffix.lower() in MUSIC)
    if not music:
        raise Refusal(
            "There is no music in {folder}. It needs files that end in {endings}.",
            folder=str(folder),
            endings=", ".join(MUSIC),
        )
    return music


def read_once(music: Sequence[Path], kept: Path, read: Callable[[Path, dict[str, str]], None]) -> Path:
    """The file in which the contents of music files are kept: `kept`, with a stamp of these files in its name.

    If it is not there yet, `read` writes it, and notes the reason for each file that was left out. These are named on
    standard error, also for files that were read before.
    """
    stamp = hashlib.sha256(repr([(str(path), path.stat().st_mtime_ns) for path in music]).encode()).hexdigest()[:16]
    kept = kept.with_name(f"{kept.stem}-{stamp}{kept.suffix}")
    left_out = kept.with_suffix(".left-out.json")
    if not kept.exists():
        reasons: dict[str, str] = {}
        read(kept, reasons)
        left_out.write_text(json.dumps(reasons, ensure_ascii=False, indent=2) + "\n", "utf-8")
    _report(json.loads(left_out.read_text("utf-8")) if left_out.exists() else {}, len(music), left_out)
    return kept


def _report(reasons: dict[str, str], files: int, whole: Path) -> None:
    """Say how many files were left out, and why the first ones were."""
    if not reasons:
        return
    print(f"left out {len(reasons)} of {files} files:", file=sys.stderr)
    for name, why in [*reasons.items()][:SHOWN]:
        print(f"  {name}: {why}", file=sys.stderr)
    if len(reasons) > SHOWN:
        print(f"  … all of them, with the reason, in {whole}", file=sys.stderr)


def own_splits(names: Collection[str]) -> dict[str, str]:
    """The split of each piece of a folder that has no table of them: by the hash of its name, one in twenty is for
    testing and one for validation, and of at least `SMALL` pieces one each."""
    digests = {name: hashlib.sha256(name.encode()).digest() for name in names}
    found = {name: {0: "test", 1: "valid"}.get(digest[0] % 20, "train") for name, digest in digests.items()}
    for split in ("test", "valid"):
        if split not in found.values() and len(found) >= SMALL:
            found[min((name for name in found if found[name] == "train"), key=digests.__getitem__)] = split
    return found
