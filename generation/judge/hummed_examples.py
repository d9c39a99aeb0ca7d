"""Make the recordings among the examples: `python -m generation.judge.hummed_examples FOLDER` (assets/examples)."""

import sys
from pathlib import Path

import numpy as np

from generation.judge.singers import RATE, Tune, contour, noisy, opus, placed, soundfont, voice, whistle
from generation.read.file import read

SECONDS = 16.0
EXAMPLES = (("sung-minuet", "minuet", 57), ("whistled-jig", "jig", 79), ("fiddled-minuet", "minuet", 62))
VIOLIN = 40
SHARP = 0.2  # semitones by which the singers are


def main(folder: Path) -> None:
    """Perform the tunes of ABC files in the folder without a click, and write what a phone would have recorded."""
    for name, tune, lowest in EXAMPLES:
        reading = read((folder / f"{tune}.abc").read_bytes(), f"{tune}.abc")
        rng, clock = np.random.default_rng(3), reading.song.clock
        line = reading.line[clock.seconds(reading.line.onset) < SECONDS]
        begin, end = clock.seconds(line.onset), clock.seconds(line.ends)
        onset = np.maximum.accumulate(begin + 0.3 + rng.normal(0, 0.01, len(line)))
        stop = np.minimum(onset + 0.9 * (end - begin), np.append(onset[1:] - 0.04, np.inf))
        performed = placed(Tune(onset, stop, line.pitch.copy(), np.zeros(0)), lowest)
        bend = contour(performed, rng) + SHARP
        if name.startswith("fiddled"):
            sound = soundfont(performed, VIOLIN, None)
        else:
            sound = (whistle if name.startswith("whistled") else voice)(performed, bend, rng)
        (folder / f"{name}.ogg").write_bytes(opus(noisy(sound, rng), RATE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
