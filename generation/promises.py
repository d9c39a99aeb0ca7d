"""Are promises kept? Length, close, key, metre, what temperature does, and that takes are no copies."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from tqdm import tqdm

from generation.compare import TRIAD
from generation.corpus import Tune
from generation.habits import HABITS
from generation.key import find_key
from generation.known import Known, copies
from generation.melody import Key, Melody
from generation.performer import Performer
from generation.sample import Prompt, sample
from generation.score import surprise

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8)
SECONDS = 20.0


def on_time(whole: Melody, first: int, seconds: float) -> bool:
    """Whether the music from note `first` on lasts as long as asked, give or take 15 %."""
    return abs((whole.seconds - whole.seconds_at(whole.onset[first])) / seconds - 1) <= 0.15


def at_rest(melody: Melody, key: Key) -> bool:
    """Whether the last note is of the tonic's triad."""
    return (int(melody.pitch[-1]) - key.pitch_class) % 12 in TRIAD


def on_the_beat(melody: Melody) -> bool:
    """Whether the last note begins on a bar line or on a beat, or the music ends on one."""
    near = (melody.onset[-1] - melody.downbeat) % 1.0
    return bool(min(near, 1 - near) < 0.1)


def keeping(performer: Performer, tunes: Sequence[Tune], known: Known, count: int, seed: int = 0) -> dict[str, float]:
    """Shares of `count` continuations of held-out tunes, and of as many fresh pieces in every style, that keep each
    promise; beside some of them what the held-out tunes themselves do."""
    rng = np.random.default_rng(seed)
    chosen = [tunes[i] for i in rng.permutation(len(tunes))[:count]]
    kept: dict[str, list[bool]] = {}

    def keep(name: str, *values: bool) -> None:
        kept.setdefault(name, []).extend(values)

    for number, tune in enumerate(tqdm(chosen, desc="promises: play on", unit="tune", leave=False)):
        given, first = tune.melody, len(tune.melody)
        key = given.key or find_key(given.pitch, given.duration)
        keep("true tunes: end at rest", at_rest(given, key))
        [whole] = sample(performer, [Prompt(given, SECONDS, seed=seed + number)])
        keep("extend: length within 15 %", on_time(whole, first, SECONDS))
        keep("extend: end at rest", at_rest(whole, key))
        keep("extend: last note on a beat", on_the_beat(whole))
        keep("extend: no copy", copies(whole, known, tune.style, first) == 0)
        keep("true tunes: no copy", copies(given, known, tune.style, 0) == 0)
    styles = [style for style in HABITS if style in performer.card.get("metres", HABITS)]
    for number in tqdm(range(count), desc="promises: compose", unit="piece", leave=False):
        style = styles[number % len(styles)]
        metres, (slow, fast), keys = HABITS[style]
        key, metre = Key.parse(keys[number % len(keys)]), metres[number % len(metres)]
        wish = Prompt(None, SECONDS, seed=seed + number, style=style, key=key, tempo=(slow + fast) / 2)
        [piece] = sample(performer, [replace(wish, metre=(metre[0], metre[1]))])
        heard = find_key(piece.pitch, piece.duration)
        keep("compose: signature heard as asked", abs(heard.sharps - key.sharps) <= 1)
        keep("compose: length within 15 %", on_time(piece, 0, SECONDS))
        keep("compose: end at rest", at_rest(piece, key))
        keep("compose: last note on a beat", on_the_beat(piece))
        keep("compose: no copy", copies(piece, known, style, 0) == 0)
    return {name: float(np.mean(values)) for name, values in sorted(kept.items())}


def warmth(performer: Performer, tunes: Sequence[Tune], count: int, seed: int = 0) -> dict[float, float]:
    """temperature → nats per note, under the model at temperature 1, of what it plays at that temperature."""
    rng = np.random.default_rng(seed)
    chosen = [tunes[i] for i in rng.permutation(len(tunes))[:count]]
    nats: dict[float, list[float]] = {}
    for temperature in tqdm(TEMPERATURES, desc="temperature", leave=False):
        for number, tune in enumerate(chosen):
            given = tune.melody
            prompt = Prompt(given, 10.0, temperature, top_p=1.0, seed=seed + number, style=tune.style, open_end=True)
            [whole] = sample(performer, [prompt])
            found, _ = surprise(performer, whole, len(given), timed=False, shaded=False)
            nats.setdefault(temperature, []).append(float(found.sum(1).mean()))
    return {temperature: float(np.mean(found)) for temperature, found in nats.items()}


def rises(ladder: dict[float, float]) -> bool:
    """Whether every warmer temperature surprises more than the one before."""
    return all(low < high for low, high in pairwise(ladder[t] for t in sorted(ladder)))
