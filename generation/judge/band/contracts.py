"""Check what is promised of a song that is played on with all its parts.

The limits are such that players keep them: of 197 true continuations (20 s, up to three places in each of 86 works),
97 % or more keep each promise, and 95 % all of them. A part that is dropped, rests for three bars where it never did,
leaves its range by more than an octave or ends late breaks them.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from generation.judge.bars import Figure, table
from generation.model.band import SLOTS
from generation.music.notes import Notes
from generation.music.song import Part, Song, ruling

PARTS, CLOSE, RANGES, VOICES, DENSITY, LENGTH, COPIES = (
    "every part goes on, or rests about as long as it did",
    "all end together",
    "parts stay in their ranges",
    "single voices stay single",
    "about as many notes a quarter as before",
    "length within 15 %",
    "no line is a copy",
)
ALL = "all of these"
REST, LONGER_REST = 8.0, 1.5  # quarters that any part may rest; and times the longest rest that it had
OCTAVE, TWO_OCTAVES = 12, 24  # semitones beyond the given range; that every part has at least
OVERLAP = 0.15  # quarters by which a legato note may reach into the next
SINGLE, STILL_SINGLE = 0.02, 0.05  # share of a voice's notes that begin while another sounds: given, and new
TOGETHER = 0.25  # quarters
WINDOW = 16.0  # quarters in which notes are counted
THINNER, DENSER = 1 / 3, 2.0  # times the density of the thinnest and the densest window
LONGER = 0.15
BAR = 0.99

Reals = NDArray[np.float64]


def kept(given: Song, whole: Song, since: float, seconds: float | None = None) -> dict[str, bool]:
    """Promise → whether a song keeps it, which goes on from `since` (quarters) after the given music. Without
    `seconds`, the length that was asked for, it need not end, as music from the middle of a work does not."""
    end, fresh = whole.end, [part.notes[len(old.notes) :] for old, part in zip(given.parts, whole.parts, strict=True)]
    both = [(old, new) for old, new in zip(given.parts, fresh, strict=True) if len(old.notes)]
    crowd = len(both) > SLOTS - bool(given.chords)  # then those with the fewest notes rest, which is said
    going = [(old, new) for old, new in both if len(new) or not crowd]
    found = {
        PARTS: any(len(new) for _, new in both)
        and all(
            _rests(new, since, end) <= max(REST, LONGER_REST * _rests(old.notes, 0.0, given.end)) for old, new in going
        ),
        RANGES: all(_in_range(old, new) for old, new in both if not old.drums),
        VOICES: all(_single(new, STILL_SINGLE) for old, new in both if not old.drums and _single(old.notes, SINGLE)),
        DENSITY: _as_dense(given, fresh, since, end),
    }
    if seconds is not None:
        bar = given.bar or 4.0
        found[CLOSE] = all(_closes(old, new, end, bar) for old, new in both)
        lasts = whole.clock.second(end) - whole.clock.second(since)
        found[LENGTH] = abs(lasts / seconds - 1) <= LONGER
    return found | {ALL: all(found.values())}


def _rests(notes: Notes, since: float, end: float) -> float:
    """The longest rest in `since` … `end`, in quarters."""
    begins = np.append(notes.onset, end)
    sounded = np.maximum.accumulate(np.concatenate([[since], notes.ends]))
    return float((begins - sounded).max())


def _in_range(part: Part, new: Notes) -> bool:
    low, high = int(part.notes.pitch.min()), int(part.notes.pitch.max())
    room = max(OCTAVE, (TWO_OCTAVES - (high - low)) // 2)
    return not len(new) or bool(low - room <= new.pitch.min() and new.pitch.max() <= high + room)


def _single(notes: Notes, share: float) -> bool:
    """Whether hardly a note, such a share at most, begins while another sounds."""
    if len(notes) < 2:
        return True
    sounding = np.maximum.accumulate(notes.ends)[:-1] > notes.onset[1:] + OVERLAP
    return float(sounding.mean()) <= share


def _as_dense(given: Song, fresh: Sequence[Notes], since: float, end: float) -> bool:
    """Whether the new notes a quarter are about as many as in the windows of the given music."""
    onset = np.sort(np.concatenate([part.notes.onset for part in given.parts]))
    starts = np.arange(onset[0], max(onset[0], onset[-1] - WINDOW) + 1e-9, WINDOW / 4)
    size = min(WINDOW, max(1.0, given.end - float(onset[0])))
    counts = np.searchsorted(onset, starts + size) - np.searchsorted(onset, starts)
    low, high = counts[counts > 0].min() / size, counts.max() / size
    density = sum(len(new) for new in fresh) / max(end - since, 1e-6)
    return bool(THINNER * low <= density <= DENSER * high)


def _closes(part: Part, new: Notes, end: float, bar: float) -> bool:
    """Whether a part that plays in the last two bars ends with all others: tones at the end, drums in the last bar."""
    if not len(new) or new.onset[-1] < end - 2 * bar:
        return True
    return bool(new.onset[-1] >= end - bar - TOGETHER if part.drums else abs(new.end - end) <= TOGETHER)


def bar_line(song: Song, quarter: float) -> float:
    """The last bar line at or before a quarter; of bars of four quarters where the metre is unknown."""
    since, (beats, unit) = ruling(song.metres, quarter) if song.metres else (0.0, (4, 4))
    since = since or song.pickup
    return since + float((quarter - since) // (beats * 4 / unit)) * beats * 4 / unit


def shares(found: Iterable[dict[str, bool]]) -> dict[str, float]:
    """Promise → the share of songs that keep it."""
    found = list(found)
    names = [
        name for name in (PARTS, CLOSE, RANGES, VOICES, DENSITY, LENGTH, ALL, COPIES) if any(name in f for f in found)
    ]
    return {name: float(np.mean([each[name] for each in found if name in each])) for name in names}


def figures(ours: dict[str, float], true: dict[str, float], count: int) -> list[Figure]:
    """The lines of the card about `count` songs."""
    return [
        Figure(name, f"{count} songs", share, true.get(name), BAR if name in (ALL, COPIES) else None, True, ".1%")
        for name, share in ours.items()
    ]


def in_words(ours: dict[str, float], true: dict[str, float], broken: Sequence[tuple[str, str]]) -> str:
    """The table of all promises, and which songs break which."""
    rows = [[name, f"{share:.1%}", f"{true[name]:.1%}" if name in true else ""] for name, share in ours.items()]
    lines = [f"- {name}: {promise}" for name, promise in broken]
    return "\n".join([table(["promise", "ours", "true"], rows), "", *lines])
