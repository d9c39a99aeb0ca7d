"""The baseline for chords: a hidden Markov model whose tables say nothing of style.

It knows the 24 triads. All changes of chord are equally likely, and a tone of the chord is eight times as likely as any
other.
"""

import numpy as np

from generation.model.band import FIRST_CHORD, QUALITIES
from generation.model.chords import symbol_of
from generation.model.harmony import CHORDS, Reals, Table, beats_of, chords_under
from generation.model.hear_chords import TONES
from generation.model.tokens import Ints, shift_of
from generation.music.chart import Chords
from generation.music.key import Key
from generation.music.song import Song, bar_marks

IN_CHORD = np.array([[tone in tones for tone in range(12)] for tones, _ in TONES.values()])
CHANGE = np.array([0.5, 0.3, 0.1])  # the probability of a change on bar lines, halfway through bars, elsewhere
NEVER = -1e6  # the log of a probability
STRUCK, AFTER = 0.5, 0.5  # extra quarters that a note on the beat counts; the share that one after the beat counts
ACCENT = np.array([1.6, 1.2, 0.7])  # weights of what sounds on beats, by their place


def plainly(tune: Song, key: Key) -> Chords:
    """Chords for a tune."""
    usual = np.full(CHORDS, NEVER)
    usual[:24] = -np.log(24)  # major and minor triads come first
    tones = np.log(np.where(IN_CHORD, 0.24, 0.03))
    notes, shift = tune.parts[0].notes, shift_of(key)
    beats, places = beats_of(float(notes.onset[-1]) + 0.01, bar_marks(tune), tune.metre)
    seen = np.roll(evidence(beats, places, notes.onset, notes.duration, notes.pitch), shift, axis=1)
    fits = np.concatenate([seen @ np.roll(tones[chord // 12], chord % 12)[:, None] for chord in range(CHORDS)], 1)
    tonic, table = (key.pitch_class + shift) % 12, Table(usual, np.tile(usual, (CHORDS, 1)))
    found = chords_under(fits, CHANGE[places], table, tonic, 0.0, np.random.default_rng(0))
    changes = [i for i in range(len(found)) if not i or found[i] != found[i - 1]]
    return tuple((max(0.0, float(beats[i])), symbol_of(int(found[i]) + FIRST_CHORD, shift, key)) for i in changes)


def evidence(beats: Reals, places: Ints, onset: Reals, duration: Reals, pitch: Ints) -> Reals:
    """(beats, 12) how much each pitch class is heard during a beat: the quarters for which it sounds, more of them if
    it begins on the beat, less if it begins after it, and more where the beat is strong."""
    heard = np.zeros((len(beats), 12))
    edges, end = np.append(beats, beats[-1] + 4), onset + duration
    first = np.maximum(np.searchsorted(beats, onset + 0.1, side="right") - 1, 0)
    for i, beat in enumerate(first):
        struck = abs(onset[i] - beats[beat]) < 0.1
        heard[beat, pitch[i] % 12] += STRUCK * struck
        counts = 1.0 if struck else AFTER
        while beat < len(beats) and end[i] > edges[beat] + 1e-6:
            lasts = min(end[i], edges[beat + 1]) - max(onset[i], edges[beat])
            heard[beat, pitch[i] % 12] += counts * max(lasts, 0.05)
            beat, counts = beat + 1, 1.0
    return np.asarray(heard * ACCENT[places][:, None], np.float64)


assert QUALITIES[:2] == ("maj", "min")
