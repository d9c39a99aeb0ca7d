"""Count, in scores whose harmony is known, how chords follow one another and which tones a tune has over them."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from generation.learn import full_corpus
from generation.model import harmony
from generation.model.band import FIRST_CHORD, QUALITIES
from generation.model.full_score import FullScore
from generation.model.harmony import CHORDS, PLACES, Table, beats_of, evidence
from generation.model.hear_chords import hear_chords
from generation.model.tokens import shift_of
from generation.music.key import find_key

# Style of the table → the sets that it is counted in.
TAUGHT_BY = {
    "pop": ("pop909",),
    "jazz": ("wjd",),
    "standards": ("ewld1928",),
    "hymn": ("hymns", "lieder"),
}
PRIOR = 0.3  # of each transition, spread as the chords themselves are
LEAST = 0.02  # share of a pitch class over a chord, at least


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with the archives")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="folder for what was read from them")
    parser.add_argument("--out", type=Path, default=harmony.TABLE, help="file for the table")


def main(args: argparse.Namespace) -> int:
    tables = {}
    for style, sets in TAUGHT_BY.items():
        works = [work for work in full_corpus.load(args.data, args.cache, sets) if work.split == "train"]
        tables[style] = counted([work.score for work in works])
        print(json.dumps({"style": style, "works": len(works)}))
    harmony.save(tables, args.out)
    return 0


def known(score: FullScore) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Of a score: (beats,) the place of each in its bar, (beats,) its chord 0 … CHORDS − 1 in the key without signs, −1
    for none, and (beats, 12) how much of each pitch class the lead has there. None where there is no lead."""
    tones = np.array([part.role != "drums" for part in score.parts])[score.part]
    leads = np.array([part.role == "lead" for part in score.parts])[score.part]
    if leads.sum() < 8:
        return None
    chords = score.chords or hear_chords(score.onset[tones], score.duration[tones], score.pitch[tones], score.bars)
    key = score.key or find_key(score.pitch[tones], score.duration[tones])
    shift = shift_of(key)
    onset, duration, pitch = score.onset[leads], score.duration[leads], score.pitch[leads]
    beats, places = beats_of(float((onset + duration).max()), score.bars, score.metre)
    when, value = np.array([at for at, _ in chords]), np.array([chord for _, chord in chords])
    ruling = np.searchsorted(when, beats + 1e-6, side="right") - 1
    chord = np.where(ruling >= 0, value[ruling] - FIRST_CHORD, -1)
    moved = np.where(chord >= 0, chord // 12 * 12 + (chord + shift) % 12, -1)
    return places, moved, np.roll(evidence(beats, places, onset, duration, pitch), shift, axis=1)


def counted(scores: Sequence[FullScore]) -> Table:
    """The table of some scores."""
    follow, begin = np.zeros((CHORDS, CHORDS)), np.zeros(CHORDS)
    changed, seen = np.zeros(PLACES), np.zeros(PLACES)
    tones = np.zeros((len(QUALITIES), 12))
    for score in scores:
        found = known(score)
        if found is None:
            continue
        places, chord, heard = found
        for i in range(len(chord)):
            if chord[i] < 0:
                continue
            tones[chord[i] // 12] += np.roll(heard[i], -chord[i] % 12)
            if i and chord[i - 1] >= 0:
                seen[places[i]] += 1
                if chord[i] != chord[i - 1]:
                    changed[places[i]] += 1
                    follow[chord[i - 1], chord[i]] += 1
            begin[chord[i]] += 1
    usual = (begin + 1e-3) / (begin + 1e-3).sum()
    follow += PRIOR * np.sqrt(follow.sum(1, keepdims=True) + 1) * usual
    np.fill_diagonal(follow, 0)
    tones += 1
    share = np.maximum(tones / tones.sum(1, keepdims=True), LEAST)
    return Table(
        np.log(usual),
        np.log(np.maximum(follow / follow.sum(1, keepdims=True), 1e-6)),
        np.log(share / share.sum(1, keepdims=True)),
        np.clip(changed / np.maximum(seen, 1), 0.01, 0.99),
    )
