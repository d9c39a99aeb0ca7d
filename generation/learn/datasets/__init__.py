"""The data sets there are: a literal dict from name to source. A folder of music files needs no entry."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generation.learn.datasets import lilypond, midi_files, scores, tunebooks, wjd
from generation.music.melody import Melody

Melodies = Callable[[Path], Iterator[tuple[str, Melody]]]


@dataclass(frozen=True)
class Source:
    """Where melodies come from and what they can teach.

    archive    file in the data folder; melodies(extracted folder) → (id as in splits.tsv, melody)
    style      a key of `generation.request.STYLES`
    timing     whether onsets were played; dynamics: whether velocities were
    terms      as stated by the source
    """

    archive: str
    melodies: Melodies
    style: str
    timing: bool
    dynamics: bool
    terms: str


DATASETS = {
    "wjd": Source("wjd_solos", wjd.melodies, "jazz", True, True, "ODbL 1.0"),
    "piano_midi_de": Source("piano_midi_de", midi_files.piano, "classical", True, True, "CC BY-SA (Germany)"),
    "pop909": Source("pop909", midi_files.pop909, "pop", False, True, "MIT (the songs are modern)"),
    "irish_cre": Source("irish_cre", midi_files.irish, "irish", False, False, "public domain / CC BY 4.0"),
    "oneills1850": Source(
        "oneill_ryan_aird_abc", tunebooks.books("oneills1850"), "irish", False, False, "public domain tunes"
    ),
    "ryansMammoth": Source(
        "oneill_ryan_aird_abc", tunebooks.books("ryansMammoth"), "american", False, False, "public domain tunes"
    ),
    "airdsAirs": Source(
        "oneill_ryan_aird_abc", tunebooks.books("airdsAirs"), "british", False, False, "public domain tunes"
    ),
    "lieder": Source("openscore_lieder", scores.lieder, "artsong", False, False, "CC0"),
    "ewld1928": Source("openewld_to1928", scores.standards, "standards", False, False, "public domain songs"),
    "hymns": Source("mutopia_hymns", lilypond.hymns, "hymn", False, False, "public domain"),
}
