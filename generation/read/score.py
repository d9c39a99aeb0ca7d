"""Play a score out: bars as written → parts on one clock, with repeats, jumps, ties and loudness."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import numpy as np

from generation.music.clock import Tempo
from generation.music.key import Key
from generation.music.metre import Metre
from generation.music.notes import Notes
from generation.music.song import PAN, SUSTAIN, VOLUME, Part, Song
from generation.read.abc_fields import usual_tempo
from generation.read.bar_lines import metres_of
from generation.read.repeats import played
from generation.read.score_keys import key_under
from generation.read.written import ZERO, Line, Measure, Score, Signature, movements
from generation.request import Refusal, Words

VELOCITY = 80  # where no dynamics are written
SWELL = 16  # by which a hairpin changes it if no sign says to what level
SOON = 1.0  # quarters after the end of a hairpin within which a sign may say to what level
HAIRPIN = 8.0  # quarters that a hairpin without an end lasts
MOST_TIED = 8  # notes of one pitch that wait for the one they are tied to
MOST_HEARD = 200  # changes of key for which the mode is sought in the notes
Chords = tuple[tuple[float, str], ...]  # (quarter, symbol)
Played = list[tuple[Fraction, int]]  # the quarter at which each bar begins, and its index, in the order of playing


def play(score: Score, expand_repeats: bool = True) -> Song:
    """Onsets and durations are those of the score, velocities those of its dynamics. Raises `Refusal`.

    expand_repeats  whether repeats and jumps are played out
    """
    if not score.common:
        raise Refusal("There are no bars in this score. Send one with notes.")
    order: Sequence[int] = range(len(score.bars))
    if expand_repeats:
        order = score.order or [first + i for first, end in movements(score) for i in played(score.bars[first:end])]
    starts = list(accumulate((score.common[i].length for i in order), initial=ZERO))
    sequence = list(zip(starts, order, strict=False))
    parts = tuple(part for line in score.lines if len((part := _part(score, line, sequence)).notes))
    metres, pickup = _metres(score, sequence)
    end = max((part.notes.end for part in parts), default=0.0)
    chords = _placed(sequence, [bar.chords for bar in score.common])
    return Song(
        parts,
        tempo=_tempo(score, sequence, metres[0][1] if metres else None, end),
        metres=metres,
        keys=_keys(score, sequence, [part.notes for part in parts if not part.drums], chords),
        pickup=pickup,
        chords=chords,
        markers=_placed(sequence, [bar.markers for bar in score.common]),
        title=score.title,
        composer=score.composer,
        remarks=tuple(score.remarks),
        written=True,
    )


def _placed(sequence: Played, marks: list[dict[Fraction, str]]) -> tuple[tuple[float, str], ...]:
    """The marks in the bars, in the order of playing."""
    return tuple((float(start + at), text) for start, i in sequence for at, text in sorted(marks[i].items()))


@dataclass(slots=True)
class _Note:
    onset: Fraction
    end: Fraction
    pitch: int
    velocity: int
    voice: str


def _part(score: Score, line: Line, sequence: Played) -> Part:
    """A line in the order of playing, ties merged. In the second pass its second verse is sung."""
    velocity = _velocities(score, line)
    notes: list[_Note] = []
    tied: dict[int, list[_Note]] = {}  # pitch → its notes that a tie goes on from
    struck: dict[tuple[Fraction, int], _Note] = {}
    passes: Counter[int] = Counter()
    words: dict[float, str] = {}
    controls = [(0.0, number, value) for number, value in ((VOLUME, line.volume), (PAN, line.pan)) if value is not None]
    lifted = any(value == 0 for measure in line.measures for _, value in measure.pedal)
    for n, (start, i) in enumerate(sequence):
        passes[i] += 1
        measure = line.measures[i] if i < len(line.measures) else Measure()
        controls += [(float(start + at), SUSTAIN, value) for at, value in measure.pedal]
        if measure.pedal and not lifted and n + 1 < len(sequence):  # the score says only where it is pressed
            controls.append((float(sequence[n + 1][0]), SUSTAIN, 0))
        for sound in measure.sounds:
            onset = start + sound.at
            end = onset + sound.length
            if sound.words:
                verse = max((each for each in sound.words if each <= passes[i]), default=min(sound.words))
                words.setdefault(float(onset), sound.words[verse])
            waiting = tied.get(sound.pitch, [])
            # A tie may lead into another voice, where it is said to; and into a second ending, where it often is not.
            ended = [each for each in waiting if each.end == onset and (sound.tied or each.voice == sound.voice)]
            note = min(ended, key=lambda each: each.voice != sound.voice, default=None)
            if note is not None:
                waiting.remove(note)
                note.end, note.voice = end, sound.voice
            elif not 0 <= sound.pitch <= 127:
                continue
            elif (twin := struck.get((onset, sound.pitch))) is not None:  # two voices on one tone
                note = twin
                note.end = max(note.end, end)
            else:
                note = _Note(onset, end, sound.pitch, velocity(i, sound.at), sound.voice)
                struck[onset, sound.pitch] = note
                notes.append(note)
            if sound.ties:
                tied[sound.pitch] = [*[each for each in waiting if each.end > onset][-MOST_TIED:], note]
    notes.sort(key=lambda note: (note.onset, note.pitch))
    return Part(
        Notes(
            np.array([float(note.onset) for note in notes]),
            np.array([float(note.end - note.onset) for note in notes]),
            np.array([note.pitch for note in notes]),
            np.array([note.velocity for note in notes]),
        ),
        program=line.program,
        name=line.name,
        place=Words("part {number}", number=line.number),
        drums=line.drums,
        sounds=line.transpose,
        words=tuple(sorted(words.items())),
        controls=tuple(sorted(controls)),
    )


def _velocities(score: Score, line: Line) -> Callable[[int, Fraction], int]:
    """The loudness at a place: that of the last sign, or what a hairpin has made of it so far."""
    begins = [float(start) for start in accumulate((bar.length for bar in score.common), initial=ZERO)]
    signs = sorted(
        ((begins[i] + float(sign.at), sign) for i, measure in enumerate(line.measures) for sign in measure.loudness),
        key=lambda found: (found[0], found[1].level is None),
    )
    levels = [(at, sign.level) for at, sign in signs if sign.level is not None and not sign.accent]
    accents = {at: sign.level for at, sign in signs if sign.level is not None and sign.accent}
    ends = [at for at, sign in signs if sign.level is None and sign.swell == 0]
    slopes = [(-1.0, VELOCITY, VELOCITY, 0.0)]  # (from, velocity there, velocity at the end, to)
    for at, sign in signs:
        now = slopes[-1][2]
        if sign.level is not None and not sign.accent:
            slopes.append((at, sign.level, sign.level, at))
        elif sign.swell:
            later, next_level = bisect_right(ends, at), bisect_right(levels, (at, 128))
            end = ends[later] if later < len(ends) else at + HAIRPIN
            when, aim = levels[next_level] if next_level < len(levels) else (np.inf, 0)
            if when > end + SOON or (aim - now) * sign.swell <= 0:
                aim = min(max(now + sign.swell * SWELL, 20), 124)
            slopes.append((at, now, aim, min(end, when)))
    places = [slope[0] for slope in slopes]

    def velocity(i: int, at: Fraction) -> int:
        place = begins[i] + float(at)
        start, first, last, end = slopes[bisect_right(places, place) - 1]
        now = last if place >= end else round(first + (last - first) * (place - start) / (end - start))
        return max(now, accents.get(place) or 0)

    return velocity


def _tempo(score: Score, sequence: Played, metre: Metre | None, end: float) -> tuple[Tempo, ...]:
    """The tempo marks in the order of playing, without those at or after the `end` of the last note. After a jump, the
    tempo written at that place applies."""
    marks = [(i, at, pace) for i, bar in enumerate(score.common) for at, pace in sorted(bar.tempo.items())]
    pace = usual_tempo("", metre)
    if marks and (marks[0][0] == 0 or (marks[0][:2] == (1, ZERO))):
        pace = marks[0][2]  # a mark after the pickup is meant for the pickup too
    reigning = []
    for bar in score.common:
        reigning.append(pace)
        pace = bar.tempo[max(bar.tempo)] if bar.tempo else pace
    found: dict[Fraction, float] = {}
    for start, i in sequence:
        found[start] = reigning[i]
        found |= {start + at: pace for at, pace in score.common[i].tempo.items()}
    kept: list[Tempo] = []
    for onset in sorted(found):
        if not kept or (onset < end and kept[-1].quarters_per_minute != found[onset]):
            kept.append(Tempo(float(onset), found[onset]))
    return tuple(kept)


def _metres(score: Score, sequence: Played) -> tuple[tuple[tuple[float, Metre], ...], float]:
    """The metre of each bar where it changes, and the quarters before the first bar line."""
    metre: Metre | None = None
    reigning = [metre := common.metre or metre for common in score.common]
    bars = [(start, score.common[i].length, reigning[i]) for start, i in sequence]
    return metres_of(bars)


def _keys(score: Score, sequence: Played, parts: list[Notes], chords: Chords) -> tuple[tuple[float, Key], ...]:
    """The keys where they change. Notes and chord symbols decide what the signature leaves open."""
    said: Signature | None = None
    reigning = [said := common.signature or said for common in score.common]
    changes: list[tuple[float, Signature]] = []
    for start, i in sequence:
        signature = reigning[i]
        if signature is not None and (not changes or changes[-1][1] != signature):
            changes.append((float(start) if changes else 0.0, signature))
    sounds_as_written = not any(line.transpose[1] % 12 for line in score.lines)
    found: list[tuple[float, Key]] = []
    for n, (since, signature) in enumerate(changes):
        end = changes[n + 1][0] if n + 1 < len(changes) else np.inf
        few = len(changes) <= MOST_HEARD
        within = [notes[(notes.onset >= since - 1e-6) & (notes.onset < end - 1e-6)] for notes in parts if few]
        named = [symbol for quarter, symbol in chords if few and since - 1e-6 <= quarter < end - 1e-6]
        key = key_under(signature, [notes for notes in within if len(notes)], named, sounds_as_written)
        if key is not None and (not found or found[-1][1] != key):
            found.append((since if found else 0.0, key))
    return tuple(found)
