"""Check Encore's promises: length, close, key, metre, the effect of temperature, and that takes are no copies."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from tqdm import tqdm

from generation.judge.continuation_features import TRIAD
from generation.learn.corpus import Tune
from generation.model.likelihood import surprise
from generation.model.loaded import LoadedModel
from generation.model.memorised import Memorised, copies
from generation.model.priors import PRIORS
from generation.music.key import Key
from generation.music.song import Song, heard_key
from generation.play.asked import Prompt
from generation.play.session import sample

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8)
SECONDS = 20.0
CONTENT = 3  # heads: step, pitch, duration


def on_time(whole: Song, first: int, seconds: float) -> bool:
    """Whether the music from note `first` on lasts as long as asked, give or take 15 %."""
    return abs((whole.seconds - whole.clock.second(float(whole.line.onset[first]))) / seconds - 1) <= 0.15


def at_rest(melody: Song, key: Key) -> bool:
    """Whether the last note is of the tonic's triad."""
    return (int(melody.line.pitch[-1]) - key.pitch_class) % 12 in TRIAD


def on_a_bar_line(melody: Song) -> bool:
    """Whether the last note begins on a bar line, or on a beat if the metre is unknown, give or take a player's
    freedom."""
    bar = melody.bar or 1.0
    near = (melody.line.onset[-1] - melody.downbeat) % bar
    return bool(min(near, bar - near) < 0.15)


def keeping(
    loaded: LoadedModel, tunes: Sequence[Tune], memorised: Memorised, count: int, seed: int = 0
) -> dict[str, float]:
    """promise → the share of `count` continuations of held-out tunes, or of as many fresh pieces in all styles, that
    keep it; for some also the share of the held-out tunes themselves."""
    rng = np.random.default_rng(seed)
    chosen = [tunes[i] for i in rng.permutation(len(tunes))[:count]]
    kept: dict[str, list[bool]] = {}

    def keep(name: str, *values: bool) -> None:
        kept.setdefault(name, []).extend(values)

    takes = sample(loaded, [Prompt(tune.melody, SECONDS, seed=seed + i) for i, tune in enumerate(chosen)])
    for tune, take in zip(chosen, takes, strict=True):
        given, first, whole = tune.melody, len(tune.melody.line), take.played.song
        key = given.key or heard_key(given)
        keep("true tunes: end at rest", at_rest(given, key))
        keep("extend: length within 15 %", on_time(whole, first, SECONDS))
        keep("extend: end at rest", at_rest(whole, key))
        keep("extend: last note on a bar line", on_a_bar_line(whole))
        keep("extend: no copy", copies(whole, memorised, tune.style, first) == 0)
        keep("true tunes: no copy", copies(given, memorised, tune.style, 0) == 0)
    styles = [style for style in PRIORS if style in loaded.card.get("metres", PRIORS)] or ["auto"]
    wishes = []
    for number in range(count):
        style = styles[number % len(styles)]
        metres, (slow, fast), keys = PRIORS.get(style) or loaded.card["priors"]
        key, metre = Key.parse(keys[number % len(keys)]), metres[number % len(metres)]
        wish = Prompt(None, SECONDS, seed=seed + number, style=style, key=key, tempo=(slow + fast) / 2)
        wishes.append(replace(wish, metre=(metre[0], metre[1])))
    for wish, take in zip(wishes, sample(loaded, wishes), strict=True):
        piece, key = take.played.song, wish.key or Key("C", "major")
        heard = heard_key(piece)
        keep("compose: signature heard as asked", abs(heard.sharps - key.sharps) <= 1)
        keep("compose: length within 15 %", on_time(piece, 0, SECONDS))
        keep("compose: end at rest", at_rest(piece, key))
        keep("compose: last note on a bar line", on_a_bar_line(piece))
        keep("compose: no copy", copies(piece, memorised, wish.style, 0) == 0)
    return {name: float(np.mean(values)) for name, values in sorted(kept.items())}


def warmth(loaded: LoadedModel, tunes: Sequence[Tune], count: int, seed: int = 0) -> dict[float, float]:
    """temperature → nats per note, under the model at temperature 1, of onsets, pitches and durations that it plays at
    that temperature."""
    rng = np.random.default_rng(seed)
    chosen = [tunes[i] for i in rng.permutation(len(tunes))[:count]]
    ladder = {}
    for temperature in tqdm(TEMPERATURES, desc="temperature", leave=False):
        prompts = [
            Prompt(
                tune.melody,
                10.0,
                temperature=temperature,
                top_p=1.0,
                seed=seed + number,
                style=tune.style,
                open_end=True,
            )
            for number, tune in enumerate(chosen)
        ]
        nats = []
        for tune, take in zip(chosen, sample(loaded, prompts), strict=True):
            found, _ = surprise(loaded, take.played.song, len(tune.melody.line), timed=True, shaded=True)
            nats.append(float(found[:, :CONTENT].sum(1).mean()))
        ladder[temperature] = float(np.mean(nats))
    return ladder
