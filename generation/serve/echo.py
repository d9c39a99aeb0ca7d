"""A stand-in for the model in tests: it repeats the input, or plays a scale; everything else is the real code."""

from dataclasses import replace

import numpy as np

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.melody import melody_of, with_line
from generation.music.notes import Notes
from generation.music.played import Played
from generation.play.asked import BandPrompt, Prompt
from generation.play.band.beside import Beside


def again(prompt: Prompt | BandPrompt) -> Played:
    """The input's notes, then the same notes again from the next beat on; a scale if there is no input."""
    if isinstance(prompt, BandPrompt):
        return _together(prompt)
    melody = prompt.song
    if melody is None:
        steps, tempo = np.arange(8.0), (Tempo(0.0, prompt.tempo or DEFAULT_TEMPO),)
        pitch = 60 + np.array([0, 2, 4, 5, 7, 9, 11, 12])
        scale = Notes(steps, np.ones(8), pitch, np.full(8, 80))
        return Played(melody_of(scale, tempo, prompt.metre or (4, 4), prompt.key), style=prompt.style, alone=True)
    end = melody.end if prompt.beside is None else max(melody.end, prompt.beside.end)
    new = melody.line.later(np.ceil(end) - np.floor(melody.line.onset[0]))
    return Played(with_line(melody, melody.line.then(new)), float(new.onset[0]), style=prompt.style, alone=True)


def _together(prompt: BandPrompt) -> Played:
    """As `again`, for all parts, from the next bar on."""
    if prompt.beside is not None:
        return _beside(prompt.beside)
    song = prompt.song
    if song is None:
        return replace(again(Prompt(key=prompt.key, tempo=prompt.tempo, metre=prompt.metre)), alone=False)
    later = float(np.ceil(song.end / 4) * 4)
    parts = tuple(replace(part, notes=part.notes.then(part.notes.later(later))) for part in song.parts)
    first = min(float(part.notes.onset[0]) for part in song.parts if len(part.notes))
    return Played(replace(song, parts=parts), later + first)


def _beside(beside: Beside) -> Played:
    """The song; beside it the others play the pattern with which they would begin."""
    parts = [*beside.song.parts]
    for i, hand in beside.hands.items():
        pattern = beside.primed.parts[i].notes[: hand.before]
        parts[hand.home] = replace(parts[hand.home], notes=pattern if len(pattern) else parts[hand.home].notes)
    return Played(replace(beside.song, parts=tuple(parts)), beside.new_from)
