"""A song without chords → the song with chords that fit its tune, found by `harmony`."""

from dataclasses import replace

import numpy as np

from generation.model.band import FIRST_CHORD
from generation.model.chords import symbol_of, value_of
from generation.model.harmony import ELSEWHERE, beats_of, chords_under, tables
from generation.model.hear_chords import TONES
from generation.model.tokens import shift_of
from generation.model.tune_beats import tune_beats
from generation.music.chart import Chart
from generation.music.key import Key, find_key
from generation.music.song import Song, bar_marks

# Style of a tune → the style that the network and the tables know, the weight of what the network says, compared with
# the usual order of chords, the share of a chord's usual probability that is taken off, so that frequent chords do not
# crowd out the others, and log-odds in favour of changes: where a bar or its second half begins, and elsewhere.
LIKE = {
    "pop": ("pop", 0.8, 0.0, 2.6, 0.0),
    "jazz": ("jazz", 0.3, 0.0, 1.3, 0.0),
    "standards": ("standards", 0.8, 0.1, 1.2, 0.0),
    "hymn": ("hymn", 2.0, 0.0, 2.5, 2.5),
    "classical": ("hymn", 2.0, 0.0, 3.5, 0.0),
    "artsong": ("hymn", 2.0, 0.2, 2.5, 0.0),
    "irish": ("standards", 1.0, 0.1, 1.2, 0.0),
    "american": ("standards", 1.0, 0.1, 1.2, 0.0),
    "british": ("standards", 1.0, 0.1, 1.2, 0.0),
}
WARMEST = 0.35  # the temperature of chords when that of the notes is 1; below `COOL`, the likeliest chords are taken
COOL = 0.3


def harmonised(
    song: Song, key: Key, style: str, temperature: float, rng: np.random.Generator, since: float = 0.0
) -> Song:
    """The song with chords, which are its own if it has any; new ones begin at the beat of the quarter `since`. Higher
    temperatures choose less usual chords."""
    tune = next((part.notes for part in song.parts if part.role == "lead" and len(part.notes)), None)
    if song.chords or tune is None:
        return song
    name, weight, scarce, strong, weak = LIKE.get(style, LIKE["pop"])
    beats, places = beats_of(float(tune.onset[-1]) + 0.01, bar_marks(song), song.metre)
    shift = shift_of(key)
    begun = np.append(beats[1:], np.inf) > since + 1e-6
    beats, places = (beats[begun], places[begun]) if begun.any() else (beats, places)
    seen = tune_beats(beats, places, tune.onset, tune.duration, tune.pitch + shift, name)
    from generation.model import chord_network  # torch takes a second to load, and few requests come here

    fits, change = chord_network.heard_by(chord_network.shipped(), seen)
    eager = np.where(places == ELSEWHERE, weak, strong)
    change = 1 / (1 + np.exp(-eager) * (1 / change - 1))
    warmth = max(0.0, temperature - COOL) * WARMEST
    tonic, table = (key.pitch_class + shift) % 12, tables()[name]
    # A network's probabilities divided by the usual ones are likelihoods (Bourlard and Morgan, 1994, “Connectionist
    # Speech Recognition”); the whole quotient would favour chords that are hardly known.
    fits = weight * fits - scarce * table.usual
    found = chords_under(fits, change, table, tonic, warmth, rng)
    changes = [i for i in range(len(found)) if not i or found[i] != found[i - 1]]
    at = [max(0.0, float(beats[i])) for i in changes]
    said = [symbol_of(int(found[i]) + FIRST_CHORD, shift, key) for i in changes]
    return replace(song, chords=tuple(zip(at, said, strict=True)))


def key_of(chart: Chart) -> Key:
    """The key that fits the tones of the chords best, roots counting twice; C major without chords."""
    values = [value_of(symbol) - FIRST_CHORD for bar in chart for symbol in bar]
    kinds = [tones for tones, _ in TONES.values()]
    tones = [(value + tone) % 12 for value in values if value >= 0 for tone in (0, *kinds[value // 12])]
    return find_key(np.array(tones), np.ones(len(tones))) if tones else Key("C", "major")
