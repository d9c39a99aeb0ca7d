"""Collections of MIDI and tables with all their parts: pop songs, bands, drummers, pianists, jazz with walking bass."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from generation.learn.datasets import wjd
from generation.model.band import NO_CHORD, chord_value
from generation.model.chords import root_of, value_of
from generation.model.full_score import FullScore, Reals
from generation.model.roles import BASS, KEYS, REED, Staff, full_score
from generation.model.tokens import Ints
from generation.music.key import PITCH_CLASS, Key
from generation.music.metre import Metre, bar_length
from generation.music.pulse import smoothed
from generation.music.song import Song, bar_marks
from generation.read.midi import read_midi
from generation.request import Refusal

SHADED = 6  # different velocities: more than these are dynamics


def _songs(paths: Iterable[Path]) -> Iterator[tuple[Path, Song]]:
    """Every file that can be read and has notes."""
    for path in paths:
        try:
            song = read_midi(path.read_bytes())
        except Refusal:
            continue
        if song.parts:
            yield path, song


def _columns(song: Song) -> tuple[Reals, Reals, Ints, Ints, Ints, list[Staff]]:
    """onset, duration (quarters), pitch, velocity, staff of all notes, and the staves: one for each part."""
    staves = [Staff(part.name, family=(part.program or 0) // 8, drums=part.drums) for part in song.parts]
    for staff, part in zip(staves, song.parts, strict=True):
        staff.dynamics = len(np.unique(part.notes.velocity)) > SHADED
    notes = [part.notes for part in song.parts]
    onset, duration = (np.concatenate([getattr(each, name) for each in notes]) for name in ("onset", "duration"))
    pitch, velocity = (np.concatenate([getattr(each, name) for each in notes]) for name in ("pitch", "velocity"))
    return onset, duration, pitch, velocity, np.repeat(np.arange(len(notes)), list(map(len, notes))), staves


def bands(root: Path) -> Iterator[tuple[str, FullScore]]:
    """Sequenced bands, on the grid of their files."""
    for path, song in _songs(sorted((root / "musics").rglob("*.mid"))):
        metre, tempo = (song.metres[0][1] if song.metres else None), song.tempo[0].quarters_per_minute
        yield path.stem, full_score(*_columns(song), metre=metre, bars=bar_marks(song), tempo=tempo, loose=True)


def drummers(root: Path) -> Iterator[tuple[str, FullScore]]:
    """Played drums: their deviation from the grid is expression."""
    with (root / "groove" / "info.csv").open(newline="") as file:
        rows = {root / "groove" / row["midi_filename"]: row for row in csv.DictReader(file)}
    for path, song in _songs(filter(Path.exists, rows)):
        row = rows[path]
        onset, duration, pitch, velocity, staff, _ = _columns(song)
        metre = _metre(row["time_signature"].replace("-", "/"))
        kit = Staff("drums", drums=True, timing=True, dynamics=True)
        yield row["id"], full_score(
            onset, duration, pitch, velocity, np.zeros_like(staff), [kit],
            metre=metre, bars=((0.0, float(bar_length(metre))),), tempo=float(row["bpm"]),
        )  # fmt: skip


def pianists(root: Path) -> Iterator[tuple[str, FullScore]]:
    """Both hands on the score's grid; the tempo map's rubato becomes deviation from a pulse over four quarters."""
    for path, song in _songs(sorted((root / "midis").rglob("*.mid"))):
        onset, duration, pitch, velocity, staff, staves = _columns(song)
        for each in staves:
            each.family, each.timing, each.dynamics = KEYS, True, True
        quarters = np.arange(-8.0, song.end + 9)
        pulse = smoothed(song.clock.seconds(quarters))
        late = np.interp(song.clock.seconds(onset), pulse, quarters) - onset
        pace = float(np.clip(60 / np.median(np.diff(pulse)), 10, 400))
        yield path.stem, full_score(
            onset, duration, pitch, velocity, staff, staves,
            metre=song.metres[0][1] if song.metres else None, bars=bar_marks(song),
            key=song.keys[0][1] if song.keys else None, tempo=pace, late=late, loose=True,
        )  # fmt: skip


def _signature(sharps: int | None) -> Key | None:
    """The major key of a signature; None if it is unknown."""
    return None if sharps is None or abs(sharps) > 7 else Key.signed(sharps, "major")


# The quality of a chord in the labels of POP909-CL → ours; the nearest one for sus2 and “other”.
CL_QUALITIES = {
    "maj": "maj", "min": "min", "min7": "min7", "sus2": "sus4", "maj7": "maj7", "sus4": "sus4", "7": "7",
    "dim": "dim", "maj6": "maj6", "hdim7": "hdim7", "aug": "aug", "7sus4": "sus4", "minmaj7": "min",
    "dim7": "dim7", "aug7": "7", "min6": "min6", "maj9": "maj7", "9": "7", "min9": "min7",
}  # fmt: skip


def pop(root: Path) -> Iterator[tuple[str, FullScore]]:
    """Songs of POP909 (melody, second melody, piano) with the bars, keys and chords of POP909-CL: `root` holds both."""
    with (root / "offsets.tsv").open(newline="") as file:
        shifts = {row["song"]: float(row["pop909_minus_cl_quarters"]) for row in csv.DictReader(file, delimiter="\t")}
    for path, song in _songs(sorted((root / "POP909").glob("[0-9]*/[0-9]*.mid"))):
        onset, duration, pitch, velocity, staff, staves = _columns(song)
        for each in staves:
            each.family, each.lead, each.dynamics = KEYS, each.name.strip() == "MELODY", True
        labels, shift = _labels(root / "labels" / f"{path.stem}.tsv"), shifts.get(path.stem, 0.0)
        # In POP909-CL, bars begin at multiples of the metre from 0; add one if the music begins before that.
        bar = next((_metre(row["value"]) for row in labels if row["kind"] == "metre"), (4, 4))
        length = float(bar_length(bar))
        start = float(np.floor(float(onset.min() - shift) / length + 1e-6) * length)
        onset = onset - shift - start
        bars: list[tuple[float, float]] = []
        chords: list[tuple[float, int]] = []
        key = None
        for row in labels:
            when = float(row["cl_quarter"]) - start
            if row["kind"] == "metre":
                bars.append((when, float(bar_length(_metre(row["value"])))))
            elif row["kind"] == "key" and key is None and re.fullmatch(r"-?\d+", row["value"]):
                key = _signature(int(row["value"]))
            elif row["kind"] == "chord" and when >= 0:
                chords.append((when, _label(row["value"])))
        tempo = song.tempo[0].quarters_per_minute
        yield path.stem, full_score(
            onset, duration, pitch, velocity, staff, staves,
            metre=bar, bars=tuple(bars), key=key, tempo=tempo, chords=_changes(chords), loose=True,
        )  # fmt: skip


def _labels(path: Path) -> list[dict[str, str]]:
    """The rows of a song's labels; none if it has no labels (one song of the collection is a different one there)."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _metre(text: str) -> Metre:
    beats, unit = text.split("/")
    return int(beats), int(unit)


def _label(text: str) -> int:
    """The value of a chord in the words of POP909-CL, such as “A:min7/b3”."""
    root, _, quality = text.partition(":")
    quality = CL_QUALITIES.get(quality.split("/")[0], "maj")
    return NO_CHORD if root[:1] not in PITCH_CLASS else chord_value(root_of(root), quality)


def _changes(chords: list[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """The chords without those that repeat the one before."""
    return tuple(chord for i, chord in enumerate(chords) if not i or chord[1] != chords[i - 1][1])


def jazz(root: Path) -> Iterator[tuple[str, FullScore]]:
    """Solos with the walking bass and the chords of their beats, on one pulse."""
    for name, melody in wjd.melodies(root):
        beats = wjd.beats(root, name, melody)
        solo = melody.line
        walking = [(quarter, pitch) for quarter, pitch, _ in beats if pitch]
        onset = np.concatenate([solo.onset, [quarter for quarter, _ in walking]])
        gaps = np.minimum(np.diff([quarter for quarter, _ in walking], append=np.inf), 1.0)
        pitch = np.concatenate([solo.pitch, [pitch for _, pitch in walking]]).astype(int)
        velocity = np.concatenate([solo.velocity, np.full(len(walking), 80)]).astype(int)
        staves = [Staff(family=REED, lead=True, timing=True, dynamics=True), Staff(family=BASS, timing=False)]
        chords = [(quarter, value_of(text)) for quarter, _, text in beats if text]
        yield name, full_score(
            onset, np.concatenate([solo.duration, gaps]), pitch, velocity,
            np.repeat([0, 1], [len(solo), len(walking)]), staves,
            metre=melody.metre, bars=((melody.downbeat, melody.bar or 4.0),), key=melody.key,
            tempo=melody.tempo[0].quarters_per_minute, chords=_changes(chords), loose=True,
        )  # fmt: skip
