"""Stems: an MP3 of each part by itself, all of one length and at the level that it has in the mix, in a zip."""

import io
import re
import zipfile
from collections.abc import Sequence

import numpy as np

from generation.finish.sound.master import CEILING, LOUDNESS, loudness
from generation.finish.sound.mp3 import encode
from generation.finish.sound.render import render, start_of
from generation.finish.sound.synth import Sound
from generation.music.clock import Clock
from generation.music.song import Part
from generation.music.sounds import SOUNDS


def stems(players: Sequence[Sequence[Part]], clock: Clock, title: str, most_bytes: int = 0) -> bytes:
    """A zip with an MP3 for each player, who may have several parts. Together they are at most `most_bytes` long, 0 for
    no limit; added up, they sound like the mix before mastering."""
    playing = [[part for part in parts if len(part.notes)] for parts in players]
    playing = [parts for parts in playing if parts]
    start = start_of([part for parts in playing for part in parts], clock)
    heard = [render(parts, clock, start=start) for parts in playing]
    length = max((len(sound) for sound in heard), default=0)
    heard = [np.pad(sound, ((0, length - len(sound)), (0, 0))) for sound in heard]
    gain = _gain(heard)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for number, (parts, sound) in enumerate(zip(playing, heard, strict=True), 1):
            name = _name(parts[-1])
            tagged = f"{title}: {name}" if title else name
            mp3 = encode(sound * gain, tagged, "", most_bytes // len(heard))
            file.writestr(zipfile.ZipInfo(f"{number} {name}.mp3"), mp3)  # without the time of day: bytes that repeat
    return packed.getvalue()


def _gain(heard: Sequence[Sound]) -> np.float32:
    """The factor that brings the mix to its usual loudness, or as near to it as no stem is clipped."""
    if not heard:
        return np.float32(1)
    lacking = LOUDNESS - loudness(np.sum(heard, axis=0))
    peak = max(float(np.abs(sound).max(initial=0.0)) for sound in heard)
    wanted = 10 ** (lacking / 20) if np.isfinite(lacking) else 1.0
    return np.float32(min(wanted, CEILING / max(peak, 1e-6)))


def _name(part: Part) -> str:
    """The part's name, or else its instrument's, in characters that file names may contain."""
    said = " ".join(re.sub(r"[^\w .-]", " ", part.name).split())[:40].strip(". ")
    return said or ("drums" if part.drums else SOUNDS[part.program or 0])
