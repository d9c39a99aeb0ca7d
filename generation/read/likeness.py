"""Likeness: how likely a part is to be the tune of its song, by its name, its words and its movement."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generation.music.clock import Clock
from generation.music.song import EXPRESSION, VOLUME, Part, Song, in_force
from generation.read.lyrics import TOGETHER, fits
from generation.read.top_line import Ints, overlap

SUNG = 0.5  # the share of notes and syllables that fit, above which a part is sung
FEW = 5  # pitches: a tune seldom has fewer
FULL, ENOUGH = 0.5, 60  # a share of the median part's notes, and a number: with so many a part is no afterthought
MONOTONE = 0.4  # the share of repeated notes beyond which a part hammers rather than sings
USUALLY = 0.4  # the share of leaps in even notes beyond which a part breaks chords
SIXTHS = 12  # lines a quarter, to compare lengths
REST = 4.0  # quarters that make a gap
PERIODS, THIRD = range(2, 9), 3  # notes of a figure that an accompaniment repeats; semitones
# What a program suggests: solo instruments and leads speak for the tune; basses, pads and noises against it.
PROGRAMS = {
    range(32, 40): -4.0,
    range(40, 41): 1.0,
    range(52, 55): 1.0,
    range(56, 88): 1.0,
    range(88, 104): -2.0,
    range(112, 128): -6.0,
}
USUAL_VOLUME = 100
LEADS = re.compile(
    r"melod|vocal|\bvox|voice|voix|\bvoce|canto|cantus|chant\b|gesang|\blead|\bsing|stimme|solo|sopran|\btune|theme",
    re.I,
)
BACKS = re.compile(
    r"\bbass\b|support|counter|\barp|\bleft\b|\blh\b|drum|perc|accomp|begleit|\bchords?\b|\bpads?\b|rhythm|"
    r"bridge|\bback|harmon(y|ies)",
    re.I,
)
# Names of sounds, which do not tell whether a part leads.
PATCHES = re.compile(
    r"(square|saw\w*|calliope|chiff\w*|charang|voice|fifths|5ths?|bass( ?\+)?|brass) lead|lead \d|voice oohs|"
    r"synth voice",
    re.I,
)
# What counts for a tune and what against it. The weights of what is played were fitted, then rounded, on half of the
# songs of POP909, Lieder, chorales, piano pieces and quartets, whose tune is known; names and words were not used.
# “Broken” was added by hand, for tunes under a busy arpeggio; it changes the reading of
# none of 182 songs of POP909 and 30 Lieder.
# By them alone 876 of POP909's 909 melody tracks are found, 119 of 120 voices of Lieder, 152 of 153 sopranos.
NAMED, SINGING, MUTED = 8.0, 12.0, -25.0
WEIGHTS = {
    "together": -3.0,
    "chords": -4.0,
    "height": 3.0,
    "above": 1.2,
    "gaps": -6.0,
    "spread": -5.0,
    "steps": 2.0,
    "turns": -4.0,
    "figure": -5.0,
    "broken": -16.0,
    "bars": 1.5,
    "busy": 1.5,
    "loud": 3.0,
    "few": -3.0,
    "scarce": -6.0,
    "hammers": -6.0,
}


@dataclass(frozen=True)
class Company:
    """The pitched parts of a song as a whole: their last onset in quarters, their usual number of notes, and their mean
    pitch."""

    last: float
    notes: float
    pitch: float


def company(song: Song) -> Company:
    """The company in a song with at least one pitched part."""
    parts = [part.notes for part in song.pitched]
    return Company(
        max(float(notes.onset[-1]) for notes in parts) or 1.0,
        float(np.median([len(notes) for notes in parts])),
        float(np.mean([notes.pitch.mean() for notes in parts])),
    )


def likeness(part: Part, line: Ints, clock: Clock, beside: Company) -> float:
    """How likely a part is to be the tune of its song. The number itself means nothing; the parts of one song can be
    ranked by it.

    line  (n,) indices of the notes that would be the tune
    """
    played = _played(part, line, clock, beside)
    return (
        NAMED * (is_named(part) - bool(BACKS.search(part.name)))
        + sum(weight for programs, weight in PROGRAMS.items() if part.program in programs)
        + SINGING * is_sung(part)
        + MUTED * is_muted(part)
        + sum(weight * played[name] for name, weight in WEIGHTS.items())
    )


def is_named(part: Part) -> bool:
    """Whether its name says that it leads."""
    return bool(LEADS.search(PATCHES.sub("", part.name)))


def is_sung(part: Part) -> bool:
    """Whether its notes and the words that are sung to it fit each other."""
    words = np.unique([quarter for quarter, _ in part.words])
    return fits(words, np.unique(part.notes.onset), TOGETHER) > SUNG


def is_muted(part: Part) -> bool:
    """Whether most of its notes are turned down until nothing is heard."""
    loud = [in_force(part.control(number), part.notes.onset, 127) for number in (VOLUME, EXPRESSION)]
    return float((np.minimum(*loud) == 0).mean()) > 0.5


def _played(part: Part, line: Ints, clock: Clock, beside: Company) -> dict[str, float]:
    """The features of a part that can be heard, by their names in `WEIGHTS`: shares 0 … 1; height, distance and spread
    in octaves."""
    notes, pitch, onset = part.notes, part.notes.pitch[line], part.notes.onset[line]
    start, end = clock.seconds(notes.onset), clock.seconds(notes.ends)
    moves = np.diff(pitch)
    volume = in_force(part.control(VOLUME), notes.onset, USUAL_VOLUME) / USUAL_VOLUME
    expression = in_force(part.control(EXPRESSION), notes.onset, 127) / 127
    return {
        "together": overlap(start, end),  # notes that sound at the same time
        "chords": 1 - len(line) / len(notes),  # notes under the upper voice
        "height": float(np.clip((pitch.mean() - 48) / 24, 0, 1)),
        "above": float(pitch.mean() - beside.pitch) / 12,
        "gaps": float((np.diff(onset) > REST).sum()) * REST / max(float(onset[-1] - onset[0]), 1.0),
        "spread": float(pitch.std()) / 12,
        "steps": _share((moves != 0) & (np.abs(moves) <= 2)),
        "turns": _share(moves[1:] * moves[:-1] < 0),  # from upwards to downwards or back
        "figure": max((_share(_alike(moves[n:], moves[:-n])) for n in PERIODS if 3 * n <= len(moves)), default=0.0),
        "broken": max(0.0, _share(_evenly(onset) & (np.abs(moves) >= THIRD)) - USUALLY),  # chords in even notes
        "bars": len(np.unique(notes.onset // 4)) / (beside.last // 4 + 1),  # in which it plays
        "busy": min(1.0, len(line) / beside.notes),
        "loud": float((notes.velocity * volume * expression).mean()) / 127,
        "scarce": max(0.0, 1 - len(line) / max(min(FULL * beside.notes, ENOUGH), 1)),
        "hammers": max(0.0, _share(moves == 0) - MONOTONE),
        "few": max(0, FEW - len(np.unique(pitch))) / FEW,
    }


def _alike(moves: Ints, earlier: Ints) -> NDArray[np.bool_]:
    """Whether moves within chords, of a third or more, are like earlier ones, as in chords broken in a fixed figure."""
    return np.asarray((np.minimum(np.abs(moves), np.abs(earlier)) >= THIRD) & (np.abs(moves - earlier) < THIRD))


def _evenly(onset: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n − 1,) whether each step from note to note lasts as long as most of them do."""
    steps = np.round(np.diff(onset) * SIXTHS)
    lengths, counts = np.unique(steps, return_counts=True)
    return np.asarray(steps == lengths[counts.argmax()] if len(steps) else steps > 0)


def _share(mask: NDArray[np.bool_]) -> float:
    """The share that is true; 0 if there is nothing."""
    return float(mask.mean()) if len(mask) else 0.0
