"""The metre, tempo and key of a fresh piece, unless the user chose them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.melody import melody_of
from generation.music.notes import Notes
from generation.music.song import Song, heard_key, tempo_at

# Metres, the slowest and the fastest tempo (quarter notes a minute), and keys.
Priors = tuple[Sequence[Sequence[int]], Sequence[int], Sequence[str]]
# Style → its priors. A checkpoint that knows none of these styles has priors in its card, measured on its tunes.
PRIORS: dict[str, Priors] = {
    "jazz": (((4, 4),), (120, 220), ("Bb major", "F major", "Eb major", "C minor", "Ab major")),
    "irish": (((6, 8), (4, 4), (4, 4)), (160, 190), ("D major", "G major", "A dorian", "E minor")),
    "american": (((2, 4), (4, 4)), (96, 120), ("A major", "D major", "G major")),
    "british": (((4, 4), (6, 8), (3, 4)), (96, 132), ("D major", "G major", "F major", "A minor")),
    "artsong": (((3, 4), (4, 4), (6, 8)), (66, 104), ("F major", "Ab major", "G minor", "D minor")),
    "classical": (((4, 4), (3, 4), (2, 4)), (80, 132), ("C major", "Eb major", "A minor", "D minor", "Bb major")),
    "pop": (((4, 4),), (72, 112), ("C major", "G major", "F major", "A minor", "Db major")),
    "standards": (((4, 4), (3, 4)), (100, 160), ("F major", "Eb major", "C major")),
    "hymn": (((4, 4), (3, 4)), (80, 104), ("G major", "F major", "Eb major")),
}


def blank_page(
    priors: Priors,
    rng: np.random.Generator,
    key: Key | None = None,
    tempo: float | None = None,
    metre: tuple[int, int] | None = None,
) -> Song:
    """A tune without notes; key, metre and tempo are as asked for, or else drawn from the priors."""
    metres, (slow, fast), keys = priors
    beats, value = metres[int(rng.integers(len(metres)))]
    metre = metre or (beats, value)
    key = key or Key.parse(str(rng.choice(keys)))
    tempo = tempo or float(rng.integers(slow, fast + 1))
    nothing = Notes(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    return melody_of(nothing, (Tempo(0.0, tempo),), metre, key)


def usual(melodies: Sequence[Song]) -> Priors:
    """The usual metres, tempos and keys of one or more tunes, for a checkpoint that knows no style."""
    learned = melodies[:2000]
    metres = Counter(melody.metre for melody in learned if melody.metre).most_common(3)
    keys = Counter(str(melody.key or heard_key(melody)) for melody in learned).most_common(6)
    slow, fast = np.quantile([tempo_at(melody, melody.end) for melody in learned], [0.25, 0.75])
    return [metre for metre, _ in metres] or [(4, 4)], (round(slow), round(fast)), [key for key, _ in keys]
