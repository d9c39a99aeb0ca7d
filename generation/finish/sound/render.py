"""Parts → sound: FluidSynth plays them, sample by sample, until the last tone has died away."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from generation.finish.sound.phrases import Phrase, phrases
from generation.finish.sound.synth import SAMPLE_RATE, Sound, Synth
from generation.music.clock import Clock
from generation.music.song import Part

LEAD_IN = 0.05  # seconds before the first note
TAIL = 6.0  # seconds that the last tone may take to die away
FADE = 0.4  # seconds; what is left of the tail goes out without a click
SILENCE = 10 ** (-66 / 20)  # of the loudest sample
BLOCK = 64  # frames, of which a synthesiser makes no fewer: phrases share them, so that no note comes earlier or later
CHUNK = SAMPLE_RATE // 8  # frames at a time, of a tail
HANDS = 2  # phrases that are played at the same time
REHEARSED = 8  # phrases of given music that are kept, of some 4 MB each


def load(program: int) -> None:
    """Have a program's samples in this process's memory, so that the first rendering finds them there."""
    hands = [Synth(1) for _ in range(HANDS)]
    for synth in hands:
        synth.send((0.0, "program", 0, 0, program))
        synth.close()


def start_of(parts: Sequence[Part], clock: Clock) -> float:
    """The second, by `clock`, at which the rendered sound of these parts begins."""
    first = min((float(part.notes.onset[0]) for part in parts if len(part.notes)), default=0.0)
    return clock.second(first) - LEAD_IN


def render(parts: Sequence[Part], clock: Clock, given: int = 0) -> Sound:
    """The sound of all parts together, (frames, 2) float32 at 44.1 kHz, neither mastered nor clipped.

    Times of the parts are quarters of `clock`. Same parts, same bytes. The first `given` parts are played
    apart from the others, so that they can be rehearsed before the others are known.
    """
    start = start_of(parts, clock)
    known, new = parts[:given], parts[given:]
    with ThreadPoolExecutor(HANDS) as hands:
        playing = [hands.submit(_rehearsed, given, phrase) for phrase in phrases(known, clock, start)]
        playing += [hands.submit(_played, len(new), phrase) for phrase in phrases(new, clock, start)]
        played = [future.result() for future in playing]
    sound = np.zeros((max((begin + len(heard) for begin, heard in played), default=0), 2), np.float32)
    for begin, heard in played:
        sound[begin : begin + len(heard)] += heard
    return sound


def rehearse(parts: Sequence[Part], clock: Clock, most: int) -> None:
    """Play the first `most` phrases of given parts, so that `render` need not do it again soon."""
    for phrase, _ in zip(phrases(parts, clock, start_of(parts, clock)), range(most), strict=False):
        _rehearsed(len(parts), phrase)


def _played(channels: int, phrase: Phrase) -> tuple[int, Sound]:
    """The frame where a phrase begins, and its sound until it has died away."""
    begin, end = (round(phrase[i][0] * SAMPLE_RATE) for i in (0, -1))
    begin -= begin % BLOCK
    sound, done = np.zeros((end - begin + round(TAIL * SAMPLE_RATE), 2), np.float32), 0
    synth = Synth(channels)
    try:
        for event in phrase:
            frame = round(event[0] * SAMPLE_RATE) - begin
            synth.write(sound[done:frame])
            done = frame
            synth.send(event)
        loudest = float(np.abs(sound[:done]).max(initial=0.0))
        while done < len(sound):
            tail = sound[done : done + CHUNK]
            synth.write(tail)
            done += len(tail)
            level = float(np.abs(tail).max())
            loudest = max(loudest, level)
            if level <= SILENCE * loudest:
                break
    finally:
        synth.close()
    fade = min(done, round(FADE * SAMPLE_RATE))
    sound[done - fade : done] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None]
    return begin, sound[:done]


_rehearsed = lru_cache(maxsize=REHEARSED)(_played)
