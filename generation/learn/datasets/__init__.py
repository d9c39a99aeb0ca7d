"""The data sets: a dict from name to source. A folder of music files needs no entry."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from generation.learn.datasets import lilypond, midi_files, scores, tunebooks, wjd
from generation.music.song import Song

Melodies = Callable[[Path], Iterator[tuple[str, Song]]]


@dataclass(frozen=True)
class Source:
    """A source of melodies, and what can be learned from them.

    archive    file in the data folder, see `learn.gather`; melodies(extracted folder) → (id as in splits.tsv, melody)
    style      a key of `generation.request.STYLES`
    timing     whether onsets were played; dynamics: whether velocities were
    """

    archive: str
    melodies: Melodies
    style: str
    timing: bool
    dynamics: bool


DATASETS = {
    "wjd": Source("wjd_solos", wjd.melodies, "jazz", True, True),
    "piano_midi_de": Source("piano_midi_de", midi_files.piano, "classical", True, True),
    "pop909": Source("pop909", midi_files.pop909, "pop", False, True),
    "irish_cre": Source("irish_cre", midi_files.irish, "irish", False, False),
    "oneills1850": Source("oneill_ryan_aird_abc", tunebooks.books("oneills1850"), "irish", False, False),
    "ryansMammoth": Source("oneill_ryan_aird_abc", tunebooks.books("ryansMammoth"), "american", False, False),
    "airdsAirs": Source("oneill_ryan_aird_abc", tunebooks.books("airdsAirs"), "british", False, False),
    "lieder": Source("openscore_lieder", scores.lieder, "artsong", False, False),
    "ewld1928": Source("openewld_to1928", scores.standards, "standards", False, False),
    "hymns": Source("mutopia_hymns", lilypond.hymns, "hymn", False, False),
}
