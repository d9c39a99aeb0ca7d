"""Find the steady pulse under a tempo map with rubato, and move the rubato into the onsets."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import Tempo
from generation.music.melody import with_line
from generation.music.song import Song

WINDOW = 4  # beats


def smoothed(beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times (n,) of beats, each averaged over the `WINDOW` beats around it; the ends are extended by reflection."""
    padded = np.pad(beats, WINDOW // 2, "reflect", reflect_type="odd")
    return np.asarray(np.convolve(padded, np.ones(WINDOW + 1) / (WINDOW + 1), "valid"))


def steady(melody: Song) -> Song:
    """A line that sounds the same, with a pulse smoothed over four quarters at one tempo: rubato within a bar moves
    from the tempo map into onsets and durations."""
    line, clock = melody.line, melody.clock
    quarters = [float(quarter) for quarter in range(-8, int(line.end) + 9)]
    first = 60 / melody.tempo[0].quarters_per_minute
    pulse = smoothed(np.array([clock.second(max(q, 0.0)) + min(q, 0.0) * first for q in quarters]))
    begins, ends = clock.seconds(line.onset), clock.seconds(line.ends)
    onset, end = np.interp(begins, pulse, quarters), np.interp(ends, pulse, quarters)
    onset = np.maximum.accumulate(np.maximum(onset, 0) + np.arange(len(onset)) * 1e-7)
    pace = float(np.clip(60 / np.median(np.diff(pulse)), 10, 900))
    notes = replace(line, onset=onset, duration=np.maximum(end - onset, 0.02))
    return with_line(replace(melody, tempo=(Tempo(0.0, pace),)), notes)


def strongest_beat(beat: NDArray[np.int64], weight: NDArray[np.float64], bar: int) -> tuple[float, int]:
    """In bars of `bar` beats: how much the strongest beat stands out (1 if all are alike), and its index in the bar.

    beat, weight  (n,) the number of the beat on which each note falls, and how much the note counts
    """
    on = [float(weight[beat % bar == place].sum()) for place in range(bar)]
    return max(on) * bar / max(sum(on), 1e-9), int(np.argmax(on))
