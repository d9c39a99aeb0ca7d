"""Parts → sound: FluidSynth plays them, sample by sample, until the last tone has died away."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from generation.melody import Melody, Part
from generation.piece import let_go, seconds_of
from generation.synth import SAMPLE_RATE, SOUNDFONT, Event, Sound, Synth

MAX_SECONDS = 1_100.0  # the longest input, the longest answer, and a tail
LEAD_IN = 0.05  # seconds before the first note
TAIL = 6.0  # seconds that the last tone may take to die away
FADE = 0.4  # seconds; what is left of the tail goes out without a click
SILENCE = 10 ** (-66 / 20)  # of the loudest sample
STRETCH, CHUNK = SAMPLE_RATE * 10, SAMPLE_RATE // 8  # frames at a time, of the music and of its tail
HANDS = 2  # that play at the same time, a core each; their sounds add up as all tones of a synthesiser do

# For each of General MIDI's 128 programs the nearest preset of the soundfont.
PRESETS = (
    *(0, 0, 0, 0, 4, 4, 6, 6),  # pianos
    *(11, 11, 11, 11, 13, 13, 11, 46),  # celesta, glockenspiel … dulcimer
    *(19, 19, 19, 19, 19, 19, 19, 19),  # organs, accordions
    *(24, 24, 24, 24, 24, 24, 24, 24),  # guitars
    *(32, 32, 32, 32, 32, 32, 32, 32),  # basses
    *(40, 40, 42, 42, 40, 46, 46, 32),  # strings, pizzicato, harp, timpani
    *(40, 40, 40, 40, 52, 52, 52, 52),  # ensembles, choirs
    *(56, 60, 60, 56, 60, 60, 56, 56),  # brass
    *(65, 65, 66, 66, 68, 68, 71, 71),  # reeds
    *(73, 73, 74, 73, 79, 73, 74, 79),  # pipes
    *(71, 40, 73, 73, 24, 52, 40, 32),  # synthesiser leads
    *(52, 52, 52, 52, 52, 52, 52, 52),  # pads
    *(52, 52, 11, 52, 52, 52, 52, 52),  # effects
    *(24, 24, 24, 46, 13, 68, 40, 68),  # sitar, banjo … bagpipe, fiddle, shanai
    *(11, 13, 11, 13, 32, 32, 32, 52),  # tuned and untuned percussion
    *(52, 52, 52, 52, 52, 52, 52, 52),  # sounds of the world
)


@cache
def keep_loaded(preset: int) -> Synth:
    """Hold a preset's samples in this process's memory, so that the next rendering finds them there."""
    return Synth([preset], SOUNDFONT)


def start_of(parts: Sequence[Part], clock: Melody) -> float:
    """The second, by `clock`'s tempo, at which the rendered sound of these parts begins."""
    first = min((float(part.onset[0]) for part in parts if len(part.onset)), default=0.0)
    return clock.seconds_at(first) - LEAD_IN


def render(parts: Sequence[Part], clock: Melody) -> Sound:
    """The sound of all parts together, (frames, 2) float32 at 44.1 kHz, neither mastered nor clipped.

    Times of the parts are quarters by the tempo of `clock`. Same parts, same bytes.
    """
    presets = [PRESETS[part.program] for part in parts]
    for preset in presets:
        keep_loaded(preset)
    start = start_of(parts, clock)
    events = sorted(
        (event for channel, part in enumerate(parts) for event in _events(part, channel, clock, start)),
        key=lambda event: (event[0], ("off", "pedal", "on").index(event[1])),
    )
    last = round(max((second for second, *_ in events), default=0.0) * SAMPLE_RATE)
    sound = np.zeros((last + round(TAIL * SAMPLE_RATE) + 1, 2), np.float32)
    hands = [(Synth(presets), _hand(events, hand)) for hand in range(HANDS)]
    loudest, done = 0.0, 0
    try:
        with ThreadPoolExecutor(HANDS) as beside:
            while done < len(sound):
                end = min(done + STRETCH, last) if done < last else min(done + CHUNK, len(sound))
                for future in [beside.submit(_play, *hand, done, end) for hand in hands]:
                    sound[done:end] += future.result()
                level = float(np.abs(sound[done:end]).max())
                dying, done = done >= last, end
                if dying and level <= SILENCE * loudest:
                    break
                loudest = max(loudest, level)
    finally:
        for synth, _ in hands:
            synth.close()
    fade = min(done, round(FADE * SAMPLE_RATE))
    sound[done - fade : done] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None]
    return sound[:done]


def _hand(events: Sequence[Event], hand: int) -> deque[Event]:
    """What one hand plays: every second key, and the pedal."""
    return deque(event for event in events if event[1] == "pedal" or event[3] % HANDS == hand)


def _play(synth: Synth, waiting: deque[Event], start: int, end: int) -> Sound:
    """Frames `start` to `end`, (frames, 2); takes the events of that time off those that wait."""
    sound, done = np.zeros((end - start, 2), np.float32), 0
    while waiting and (frame := round(waiting[0][0] * SAMPLE_RATE) - start) < end - start:
        synth.write(sound[done:frame])
        done = max(done, frame)
        synth.send(waiting.popleft())
    synth.write(sound[done:])
    return sound


def _events(part: Part, channel: int, clock: Melody, start: float) -> list[Event]:
    """Note-ons, note-offs and pedal of one part in seconds after `start`, up to the limit."""
    on = seconds_of(clock, part.onset) - start
    off = np.minimum(seconds_of(clock, let_go(part)) - start, MAX_SECONDS)
    last_off = float(off.max(initial=0.0))
    events: list[Event] = [(last_off, "pedal", channel, 0, 0)]
    for i in np.flatnonzero(on < MAX_SECONDS):
        events.append((float(on[i]), "on", channel, int(part.pitch[i]), int(part.velocity[i])))
        events.append((float(off[i]), "off", channel, int(part.pitch[i]), 0))
    moments = seconds_of(clock, [quarter for quarter, _ in part.pedal]) - start
    for second, (_, value) in zip(moments.tolist(), part.pedal, strict=True):
        if second < last_off:
            events.append((max(second, 0.0), "pedal", channel, value, 0))
    return events
