"""The baseline for accompaniment: MMA (Musical MIDI Accompaniment, a package of Debian) plays a groove over chords.

The rhythm, voicing and bass of its grooves were written by hand; the chords are given to it.
"""

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from generation.music.chart import Chords
from generation.music.song import Song
from generation.read.midi import read_midi

SECONDS = 60  # for which it may run
SEED = 1  # of its humanised timing, so that it plays the same tune in the same way
# Style → its groove in 4/4 and in 3/4.
GROOVES = {
    "pop": ("PopBallad", "Waltz"),
    "jazz": ("SwingWalk", "JazzWaltz"),
    "standards": ("Foxtrot", "Waltz"),
    "hymn": ("Hymn", "Waltz"),
}
METRES = ((4, 4), (3, 4))
SILENT = "z"  # a beat without a chord
ROLES = {"bass": "bass", "walk": "bass", "drum": "drums"}  # a part's name begins so → its role; others play chords


def here() -> bool:
    """Whether MMA is installed."""
    return shutil.which("mma") is not None


def played_by_mma(tune: Song, chords: Chords, style: str) -> Song | None:
    """A tune with MMA's parts over some chords; None for a metre for which no groove is named."""
    metre = tune.metre or (4, 4)
    if metre not in METRES or len(tune.metres) > 1:
        return None
    pickup = tune.pickup if tune.pickup > 0 else 0.0
    with tempfile.TemporaryDirectory() as place:
        asked, made = Path(place) / "tune.mma", Path(place) / "tune.mid"
        groove = GROOVES.get(style, GROOVES["pop"])[METRES.index(metre)]
        tempo = tune.tempo[0].quarters_per_minute if tune.tempo else 100
        bars = _bars(tune, chords, pickup, metre[0])
        lines = [f"RndSeed {SEED}", f"Tempo {tempo:.0f}", f"TimeSig {metre[0]} 4", f"Groove {groove}", *bars]
        asked.write_text("\n".join(lines) + "\n")
        subprocess.run(
            [shutil.which("mma") or "mma", "-f", made, asked], check=True, capture_output=True, timeout=SECONDS
        )
        band = read_midi(made.read_bytes())
    end = max(float(part.notes.end) for part in tune.parts)
    parts = []
    for part in band.parts:
        notes = part.notes.later(pickup)
        role = next((role for name, role in ROLES.items() if part.name.lower().startswith(name)), "chords")
        parts.append(replace(part, notes=notes[notes.onset < end], role="drums" if part.drums else role))
    return replace(tune, parts=(*tune.parts, *(part for part in parts if len(part.notes))), chords=chords)


def _bars(tune: Song, chords: Chords, pickup: float, beats: int) -> list[str]:
    """Its lines, one a bar: a number and a symbol for each beat."""
    count = int(np.ceil((max(float(part.notes.end) for part in tune.parts) - pickup) / beats))
    when = np.array([at for at, _ in chords])
    lines = []
    for bar in range(max(count, 1)):
        at = np.searchsorted(when, pickup + bar * beats + np.arange(beats) + 1e-6, side="right") - 1
        lines.append(" ".join([str(bar + 1), *(chords[i][1] if i >= 0 else SILENT for i in at)]))
    return lines
