"""Have a tune sung by Festival's singing mode (Dominic Mazzoni, 2001), where Debian's `festival` is installed."""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROGRAM = "text2wave"
HEAD = (
    '<?xml version="1.0"?>\n<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>\n'
    '<SINGING BPM="60">\n'
)
SYLLABLES = ("la", "na", "da", "doo", "no", "me", "low")


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


def sing(onset: Floats, end: Floats, pitch: Floats, rng: np.random.Generator) -> tuple[Floats, int]:
    """Samples (n,) of its English voice, and their rate, of notes in seconds and MIDI pitches with fractions; it sings
    them without vibrato and glides from each to the next."""
    lines = [HEAD, _rest(float(onset[0]))]
    for i, (begin, stop, tone) in enumerate(zip(onset, end, pitch, strict=True)):
        hertz, syllable = 440 * 2 ** ((tone - 69) / 12), SYLLABLES[int(rng.integers(len(SYLLABLES)))]
        until = float(onset[i + 1]) if i + 1 < len(onset) else float(stop)
        long = until - begin if until - stop < 0.25 else stop - begin
        lines.append(f'<PITCH FREQ="{hertz:.2f}"><DURATION SECONDS="{long:.3f}">{syllable}</DURATION></PITCH>\n')
        if until - begin - long > 0:
            lines.append(_rest(until - begin - long))
    with tempfile.TemporaryDirectory() as folder:
        text, sound = Path(folder, "song.xml"), Path(folder, "song.wav")
        text.write_text("".join(lines) + "</SINGING>\n")
        subprocess.run([PROGRAM, "-mode", "singing", text, "-o", sound], check=True, capture_output=True)
        samples, rate = soundfile.read(io.BytesIO(sound.read_bytes()))
    return np.asarray(samples, np.float64), int(rate)


def _rest(seconds: float) -> str:
    return f'<REST SECONDS="{seconds:.3f}"></REST>\n'
