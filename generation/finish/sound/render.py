"""Parts → sound: FluidSynth plays them, sample by sample, until the last tone has died away."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from generation.finish.piece import let_go
from generation.finish.sound.synth import SAMPLE_RATE, Event, Sound, Synth
from generation.music.clock import Clock, Floats
from generation.music.song import SUSTAIN, Part

MAX_SECONDS = 1_100.0  # the longest input, the longest answer, and a tail
LEAD_IN = 0.05  # seconds before the first note
TAIL = 6.0  # seconds that the last tone may take to die away
FADE = 0.4  # seconds; what is left of the tail goes out without a click
SILENCE = 10 ** (-66 / 20)  # of the loudest sample
BLOCK = 64  # frames, of which a synthesiser makes no fewer: phrases share them, so that no note comes earlier or later
CHUNK = SAMPLE_RATE // 8  # frames at a time, of a tail
PHRASE = 8.0  # seconds of music, about, that one synthesiser plays; their sounds add up as all its tones do
HANDS = 2  # phrases that are played at the same time
REHEARSED = 8  # phrases of given music that are kept, of some 4 MB each
DOWN = 64  # from this value on a pedal holds
ORDER = ("off", "pedal", "on")  # of what happens in one moment

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


Phrase = tuple[Event, ...]


def load(preset: int) -> None:
    """Have a preset's samples in this process's memory, so that the first rendering finds them there."""
    hands = [Synth([preset]) for _ in range(HANDS)]
    for synth in hands:
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
    presets, start = tuple(PRESETS[part.program or 0] for part in parts), start_of(parts, clock)
    known, new = list(_phrases(parts[:given], clock, start)), list(_phrases(parts[given:], clock, start))
    with ThreadPoolExecutor(HANDS) as hands:
        playing = [hands.submit(_rehearsed, presets[:given], phrase) for phrase in known]
        playing += [hands.submit(_played, presets[given:], phrase) for phrase in new]
        played = [future.result() for future in playing]
    sound = np.zeros((max((begin + len(heard) for begin, heard in played), default=0), 2), np.float32)
    for begin, heard in played:
        sound[begin : begin + len(heard)] += heard
    return sound


def rehearse(parts: Sequence[Part], clock: Clock, most: int) -> None:
    """Play the first `most` phrases of given parts, so that `render` need not do it again soon."""
    presets = tuple(PRESETS[part.program or 0] for part in parts)
    for phrase, _ in zip(_phrases(parts, clock, start_of(parts, clock)), range(most), strict=False):
        _rehearsed(presets, phrase)


def _played(presets: tuple[int, ...], phrase: Phrase) -> tuple[int, Sound]:
    """The frame where a phrase begins, and its sound until it has died away."""
    begin, end = (round(phrase[i][0] * SAMPLE_RATE) for i in (0, -1))
    begin -= begin % BLOCK
    sound, done = np.zeros((end - begin + round(TAIL * SAMPLE_RATE), 2), np.float32), 0
    synth = Synth(presets)
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


def _phrases(parts: Sequence[Part], clock: Clock, start: float) -> Iterator[Phrase]:
    """What is played, in seconds after `start` and up to the limit, cut into stretches of about `PHRASE` seconds.

    A phrase holds the notes that begin in it, and of the pedal what it finds and what lets its last notes go."""
    notes, pedals = _notes(parts, clock, start), [_pedal(part, clock, start) for part in parts]
    if not len(notes):
        return
    first, last = notes[:, 0].min(), notes[:, 0].max()
    cuts = np.linspace(first, last, max(1, round((last - first) / PHRASE)) + 1)[1:-1]
    for i in range(len(cuts) + 1):
        events: list[Event] = []
        for channel, pedal in enumerate(pedals):
            mine = notes[(np.searchsorted(cuts, notes[:, 0], "right") == i) & (notes[:, 2] == channel)]
            for on, off, _, pitch, velocity in mine.tolist():
                events.append((on, "on", channel, int(pitch), int(velocity)))
                events.append((off, "off", channel, int(pitch), 0))
            if len(mine):
                events += _pedalled(pedal, channel, float(mine[:, 0].min()), float(mine[:, 1].max()))
        yield tuple(sorted(events, key=lambda event: (event[0], ORDER.index(event[1]))))


def _notes(parts: Sequence[Part], clock: Clock, start: float) -> Floats:
    """(n, 5): on, off, channel, pitch, velocity."""
    rows = [np.zeros((0, 5))]
    for channel, part in enumerate(parts):
        notes = part.notes
        on = clock.seconds(notes.onset) - start
        off = np.minimum(clock.seconds(let_go(notes)) - start, MAX_SECONDS)
        rows.append(
            np.column_stack([on, off, np.full(len(on), channel), notes.pitch, notes.velocity])[on < MAX_SECONDS]
        )
    return np.concatenate(rows)


def _pedal(part: Part, clock: Clock, start: float) -> list[tuple[float, int]]:
    """(second, value); it is lifted with the last key."""
    last_off = float(min(clock.seconds(let_go(part.notes)).max(initial=start) - start, MAX_SECONDS))
    moments = clock.seconds([quarter for quarter, _ in part.control(SUSTAIN)]) - start
    moved = zip(moments.tolist(), (value for _, value in part.control(SUSTAIN)), strict=True)
    return [*((max(second, 0.0), value) for second, value in moved if second < last_off), (last_off, 0)]


def _pedalled(pedal: Sequence[tuple[float, int]], channel: int, begin: float, end: float) -> Iterator[Event]:
    """The pedal of notes that are struck and let go between two moments, until it is up for the first time after."""
    before = [value for second, value in pedal if second < begin]
    value = before[-1] if before else 0
    if value:
        yield begin, "pedal", channel, value, 0
    for second, moved in pedal:
        if second >= begin:
            if second > end and value < DOWN:
                return
            value = moved
            yield second, "pedal", channel, value, 0
