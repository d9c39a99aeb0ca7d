"""Parts → sound: FluidSynth plays them, sample by sample, until the last tone has died away."""

from collections.abc import Sequence
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
CHUNK = SAMPLE_RATE // 8

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
    end = events[-1][0] if events else 0.0
    sound = np.zeros((int((end + TAIL) * SAMPLE_RATE) + 1, 2), np.float32)
    synth, done = Synth(presets), 0
    try:
        for event in events:
            frame = round(event[0] * SAMPLE_RATE)
            synth.write(sound[done:frame])
            done = max(done, frame)
            synth.send(event)
        loudest = float(np.abs(sound).max())
        while done < len(sound):
            chunk = sound[done : done + CHUNK]
            synth.write(chunk)
            done += len(chunk)
            if float(np.abs(chunk).max()) <= SILENCE * loudest:
                break
    finally:
        synth.close()
    fade = min(done, round(FADE * SAMPLE_RATE))
    sound[done - fade : done] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None]
    return sound[:done]


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
