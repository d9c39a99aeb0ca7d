"""Pack downloaded open collections into the archives that training reads, and write their split.

This downloads nothing. Put each collection into a folder of its name, see `COLLECTIONS`. The versions named in
runs/README.md, on which the shipped weights were trained, give the same archives again.
"""

import argparse
import csv
import lzma
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from pathlib import Path, PurePosixPath

from generation.request import Refusal

SPLITS = Path(__file__).parent / "runs" / "splits.tsv.xz"  # tune → its side of the split and its group of versions
MUSIC21 = "music21"  # the package, which contains its corpus


@dataclass(frozen=True)
class Collection:
    """A collection as its makers publish it, and the archive that it becomes.

    source   its title and where it is published
    patterns globs of the files that are kept, below the downloaded folder
    moved    (from, to): the name of a leading folder, and its name in the archive
    terms    as stated by the source
    """

    source: str
    patterns: tuple[str, ...]
    terms: str
    moved: tuple[str, str] = ("", "")


# Name of the archive, and of the folder with the download → collection.
COLLECTIONS = {
    "wjd_solos": Collection(
        "Weimar Jazz Database, the CSV export in github.com/slSeanWU/jazz_transformer",
        ("mcsv_melody/*.csv", "mcsv_beat/*.csv", "wjd_meta.csv"),
        "ODbL 1.0",
    ),
    "piano_midi_de": Collection(
        "piano-midi.de by Bernd Krueger, as in github.com/cheriell/ClassicalPianoMIDI-dataset",
        ("midis/**/*.mid",),
        "CC BY-SA (Germany)",
    ),
    "pop909": Collection(
        "POP909, github.com/music-x-lab/POP909-Dataset",
        ("POP909/[0-9]*/[0-9]*.mid",),
        "MIT (the songs are modern)",
    ),
    "irish_cre": Collection(
        "Ceol Rince na hÉireann, github.com/polifonia-project/folk_ngram_analysis, v0.7",
        ("cre_corpus/MIDI/*.mid",),
        "public domain / CC BY 4.0",
        ("cre_corpus/", ""),
    ),
    "oneill_ryan_aird_abc": Collection(
        "the tune books that come with music21 10.5.1 (found by themselves where it is installed)",
        ("oneills1850/*.abc", "ryansMammoth/*.abc", "airdsAirs/*.abc"),
        "public domain tunes",
    ),
    "openscore_lieder": Collection("OpenScore Lieder, github.com/OpenScore/Lieder", ("scores/**/*.mxl",), "CC0"),
    "openewld_to1928": Collection(
        "OpenEWLD, github.com/00sapo/OpenEWLD: songs up to 1928", ("dataset/**/*.mxl",), "public domain songs"
    ),
    "mutopia_hymns": Collection(
        "Mutopia, github.com/MutopiaProject/MutopiaProject, style “Hymn”, and the collection “hymnproject”",
        ("ftp/**/*.ly", "collections/hymnproject/hymnproject.ly"),
        "public domain",
        ("collections/hymnproject/", ""),
    ),
}
# Set of the split → its archive, where that has another name.
ARCHIVE_OF = {
    **dict.fromkeys(("oneills1850", "ryansMammoth", "airdsAirs"), "oneill_ryan_aird_abc"),
    "wjd": "wjd_solos",
    "lieder": "openscore_lieder",
    "ewld1928": "openewld_to1928",
    "hymns": "mutopia_hymns",
}


def gather(downloads: Path, out: Path) -> dict[str, list[str]]:
    """Write splits.tsv and an archive for each collection found in `downloads`. Returns archive → the files of the
    split that it lacks.

    Only files that the split names are kept, and others that their reader needs. Raises `Refusal` if there is none.
    """
    text = lzma.decompress(SPLITS.read_bytes())
    named = _named(text.decode("utf-8"))
    found = {name: folder for name in COLLECTIONS if (folder := _folder(downloads, name)) is not None}
    if not found:
        raise Refusal(
            "There is no collection in {folder}. It needs folders called {names}.",
            folder=str(downloads),
            names=", ".join(COLLECTIONS),
        )
    out.mkdir(parents=True, exist_ok=True)
    lacking = {}
    for name, folder in found.items():
        members = dict(_members(folder, COLLECTIONS[name], named[name]))
        with tarfile.open(out / f"{name}.tar.xz", "w:xz") as archive:
            for inside, path in sorted(members.items()):
                archive.add(path, inside)
        lacking[name] = sorted(named[name] - members.keys())
    (out / "splits.tsv").write_bytes(text)
    return lacking


def _folder(downloads: Path, name: str) -> Path | None:
    folder = downloads / name
    if not folder.is_dir() and name == ARCHIVE_OF["oneills1850"]:
        folder = Path(str(files(MUSIC21))) / "corpus"
    return folder if folder.is_dir() else None


def _named(splits: str) -> dict[str, set[str]]:
    """Archive → the files in it that the split names."""
    named: dict[str, set[str]] = {name: set() for name in COLLECTIONS}
    for row in csv.DictReader(StringIO(splits), delimiter="\t", quoting=csv.QUOTE_NONE):
        file = row["file"].rpartition("#")[0] if "#X:" in row["file"] or ".ly#" in row["file"] else row["file"]
        name = ARCHIVE_OF.get(row["set"], row["set"])
        if name == ARCHIVE_OF["oneills1850"]:
            file = f"{row['set']}/{file}"
        named[name].add(file.removeprefix(COLLECTIONS[name].moved[0]))
    return named


def _members(folder: Path, collection: Collection, named: set[str]) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of the files to keep: in folders that the split names, only the files that it names;
    in others, all."""
    folders = {PurePosixPath(file).parts[0] for file in named}
    before, after = collection.moved
    for pattern in collection.patterns:
        for path in folder.glob(pattern):
            inside = path.relative_to(folder).as_posix()
            inside = after + inside.removeprefix(before) if inside.startswith(before) else inside
            if inside in named or PurePosixPath(inside).parts[0] not in folders:
                yield inside, path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "downloads", type=Path, help="folder with one folder for each collection: " + ", ".join(COLLECTIONS)
    )
    parser.add_argument("--out", type=Path, default=Path("data"), help="where the archives go; default data")


def main(args: argparse.Namespace) -> int:
    lacking = gather(args.downloads, args.out)
    for name, collection in COLLECTIONS.items():
        if name not in lacking:
            print(f"{name}: not downloaded; {collection.source} ({collection.terms})")
        else:
            print(f"{name}: {len(lacking[name])} files of the split are lacking" if lacking[name] else f"{name}: whole")
            for file in lacking[name][:5]:
                print(f"  {file}")
    return 0
