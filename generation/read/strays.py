"""Stray notes: one or two notes that lie minutes away from the music, as in exports of large projects."""

from dataclasses import replace

import numpy as np

from generation.music.song import Part, Song
from generation.request import Words

SILENCE, BARS = 15.0, 6  # seconds and bars without any note: both must lie between the music and a stray
MOST_ONSETS, MOST_NOTES = 2, 6  # of a stray
FEWEST = 12  # notes that must be left


def without_strays(song: Song) -> Song:
    """The song without notes that lie far before or after the music; a remark says that some were left out."""
    everything = [part.notes for part in song.parts]
    onset, end = (
        np.concatenate([getattr(notes, name) for notes in everything] or [np.zeros(0)]) for name in ("onset", "ends")
    )
    if len(onset) < FEWEST:
        return song
    order = np.argsort(onset, kind="stable")
    onset, end = onset[order], np.maximum.accumulate(end[order])
    bar = song.bar or 4.0
    silent = song.clock.seconds(onset[1:]) - song.clock.seconds(np.minimum(end[:-1], onset[1:]))
    gaps = np.flatnonzero((silent > SILENCE) & (onset[1:] - end[:-1] > BARS * bar)) + 1
    first, last = 0, len(onset)
    for gap in gaps:
        if gap <= MOST_NOTES and len(np.unique(onset[:gap])) <= MOST_ONSETS:
            first = int(gap)
    for gap in gaps[::-1]:
        if last - gap <= MOST_NOTES and len(np.unique(onset[gap:])) <= MOST_ONSETS:
            last = int(gap)
    if (first, last) == (0, len(onset)) or last - first < FEWEST:
        return song
    begin, stop = onset[first], onset[last - 1]
    parts = tuple(_within(part, float(begin), float(stop)) for part in song.parts)
    remark = Words(
        "a stray note far from the music was left out",
        "stray notes far from the music were left out",
        count=first + len(onset) - last,
    )
    return replace(song, parts=tuple(part for part in parts if len(part.notes)), remarks=(*song.remarks, remark))


def _within(part: Part, begin: float, stop: float) -> Part:
    return replace(part, notes=part.notes[(part.notes.onset >= begin) & (part.notes.onset <= stop)])
