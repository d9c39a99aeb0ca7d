"""Measure long-term repetition: the share of bars that were heard long before, in held-out tunes and fresh pieces."""

from collections.abc import Sequence

import numpy as np

from generation.judge.continuation_features import bars
from generation.learn.corpus import Tune
from generation.model.loaded import LoadedModel
from generation.music.key import find_key
from generation.music.melody import Melody
from generation.music.pulse import typical_tempo
from generation.play.session import Prompt, sample

LONG_AGO = 15.0  # seconds, which the baseline that preceded Encore does not remember
SHORTEST, LONGEST = 40.0, 120.0  # seconds of the tunes that are examined


def returns(melody: Melody) -> tuple[float, float]:
    """Among the bars that begin at least `LONG_AGO` seconds after the first: the share that was heard at least that
    long before, note for note; and the share whose rhythm was."""
    begun: dict[object, float] = {}
    found: list[tuple[bool, bool]] = []
    first = melody.seconds_at(float(melody.onset[0])) if len(melody) else 0.0
    for number, notes in sorted(bars(melody).items()):
        second = melody.seconds_at(max(0.0, melody.downbeat + number * (melody.bar or 4.0)))
        forms = (tuple(notes), tuple(place for place, _ in notes))
        if second - first >= LONG_AGO:
            notes_then, rhythm_then = (second - begun.get(form, np.inf) >= LONG_AGO for form in forms)
            found.append((notes_then, rhythm_then))
        for form in forms:
            begun.setdefault(form, second)
    notes_again, rhythm_again = np.mean(found or [(False, False)], 0)
    return float(notes_again), float(rhythm_again)


def remembered(
    loaded: LoadedModel, tunes: Sequence[Tune], count: int, seed: int = 0
) -> dict[str, tuple[int, tuple[float, float], tuple[float, float]]]:
    """style → the number of held-out tunes, at most `count`; the mean of their `returns`; and that of as many fresh
    pieces of the same style, key, metre, tempo and length."""
    rng = np.random.default_rng(seed)
    long = [
        tunes[i] for i in rng.permutation(len(tunes)) if tunes[i].melody.seconds >= SHORTEST and tunes[i].melody.bar
    ]
    table = {}
    for style in dict.fromkeys(tune.style for tune in tunes):
        true = [tune.melody for tune in long if tune.style == style][:count]
        if not true:
            continue
        prompts = [
            Prompt(
                None,
                min(melody.seconds, LONGEST),
                seed=seed + number,
                style=style,
                key=melody.key or find_key(melody.pitch, melody.duration),
                tempo=typical_tempo(melody),
                metre=melody.metre,
            )
            for number, melody in enumerate(true)
        ]
        ours = sample(loaded, prompts)
        both = [np.mean([returns(until(melody, LONGEST)) for melody in some], 0) for some in (true, ours)]
        theirs, mine = ((float(notes), float(rhythm)) for notes, rhythm in both)
        table[style] = (len(true), theirs, mine)
    return table


def until(melody: Melody, seconds: float) -> Melody:
    """The notes that begin in the first `seconds` after the first one."""
    start = melody.seconds_at(float(melody.onset[0])) if len(melody) else 0.0
    return melody[: int((melody.clock.seconds(melody.onset) - start < seconds).sum())]
