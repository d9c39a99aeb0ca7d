"""A stand-in for the model in tests: it repeats the input, or plays a scale; everything else is the real code."""

import numpy as np

from generation.music.clock import DEFAULT_TEMPO, Tempo
from generation.music.melody import Melody
from generation.play.session import Prompt


def again(prompt: Prompt) -> Melody:
    """The input's notes, then the same notes again from the next beat on; a scale where there is no input."""
    melody = prompt.melody
    if melody is None:
        steps, tempo = np.arange(8.0), (Tempo(0.0, prompt.tempo or DEFAULT_TEMPO),)
        pitch = 60 + np.array([0, 2, 4, 5, 7, 9, 11, 12])
        return Melody(steps, np.ones(8), pitch, np.full(8, 80), tempo, prompt.metre or (4, 4), prompt.key)
    end = melody.end if prompt.beside is None else max(melody.end, prompt.beside.end)
    later = np.ceil(end) - np.floor(melody.onset[0])
    return melody.then(melody.later(later))
