"""Parts → sound: FluidSynth renders them to the sample, until the last tone has died away."""

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
FADE = 0.4  # seconds of fade at the end, so that a tail that is cut off makes no click
SILENCE = 10 ** (-66 / 20)  # of the loudest sample
BLOCK = 64  # frames that a synthesiser computes at a time; phrases begin at a multiple, so that no note is shifted
CHUNK = SAMPLE_RATE // 8  # frames of a tail that are rendered before its level is checked
HANDS = 2  # phrases that are rendered at the same time
AROUND = 8 * SAMPLE_RATE  # frames before and after the seam whose levels are compared
STEP, MOST_GAIN = 2.0, 10.0  # decibels: how much softer the new music may be, and the most by which it is raised
BAND = 10 * SAMPLE_RATE  # frames like `AROUND`, if all parts go on
NEAR, MOST_CUT = 2.5, 6.0  # decibels: how far the new music of a band may lie from its input, and its greatest change
REHEARSED = 8  # phrases of the input that are cached, about 4 MB each


Played = tuple[int, Sound]  # the frame at which a phrase begins, and its sound


def load(program: int) -> None:
    """Load the samples of a program, so that the first rendering does not have to."""
    hands = [Synth(1) for _ in range(HANDS)]
    for synth in hands:
        synth.send((0.0, "program", 0, 0, program))
        synth.close()


def start_of(parts: Sequence[Part], clock: Clock) -> float:
    """The second, by `clock`, at which the rendered sound of these parts begins."""
    first = min((float(part.notes.onset[0]) for part in parts if len(part.notes)), default=0.0)
    return clock.second(first) - LEAD_IN


def render(
    parts: Sequence[Part], clock: Clock, given: int = 0, together: bool = False, start: float | None = None
) -> Sound:
    """The sound of all parts together, (frames, 2) float32 at 44.1 kHz, neither mastered nor clipped.

    Times of the parts are quarters of `clock`. The same parts give the same bytes. The first `given` parts are rendered
    separately from the others, so that they can be rehearsed before the others are known; `together` says that the
    others continue all of these, not just one. `start`: the second, by `clock`, at which the sound begins; by default
    just before the first note.
    """
    start = start_of(parts, clock) if start is None else start
    new = parts[given:]
    with ThreadPoolExecutor(HANDS) as hands:
        first = [hands.submit(_rehearsed, given, phrase) for phrase in phrases(parts[:given], clock, start)]
        second = [hands.submit(_played, len(new), phrase) for phrase in phrases(new, clock, start)]
        known, played = ([future.result() for future in playing] for playing in (first, second))
    if new and (given > 1 or (given and together)):
        seam = round((clock.second(min(float(part.notes.onset[0]) for part in new)) - start) * SAMPLE_RATE)
        gain = (_gain_together if together else _gain)(known, played, seam)
        played = [(begin, heard * gain) for begin, heard in played]
    both = known + played
    return _sum(both, 0, max((begin + len(heard) for begin, heard in both), default=0))


def _gain(known: Sequence[Played], new: Sequence[Played], seam: int) -> np.float32:
    """The factor that raises the new parts, so that the level hardly drops where a whole band gives way to one part.
    `seam`: the frame at which the new parts begin."""
    before = _level(_sum(known, max(0, seam - AROUND), seam))
    lacking = before - _level(_sum(new, seam, seam + AROUND)) - STEP
    return np.float32(10 ** (min(max(lacking, 0.0), MOST_GAIN) / 20))


def _gain_together(known: Sequence[Played], new: Sequence[Played], seam: int) -> np.float32:
    """The factor that brings a band's new music to within `NEAR` decibels of the music before; 1 if it is as near as
    that by itself, so that the players' own dynamics are kept."""
    before = _level(_sum(known, max(0, seam - BAND), seam))
    lacking = before - _level(_sum(new, seam, seam + BAND))
    lacking = np.sign(lacking) * max(abs(lacking) - NEAR, 0.0)
    return np.float32(10 ** (min(max(lacking, -MOST_CUT), MOST_GAIN) / 20))


def _level(sound: Sound) -> float:
    """The mean power of a sound (frames, 2), in decibels."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12)) if len(sound) else -120.0


def _sum(played: Sequence[Played], start: int, stop: int) -> Sound:
    """The sum (stop − start, 2) of some phrases between two frames."""
    sound = np.zeros((stop - start, 2), np.float32)
    for begin, heard in played:
        a, b = max(begin, start), min(begin + len(heard), stop)
        if a < b:
            sound[a - start : b - start] += heard[a - begin : b - begin]
    return sound


def rehearse(parts: Sequence[Part], clock: Clock, most: int) -> None:
    """Render the first `most` phrases of the input's parts into the cache that `render` uses."""
    for phrase, _ in zip(phrases(parts, clock, start_of(parts, clock)), range(most), strict=False):
        _rehearsed(len(parts), phrase)


def _played(channels: int, phrase: Phrase) -> Played:
    """Render one phrase until it has died away."""
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
