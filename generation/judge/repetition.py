"""Measure long-term repetition: the share of bars that were heard long before, in held-out tunes and fresh pieces."""

from collections.abc import Sequence

import numpy as np

from generation.judge.continuation_features import bars
from generation.learn.corpus import Tune
from generation.model.loaded import LoadedModel
from generation.music.melody import with_line
from generation.music.song import Song, heard_key, tempo_at
from generation.play.asked import Prompt
from generation.play.session import sample

LONG_AGO = 15.0  # seconds, which the baseline that preceded Encore does not remember
SHORTEST, LONGEST = 40.0, 120.0  # seconds of the tunes that are examined


def returns(melody: Song) -> tuple[float, float]:
    """Among the bars that begin at least `LONG_AGO` seconds after the first: the share that was heard at least that
    long before, note for note; and the share whose rhythm was."""
    begun: dict[object, float] = {}
    found: list[tuple[bool, bool]] = []
    first = _start(melody)
    for number, notes in sorted(bars(melody).items()):
        second = melody.clock.second(max(0.0, melody.downbeat + number * (melody.bar or 4.0)))
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
                key=melody.key or heard_key(melody),
                tempo=tempo_at(melody, melody.end),
                metre=melody.metre,
            )
            for number, melody in enumerate(true)
        ]
        ours = [take.played.song for take in sample(loaded, prompts)]
        both = [np.mean([returns(until(melody, LONGEST)) for melody in some], 0) for some in (true, ours)]
        theirs, mine = ((float(notes), float(rhythm)) for notes, rhythm in both)
        table[style] = (len(true), theirs, mine)
    return table


def until(melody: Song, seconds: float) -> Song:
    """The notes that begin in the first `seconds` after the first one."""
    kept = melody.clock.seconds(melody.line.onset) - _start(melody) < seconds
    return with_line(melody, melody.line[kept])


def _start(melody: Song) -> float:
    """The second of the first note; 0 for no notes."""
    return melody.clock.second(float(melody.line.onset[0])) if len(melody.line) else 0.0
