"""Continuations of held-out works by the model and by the 3-gram, and their statistics beside the true ones."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from generation.judge.band.discriminate import sampled
from generation.judge.band.excerpts import Excerpt, cut, excerpts, pace, song
from generation.judge.band.statistics import GIVEN, TRUE, Heard, Notes, statistics
from generation.judge.baselines.row_ngram import RowNGram
from generation.learn.full_corpus import Work
from generation.model.band import DURATION, FIRST_DRUM, NO_CHORD, TICK, VALUE
from generation.model.full_score import FullScore
from generation.model.networks.band_lstm import BandLSTM
from generation.model.tokens import LENGTHS, TICKS, Ints
from generation.music.song import Song
from generation.play.asked import BandPrompt
from generation.play.band.session import play_on

AT_A_TIME = 16  # takes


def heard(model: BandLSTM, ngram: RowNGram, works: Sequence[Work], count: int = 0, seed: int = 0) -> list[Heard]:
    """The statistics of `count` excerpts of a set's works, chosen at random (0: all), with their continuations."""
    rng = np.random.default_rng(seed)
    every = list(excerpts(works, GIVEN, TRUE))
    picked = [every[i] for i in rng.permutation(len(every))[: count or len(every)]]
    found = []
    for at in tqdm(range(0, len(picked), AT_A_TIME), desc="going on", leave=False):
        some = picked[at : at + AT_A_TIME]
        prompts = [prompt(each, seed + at + i) for i, each in enumerate(some)]
        for given, take in zip(some, play_on(model, prompts), strict=True):
            assert take.whole is not None
            baseline = _of_rows(sampled(given, ngram, rng).encoded.rows, given.piece.shift)
            true, ours = _of_score(given.score), _as_written(take.whole)
            found.append(
                Heard(
                    given.work.dataset,
                    statistics(true, 0.0, GIVEN),
                    *(statistics(each, GIVEN, GIVEN + TRUE) for each in (true, ours, baseline)),
                )
            )
    return found


def prompt(given: Excerpt, seed: int) -> BandPrompt:
    """The given part, to be played on for as long as the true continuation lasts, without a close."""
    start = song(cut(given.score, 0.0, given.split))
    lasts = (given.score.onset.max() - given.split) // 1 + 1
    return BandPrompt(start, lasts / pace(given.score), seed=seed, style=given.work.style, open_end=True)


def _of_score(score: FullScore) -> Notes:
    tone = np.array([part.role != "drums" for part in score.parts])[score.part]
    return Notes(score.onset, score.onset + score.duration, score.pitch, tone)


def _as_written(whole: Song) -> Notes:
    """Our new notes as a score has them, like the true ones: played a little apart, the notes of a chord would count as
    several onsets, and a legato line as two voices."""
    every = []
    for part in whole.parts:
        onset, end = part.notes.onset.copy(), part.notes.ends
        if part.written is not None and (new := len(part.written.late)):
            onset[-new:] -= part.written.late
            end[-new:] = onset[-new:] + part.written.duration
        every.append((onset, end, part.notes.pitch, np.full(len(onset), not part.drums)))
    return Notes(*(np.concatenate(each) for each in zip(*every, strict=True)))


def _of_rows(rows: Ints, shift: int) -> Notes:
    rows = rows[1:][rows[1:, VALUE] < NO_CHORD]
    tone = rows[:, VALUE] < FIRST_DRUM
    onset = rows[:, TICK] / TICKS
    return Notes(onset, onset + LENGTHS[rows[:, DURATION]] / TICKS, rows[:, VALUE] - shift * tone, tone)
